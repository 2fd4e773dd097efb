// Whether a UDP socket is read as fast as it fills. The kernel's queue cannot be seen from Node; but libuv reads at most 32
// datagrams of a socket in a turn of the event loop, so that a turn with fewer has emptied it.

const mostATurn = 32;

export class Inflow {
  readonly #now: () => number;
  #inTurn = 0;
  #looks = false;
  /** When the first of the full turns in a row ended, monotonic ms. */
  #fullSince: number | undefined;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** A datagram was read. */
  read(): void {
    this.#inTurn++;
    this.#look();
  }

  /** How long it has not been empty, ms; 0: it was in the last turn. */
  behindMs(now: number): number {
    return this.#fullSince === undefined ? 0 : Math.max(0, now - this.#fullSince);
  }

  #look(): void {
    if (this.#looks) return;
    this.#looks = true;
    setImmediate(this.#turnOver);
  }

  readonly #turnOver = (): void => {
    this.#looks = false;
    const full = this.#inTurn >= mostATurn;
    this.#inTurn = 0;
    if (full) {
      this.#fullSince ??= this.#now();
      // The next turn may read none at all.
      this.#look();
    } else this.#fullSince = undefined;
  };
}
