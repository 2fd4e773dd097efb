import type { Millis } from '../../values/index.ts';

/** A token bucket: `perSecond` in the long run, `burst` at once. */
export class RateLimit {
  #tokens: number;
  #at: Millis;
  readonly #perSecond: number;
  readonly #burst: number;

  constructor(perSecond: number, burst: number, now: Millis) {
    this.#perSecond = perSecond;
    this.#burst = burst;
    this.#tokens = burst;
    this.#at = now;
  }

  /** Takes one; false where none is left. @param now monotonic */
  take(now: Millis): boolean {
    this.#tokens = Math.min(this.#burst, this.#tokens + ((now - this.#at) / 1000) * this.#perSecond);
    this.#at = now;
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }
}
