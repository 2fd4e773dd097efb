// Who an external_userid is: name and unionid by kf/customer/batchget.
import type { InboundItem } from '../../../connector/index.ts';
import { type KnownPeople, objectsAt, type Told, textAt } from '../provider/index.ts';
import type { WeixinApi } from '../weixin/index.ts';

type Person = Extract<InboundItem, { item: 'message' }>['from'];

export async function askWho(api: WeixinApi, userid: string): Promise<Told> {
  const body = { external_userid_list: [userid], need_enter_session_context: 0 };
  const answer = await api.call('/cgi-bin/kf/customer/batchget', {}, body);
  if (!answer.ok) return answer;
  const found = objectsAt(answer.json, 'customer_list').find((one) => textAt(one, 'external_userid') === userid) ?? {};
  return { ok: true, found: { name: textAt(found, 'nickname'), unionid: textAt(found, 'unionid') } };
}

/** @param people undefined: nobody is asked. Never rejects: who cannot be looked up is known by the id alone. */
export async function personOf(userid: string, people: KnownPeople | undefined): Promise<Person> {
  const known = (await people?.about(userid)) ?? {};
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
