// A request outside any dialog, made of what the app gave (facts: "Header filling and substitution"). drachtio-srf writes
// `localhost` where only we know the address.
import { randomUUID } from 'node:crypto';
import type { Listener } from '../sip/index.ts';
import { contactOf, firstSeq, hostPort, newTag, parseUnsigned, SipMessage, transportParam } from '../sip/index.ts';
import { type AppText, appHeader } from './app-text.ts';

/** Not taken from the app, or written here in their place. */
const notCopied = new Set([
  'Via',
  'Route',
  'Record-Route',
  'RSeq',
  'Content-Length',
  'From',
  'To',
  'Call-ID',
  'CSeq',
  'Contact',
  'Max-Forwards',
]);

/**
 * @param listener the one that the request will leave from
 * @returns the request without Via, or why it cannot be sent
 * @throws SipSyntaxError, RangeError for values of the app that are no SIP
 */
export function newRequest(text: AppText, listener: Listener): SipMessage | string {
  const here = hostPort(listener);
  const request = SipMessage.request(text.method, text.uri);
  const { headers } = request;
  headers.add('Max-Forwards', appHeader(text, 'Max-Forwards') ?? '70');
  const from = appHeader(text, 'From');
  headers.add('From', from === undefined ? `<sip:${here}>` : withHere(from, here));
  if (request.fromTag === undefined) headers.setFirst('From', `${headers.get('From')};tag=${newTag()}`);
  const to = appHeader(text, 'To');
  headers.add('To', to === undefined ? `<${text.uri}>` : withHere(to, here));
  const callId = appHeader(text, 'Call-ID') ?? randomUUID();
  if (callId.includes('|') || request.fromTag?.includes('|') === true) return 'invalid Call-ID or tag: it holds a bar';
  headers.add('Call-ID', callId);
  headers.add(
    'CSeq',
    `${parseUnsigned((appHeader(text, 'CSeq') ?? '').split(' ')[0] ?? '') ?? firstSeq()} ${text.method}`,
  );
  const contact = appHeader(text, 'Contact');
  if (contact !== undefined) headers.add('Contact', contactHere(contact, here, listener));
  else if (text.method === 'INVITE' || text.method === 'SUBSCRIBE')
    headers.add('Contact', contactOf(listener, text.uri));
  for (const [name, value] of text.headers) {
    if (!notCopied.has(name)) headers.add(name, name === 'P-Asserted-Identity' ? withHere(value, here) : value);
  }
  if (text.body.length > 0) {
    request.body = Buffer.from(text.body, 'utf8');
    if (!headers.has('Content-Type')) {
      if (!text.body.startsWith('v=0')) return 'Server error: missing content-type';
      headers.add('Content-Type', 'application/sdp');
    }
  }
  // Read once here, so that what the layers below rely on is known to be good.
  void request.to;
  void request.cseq;
  return request;
}

const localhost = /(@|sips?:)localhost(?::\d+)?(?=[;>?\s]|$)/i;

/** `sip:ann@localhost` → `sip:ann@10.1.2.3:5060`. */
function withHere(value: string, here: string): string {
  return value.includes('localhost') ? value.replace(localhost, `$1${here}`) : value;
}

/** The same for Contact, which must also say that we want to be reached by TCP where the request goes by TCP, and so on. */
function contactHere(value: string, here: string, listener: Listener): string {
  if (!value.includes('localhost')) return value;
  const transport = transportParam(listener.protocol);
  if (transport === undefined || /;transport=/i.test(value)) return withHere(value, here);
  const bracketed = value.includes('<') ? value : `<${value}>`;
  return bracketed.replace(localhost, `$1${here};transport=${transport}`);
}
