// Bites where a program is silent for too long, but not where it was we who slept.

/** A timer that fires later than this was held up with all of this process. */
const lateMs = 500;
/** Programs that were held up as well say something within this; they do so once a second. */
const secondLookMs = 2_500;

export class Watchdog {
  readonly #now: () => number;
  #timer: NodeJS.Timeout | undefined;

  /** @param now milliseconds of a monotonic clock */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /**
   * Calls after so many milliseconds, unless told otherwise before. After a pause of this process (a virtual machine that is moved, a
   * machine out of processors) timers fire before what the programs said meanwhile is read: then it looks a second time.
   */
  watch(ms: number, bite: () => void): void {
    this.rest();
    const due = this.#now() + ms;
    this.#timer = setTimeout(() => {
      if (this.#now() - due > lateMs) this.watch(Math.min(ms, secondLookMs), bite);
      else bite();
    }, ms);
  }

  rest(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
