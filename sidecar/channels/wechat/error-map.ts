// `errcode` of the API → what it means for a message of ours.
import type { Sent } from '../../connector.ts';

type Failed = Extract<Sent, { ok: false }>;
interface Meaning {
  code: Failed['code'];
  again: boolean;
  afterMs?: number;
  window?: Failed['window'];
}

const closed = { left: 0 } as const;
const minute = 60_000;

const meanings: Readonly<Record<number, Meaning>> = {
  [-1]: { code: 'busy', again: true },
  40001: { code: 'token-expired', again: true },
  40014: { code: 'token-expired', again: true },
  42001: { code: 'token-expired', again: true },
  // Settings of ours, or of the account's console, are wrong: tried again, as somebody will mend them.
  40013: { code: 'unknown', again: true, afterMs: 5 * minute },
  40125: { code: 'unknown', again: true, afterMs: 5 * minute },
  40164: { code: 'unknown', again: true, afterMs: 5 * minute },
  50002: { code: 'unknown', again: true, afterMs: 5 * minute },
  40003: { code: 'rejected', again: false },
  43004: { code: 'rejected', again: false, window: closed },
  43101: { code: 'rejected', again: false },
  45002: { code: 'too-large', again: false },
  40006: { code: 'too-large', again: false },
  45001: { code: 'too-large', again: false },
  45009: { code: 'busy', again: true, afterMs: 60 * minute },
  45011: { code: 'busy', again: true, afterMs: minute },
  45015: { code: 'window-closed', again: false, window: closed },
  45047: { code: 'quota-spent', again: false, window: closed },
};

/** Settings that are wrong: for the administrator. */
export const settingErrors: ReadonlySet<number> = new Set([40013, 40125, 40164, 48001, 50002]);

/** @param errcode absent: the provider was not reached */
export function failure(errcode: number | undefined, reason: string): Failed {
  if (errcode === undefined) return { ok: false, code: 'unreachable', reason, again: true };
  const meaning = meanings[errcode] ?? { code: 'rejected', again: false };
  return { ok: false, reason, ...meaning };
}
