import { pino } from 'pino';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { SteadyClock, watchClock } from '../../../values/index.ts';

const hour = 3_600_000;
let machine: { wall: number; monotonic: number };
let clock: SteadyClock;
let said: string[];
let busy: boolean;
let end: () => void;

beforeEach(() => {
  vi.useFakeTimers();
  machine = { wall: 1_800_000_000_000, monotonic: 0 };
  clock = new SteadyClock({ wall: () => machine.wall, monotonic: () => machine.monotonic });
  said = [];
  busy = true;
  const logger = pino(
    { level: 'info' },
    { write: (line: string) => said.push((JSON.parse(line) as { msg: string }).msg) },
  );
  end = watchClock({ clock, logger, busy: () => busy, everyMs: 10_000 });
});
afterEach(() => {
  end();
  vi.useRealTimers();
});

function passes(ms: number): void {
  for (let rest = ms; rest > 0; rest -= 10_000) {
    machine.wall += 10_000;
    machine.monotonic += 10_000;
    vi.advanceTimersByTime(10_000);
  }
}

test('a clock that agrees is not spoken of', () => {
  passes(60_000);
  expect(said).toEqual([]);
});

test('a clock that was set is told once, and again when it is made up', () => {
  machine.wall += 60_000;
  passes(60_000);
  expect(said).toEqual([expect.stringContaining('calls and waits do not notice')]);
  passes(600_000);
  expect(said).toEqual([expect.any(String), expect.stringContaining('made up')]);
  expect(clock.now()).toBe(machine.wall);
});

test.each([hour, -hour])('its time, off by %i ms, is taken over as soon as nobody waits', (step) => {
  machine.wall += step;
  passes(20_000);
  expect(clock.now()).not.toBe(machine.wall);
  busy = false;
  passes(10_000);
  expect(clock.now()).toBe(machine.wall);
  expect(said.at(-1)).toContain('taken over');
});
