import { formatHost, parseHostPort, parseUnsigned } from './host-port.ts';
import { formatParams, type Params, parseParams } from './params.ts';
import { SipSyntaxError } from './syntax-error.ts';

/** One Via value (RFC 3261 §20.42, rport: RFC 3581). */
export interface Via {
  /** Upper case: UDP, TCP, TLS, WS … */
  transport: string;
  /** sent-by: lower case, IPv6 without brackets. */
  host: string;
  port: number | undefined;
  params: Params;
}

/** The branches of RFC 3261 begin so; others come from RFC 2543 and identify nothing. */
export const magicCookie = 'z9hG4bK';

/**
 * Reads one Via element (split lists first). Blanks around the slashes are allowed by the grammar.
 * @throws SipSyntaxError (400; 505 where the version is not 2.0)
 */
export function parseVia(text: string): Via {
  const first = text.indexOf('/');
  const second = first < 0 ? -1 : text.indexOf('/', first + 1);
  if (second < 0) throw new SipSyntaxError('Via: expected SIP/2.0/transport');
  if (text.slice(0, first).trim().toUpperCase() !== 'SIP' || text.slice(first + 1, second).trim() !== '2.0') {
    throw new SipSyntaxError('Via: not SIP/2.0');
  }
  let start = second + 1;
  while (isBlank(text, start)) start++;
  let end = start;
  while (end < text.length && !isBlank(text, end) && text.charCodeAt(end) !== 59) end++;
  const transport = text.slice(start, end).toUpperCase();
  if (transport === '') throw new SipSyntaxError('Via: the transport is missing');
  const semicolon = text.indexOf(';', end);
  const { host, port } = parseHostPort(semicolon < 0 ? text.slice(end) : text.slice(end, semicolon), 'Via');
  return { transport, host, port, params: semicolon < 0 ? new Map() : parseParams(text, semicolon) };
}

export function formatVia(via: Via): string {
  const port = via.port === undefined ? '' : `:${via.port}`;
  return `SIP/2.0/${via.transport} ${formatHost(via.host)}${port}${formatParams(via.params)}`;
}

/** The rport that a server has filled in; undefined where it is absent, bare or no port. */
export function filledRport(via: Via): number | undefined {
  const text = via.params.get('rport');
  const port = text === undefined ? undefined : parseUnsigned(text);
  return port !== undefined && port > 0 && port < 65536 ? port : undefined;
}

function isBlank(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code === 32 || code === 9;
}
