// Who an external_userid is: name and unionid by kf/customer/batchget, asked once a week for each customer.
import type { InboundItem } from '../../../connector/index.ts';
import type { ConnectorTools } from '../../connector.ts';
import { type JsonObject, jsonObject, numberAt, objectsAt, textAt } from '../provider/index.ts';
import type { WeixinApi } from '../weixin/index.ts';

type Person = Extract<InboundItem, { item: 'message' }>['from'];

const askedAgainMs = 7 * 86_400_000;
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

  /** Never rejects: a customer who cannot be looked up is known by the id alone. */
  async person(userid: string): Promise<Person> {
    const known = this.#ask ? await this.#known(userid) : {};
    const unionid = textAt(known, 'unionid');
    const name = textAt(known, 'name')?.slice(0, 200);
    return {
      identities: [
        { kind: 'wecom', value: userid, verified: true },
        ...(unionid ? [{ kind: 'unionid', value: unionid, verified: true }] : []),
      ],
      ...(name ? { name } : {}),
    };
  }

  async #known(userid: string): Promise<JsonObject> {
    const { memory, clock, logger } = this.#tools;
    const key = `user:${userid}`;
    const kept = jsonObject(memory.get(key) ?? '');
    const now = clock.now();
    if (kept !== undefined && now < (numberAt(kept, 'until') ?? 0)) return kept;
    const answer = await this.#api.call(
      '/cgi-bin/kf/customer/batchget',
      {},
      {
        external_userid_list: [userid],
        need_enter_session_context: 0,
      },
    );
    if (!answer.ok) {
      logger.warn({ errcode: answer.errcode, pii: { userid } }, 'customer/batchget does not answer');
      const without = { ...kept, until: now + failedAgainMs };
      memory.set(key, JSON.stringify(without));
      return without;
    }
    const customer =
      objectsAt(answer.json, 'customer_list').find((one) => textAt(one, 'external_userid') === userid) ?? {};
    const found: JsonObject = {
      name: textAt(customer, 'nickname'),
      unionid: textAt(customer, 'unionid'),
      until: now + askedAgainMs,
    };
    memory.set(key, JSON.stringify(found));
    return found;
  }
}
