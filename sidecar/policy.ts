// When we may write to a customer, as the provider counts it. Pure: openings and the time come in, windows come out.
import type { ReplyWindow } from '../connector/index.ts';
import type { Millis } from '../values/index.ts';
import type { SendPolicy } from './connector.ts';

/** An occasion that opened a window in a thread; the last one of its kind counts. */
export interface Opening {
  occasion: string;
  at: Millis;
  /** So many messages were sent in it. */
  used: number;
}

interface Open {
  opening: Opening;
  until: Millis;
  left: number | undefined;
}

function open(policy: SendPolicy, openings: readonly Opening[], now: Millis): Open[] {
  const found: Open[] = [];
  for (const opening of openings) {
    const rule = policy.windows[opening.occasion];
    if (rule === undefined || opening.at > now + 60_000) continue;
    const until = opening.at + rule.forMs;
    if (until <= now) continue;
    found.push({ opening, until, left: rule.most === undefined ? undefined : Math.max(0, rule.most - opening.used) });
  }
  return found;
}

/**
 * Until when and how often still we may write.
 * @returns undefined where no window limits it; `{ until: … in the past }` is never returned: closed is `{ left: 0 }`
 */
export function windowOf(policy: SendPolicy, openings: readonly Opening[], now: Millis): ReplyWindow | undefined {
  if (policy.always) return undefined;
  const all = open(policy, openings, now);
  const usable = all.filter(({ left }) => left !== 0);
  if (usable.length === 0) return { until: Math.max(0, ...all.map(({ until }) => until)), left: 0 };
  const until = Math.max(...usable.map((one) => one.until));
  if (usable.some(({ left }) => left === undefined)) return { until };
  return { until, left: usable.reduce((sum, { left }) => sum + (left ?? 0), 0) };
}

export type Verdict =
  | { may: true; spends?: Opening | undefined }
  | { may: false; code: 'window-closed' | 'quota-spent' };

/**
 * Whether one message may go now, and which opening it is taken from: what costs nothing first, then what ends first.
 * @param cost messages that it takes at the provider, all from one opening
 */
export function verdict(policy: SendPolicy, openings: readonly Opening[], now: Millis, cost = 1): Verdict {
  if (policy.always) return { may: true };
  const all = open(policy, openings, now);
  if (all.length === 0) return { may: false, code: 'window-closed' };
  const usable = all.filter(({ left }) => left === undefined || left >= cost);
  if (usable.length === 0) return { may: false, code: 'quota-spent' };
  usable.sort((a, b) => Number(a.left !== undefined) - Number(b.left !== undefined) || a.until - b.until);
  return { may: true, spends: usable[0]?.opening };
}
