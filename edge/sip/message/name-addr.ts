import { closingQuote } from './list.ts';
import { formatParams, type Params, parseParams, quoted, skipSpace, unquote } from './params.ts';
import { SipSyntaxError } from './syntax-error.ts';

/** From, To, Contact, Route … : `"Ann" <sip:ann@x>;tag=1` or `sip:ann@x;tag=1` (RFC 3261 §20.10). */
export interface NameAddr {
  /** Without quotes and escapes; undefined where there is none. */
  display: string | undefined;
  /** Raw; `parseUri` reads it. `*` for `Contact: *`. */
  uri: string;
  /** Parameters of the header, not of the URI. */
  params: Params;
}

/**
 * Reads one element (split lists first).
 * @throws SipSyntaxError (400)
 */
export function parseNameAddr(text: string, field = 'address'): NameAddr {
  const start = skipSpace(text, 0);
  let display: string | undefined;
  let open = start;
  if (text.charCodeAt(start) === 34) {
    const close = closingQuote(text, start);
    if (close >= text.length) throw new SipSyntaxError(`${field}: a quote is not closed`);
    display = unquote(text.slice(start, close + 1));
    open = skipSpace(text, close + 1);
    if (text.charCodeAt(open) !== 60) throw new SipSyntaxError(`${field}: "<" expected after the display name`);
  } else {
    open = text.indexOf('<', start);
    if (open < 0) return parseAddrSpec(text, start, field);
    const words = text.slice(start, open).trim();
    // An addr-spec before "<" would be two addresses: "<" inside a parameter of an addr-spec is no name-addr either.
    if (words.includes(';') || words.includes('"')) throw new SipSyntaxError(`${field}: bad display name`);
    display = words === '' ? undefined : words;
  }
  const close = text.indexOf('>', open);
  if (close < 0) throw new SipSyntaxError(`${field}: "<" without ">"`);
  const uri = text.slice(open + 1, close).trim();
  checkUri(uri, field);
  return { display, uri, params: parseParams(text, close + 1) };
}

export function formatNameAddr(value: NameAddr): string {
  const display = value.display === undefined || value.display === '' ? '' : `${quoted(value.display)} `;
  return `${display}<${value.uri}>${formatParams(value.params)}`;
}

/** Without brackets, everything after the first `;` belongs to the header, and the URI may hold no comma or question mark. */
function parseAddrSpec(text: string, start: number, field: string): NameAddr {
  const semicolon = text.indexOf(';', start);
  const uri = (semicolon < 0 ? text.slice(start) : text.slice(start, semicolon)).trim();
  if (uri !== '*') checkUri(uri, field);
  return { display: undefined, uri, params: semicolon < 0 ? new Map() : parseParams(text, semicolon) };
}

function checkUri(uri: string, field: string): void {
  const colon = uri.indexOf(':');
  if (colon < 1) throw new SipSyntaxError(`${field}: no URI`);
  if (uri.includes(' ') || uri.includes('\t') || uri.includes('<')) {
    throw new SipSyntaxError(`${field}: a blank or bracket in the URI`);
  }
}
