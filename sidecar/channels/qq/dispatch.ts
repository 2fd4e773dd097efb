// op 0: an event of the bot.
import type { Delivery } from '../../connector.ts';
import { type JsonObject, numberAt, objectAt, shortKey, textAt } from '../provider/index.ts';
import { type Place, threadOf } from './place.ts';

export interface Dispatch {
  /** Of the event. */
  id: string;
  type: string;
  data: JsonObject;
  place?: Place | undefined;
  at: number;
}

const messages = new Set(['C2C_MESSAGE_CREATE', 'GROUP_AT_MESSAGE_CREATE', 'GROUP_MESSAGE_CREATE']);

/** @param now where the event has no time of its own @returns undefined where it is none */
export function readDispatch(payload: JsonObject, now: number): Dispatch | undefined {
  const type = textAt(payload, 't');
  const data = objectAt(payload, 'd');
  const id = textAt(payload, 'id') ?? textAt(data, 'id');
  if (type === undefined || id === undefined) return undefined;
  return { id, type, data, place: placeOf(data), at: timeOf(data) ?? now };
}

export function isMessage({ type }: Dispatch): boolean {
  return messages.has(type);
}

/** A message may be pushed several times, each time as another event: its own id tells. */
export function deliveryOf(dispatch: Dispatch, body: string): Delivery {
  const { id, type, data, place, at } = dispatch;
  const messageId = isMessage(dispatch) ? textAt(data, 'id') : undefined;
  const key = shortKey(messageId ?? `${type}:${id}`);
  return { key, at, body, ...(place === undefined ? {} : { thread: threadOf(place) }) };
}

function placeOf(data: JsonObject): Place | undefined {
  const author = objectAt(data, 'author');
  const group = textAt(data, 'group_openid');
  if (group !== undefined) {
    const member =
      textAt(author, 'member_openid') ?? textAt(data, 'op_member_openid') ?? textAt(data, 'group_member_openid');
    return member === undefined ? undefined : { scene: 'group', group, member };
  }
  const openid = textAt(author, 'user_openid') ?? textAt(data, 'openid') ?? textAt(data, 'user_openid');
  return openid === undefined ? undefined : { scene: 'c2c', openid };
}

/** RFC 3339, or seconds since 1970. (A year of five digits has been seen: then our own time is better.) */
function timeOf(data: JsonObject): number | undefined {
  const seconds = numberAt(data, 'timestamp');
  const at = seconds === undefined ? Date.parse(textAt(data, 'timestamp') ?? '') : Math.floor(seconds * 1_000);
  return at > 0 && at < 4_102_444_800_000 ? at : undefined;
}
