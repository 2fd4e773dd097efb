/** Milliseconds since 1970-01-01 UTC. */
export type Millis = number;

/** Where time comes from, so that tests bring their own. */
export interface Clock {
  /** Wall clock, UTC. */
  now(): Millis;
  /** Never goes back; only differences mean anything. */
  monotonic(): Millis;
}

export const systemClock: Clock = { now: () => Date.now(), monotonic: () => performance.now() };
