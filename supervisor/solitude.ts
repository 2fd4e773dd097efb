// How long nobody has needed a program that outlives its supervisor. An edge whose supervisor was killed keeps its calls
// and waits for the next supervisor; one that waits for ever would hold its ports against an edge on another data folder.

export class Solitude {
  readonly #mostMs: number;
  readonly #now: () => number;
  #since: number | undefined;

  /**
   * @param mostMs how long it may last
   * @param now monotonic milliseconds
   */
  constructor(mostMs: number, now: () => number = () => performance.now()) {
    this.#mostMs = mostMs;
    this.#now = now;
  }

  /** To be called now and then. @returns whether nobody was there since a call that is `mostMs` ago or more */
  lasted(alone: boolean): boolean {
    if (!alone) this.#since = undefined;
    else this.#since ??= this.#now();
    return this.#since !== undefined && this.#now() - this.#since >= this.#mostMs;
  }
}
