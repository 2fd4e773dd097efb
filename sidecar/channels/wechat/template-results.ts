// TEMPLATESENDJOBFINISH tells what became of a template message, by the provider's msgid: which message of ours that is.
import type { InboundItem } from '../../../connector/index.ts';
import type { ConnectorTools, Delivery } from '../../connector.ts';
import { type XmlElements, xmlText } from '../weixin/index.ts';

/** The result may come before the answer to our request; so long it is worth waiting for the note of it. */
const noteWithinMs = 60_000;

export function noteTemplate(memory: ConnectorTools['memory'], msgid: string, message: string): void {
  memory.set(`template:${msgid}`, message);
}

/** @throws where the note of its sending is not there yet @returns nothing for a template that another program sent */
export function templateResult(
  event: XmlElements,
  delivery: Delivery,
  { memory, clock }: Pick<ConnectorTools, 'memory' | 'clock'>,
): InboundItem[] {
  const msgid = xmlText(event, 'MsgID') ?? xmlText(event, 'MsgId');
  if (msgid === undefined) return [];
  const message = memory.get(`template:${msgid}`);
  if (!message) {
    if (clock.now() - delivery.at < noteWithinMs) throw new Error('its sending is not noted yet');
    return [];
  }
  const status = xmlText(event, 'Status') ?? '';
  const { key, at } = delivery;
  if (status === 'success') return [{ item: 'delivery', key, at, message, state: 'delivered', provider: msgid }];
  return [
    {
      item: 'delivery',
      key,
      at,
      message,
      state: 'failed',
      provider: msgid,
      code: 'rejected',
      reason: status.slice(0, 1_000),
    },
  ];
}
