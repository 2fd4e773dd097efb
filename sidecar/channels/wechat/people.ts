// Who an openid is: unionid and language by user/info.
import type { InboundItem } from '../../../connector/index.ts';
import { type JsonObject, type KnownPeople, type Told, textAt } from '../provider/index.ts';
import type { WeixinApi } from '../weixin/index.ts';

type Person = Extract<InboundItem, { item: 'message' }>['from'];

export async function askWho(api: WeixinApi, openid: string): Promise<Told> {
  const answer = await api.call('/cgi-bin/user/info', { openid, lang: 'zh_CN' });
  if (!answer.ok) return answer;
  const { json } = answer;
  const spoken = textAt(json, 'language');
  const found: JsonObject = {
    unionid: textAt(json, 'unionid'),
    // The provider gives nicknames no more; what the account's people call the customer may be there.
    name: textAt(json, 'remark') ?? textAt(json, 'nickname'),
    language: spoken?.startsWith('zh') ? 'zh' : spoken?.startsWith('en') ? 'en' : undefined,
  };
  return { ok: true, found };
}

/** @param people undefined: nobody is asked. Never rejects: who cannot be looked up is known by the openid alone. */
export async function personOf(openid: string, people: KnownPeople | undefined): Promise<Person> {
  const known = (await people?.about(openid)) ?? {};
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
