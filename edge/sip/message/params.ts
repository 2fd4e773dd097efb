import { closingQuote } from './list.ts';
import { SipSyntaxError } from './syntax-error.ts';

/** Parameters after `;`: name in lower case → raw value (a quoted string keeps its quotes); undefined for a bare name. */
export type Params = Map<string, string | undefined>;

const semicolon = 59;
const equals = 61;
const quote = 34;

/**
 * Reads `;a=b;c;d="x;y"` from `start`, which is the first semicolon or the end.
 * @throws SipSyntaxError where something else than a parameter stands there, or a quote is not closed
 */
export function parseParams(text: string, start = 0): Params {
  const params: Params = new Map();
  let at = skipSpace(text, start);
  while (at < text.length) {
    if (text.charCodeAt(at) !== semicolon) throw new SipSyntaxError('parameters: expected ";"');
    let end = at + 1;
    let assign = -1;
    for (; end < text.length; end++) {
      const code = text.charCodeAt(end);
      if (code === semicolon) break;
      if (code === equals && assign < 0) assign = end;
      else if (code === quote) {
        end = closingQuote(text, end);
        if (end >= text.length) throw new SipSyntaxError('parameters: a quote is not closed');
      }
    }
    const name = (assign < 0 ? text.slice(at + 1, end) : text.slice(at + 1, assign)).trim().toLowerCase();
    // An empty parameter (";;", or ";" at the end) is a common sin of others and harms nobody.
    if (name !== '') params.set(name, assign < 0 ? undefined : text.slice(assign + 1, end).trim());
    else if (assign >= 0) throw new SipSyntaxError('parameters: a name is missing');
    at = end;
  }
  return params;
}

/** `;a=b;c` for what `parseParams` read; values are written as they are. */
export function formatParams(params: ReadonlyMap<string, string | undefined>): string {
  let text = '';
  for (const [name, value] of params) text += value === undefined ? `;${name}` : `;${name}=${value}`;
  return text;
}

/** A quoted string without its quotes and escapes; other text unchanged. */
export function unquote(text: string): string {
  if (text.length < 2 || text.charCodeAt(0) !== quote || !text.endsWith('"')) return text;
  const inner = text.slice(1, -1);
  return inner.includes('\\') ? inner.replace(/\\([\s\S])/g, '$1') : inner;
}

/** A quoted string that holds `text`. */
export function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}

/** The index of the first character from `at` on that is neither space nor tab. */
export function skipSpace(text: string, at: number): number {
  let i = at;
  while (i < text.length && (text.charCodeAt(i) === 32 || text.charCodeAt(i) === 9)) i++;
  return i;
}
