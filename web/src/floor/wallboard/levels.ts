// Whether a queue's live figures stand out, by the thresholds of its record. Pure.
import type { QueueCard } from '../../state/state.ts';

export type Level = 'warn' | 'alarm';
export type Watched = 'waiting' | 'longestWaitMs' | 'serviceLevel';

export interface Watching {
  waiting: number;
  /** 0 where nobody waits. */
  longestWaitMs: number;
  /** Of today, 0 to 1; undefined: nothing to count yet. */
  serviceLevel: number | undefined;
}

export type Levels = Partial<Record<Watched, Level>>;

export const watched: readonly Watched[] = ['waiting', 'longestWaitMs', 'serviceLevel'];

/** The level of each figure that stands out. Without a threshold of its own, a wait beyond the service level does. */
export function levelsOf({ thresholds = {}, serviceLevelMs }: QueueCard, live: Watching): Levels {
  const { waiting, longestWaitMs = { warn: serviceLevelMs + 1 }, serviceLevel } = thresholds;
  const share = live.serviceLevel === undefined ? undefined : live.serviceLevel * 100;
  const levels: Levels = {};
  const set = (figure: Watched, level: Level | undefined) => {
    if (level !== undefined) levels[figure] = level;
  };
  set('waiting', above(live.waiting, waiting));
  set('longestWaitMs', live.waiting > 0 ? above(live.longestWaitMs, longestWaitMs) : undefined);
  set('serviceLevel', share === undefined ? undefined : below(share, serviceLevel));
  return levels;
}

export function worstOf(levels: Levels): Level | undefined {
  const all = Object.values(levels);
  return all.includes('alarm') ? 'alarm' : all.includes('warn') ? 'warn' : undefined;
}

type Limits = { warn?: number | undefined; alarm?: number | undefined } | undefined;

function above(
  value: number,
  { warn = Infinity, alarm = Infinity }: Exclude<Limits, undefined> = {},
): Level | undefined {
  return value >= alarm ? 'alarm' : value >= warn ? 'warn' : undefined;
}

function below(
  value: number,
  { warn = -Infinity, alarm = -Infinity }: Exclude<Limits, undefined> = {},
): Level | undefined {
  return value <= alarm ? 'alarm' : value <= warn ? 'warn' : undefined;
}
