import { formatHost, parseHostPort } from './host-port.ts';
import { formatParams, type Params, parseParams } from './params.ts';
import { SipSyntaxError } from './syntax-error.ts';

/** A URI of a request line or a name-addr (RFC 3261 §19.1). Escapes (`%41`) are kept as they came. */
export interface Uri {
  /** Lower case: `sip`, `sips`, `tel`, or any other. */
  scheme: string;
  /** The user part; the number of a `tel` URI; undefined where there is none. */
  user: string | undefined;
  password: string | undefined;
  /** Lower case, IPv6 without brackets; empty where the scheme has no host (`tel`). */
  host: string;
  port: number | undefined;
  params: Params;
  /** What follows `?`, raw. */
  headers: string | undefined;
  /** Everything after the colon, for schemes that this reader does not know. */
  opaque: string | undefined;
}

/**
 * Reads a URI.
 * @throws SipSyntaxError (400) naming what is wrong
 */
export function parseUri(text: string): Uri {
  const colon = text.indexOf(':');
  if (colon < 1) throw new SipSyntaxError('URI: the scheme is missing');
  const scheme = text.slice(0, colon).toLowerCase();
  if (!isScheme(scheme)) throw new SipSyntaxError('URI: bad scheme');
  for (let i = colon; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code <= 32 || code === 127 || code === 60 || code === 62 || code === 34) {
      throw new SipSyntaxError('URI: a blank, quote, bracket or control character');
    }
  }
  if (scheme === 'sip' || scheme === 'sips') return parseSip(scheme, text.slice(colon + 1));
  if (scheme === 'tel') return parseTel(text.slice(colon + 1));
  return uri(scheme, { opaque: text.slice(colon + 1) });
}

/** @returns undefined instead of throwing */
export function tryParseUri(text: string): Uri | undefined {
  try {
    return parseUri(text);
  } catch (error) {
    if (error instanceof SipSyntaxError) return undefined;
    throw error;
  }
}

export function formatUri(value: Uri): string {
  if (value.opaque !== undefined) return `${value.scheme}:${value.opaque}`;
  if (value.scheme === 'tel') return `tel:${value.user ?? ''}${formatParams(value.params)}`;
  const password = value.password === undefined ? '' : `:${value.password}`;
  const user = value.user === undefined ? '' : `${value.user}${password}@`;
  const port = value.port === undefined ? '' : `:${value.port}`;
  const headers = value.headers === undefined ? '' : `?${value.headers}`;
  return `${value.scheme}:${user}${formatHost(value.host)}${port}${formatParams(value.params)}${headers}`;
}

/** `text` with its `%41` escapes undone where they are good UTF-8; else as it is. For numbers and names that people read. */
export function unescapeUser(text: string): string {
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // not UTF-8: RFC 3261 gives such bytes no meaning, so the escaped form is the only faithful one
  }
}

function parseSip(scheme: string, rest: string): Uri {
  // A "?" or ";" may stand in the user part, so the "@" is looked for first.
  const at = rest.lastIndexOf('@');
  let user: string | undefined;
  let password: string | undefined;
  if (at >= 0) {
    const info = rest.slice(0, at);
    const colon = info.indexOf(':');
    user = colon < 0 ? info : info.slice(0, colon);
    password = colon < 0 ? undefined : info.slice(colon + 1);
    if (user === '') throw new SipSyntaxError('URI: the user part is empty');
  }
  const question = rest.indexOf('?', at + 1);
  const headers = question < 0 ? undefined : rest.slice(question + 1);
  const end = question < 0 ? rest.length : question;
  const semicolon = rest.indexOf(';', at + 1);
  const hostEnd = semicolon < 0 || semicolon > end ? end : semicolon;
  const { host, port } = parseHostPort(rest.slice(at + 1, hostEnd), 'URI');
  const params = hostEnd === end ? new Map() : parseParams(rest.slice(hostEnd, end));
  return uri(scheme, { user, password, host, port, params, headers });
}

function parseTel(rest: string): Uri {
  const semicolon = rest.indexOf(';');
  const user = semicolon < 0 ? rest : rest.slice(0, semicolon);
  if (user === '') throw new SipSyntaxError('URI: the telephone number is empty');
  return uri('tel', { user, params: semicolon < 0 ? new Map() : parseParams(rest, semicolon) });
}

function uri(scheme: string, parts: Partial<Uri>): Uri {
  return {
    scheme,
    user: parts.user,
    password: parts.password,
    host: parts.host ?? '',
    port: parts.port,
    params: parts.params ?? new Map(),
    headers: parts.headers,
    opaque: parts.opaque,
  };
}

function isScheme(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    const letter = code >= 97 && code <= 122;
    const other = (code >= 48 && code <= 57) || code === 43 || code === 45 || code === 46;
    if (!letter && !(other && i > 0)) return false;
  }
  return true;
}
