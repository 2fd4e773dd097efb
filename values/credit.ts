// A token bucket: how often something may happen at once, and how often in the long run.

/** Times are monotonic milliseconds. */
export class Credit {
  readonly #most: number;
  readonly #everyMs: number;
  #left: number;
  #countedAt = Number.NEGATIVE_INFINITY;

  /**
   * @param most so many may follow each other without waiting
   * @param everyMs one more every so many milliseconds
   */
  constructor(most: number, everyMs: number) {
    this.#most = most;
    this.#everyMs = everyMs;
    this.#left = most;
  }

  /** Takes one. @returns how long it must wait for its turn, ms; 0: now */
  take(now: number): number {
    this.#left = Math.min(this.#most, this.#left + (now - this.#countedAt) / this.#everyMs);
    this.#countedAt = now;
    this.#left -= 1;
    return this.#left >= 0 ? 0 : -this.#left * this.#everyMs;
  }
}
