import { expect, test } from 'vitest';
import { daySlots, passed, slotMs } from '../../../web/src/floor/wallboard/day-slots.ts';
import { levelsOf, worstOf } from '../../../web/src/floor/wallboard/levels.ts';
import type { QueueCard } from '../../../web/src/state/state.ts';

const card = (thresholds?: QueueCard['thresholds']) => ({ id: 'q', serviceLevelMs: 20_000, thresholds }) as QueueCard;

test('figures stand out from their thresholds on, service level downwards', () => {
  const queue = card({
    waiting: { warn: 3, alarm: 5 },
    longestWaitMs: { alarm: 60_000 },
    serviceLevel: { warn: 80, alarm: 60 },
  });
  const at = (waiting: number, longestWaitMs: number, serviceLevel?: number) =>
    levelsOf(queue, { waiting, longestWaitMs, serviceLevel });
  expect(at(2, 59_999, 0.81)).toEqual({});
  expect(at(3, 0, 0.8)).toEqual({ waiting: 'warn', serviceLevel: 'warn' });
  expect(at(5, 60_000, 0.6)).toEqual({ waiting: 'alarm', longestWaitMs: 'alarm', serviceLevel: 'alarm' });
  expect(at(0, 0, 0)).toEqual({ serviceLevel: 'alarm' });
  expect([worstOf({}), worstOf({ waiting: 'warn' }), worstOf({ waiting: 'warn', serviceLevel: 'alarm' })]).toEqual([
    undefined,
    'warn',
    'alarm',
  ]);
});

test('without thresholds only a wait beyond the service level does; an empty one switches that off', () => {
  const live = { waiting: 40, longestWaitMs: 20_000, serviceLevel: 0 };
  expect(levelsOf(card(), live)).toEqual({});
  expect(levelsOf(card(), { ...live, longestWaitMs: 20_001 })).toEqual({ longestWaitMs: 'warn' });
  expect(levelsOf(card({ longestWaitMs: {} }), { ...live, longestWaitMs: 3_600_000 })).toEqual({});
  expect(levelsOf(card({ longestWaitMs: { warn: 1 } }), { ...live, waiting: 0, longestWaitMs: 0 })).toEqual({});
});

test('the day goes from its first slot with figures to now, and is never a few walls', () => {
  const now = 100 * slotMs + 60_000;
  expect(daySlots([90 * slotMs, 80 * slotMs], now)).toEqual(Array.from({ length: 21 }, (_, at) => (80 + at) * slotMs));
  expect(daySlots([], now)).toHaveLength(12);
  expect(daySlots([], now).at(-1)).toBe(100 * slotMs);
  expect(passed(100 * slotMs, now)).toBeCloseTo(1 / 15);
  expect(passed(99 * slotMs, now)).toBe(1);
});
