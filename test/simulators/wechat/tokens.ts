// Access tokens as the provider keeps them: they end, one can be withdrawn, and a new one leaves the old one alive a little.

export class Tokens {
  readonly #alive = new Map<string, number>();
  readonly #lifeMs: number;
  readonly #overlapMs: number;
  readonly #now: () => number;
  #current: { token: string; until: number } | undefined;
  issued = 0;

  constructor(options: { lifeMs: number; overlapMs: number; now: () => number }) {
    this.#lifeMs = options.lifeMs;
    this.#overlapMs = options.overlapMs;
    this.#now = options.now;
  }

  /** A new one; those before it end after the overlap at the latest. */
  issue(): { token: string; seconds: number } {
    const now = this.#now();
    for (const [token, until] of this.#alive) this.#alive.set(token, Math.min(until, now + this.#overlapMs));
    const token = `TOKEN-${++this.issued}`;
    this.#current = { token, until: now + this.#lifeMs };
    this.#alive.set(token, now + this.#lifeMs);
    return { token, seconds: Math.floor(this.#lifeMs / 1_000) };
  }

  /** The present one, as long as it lives. */
  stable(): { token: string; seconds: number } {
    const now = this.#now();
    const { token, until } = this.#current ?? { token: '', until: 0 };
    if (until <= now || !this.isAlive(token)) return this.issue();
    return { token, seconds: Math.floor((until - now) / 1_000) };
  }

  isAlive(token: string | null): boolean {
    return token !== null && (this.#alive.get(token) ?? 0) > this.#now();
  }

  /** All of them are invalid from now on, though nobody was told. */
  withdraw(): void {
    this.#alive.clear();
    this.#current = undefined;
  }
}
