// `errcode` of the API, and `fail_type` of msg_send_fail → what they mean for a message of ours.
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
  40014: { code: 'token-expired', again: true },
  42001: { code: 'token-expired', again: true },
  // Settings of ours, or of the console, are wrong: tried again, as somebody will mend them.
  40001: { code: 'unknown', again: true, afterMs: 5 * minute },
  40013: { code: 'unknown', again: true, afterMs: 5 * minute },
  48002: { code: 'unknown', again: true, afterMs: 5 * minute },
  60020: { code: 'unknown', again: true, afterMs: 5 * minute },
  40006: { code: 'too-large', again: false },
  45001: { code: 'too-large', again: false },
  45002: { code: 'too-large', again: false },
  45009: { code: 'busy', again: true, afterMs: minute },
  45033: { code: 'busy', again: true, afterMs: 1_000 },
  // send msg count limit: five were sent since the customer wrote.
  95001: { code: 'quota-spent', again: false, window: closed },
  // The conversation ended, or is with a person in WeCom: nothing from us is taken until the customer writes anew.
  95013: { code: 'window-closed', again: false, window: closed },
  95018: { code: 'window-closed', again: false, window: closed },
};

/** Settings that are wrong: for the administrator. */
export const settingErrors: ReadonlySet<number> = new Set([40001, 40013, 48002, 60020, 95000]);

/** @param errcode absent: the provider was not reached */
export function failure(errcode: number | undefined, reason: string): Failed {
  if (errcode === undefined) return { ok: false, code: 'unreachable', reason, again: true };
  const meaning = meanings[errcode] ?? { code: 'rejected', again: false };
  return { ok: false, reason, ...meaning };
}

const failTypes: Readonly<Record<number, { code: Failed['code']; reason: string; window?: Failed['window'] }>> = {
  1: { code: 'rejected', reason: 'the service account was deleted' },
  2: { code: 'rejected', reason: 'the application is closed' },
  4: { code: 'window-closed', reason: 'the customer wrote more than 48 hours ago', window: closed },
  5: { code: 'window-closed', reason: 'the session is closed', window: closed },
  6: { code: 'quota-spent', reason: 'more than 5 messages since the customer wrote', window: closed },
  7: { code: 'rejected', reason: 'the link is not allowed' },
  8: { code: 'rejected', reason: 'the company is not verified' },
  10: { code: 'rejected', reason: 'the customer takes no messages' },
  11: { code: 'rejected', reason: 'nobody of the company is logged in to WeCom' },
  12: { code: 'rejected', reason: 'messages of this kind are not allowed here' },
  13: { code: 'rejected', reason: 'stopped by the provider for security' },
};

/** Of the event msg_send_fail. */
export function failType(type: number | undefined): {
  code: Failed['code'];
  reason: string;
  window?: Failed['window'];
} {
  return failTypes[type ?? 0] ?? { code: 'unknown', reason: `the provider gives no reason (${type ?? 0})` };
}
