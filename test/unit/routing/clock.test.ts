import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { AcdEvent } from '../../../server/acd/index.ts';
import { routingDecided } from '../../../server/routing/index.ts';
import { Room } from './fakes.ts';

beforeEach(() => {
  vi.useFakeTimers({ now: new Date('2026-03-02T02:00:00Z') });
});
afterEach(() => {
  vi.useRealTimers();
});

/** Sets the clock, but not the timers that run. */
function setClock(byMs: number): void {
  vi.setSystemTime(Date.now() + byMs);
}

test('the clock is set back while a phone rings: the offer ends in its time, and no wait is negative', async () => {
  const room = new Room();
  await room.ready('1001', '1002');
  room.call('int_a');
  await room.pass(10_000);
  room.call('int_b');
  setClock(-3_600_000);
  room.call('int_c');
  await room.pass(9_000);
  expect(room.agent('1001').contacts).toEqual(['int_a offered']);
  await room.pass(4_000);
  expect(room.agent('1001').contacts).not.toEqual(['int_a offered']);
  const events = room.journal.of(routingDecided.name).flatMap(({ data }) => data.events as unknown as AcdEvent[]);
  expect(events.filter(({ type }) => type === 'clock-set-back')).toHaveLength(1);
  for (const event of events) if ('waitedMs' in event) expect(event.waitedMs).toBeGreaterThanOrEqual(0);
});
