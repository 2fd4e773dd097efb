// The one clock of a worker: ticks every 5 ms, so that the 20 ms frames of different calls do not leave in one burst (a
// call belongs to one of four phases). Due times are multiples of the step from one origin: a late tick does not move the
// next one, so nothing drifts. Asleep while nobody needs it.

export interface PacerTime {
  /** Monotonic milliseconds. */
  now(): number;
  /** Calls back once after `ms`. */
  after(ms: number, fire: () => void): unknown;
  cancel(handle: unknown): void;
}

export const phases = 4;
const stepMs = 5;
/** So many late ticks are caught up with; beyond, frames are skipped, as they would only come in a burst. */
const mostBehind = 20;

export const systemPacerTime: PacerTime = {
  now: () => performance.now(),
  after: (ms, fire) => setTimeout(fire, ms),
  cancel: (handle) => clearTimeout(handle as NodeJS.Timeout),
};

export class Pacer {
  readonly #time: PacerTime;
  readonly #tick: (phase: number, frame: number, due: number) => boolean;
  readonly #origin: number;
  #next = 0;
  #timer: unknown;
  #awake = false;
  /** Ticks that were left out because the thread was blocked. */
  skipped = 0;
  /** Worst lateness of a tick since it was last read, milliseconds. */
  #worst = 0;

  /** @param tick does the work of one phase; returns whether anybody still needs ticks */
  constructor(time: PacerTime, tick: (phase: number, frame: number, due: number) => boolean) {
    this.#time = time;
    this.#tick = tick;
    this.#origin = time.now();
  }

  /** Somebody needs ticks. */
  wake(): void {
    if (this.#awake) return;
    this.#awake = true;
    this.#next = Math.ceil((this.#time.now() - this.#origin) / stepMs);
    this.#plan();
  }

  close(): void {
    this.#awake = false;
    this.#time.cancel(this.#timer);
  }

  /** Worst lateness of a tick since the last call. */
  takeWorst(): number {
    const worst = this.#worst;
    this.#worst = 0;
    return worst;
  }

  #plan(): void {
    const wait = this.#origin + this.#next * stepMs - this.#time.now();
    this.#timer = this.#time.after(Math.max(0, wait), () => this.#run());
  }

  #run(): void {
    let now = this.#time.now();
    const behind = Math.floor((now - this.#origin) / stepMs) - this.#next;
    if (behind > mostBehind) {
      this.skipped += behind;
      this.#next += behind;
    }
    let due = this.#origin + this.#next * stepMs;
    if (now - due > this.#worst) this.#worst = now - due;
    let needed = true;
    // A timer may fire up to a millisecond early.
    while (this.#awake && due <= now + 0.5) {
      needed = this.#tick(this.#next % phases, Math.floor(this.#next / phases), due);
      this.#next++;
      due += stepMs;
      now = this.#time.now();
    }
    if (!this.#awake) return;
    if (needed) this.#plan();
    else this.#awake = false;
  }
}
