// Bites where a program is silent for too long, but not where it was we who slept, nor at once where it got no processor.

/** A timer that fires later than this was held up with all of this process. */
const lateMs = 500;
/** Programs that were held up say something within this; they do so once a second. */
const secondLookMs = 2_500;
/** So often is a program excused in a row. */
const mostExcuses = 4;

export interface Watch {
  ms: number;
  /** Asked when the time is over: true where the silence is not the program's fault. */
  excused?: () => boolean;
  bite: () => void;
}

export class Watchdog {
  readonly #now: () => number;
  #timer: NodeJS.Timeout | undefined;

  /** @param now milliseconds of a monotonic clock */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /**
   * Bites after so many milliseconds, unless told otherwise before. After a pause of this process (a virtual machine that is moved, a
   * machine out of processors) timers fire before what the programs said meanwhile is read: then it looks a second time.
   */
  watch(one: Watch): void {
    this.#look(one, one.ms, 0);
  }

  rest(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #look(one: Watch, ms: number, excuses: number): void {
    this.rest();
    const due = this.#now() + ms;
    this.#timer = setTimeout(() => {
      const again = Math.min(one.ms, secondLookMs);
      if (this.#now() - due > lateMs) this.#look(one, again, excuses);
      else if (excuses < mostExcuses && one.excused?.() === true) this.#look(one, again, excuses + 1);
      else one.bite();
    }, ms);
  }
}
