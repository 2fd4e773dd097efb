// Even ports with the odd one above each for RTCP (RFC 3550 §11), handed out in turn, so that a late packet of an ended call
// meets nobody.
export class PortPairs {
  readonly #first: number;
  readonly #count: number;
  readonly #taken = new Set<number>();
  #next = 0;

  constructor([first, last]: readonly [number, number]) {
    this.#first = first + (first % 2);
    this.#count = Math.max(0, Math.floor((last + 1 - this.#first) / 2));
  }

  /** @returns undefined where all are taken */
  take(): number | undefined {
    for (let tried = 0; tried < this.#count; tried++) {
      const port = this.#first + 2 * this.#next;
      this.#next = (this.#next + 1) % this.#count;
      if (this.#taken.has(port)) continue;
      this.#taken.add(port);
      return port;
    }
    return undefined;
  }

  give(port: number): void {
    this.#taken.delete(port);
  }
}
