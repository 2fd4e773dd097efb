import { SteadyClock } from './steady-clock.ts';

/** Milliseconds since 1970-01-01 UTC. */
export type Millis = number;

/** Where time comes from, so that tests bring their own. */
export interface Clock {
  /** Wall clock, UTC. */
  now(): Millis;
  /** Never goes back; only differences mean anything. */
  monotonic(): Millis;
}

/** The machine's clock as it is, jumps and all: for what others check by clocks of their own (signatures, one-time codes). */
export const machineClock: Clock = { now: () => Date.now(), monotonic: () => performance.now() };

/** The process's time: it does not notice that the machine's clock is set. */
export const systemClock = new SteadyClock({ wall: machineClock.now, monotonic: machineClock.monotonic });
