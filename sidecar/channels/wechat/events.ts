// Events of an Official Account: what they are called here, and which window they open.
import { type XmlElements, xmlInside, xmlText } from '../weixin/index.ts';

export interface CustomerEvent {
  name: string;
  /** Of the policy. */
  opens?: string | undefined;
  data: Record<string, string>;
}

/** @param paymentEvents events that mean that the customer paid @returns undefined: it is about the account, not a customer */
export function customerEvent(message: XmlElements, paymentEvents: readonly string[]): CustomerEvent | undefined {
  const event = xmlText(message, 'Event') ?? '';
  const key = xmlText(message, 'EventKey');
  const ticket = xmlText(message, 'Ticket');
  switch (event.toUpperCase()) {
    case 'SUBSCRIBE':
      // Followed by scanning a code of ours: the scene tells where.
      return { name: 'follow', opens: 'follow', data: said({ scene: key?.replace(/^qrscene_/, ''), ticket }) };
    case 'UNSUBSCRIBE':
      return { name: 'unfollow', data: {} };
    case 'SCAN':
      return { name: 'scan', opens: 'scan', data: said({ scene: key, ticket }) };
    case 'CLICK':
      return { name: 'menu', opens: 'menu', data: said({ key }) };
    case 'VIEW':
      return { name: 'view', data: said({ url: key }) };
    case 'LOCATION':
      return {
        name: 'location',
        data: said({
          latitude: xmlText(message, 'Latitude'),
          longitude: xmlText(message, 'Longitude'),
          precision: xmlText(message, 'Precision'),
        }),
      };
    case 'SCANCODE_PUSH':
    case 'SCANCODE_WAITMSG': {
      const scanned = xmlInside(message, 'ScanCodeInfo');
      const result = xmlText(scanned, 'ScanResult');
      return { name: 'menu', opens: 'menu', data: said({ key, result, type: xmlText(scanned, 'ScanType') }) };
    }
    case 'MASSSENDJOBFINISH':
    case 'PUBLISHJOBFINISH':
      return undefined;
    default: {
      const opens = paymentEvents.includes(event) ? 'payment' : undefined;
      return { name: opens ?? plainName(event), opens, data: said({ event, key }) };
    }
  }
}

/** `kf_create_session` → `kf-create-session`. */
function plainName(event: string): string {
  const name = event
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^[^a-z]+|-$/g, '')
    .slice(0, 64);
  return name || 'unknown';
}

function said(data: Record<string, string | undefined>): Record<string, string> {
  const filled: Record<string, string> = {};
  for (const [name, value] of Object.entries(data)) if (value !== undefined) filled[name] = value.slice(0, 4_000);
  return filled;
}
