import { SipSyntaxError } from './syntax-error.ts';

export interface HostPort {
  /** Lower case; an IPv6 address without its brackets. */
  host: string;
  port: number | undefined;
}

/**
 * Reads `host`, `host:port`, `[v6]:port`; blanks around the colon are forgiven (RFC 3261 COLON in Via).
 * @throws SipSyntaxError naming `field`
 */
export function parseHostPort(text: string, field: string): HostPort {
  const trimmed = text.trim();
  let host: string;
  let rest: string;
  if (trimmed.startsWith('[')) {
    const close = trimmed.indexOf(']');
    if (close < 0) throw new SipSyntaxError(`${field}: "[" without "]"`);
    host = trimmed.slice(1, close);
    rest = trimmed.slice(close + 1).trimStart();
  } else {
    const colon = trimmed.indexOf(':');
    host = colon < 0 ? trimmed : trimmed.slice(0, colon).trimEnd();
    rest = colon < 0 ? '' : trimmed.slice(colon);
  }
  checkHost(host, field);
  if (rest === '') return { host: host.toLowerCase(), port: undefined };
  if (!rest.startsWith(':')) throw new SipSyntaxError(`${field}: text after the host`);
  return { host: host.toLowerCase(), port: parsePort(rest.slice(1).trim(), field) };
}

/** @throws SipSyntaxError where it is no number from 1 to 65535 */
function parsePort(text: string, field: string): number {
  const port = parseUnsigned(text);
  if (port === undefined || port < 1 || port > 65535) throw new SipSyntaxError(`${field}: the port is not 1 to 65535`);
  return port;
}

/** A decimal number of digits only, at most 2^53; else undefined. */
export function parseUnsigned(text: string): number | undefined {
  if (text === '' || text.length > 15) return undefined;
  let number = 0;
  for (let i = 0; i < text.length; i++) {
    const digit = text.charCodeAt(i) - 48;
    if (digit < 0 || digit > 9) return undefined;
    number = number * 10 + digit;
  }
  return number;
}

/** `host` as it stands in a URI or Via: an IPv6 address gets its brackets. */
export function formatHost(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

function checkHost(host: string, field: string): void {
  if (host === '') throw new SipSyntaxError(`${field}: the host is missing`);
  for (let i = 0; i < host.length; i++) {
    const code = host.charCodeAt(i);
    const good =
      (code >= 97 && code <= 122) ||
      (code >= 65 && code <= 90) ||
      (code >= 48 && code <= 58) || // digits and the colon of IPv6
      code === 45 ||
      code === 46 ||
      code === 95 || // "_": no host name, but found in the wild
      code === 37; // "%": an IPv6 zone
    if (!good) throw new SipSyntaxError(`${field}: the host holds a character that it must not`);
  }
}
