import { describe, expect, test } from 'vitest';
import { SteadyClock } from '../../../values/index.ts';

const hour = 3_600_000;

function machine(start = 1_800_000_000_000) {
  const is = { wall: start, monotonic: 5_000 };
  const clock = new SteadyClock({ wall: () => is.wall, monotonic: () => is.monotonic });
  return {
    clock,
    start,
    passes: (ms: number, read = ms) => {
      for (let rest = ms; rest > 0; rest -= read) {
        is.wall += Math.min(read, rest);
        is.monotonic += Math.min(read, rest);
        clock.now();
      }
    },
    set: (byMs: number) => {
      is.wall += byMs;
    },
    wall: () => is.wall,
  };
}

describe('a clock that does not notice that the machine’s clock is set', () => {
  test('it is the machine’s clock while nobody sets that', () => {
    const { clock, passes, start } = machine();
    passes(1_234);
    expect(clock.now()).toBe(start + 1_234);
    expect(clock.offMs).toBe(0);
  });

  test('small corrections are followed, and time never goes back by them', () => {
    const { clock, passes, set, start } = machine();
    set(400);
    expect(clock.now()).toBe(start + 400);
    set(-700);
    expect(clock.now()).toBe(start + 400);
    passes(800);
    expect(clock.now()).toBe(start + 500);
  });

  test.each([hour, -hour])('a step of %i ms is no step, and a wait across it is as long as it was', (step) => {
    const { clock, passes, set } = machine();
    const began = clock.now();
    passes(10_000);
    set(step);
    const stepped = clock.now();
    expect(stepped - began).toBe(10_000);
    expect(clock.offMs).toBe(step);
    passes(60_000, 100);
    const waited = clock.now() - stepped;
    expect(waited).toBeGreaterThan(53_900);
    expect(waited).toBeLessThan(66_100);
  });

  test.each([hour, -hour])(
    'what it is off by %i ms is made up in ten hours, and then it is the machine’s again',
    (step) => {
      const { clock, passes, set, wall } = machine();
      set(step);
      let last = clock.now();
      for (let i = 0; i < 10 * 60 + 10; i++) {
        passes(60_000, 30_000);
        expect(clock.now()).toBeGreaterThan(last);
        last = clock.now();
      }
      expect(clock.now()).toBe(wall());
      expect(clock.offMs).toBe(0);
    },
  );

  test('a clock that was never set is taken over at once when it is', () => {
    const { clock, passes, set, wall } = machine(1_000);
    passes(500);
    set(1_800_000_000_000);
    expect(clock.now()).toBe(wall());
  });

  test('a process that begins goes on where the one before was', () => {
    const { clock, passes, start } = machine();
    clock.goOnFrom(start - hour);
    expect(clock.now()).toBe(start - hour);
    expect(clock.offMs).toBe(hour);
    passes(10_000);
    expect(clock.now()).toBe(start - hour + 11_000);
    clock.goOnFrom(start - 30 * 24 * hour);
    expect(clock.now()).toBe(start - hour + 11_000);
  });

  test('what has happened already is not in the future', () => {
    const { clock, start } = machine();
    clock.notBefore(start - 5);
    expect(clock.now()).toBe(start);
    clock.notBefore(start + hour);
    expect(clock.now()).toBe(start + hour);
    clock.notBefore(start + 400 * 24 * hour);
    expect(clock.now()).toBe(start + hour);
  });

  test('the machine’s time is taken over where nobody waits', () => {
    const { clock, set, wall } = machine();
    set(-hour);
    expect(clock.offMs).toBe(-hour);
    clock.takeOver();
    expect(clock.now()).toBe(wall());
    expect(clock.offMs).toBe(0);
  });
});
