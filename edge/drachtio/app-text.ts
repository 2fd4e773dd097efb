// The SIP text inside an app's frame, taken apart. drachtio-srf's serialiser writes one unfolded `name: value` a line in
// any order, with most names in lower case; its Content-Length counts UTF-16 units, so it is ignored: the body is all
// that follows the first blank line.
import { isToken } from '../sip/index.ts';
import { headerName } from './header-names.ts';

export interface AppText {
  /** Of a request; empty for a response. */
  method: string;
  uri: string;
  /** Of a response; 0 for a request. */
  status: number;
  reason: string;
  /** Canonical name and value, in the app's order. Names that are no RFC 3261 tokens are left out. */
  headers: [name: string, value: string][];
  body: string;
}

/**
 * Reads the text of a `sip` frame from `from` on.
 * @returns the message, or a sentence that says what is wrong with it
 */
export function readAppText(text: string, from: number): AppText | string {
  let lineEnd = text.indexOf('\r\n', from);
  if (lineEnd === -1) lineEnd = text.length;
  const start = text.slice(from, lineEnd);
  const message: AppText = { method: '', uri: '', status: 0, reason: '', headers: [], body: '' };
  const firstSpace = start.indexOf(' ');
  if (firstSpace <= 0) return 'invalid start line';
  if (start.startsWith('SIP/2.0 ')) {
    const status = Number(start.slice(8, 11));
    if (!Number.isInteger(status) || status < 100 || status > 699) return 'invalid status code';
    message.status = status;
    message.reason = start.slice(12);
  } else {
    const secondSpace = start.indexOf(' ', firstSpace + 1);
    if (secondSpace === -1 || !start.startsWith('SIP/2.0', secondSpace + 1)) return 'invalid start line';
    message.method = start.slice(0, firstSpace);
    message.uri = start.slice(firstSpace + 1, secondSpace);
    if (!isToken(message.method)) return 'invalid method';
    if (message.uri.length === 0) return 'invalid request-uri';
  }
  let at = lineEnd + 2;
  while (at < text.length) {
    let end = text.indexOf('\r\n', at);
    if (end === -1) end = text.length;
    if (end === at) {
      message.body = text.slice(at + 2);
      return message;
    }
    const colon = text.indexOf(':', at);
    if (colon > at && colon < end) {
      const name = text.slice(at, colon).trim();
      if (isToken(name)) message.headers.push([headerName(name), text.slice(colon + 1, end).trim()]);
    }
    at = end + 2;
  }
  return message;
}

/** The first value of a header by its canonical name. */
export function appHeader(message: AppText, name: string): string | undefined {
  for (const header of message.headers) if (header[0] === name) return header[1];
  return undefined;
}
