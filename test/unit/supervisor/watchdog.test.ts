import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { waitedForProcessorMs } from '../../../supervisor/starved.ts';
import { Watchdog } from '../../../supervisor/watchdog.ts';

let held = 0;
let bitten = 0;
let dog: Watchdog;
const bite = () => {
  bitten++;
};
beforeEach(() => {
  vi.useFakeTimers();
  [held, bitten] = [0, 0];
  const began = Date.now();
  dog = new Watchdog(() => Date.now() - began + held);
});
afterEach(() => vi.useRealTimers());

test('bites after the time, and not where it was told to rest or to watch anew', () => {
  dog.watch({ ms: 5_000, bite });
  vi.advanceTimersByTime(4_999);
  dog.watch({ ms: 5_000, bite });
  vi.advanceTimersByTime(4_999);
  expect(bitten).toBe(0);
  vi.advanceTimersByTime(1);
  expect(bitten).toBe(1);
  dog.watch({ ms: 5_000, bite });
  dog.rest();
  vi.advanceTimersByTime(60_000);
  expect(bitten).toBe(1);
});

test('looks a second time where it was asleep itself: what was said meanwhile is read after the timers', () => {
  dog.watch({ ms: 5_000, bite });
  held = 10_000;
  vi.advanceTimersByTime(5_000);
  expect(bitten).toBe(0);
  // A sign of life.
  dog.watch({ ms: 5_000, bite });
  vi.advanceTimersByTime(4_999);
  expect(bitten).toBe(0);
});

test('bites all the same where nothing is said after the pause', () => {
  dog.watch({ ms: 5_000, bite });
  held = 10_000;
  vi.advanceTimersByTime(5_000);
  vi.advanceTimersByTime(2_499);
  expect(bitten).toBe(0);
  vi.advanceTimersByTime(1);
  expect(bitten).toBe(1);
});

test('waits for a program that got no processor, but not for ever', () => {
  const answers = [true, true, false];
  dog.watch({ ms: 5_000, bite, excused: () => answers.shift() ?? true });
  vi.advanceTimersByTime(5_000 + 2_500);
  expect(bitten).toBe(0);
  vi.advanceTimersByTime(2_500);
  expect(bitten).toBe(1);
  dog.watch({ ms: 5_000, bite, excused: () => true });
  vi.advanceTimersByTime(5_000 + 4 * 2_500 - 1);
  expect(bitten).toBe(1);
  vi.advanceTimersByTime(1);
  expect(bitten).toBe(2);
});

test('the kernel says how long a process waited for a processor', () => {
  expect(waitedForProcessorMs(process.pid)).toBeGreaterThanOrEqual(0);
  expect(waitedForProcessorMs(2 ** 22 + 1)).toBeUndefined();
});
