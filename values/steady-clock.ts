// A wall clock that nobody's mistake moves under a call. Machines' clocks are set: by hand, by NTP after a long silence, by
// a host that wakes a sleeping guest. Waits, deadlines and lengths of talks must not notice.
import type { Clock, Millis } from './time.ts';

/** Differences up to this are followed at once (time stands still rather than go back), ms. */
const toleranceMs = 1_000;
/** Of the time that passes, the share by which a difference is made up: no measured time is off by more. */
const slew = 0.1;
/** A clock that was off by more had never been set; ms. */
const unsetMs = 86_400_000;

export interface Sources {
  /** The machine's wall clock, ms UTC; may be set. */
  wall(): Millis;
  /** Never goes back, never jumps. */
  monotonic(): Millis;
}

/**
 * Follows the machine's clock and never goes back while the process lives. Where that clock is set by more than a second,
 * this one goes on as before and makes up the difference by a tenth of the time that passes: an hour in ten hours. Where it
 * is set by more than a day it had never been right, and is taken over at once; that is the one way in which time goes back.
 */
export class SteadyClock implements Clock {
  readonly #sources: Sources;
  /** Our time when it was read last, and the monotonic time then. */
  #at: Millis;
  #read: Millis;
  /** The machine's clock then; NaN: our time was moved since. */
  #wall = Number.NaN;

  constructor(sources: Sources) {
    this.#sources = sources;
    this.#at = sources.wall();
    this.#read = sources.monotonic();
  }

  now(): Millis {
    const wall = this.#sources.wall();
    // Asked many times in one millisecond: there is nothing new to follow.
    if (wall === this.#wall) return Math.floor(this.#at);
    this.#wall = wall;
    const read = this.#sources.monotonic();
    const passed = read - this.#read;
    const expected = this.#at + passed;
    const off = wall - expected;
    this.#read = read;
    if (Math.abs(off) <= toleranceMs) this.#at = Math.max(this.#at, wall);
    else if (Math.abs(off) > unsetMs) this.#at = wall;
    else this.#at = expected + Math.max(-passed * slew, Math.min(passed * slew, off));
    return Math.floor(this.#at);
  }

  monotonic(): Millis {
    return this.#sources.monotonic();
  }

  /** How far the machine's clock is ahead of this one (negative: behind), ms; 0 where they agree. */
  get offMs(): number {
    const off = this.#sources.wall() - this.now();
    return Math.abs(off) <= toleranceMs ? 0 : Math.round(off);
  }

  /**
   * Goes on from the time that an earlier process had reached, so that a restart in the hours after the machine's clock was
   * set is no jump either. What is more than a day away is not heard.
   */
  goOnFrom(at: Millis): void {
    if (Math.abs(at - this.now()) > unsetMs) return;
    this.#at = at;
    this.#wall = Number.NaN;
  }

  /** Not before that: it has happened already. What is more than a day ahead is not heard. */
  notBefore(at: Millis): void {
    if (at > this.now()) this.goOnFrom(at);
  }

  /** Takes the machine's time over at once. Time may go back by it: only where nobody waits. */
  takeOver(): void {
    this.#at = this.#sources.wall();
    this.#read = this.#sources.monotonic();
    this.#wall = Number.NaN;
  }
}
