// How a value is made unrecognisable. Masks keep length and shape, so that forms and reports that expect a number or an
// address still work; hashes are keyed, so that a number cannot be found by trying all numbers.
import { createHmac } from 'node:crypto';

/** Digits of a number that stay in front (with a country code: +86138) and at the end. */
const front = 3;
const end = 2;

/** What a value is, which decides how it is masked. */
export type ValueKind = 'number' | 'name' | 'mail' | 'text' | 'identity' | 'secret' | 'staff';

/** A masked value of the same length and shape. */
export function masked(kind: ValueKind, value: string): string {
  if (kind === 'number') return maskedNumber(value);
  if (kind === 'name') return maskedName(value);
  if (kind === 'mail' || (kind === 'identity' && value.includes('@'))) return maskedMail(value);
  if (kind === 'identity') return /^\+?[\d\s()-]+$/.test(value) ? maskedDigits(value) : maskedName(value);
  if (kind === 'secret') return '*'.repeat(value.length);
  // Of a text only what looks like a number or an address; that is why texts are kept by every preset but `open`.
  return value.replace(/[^\s@<>()]+@[^\s@<>()]+/g, maskedMail).replace(/\d(?:[\d -]{2,}\d)/g, maskedDigits);
}

/** What stands where a number should be (a name in a SIP address, an id of a messenger, words) shows nothing. */
function maskedNumber(value: string): string {
  if (/^[+\d\s().*#/-]+$/.test(value)) return maskedDigits(value);
  return value.includes('@') ? maskedMail(value) : value.replace(/[\p{L}\p{M}\p{N}]/gu, '*');
}

/** `+8613800138000` → `+86138******00`: every digit between becomes `*`, all else stays where it is. */
function maskedDigits(value: string): string {
  const digits = value.replace(/\D/g, '').length;
  // Short ones (services, extensions, PINs) show nothing, and of none more than half is seen.
  const whole = value.startsWith('+') || digits >= 11;
  const shown = digits < 7 ? { front: 0, end: 0 } : { front: whole ? front + (value.startsWith('+') ? 2 : 0) : 1, end };
  let at = 0;
  return value.replace(/\d/g, (digit) => {
    const place = at++;
    return place < shown.front || place >= digits - shown.end ? digit : '*';
  });
}

/** The first character of each word stays: `张**`, `W*** L**`. */
function maskedName(value: string): string {
  return value.replace(/\S+/gu, (word) => {
    const [first = '', ...rest] = [...word];
    return first + '*'.repeat(rest.length);
  });
}

/** `w***@bank.example`: the host stays. */
function maskedMail(value: string): string {
  const at = value.lastIndexOf('@');
  if (at < 0) return maskedName(value);
  return `${maskedName(value.slice(0, at))}${value.slice(at)}`;
}

/**
 * `h1:` and 22 characters (128 bits of HMAC-SHA-256). The same person's number gives the same hash at every site with that
 * key, and nothing to anybody without it.
 * @param what `phone`, `mail`, `wechat` …: so that one text as two kinds of identity gives two hashes
 */
export function hashed(key: Buffer, what: string, value: string): string {
  const digest = createHmac('sha256', key).update(`${what}\0${value}`).digest('base64url');
  return `h1:${digest.slice(0, 22)}`;
}
