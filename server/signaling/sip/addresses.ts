// Name-addr and URI (RFC 3261 §20.10, §19.1) as far as the server looks into them: one pass, no regular expressions.

export interface NameAddr {
  /** Display name, unquoted. */
  name?: string | undefined;
  uri: string;
  /** Header parameters, names in lower case; a flag has the value ''. */
  params: Record<string, string>;
}

export interface SipUri {
  scheme: 'sip' | 'sips' | 'tel';
  /** Decoded; for `tel` the number. */
  user: string;
  host: string;
  port?: number | undefined;
  params: Record<string, string>;
}

/** Reads one name-addr or addr-spec. Never throws: what cannot be read gives an empty uri. */
export function parseNameAddr(text: string): NameAddr {
  const quoted = text.trimStart().startsWith('"');
  const nameEnd = quoted ? closingQuote(text, text.indexOf('"')) : -1;
  const open = text.indexOf('<', nameEnd + 1);
  if (open < 0) {
    const semicolon = text.indexOf(';');
    const uri = (semicolon < 0 ? text : text.slice(0, semicolon)).trim();
    return { uri, params: semicolon < 0 ? {} : parseParams(text.slice(semicolon + 1)) };
  }
  const close = text.indexOf('>', open);
  if (close < 0) return { uri: '', params: {} };
  const before = text.slice(0, open).trim();
  const name = quoted ? before.slice(1, before.lastIndexOf('"')).replaceAll('\\', '') : before;
  return {
    name: name === '' ? undefined : name,
    uri: text.slice(open + 1, close).trim(),
    params: parseParams(text.slice(close + 1)),
  };
}

/** Splits a header value at commas outside quotes and angle brackets. */
export function splitValues(text: string): string[] {
  const values: string[] = [];
  let start = 0;
  let angle = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (c === '"') {
      i = closingQuote(text, i);
      if (i < 0) break;
    } else if (c === '<') angle++;
    else if (c === '>') angle--;
    else if (c === ',' && angle <= 0) {
      values.push(text.slice(start, i).trim());
      start = i + 1;
    }
  }
  values.push(text.slice(start).trim());
  return values.filter((value) => value !== '');
}

/** @returns undefined where it is no sip, sips or tel URI */
export function parseUri(text: string): SipUri | undefined {
  const colon = text.indexOf(':');
  const scheme = text.slice(0, colon).toLowerCase();
  if (scheme !== 'sip' && scheme !== 'sips' && scheme !== 'tel') return undefined;
  const question = text.indexOf('?', colon);
  const whole = text.slice(colon + 1, question < 0 ? undefined : question);
  const at = whole.lastIndexOf('@');
  const semicolon = whole.indexOf(';', at + 1);
  const params = semicolon < 0 ? {} : parseParams(whole.slice(semicolon + 1));
  const main = semicolon < 0 ? whole : whole.slice(0, semicolon);
  if (scheme === 'tel') return { scheme, user: main, host: '', params };
  const userInfo = at < 0 ? '' : main.slice(0, at);
  const user = decode((userInfo.split(':', 1)[0] ?? '').split(';', 1)[0] ?? '');
  const hostPort = main.slice(at + 1);
  const bracket = hostPort.lastIndexOf(']');
  const portColon = hostPort.indexOf(':', Math.max(bracket, 0));
  const host = portColon < 0 ? hostPort : hostPort.slice(0, portColon);
  if (host === '') return undefined;
  const port = portColon < 0 ? undefined : Number(hostPort.slice(portColon + 1));
  if (port !== undefined && !(Number.isInteger(port) && port > 0 && port < 65_536)) return undefined;
  return { scheme, user, host, port, params };
}

/** The user part of a URI, or of a name-addr's URI; '' where there is none. */
export function userOf(uri: string): string {
  return parseUri(uri)?.user ?? '';
}

/** Escapes what may not stand in the user part of a SIP URI (RFC 3261 §25.1). */
export function escapeUser(user: string): string {
  return encodeURIComponent(user).replaceAll('%2B', '+').replaceAll('%26', '&').replaceAll('%24', '$');
}

/** `"Ann \"A\"" <uri>`. */
export function formatNameAddr(name: string | undefined, uri: string): string {
  if (name === undefined || name === '') return `<${uri}>`;
  const clean = name
    .replace(/[\r\n]/g, ' ')
    .replaceAll('\\', '\\\\')
    .replaceAll('"', '\\"');
  return `"${clean}" <${uri}>`;
}

function parseParams(text: string): Record<string, string> {
  const params: Record<string, string> = {};
  for (let start = 0; start < text.length; ) {
    let end = start;
    while (end < text.length && text[end] !== ';') {
      if (text[end] === '"') {
        const close = closingQuote(text, end);
        end = close < 0 ? text.length : close;
      }
      end++;
    }
    const part = text.slice(start, end).trim();
    const equals = part.indexOf('=');
    const name = (equals < 0 ? part : part.slice(0, equals)).trim().toLowerCase();
    if (name !== '') params[name] = equals < 0 ? '' : unquote(part.slice(equals + 1).trim());
    start = end + 1;
  }
  return params;
}

function unquote(text: string): string {
  return text.startsWith('"') && text.endsWith('"') && text.length > 1
    ? text.slice(1, -1).replace(/\\(.)/g, '$1')
    : text;
}

/** Index of the quote that closes the one at `open`, or -1. */
function closingQuote(text: string, open: number): number {
  for (let i = open + 1; i < text.length; i++) {
    if (text[i] === '\\') i++;
    else if (text[i] === '"') return i;
  }
  return -1;
}

function decode(text: string): string {
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // not an escape after all: taken as it is
  }
}
