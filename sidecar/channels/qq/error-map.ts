// `code` of the API → what it means for a message of ours.
import type { Sent } from '../../connector.ts';

type Failed = Extract<Sent, { ok: false }>;

/** (msg_id, msg_seq) was there before: an earlier try of the same message had come through. */
export const repeatedCode = 40054005;
/** msg_id is not known, or too old. */
export const oldMessageCodes: ReadonlySet<number> = new Set([40034024, 40034025, 304027]);
const tokenCodes = new Set([11241, 11242, 11243, 11244]);
const mediaCodes = new Set([304082, 304083]);
const quotaCodes = new Set([22009, 40034028]);
const tooLong = new Set([304018, 50035]);

export function isTokenError(status: number | undefined, code: number | undefined): boolean {
  return status === 401 || (code !== undefined && tokenCodes.has(code));
}

/** @param status of HTTP; absent: the provider was not reached */
export function failure(
  status: number | undefined,
  code: number | undefined,
  reason: string,
  afterMs?: number | undefined,
): Failed {
  if (status === undefined) return { ok: false, code: 'unreachable', reason, again: true };
  if (isTokenError(status, code)) return { ok: false, code: 'token-expired', reason, again: true };
  if (code !== undefined && quotaCodes.has(code))
    return { ok: false, code: 'quota-spent', reason, again: false, window: { left: 0 } };
  if (code !== undefined && oldMessageCodes.has(code))
    return { ok: false, code: 'window-closed', reason, again: false, window: { left: 0 } };
  if (code !== undefined && tooLong.has(code)) return { ok: false, code: 'too-large', reason, again: false };
  if (code !== undefined && mediaCodes.has(code)) return { ok: false, code: 'busy', reason, again: true };
  if (status === 429 || status >= 500) return { ok: false, code: 'busy', reason, again: true, afterMs };
  return { ok: false, code: 'rejected', reason, again: false };
}
