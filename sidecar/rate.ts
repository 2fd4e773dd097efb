// So many requests a second and source: a bucket each (GCRA), and a bound on how many sources are remembered.
export class Rate {
  /** Source → when its bucket is full again, monotonic ms. */
  readonly #until = new Map<string, number>();
  readonly #stepMs: number;
  readonly #burstMs: number;
  readonly #most: number;

  /** @param perSecond sustained @param burst at once */
  constructor({ perSecond, burst, most = 20_000 }: { perSecond: number; burst: number; most?: number }) {
    this.#stepMs = 1_000 / perSecond;
    this.#burstMs = burst * this.#stepMs;
    this.#most = most;
  }

  /** @param now monotonic ms @returns whether it may */
  admits(source: string, now: number): boolean {
    const until = Math.max(this.#until.get(source) ?? 0, now) + this.#stepMs;
    if (until - now > this.#burstMs) return false;
    this.#until.delete(source);
    this.#until.set(source, until);
    // The oldest ones have long been quiet.
    if (this.#until.size > this.#most) this.#until.delete(this.#until.keys().next().value as string);
    return true;
  }
}
