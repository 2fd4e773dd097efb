// A push of the fans service: JSON, or the WeChat-like XML where the account is switched to it (eps/push/set_format). Ids are
// 64 bit: texts of digits here, from the first byte on.
import type { Delivery } from '../../connector.ts';
import { digest, type JsonObject, jsonObject, numberAt, objectAt, shortKey, textAt } from '../provider/index.ts';
import { readXml, XmlError, xmlText } from '../weixin/index.ts';

export interface Push {
  type: string;
  sender: string;
  receiver: string;
  /** As it was written: part of what makes the push unique. */
  createdAt: string;
  at: number;
  text: string;
  data: JsonObject;
}

/** @returns undefined where it is no push */
export function readPush(body: string): Push | undefined {
  const push = body.trimStart().startsWith('<') ? fromXml(body) : jsonObject(body);
  if (push === undefined) return undefined;
  const sender = textAt(push, 'sender_id');
  const receiver = textAt(push, 'receiver_id') ?? textAt(push, 'recipient_id');
  const type = textAt(push, 'type');
  const createdAt = textAt(push, 'created_at');
  if (sender === undefined || receiver === undefined || type === undefined || createdAt === undefined) return undefined;
  const seconds = /^\d{1,12}$/.test(createdAt) ? Number(createdAt) : undefined;
  const at = seconds === undefined ? Date.parse(createdAt) : seconds * 1_000;
  if (!Number.isFinite(at) || at < 0) return undefined;
  return {
    type,
    sender,
    receiver,
    createdAt,
    at,
    text: (textAt(push, 'text') ?? '').slice(0, 90_000),
    data: objectAt(push, 'data'),
  };
}

/**
 * The provider says to tell repetitions by sender and time. That time is whole seconds: so what was said counts too, or the
 * second of two quick messages would be lost.
 */
export function deliveryOf(push: Push, body: string): Delivery {
  const said = digest(push.type, push.text, JSON.stringify(push.data));
  return { key: shortKey(`${push.sender}:${push.createdAt}:${said}`), at: push.at, thread: push.sender, body };
}

/** The XML has WeChat's names; it becomes what the JSON would be. */
function fromXml(body: string): JsonObject | undefined {
  try {
    const xml = readXml(body);
    const type = xmlText(xml, 'MsgType');
    const event = xmlText(xml, 'Event');
    return {
      type: event === 'mention' ? 'mention' : type === 'location' ? 'position' : type,
      sender_id: xmlText(xml, 'FromUserName'),
      receiver_id: xmlText(xml, 'ToUserName'),
      created_at: xmlText(xml, 'CreateTime'),
      text: xmlText(xml, 'Content') ?? '',
      data: {
        ...(event === undefined ? {} : { subtype: xmlText(xml, 'SubType') ?? event.toLowerCase() }),
        ...given('key', xmlText(xml, 'EventKey') ?? xmlText(xml, 'Key')),
        ...given('ticket', xmlText(xml, 'Ticket')),
        ...given('tovfid', xmlText(xml, 'MediaId')),
        ...given('latitude', xmlText(xml, 'Location_X')),
        ...given('longitude', xmlText(xml, 'Location_Y')),
      },
    };
  } catch (error) {
    if (error instanceof XmlError) return undefined;
    throw error;
  }
}

function given(name: string, value: string | undefined): JsonObject {
  return value === undefined ? {} : { [name]: value };
}

/** `{ latitude, longitude }` of a position, as numbers. */
export function position({ data }: Push): { latitude: number; longitude: number } | undefined {
  const latitude = numberAt(data, 'latitude') ?? Number.NaN;
  const longitude = numberAt(data, 'longitude') ?? Number.NaN;
  return Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180 ? { latitude, longitude } : undefined;
}
