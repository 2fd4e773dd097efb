// What an endpoint or a bridge needs from the engine around it.
import type { MediaEvents } from '../../../link/index.ts';

/** Somebody who works every 20 ms. */
export interface Ticker {
  /** Which of the pacer's phases. */
  readonly phase: number;
  /** @param frame counts 20 ms; @param due monotonic ms. @returns whether it still needs ticks */
  tick(frame: number, due: number): boolean;
}

/** Somebody with deadlines: looked after every 20 ms or so while it wants. */
export interface Watched {
  /** @returns whether it still has a deadline */
  sweep(now: number): boolean;
}

export interface Host {
  /** Monotonic ms, and wall clock ms UTC. */
  now(): number;
  wall(): number;
  /** Name of this host in RTCP (RFC 3550 §6.5.1): random, no personal data. */
  readonly cname: string;
  event<Name extends keyof MediaEvents>(name: Name, body: MediaEvents[Name]): void;
  activate(ticker: Ticker): void;
  watch(watched: Watched): void;
}
