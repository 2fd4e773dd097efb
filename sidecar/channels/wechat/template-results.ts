// An event tells later what became of a template or subscription message, by the provider's msgid: which of ours that is.
import type { InboundItem } from '../../../connector/index.ts';
import type { ConnectorTools, Delivery } from '../../connector.ts';
import { type XmlElements, xmlEach, xmlInside, xmlText } from '../weixin/index.ts';

/** The result may come before the answer to our request; so long it is worth waiting for the note of it. */
const noteWithinMs = 60_000;

export function noteTemplate(memory: ConnectorTools['memory'], msgid: string, message: string): void {
  memory.set(`template:${msgid}`, message);
}

/** The two events that tell it: of templates, and of subscription messages. */
export function isTemplateResult(event: string | undefined): boolean {
  return event === 'TEMPLATESENDJOBFINISH' || event === 'subscribe_msg_sent_event';
}

/** @throws where the note of its sending is not there yet @returns nothing for a template that another program sent */
export function templateResult(
  event: XmlElements,
  delivery: Delivery,
  { memory, clock }: Pick<ConnectorTools, 'memory' | 'clock'>,
): InboundItem[] {
  const { msgid, failed } = outcomeOf(event);
  if (msgid === undefined) return [];
  const message = memory.get(`template:${msgid}`);
  if (!message) {
    if (clock.now() - delivery.at < noteWithinMs) throw new Error('its sending is not noted yet');
    return [];
  }
  const { key, at } = delivery;
  if (failed === undefined) return [{ item: 'delivery', key, at, message, state: 'delivered', provider: msgid }];
  const reason = failed.slice(0, 1_000);
  return [{ item: 'delivery', key, at, message, state: 'failed', provider: msgid, code: 'rejected', reason }];
}

/** @returns `failed`: why; undefined where it was delivered */
function outcomeOf(event: XmlElements): { msgid: string | undefined; failed?: string | undefined } {
  const [subscription] = xmlEach(xmlInside(event, 'SubscribeMsgSentEvent'), 'List');
  if (subscription !== undefined) {
    const code = xmlText(subscription, 'ErrorCode') ?? '0';
    const msgid = xmlText(subscription, 'MsgID');
    return code === '0' ? { msgid } : { msgid, failed: `${code} ${xmlText(subscription, 'ErrorStatus') ?? ''}`.trim() };
  }
  const msgid = xmlText(event, 'MsgID') ?? xmlText(event, 'MsgId');
  const status = xmlText(event, 'Status') ?? '';
  return status === 'success' ? { msgid } : { msgid, failed: status };
}
