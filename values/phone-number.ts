// Telephone numbers: E.164 with what was dialled kept.
import { createRequire } from 'node:module';
import type { CountryCode, default as Parse } from 'libphonenumber-js';
import { ownText } from './own-text.ts';

export interface PhoneNumber {
  /** `+8613800138000`, where the number could be understood. */
  readonly e164?: string | undefined;
  /** As received. */
  readonly dialled: string;
}

/**
 * Loaded at the first number, as the edge and the command line know none; and as CommonJS, which takes 10 MB instead of 15.
 */
let parse: typeof Parse | undefined;
function parser(): typeof Parse {
  parse ??= (createRequire(import.meta.url)('libphonenumber-js/min') as { default: typeof Parse }).default;
  return parse;
}

/** Understood before: services are dialled again and again, and understanding a number is slow. The oldest goes first. */
const known = new Map<string, PhoneNumber>();
const mostKnown = 2_000;

/**
 * Understands a number as dialled in a country (ITU-T E.164).
 * @param country ISO 3166 two letters, for numbers without a country code
 */
export function phoneNumber(dialled: string, country: string): PhoneNumber {
  // What is remembered is mostly a piece of a SIP message, which is not to be kept with it.
  return known.get(`${country} ${dialled}`) ?? understood(ownText(dialled), country);
}

function understood(dialled: string, country: string): PhoneNumber {
  const parsed = parser()(dialled, country as CountryCode);
  const e164 = parsed?.isPossible() ? parsed.number : undefined;
  const number = { e164, dialled };
  remember(`${country} ${dialled}`, number);
  // In this form it is asked for next (whose is it?), and is understood as itself; what still has a trunk prefix may not be.
  if (parsed && e164 !== undefined && e164 !== dialled && !/^[08]/.test(parsed.nationalNumber))
    remember(`${country} ${e164}`, { e164, dialled: e164 });
  return number;
}

function remember(key: string, number: PhoneNumber): void {
  known.set(key, number);
  if (known.size <= mostKnown) return;
  for (const oldest of known.keys()) {
    known.delete(oldest);
    break;
  }
}

/** E.164, or at least three digits as a network may send them: what a customer can be known by. */
export function isNumber(text: string): boolean {
  return /^\+?[0-9]{3,15}$/.test(text);
}

/** For logs and for roles that may not see numbers: `+86138****8000`. Short numbers (services, extensions) stay. */
export function maskNumber(number: string): string {
  return number.length <= 6 ? number : `${number.slice(0, -8)}****${number.slice(-4)}`;
}
