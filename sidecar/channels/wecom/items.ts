// One entry of kf/sync_msg → items for the server.
import type { InboundItem } from '../../../connector/index.ts';
import type { Delivery } from '../../connector.ts';
import { type JsonObject, numberAt, objectAt, textAt } from '../provider/index.ts';
import { failType } from './error-map.ts';

type Person = Extract<InboundItem, { item: 'message' }>['from'];

/** What the connector does besides, while it reads. */
export interface ItemTools {
  person(): Promise<Person>;
  opened(occasion: 'message' | 'enter'): void;
  /** A welcome may be sent within 20 s. @returns whether the connector itself greets */
  welcome(code: string): boolean;
  /** Which message of ours the provider knows by that id. */
  ours(msgid: string): string;
}

/** Who wrote it. */
export const origins = { customer: 3, system: 4, servicer: 5 } as const;

/** Of msgtype `event`. @param thread undefined for events that are about no customer */
export async function eventItems(
  event: JsonObject,
  { key, at }: Delivery,
  thread: string | undefined,
  tools: ItemTools,
): Promise<InboundItem[]> {
  const type = textAt(event, 'event_type') ?? 'unknown';
  if (type === 'msg_send_fail') {
    const msgid = textAt(event, 'fail_msgid');
    if (msgid === undefined) return [];
    const { code, reason, window } = failType(numberAt(event, 'fail_type'));
    const message = tools.ours(msgid);
    return [
      {
        item: 'delivery',
        key,
        at,
        message,
        provider: msgid,
        state: 'failed',
        code,
        reason,
        ...(window ? { window } : {}),
      },
    ];
  }
  // servicer_status_change: a person of the company, no customer.
  if (thread === undefined) return [];
  const happened = async (name: string, data: Record<string, string | undefined>): Promise<InboundItem> => ({
    item: 'event',
    key,
    at,
    thread,
    from: await tools.person(),
    name,
    data: filled(data),
  });
  switch (type) {
    case 'enter_session': {
      const code = textAt(event, 'welcome_code');
      const shop = objectAt(event, 'wechat_channels');
      const from = textAt(shop, 'nickname') ?? textAt(shop, 'shop_nickname');
      const entered = await happened('enter', {
        scene: textAt(event, 'scene'),
        parameter: textAt(event, 'scene_param'),
        from,
      });
      if (code !== undefined && !tools.welcome(code)) tools.opened('enter');
      return [entered];
    }
    case 'session_status_change': {
      const change = numberAt(event, 'change_type');
      const before = textAt(event, 'old_servicer_userid');
      const after = textAt(event, 'new_servicer_userid');
      if (change === 3) return [{ item: 'left', key, at, thread, why: 'the session was ended in WeCom' }];
      const name = change === 1 ? 'session-taken' : change === 2 ? 'session-moved' : 'session-again';
      return [await happened(name, { before, after })];
    }
    case 'user_recall_msg': {
      const message = textAt(event, 'recall_msgid');
      return message === undefined ? [] : [{ item: 'recalled', key, at, thread, message }];
    }
    case 'servicer_recall_msg':
      return [await happened('servicer-recalled', { message: textAt(event, 'recall_msgid') })];
    case 'reject_customer_msg_switch_change':
      return [await happened('messages-refused', { on: String(numberAt(event, 'reject_switch') === 1) })];
    default:
      return [await happened(plainName(type), {})];
  }
}

function plainName(type: string): string {
  return (
    type
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^[^a-z]+|-$/g, '')
      .slice(0, 64) || 'unknown'
  );
}

function filled(data: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(data).flatMap(([name, value]) => (value === undefined ? [] : [[name, value.slice(0, 4_000)]])),
  );
}
