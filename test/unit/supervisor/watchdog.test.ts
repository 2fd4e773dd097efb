import { afterEach, beforeEach, expect, test, vi } from 'vitest';
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
  dog.watch(5_000, bite);
  vi.advanceTimersByTime(4_999);
  dog.watch(5_000, bite);
  vi.advanceTimersByTime(4_999);
  expect(bitten).toBe(0);
  vi.advanceTimersByTime(1);
  expect(bitten).toBe(1);
  dog.watch(5_000, bite);
  dog.rest();
  vi.advanceTimersByTime(60_000);
  expect(bitten).toBe(1);
});

test('looks a second time where it was asleep itself: what was said meanwhile is read after the timers', () => {
  dog.watch(5_000, bite);
  held = 10_000;
  vi.advanceTimersByTime(5_000);
  expect(bitten).toBe(0);
  // A sign of life.
  dog.watch(5_000, bite);
  vi.advanceTimersByTime(4_999);
  expect(bitten).toBe(0);
});

test('bites all the same where nothing is said after the pause', () => {
  dog.watch(5_000, bite);
  held = 10_000;
  vi.advanceTimersByTime(5_000);
  vi.advanceTimersByTime(2_499);
  expect(bitten).toBe(0);
  vi.advanceTimersByTime(1);
  expect(bitten).toBe(1);
});
