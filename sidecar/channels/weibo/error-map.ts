// `error_code` of the API → what it means for a message of ours.
import type { Sent } from '../../connector.ts';

type Failed = Extract<Sent, { ok: false }>;

const minute = 60_000;
/** The token is from the console and renewed there by hand: tried again, as somebody will. */
const tokenCodes = new Set([21314, 21315, 21316, 21317, 21327, 21332, 10006]);
const busyCodes = new Set([10001, 10002, 10009, 10010, 10011]);
const rateCodes = new Set([10022, 10023, 10024]);
const tooLong = new Set([20012, 20013]);

export function isTokenError(errorCode: number | undefined): boolean {
  return errorCode !== undefined && tokenCodes.has(errorCode);
}

/** @param status of HTTP; absent: the provider was not reached */
export function failure(status: number | undefined, errorCode: number | undefined, reason: string): Failed {
  if (status === undefined) return { ok: false, code: 'unreachable', reason, again: true };
  if (isTokenError(errorCode)) return { ok: false, code: 'token-expired', reason, again: true, afterMs: 5 * minute };
  if (errorCode !== undefined && rateCodes.has(errorCode))
    return { ok: false, code: 'busy', reason, again: true, afterMs: minute };
  if (status >= 500 || status === 429 || (errorCode !== undefined && busyCodes.has(errorCode)))
    return { ok: false, code: 'busy', reason, again: true };
  if (errorCode !== undefined && tooLong.has(errorCode)) return { ok: false, code: 'too-large', reason, again: false };
  // There is no number of its own for it in the provider's lists; the sentence says it.
  if (/quota|配额|超过.*次|回复次数/i.test(reason))
    return { ok: false, code: 'quota-spent', reason, again: false, window: { left: 0 } };
  return { ok: false, code: 'rejected', reason, again: false };
}
