// Time at work: agreed times run while the house is open.
import type { Millis } from '../../values/index.ts';
import { type Hours, openings } from '../ivr/index.ts';

const day = 86_400_000;
/** Hours that open never again (all in the past) count as always open after that. */
const farthest = 400 * day;

/**
 * @param hours absent: always open
 * @returns when so much time at work has passed after `from`
 */
export function afterWorkTime(from: Millis, workMs: Millis, hours: Hours | undefined, zone: string): Millis {
  if (!hours) return from + workMs;
  let left = workMs;
  for (let at = from; at < from + farthest; at += 14 * day) {
    for (const { opens, closes } of openings(hours, at, at + 14 * day, zone)) {
      if (left <= closes - opens) return opens + left;
      left -= closes - opens;
    }
  }
  return from + workMs;
}

/** @returns the time at work between two times; 0 where they stand the other way round */
export function workTimeBetween(from: Millis, until: Millis, hours: Hours | undefined, zone: string): Millis {
  if (until <= from) return 0;
  if (!hours) return until - from;
  return openings(hours, from, until, zone).reduce((sum, { opens, closes }) => sum + closes - opens, 0);
}
