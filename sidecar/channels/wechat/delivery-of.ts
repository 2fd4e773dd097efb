// What makes a push unique: it comes up to three times, when we were not heard within 5 s.
import type { Delivery } from '../../connector.ts';
import { digest, shortKey } from '../provider/index.ts';
import { type XmlElements, xmlEach, xmlInside, xmlText } from '../weixin/index.ts';
import { isTemplateResult } from './template-results.ts';

/**
 * Key: MsgId of a message. Events have none; the provider says FromUserName + CreateTime, to which the event and its key are
 * added, as two different events of one second (subscribe and LOCATION) are not each other's repetition.
 * @returns undefined where fields are missing that every push has
 */
export function deliveryOf(message: XmlElements, body: string): Delivery | undefined {
  const from = xmlText(message, 'FromUserName');
  const type = xmlText(message, 'MsgType');
  const seconds = Number(xmlText(message, 'CreateTime'));
  if (from === undefined || type === undefined || !isTime(seconds)) return undefined;
  const at = seconds * 1_000;
  const id = xmlText(message, 'MsgId');
  if (type !== 'event' && id !== undefined) return { key: shortKey(id), at, thread: from, body };
  const event = xmlText(message, 'Event') ?? type;
  const detail = digest(xmlText(message, 'EventKey') ?? '', templateId(message));
  const key = shortKey(`${from}:${seconds}:${event}:${detail}`);
  // The result of a template waits for the note of its sending, and must not hold up what the customer writes.
  const thread = isTemplateResult(event) ? `template ${key}` : from;
  return { key, at, thread, body };
}

/** Until the year 5138. */
function isTime(seconds: number): boolean {
  return Number.isInteger(seconds) && seconds >= 0 && seconds < 1e11;
}

function templateId(message: XmlElements): string {
  const [subscription] = xmlEach(xmlInside(message, 'SubscribeMsgSentEvent'), 'List');
  return xmlText(subscription ?? message, 'MsgID') ?? '';
}
