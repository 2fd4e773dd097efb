// Which headers of a draft the layer writes itself, and what it understands.
import { type SipMessage, splitLists } from '../message/index.ts';
import type { Draft } from './user.ts';

/** Extensions that we understand where a request requires them (RFC 3261 §8.2.2.3); `replaces` is the user's work. */
export const supportedExtensions = ['100rel', 'timer', 'replaces', 'norefersub'];
/** Methods that may begin something outside a dialog. */
export const methodsOutside = ['INVITE', 'OPTIONS', 'REGISTER', 'MESSAGE', 'INFO', 'NOTIFY', 'SUBSCRIBE', 'PUBLISH'];
/** All that we understand, for Allow. */
export const methods = [...methodsOutside, 'ACK', 'CANCEL', 'BYE', 'PRACK', 'UPDATE', 'REFER'];
export const allow = methods.join(', ');

/** Never taken from a draft: they belong to the transaction, the dialog or the message. */
const ours = new Set(['Via', 'From', 'To', 'Call-ID', 'CSeq', 'Route', 'Record-Route', 'RSeq', 'Content-Length']);

/**
 * Puts the draft's headers and body into a message. A body that begins as an SDP does gets its Content-Type.
 * @param skip one more name that the layer has written itself
 * @throws RangeError where a value holds a line break
 */
export function applyDraft(message: SipMessage, draft: Draft, skip?: string): void {
  const { headers } = message;
  for (const [name, value] of draft.headers) {
    if (!ours.has(name) && name !== skip) headers.add(name, value);
  }
  if (draft.body.length === 0) return;
  message.body = Buffer.from(draft.body, 'utf8');
  if (!headers.has('Content-Type') && draft.body.startsWith('v=0')) headers.add('Content-Type', 'application/sdp');
}

export function draftHeader(draft: Draft, name: string): string | undefined {
  for (const header of draft.headers) if (header[0] === name) return header[1];
  return undefined;
}

/** Whether a list header (Supported, Require …) holds an option tag. */
export function hasOption(message: SipMessage, header: string, tag: string): boolean {
  const lines = message.headers.all(header);
  if (lines.length === 0) return false;
  for (const option of splitLists(lines)) if (option.toLowerCase() === tag) return true;
  return false;
}

/** What Require holds that we do not support. */
export function unsupportedExtensions(request: SipMessage): string[] {
  const lines = request.headers.all('Require');
  if (lines.length === 0) return [];
  return splitLists(lines).filter((option) => !supportedExtensions.includes(option.toLowerCase()));
}

/** Whether a body is a session description. */
export function isSdp(message: SipMessage): boolean {
  return message.body.length > 3 && message.body[0] === 0x76 && message.body[1] === 0x3d && message.body[2] === 0x30;
}
