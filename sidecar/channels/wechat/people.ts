// Who an openid is: unionid and language by user/info, asked once a week for each customer.
import type { InboundItem } from '../../../connector/index.ts';
import type { ConnectorTools } from '../../connector.ts';
import { type JsonObject, jsonObject, numberAt, textAt } from '../provider/index.ts';
import type { WeixinApi } from '../weixin/index.ts';

type Person = Extract<InboundItem, { item: 'message' }>['from'];

const askedAgainMs = 7 * 86_400_000;
/** The account may not ask (48001), or could not be reached: not for each message again. */
const failedAgainMs = 3_600_000;

export class People {
  readonly #api: WeixinApi;
  readonly #tools: Pick<ConnectorTools, 'memory' | 'clock' | 'logger'>;
  readonly #ask: boolean;

  constructor(api: WeixinApi, tools: Pick<ConnectorTools, 'memory' | 'clock' | 'logger'>, ask: boolean) {
    this.#api = api;
    this.#tools = tools;
    this.#ask = ask;
  }

  /** Never rejects: a customer who cannot be looked up is known by the openid alone. */
  async person(openid: string): Promise<Person> {
    const known = this.#ask ? await this.#known(openid) : {};
    const unionid = textAt(known, 'unionid');
    const name = textAt(known, 'name')?.slice(0, 200);
    const language = textAt(known, 'language');
    return {
      identities: [
        { kind: 'wechat', value: openid, verified: true },
        ...(unionid ? [{ kind: 'unionid', value: unionid, verified: true }] : []),
      ],
      ...(name ? { name } : {}),
      ...(language === 'en' || language === 'zh' ? { language } : {}),
    };
  }

  async #known(openid: string): Promise<JsonObject> {
    const { memory, clock, logger } = this.#tools;
    const kept = jsonObject(memory.get(`user:${openid}`) ?? '');
    const now = clock.now();
    if (kept !== undefined && now < (numberAt(kept, 'until') ?? 0)) return kept;
    const answer = await this.#api.call('/cgi-bin/user/info', { openid, lang: 'zh_CN' });
    if (!answer.ok) {
      logger.warn({ errcode: answer.errcode, pii: { openid } }, 'user/info does not answer');
      const without = { ...kept, until: now + failedAgainMs };
      memory.set(`user:${openid}`, JSON.stringify(without));
      return without;
    }
    const { json } = answer;
    const spoken = textAt(json, 'language');
    const found: JsonObject = {
      unionid: textAt(json, 'unionid'),
      // The provider gives nicknames no more; what the account's people call the customer may be there.
      name: textAt(json, 'remark') ?? textAt(json, 'nickname'),
      language: spoken?.startsWith('zh') ? 'zh' : spoken?.startsWith('en') ? 'en' : undefined,
      until: now + askedAgainMs,
    };
    memory.set(`user:${openid}`, JSON.stringify(found));
    return found;
  }
}
