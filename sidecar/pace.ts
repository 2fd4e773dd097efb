// Acknowledging comes first. What can wait is begun for a few milliseconds in each turn of the event loop, so that a callback
// that comes meanwhile waits for the end of a turn and not for the end of a backlog.

/** So long in one turn. A turn takes longer by what it acknowledges and commits. */
const turnMs = 4;

export class Pace {
  readonly #waiting: (() => void)[] = [];
  #planned = false;
  #turnEnds = 0;

  /** Begins `work` in this turn or a later one, in the order of the calls. */
  run(work: () => void): void {
    this.#waiting.push(work);
    if (this.#planned) return;
    this.#planned = true;
    setImmediate(() => this.#turn());
  }

  #turn(): void {
    this.#turnEnds = performance.now() + turnMs;
    this.#step();
  }

  #step(): void {
    this.#waiting.shift()?.();
    if (this.#waiting.length === 0) {
      this.#planned = false;
      return;
    }
    // What a piece of work does after its first `await` belongs to it: the clock is looked at when those microtasks are done.
    queueMicrotask(() =>
      process.nextTick(() => {
        if (performance.now() < this.#turnEnds) this.#step();
        else setImmediate(() => this.#turn());
      }),
    );
  }
}
