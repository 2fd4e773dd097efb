// How a customer can be known, and in which form identities are kept and shown.
import { maskNumber, phoneNumber } from '../../values/index.ts';

/**
 * `phone` in E.164 where it could be understood, else as received; `mail` in lower case; `account`, `unionid`, `wechat` and
 * whatever a connector brings, as they are.
 */
export interface Identity {
  kind: string;
  value: string;
  /** It was proved (a login, a signed token), not merely said. */
  verified?: boolean | undefined;
}

/**
 * Kinds that belong to one person for good, so that proving one proves who she is. Numbers and addresses do not: they are
 * shared in families and given to others later; where a proved one belongs to somebody else, a person decides.
 */
export const provingKinds: ReadonlySet<string> = new Set(['account', 'unionid', 'login']);

/** @param country ISO 3166 two letters, for numbers without a country code */
export function normalIdentity({ kind, value, verified }: Identity, country: string): Identity {
  const text = value.trim();
  const normal = kind === 'phone' ? (phoneNumber(text, country).e164 ?? text) : kind === 'mail' ? mail(text) : text;
  return verified === true ? { kind, value: normal, verified } : { kind, value: normal };
}

/** The local part may differ by case in theory (RFC 5321 §2.4); no provider of mail lets it. */
function mail(text: string): string {
  const address = /<([^<>]+)>\s*$/.exec(text)?.[1] ?? text;
  return address.trim().toLowerCase();
}

export function keyOf({ kind, value }: Identity): string {
  return `${kind} ${value}`;
}

/** For roles that may not see it whole: enough to tell two apart, too little to write to or to look up. */
export function maskIdentity(identity: Identity): Identity {
  return { ...identity, value: maskValue(identity) };
}

function maskValue({ kind, value }: Identity): string {
  if (kind === 'phone') return maskNumber(value);
  if (kind === 'mail') {
    const at = value.lastIndexOf('@');
    return at < 1 ? maskText(value) : `${value.slice(0, 1)}***${value.slice(at)}`;
  }
  return maskText(value);
}

function maskText(value: string): string {
  const letters = [...value];
  if (letters.length <= 4) return '****';
  return `${letters.slice(0, 2).join('')}****${letters.slice(-2).join('')}`;
}
