import { expect, test } from 'vitest';
import { Solitude } from '../../../supervisor/solitude.ts';

test('being alone counts from the first look that found nobody, and begins anew when somebody was there', () => {
  let now = 5_000;
  const solitude = new Solitude(600_000, () => now);
  const after = (ms: number, alone: boolean): boolean => {
    now += ms;
    return solitude.lasted(alone);
  };
  expect(solitude.lasted(true)).toBe(false);
  expect(after(599_999, true)).toBe(false);
  expect(after(0, false)).toBe(false);
  expect(after(1, true)).toBe(false);
  expect(after(599_999, true)).toBe(false);
  expect(after(1, true)).toBe(true);
});

test('a program that is needed is never alone', () => {
  let now = 0;
  const solitude = new Solitude(1_000, () => now);
  for (now = 0; now < 100_000; now += 500) expect(solitude.lasted(false)).toBe(false);
});
