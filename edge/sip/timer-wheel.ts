// A hashed timer wheel: arming and cancelling cost O(1) and no closure, and one interval of Node's serves all of them.

/** Where time comes from and what drives the wheel; tests bring one that they move by hand. */
export interface Ticker {
  /** Monotonic milliseconds. */
  now(): number;
  /** Calls `tick` about every `ms` until the returned function is called. */
  every(ms: number, tick: () => void): () => void;
}

/** A tick that comes so much later than it should, ms: the process was held up. */
const heldUpMs = 50;

/**
 * Node runs timers before it reads sockets: after the process was held up, all that is due would be sent again although its
 * answer lies in the socket. A late tick therefore waits until the sockets were read.
 */
export const systemTicker: Ticker = {
  now: () => performance.now(),
  every(ms, tick) {
    let due = performance.now() + ms;
    let stopped = false;
    const late = () => {
      if (!stopped) tick();
    };
    const interval = setInterval(() => {
      const now = performance.now();
      if (now - due > heldUpMs) setImmediate(late);
      else tick();
      due = now + ms;
    }, ms);
    interval.unref();
    return () => {
      stopped = true;
      clearInterval(interval);
    };
  },
};

/** Who is called; `name` is what was given to `arm`. */
export interface TimerOwner<Name extends string> {
  onTimer(name: Name): void;
}

/** An armed timer. */
export interface Timer {
  /** Nothing happens any more; harmless after it fired. */
  cancel(): void;
}

const slots = 4096;

/** Timers fire at or after their time, late by at most one tick (and whatever the event loop owes). */
export class TimerWheel {
  readonly #ticker: Ticker;
  readonly #tickMs: number;
  readonly #heads: (WheelEntry | undefined)[] = new Array(slots).fill(undefined);
  readonly #failed: (error: unknown) => void;
  #current: number;
  #armed = 0;
  #stop: (() => void) | undefined;

  /** @param failed gets what a timer's owner threw; the other timers go on */
  constructor(failed: (error: unknown) => void, ticker: Ticker = systemTicker, tickMs = 10) {
    this.#failed = failed;
    this.#ticker = ticker;
    this.#tickMs = tickMs;
    this.#current = Math.floor(ticker.now() / tickMs);
  }

  /** How many are armed. */
  get armed(): number {
    return this.#armed;
  }

  now(): number {
    return this.#ticker.now();
  }

  /** Calls `owner.onTimer(name)` once, `ms` from now. */
  arm<Name extends string>(ms: number, owner: TimerOwner<Name>, name: Name): Timer {
    const now = this.#ticker.now();
    if (this.#armed === 0) {
      this.#current = Math.floor(now / this.#tickMs);
      this.#stop ??= this.#ticker.every(this.#tickMs, () => this.#tick());
    }
    const dueTick = Math.max(this.#current + 1, Math.ceil((now + ms) / this.#tickMs));
    const entry = new WheelEntry(this, dueTick, owner as TimerOwner<string>, name);
    const head = this.#heads[entry.slot];
    entry.after = head;
    if (head !== undefined) head.before = entry;
    this.#heads[entry.slot] = entry;
    this.#armed++;
    return entry;
  }

  /** For entries: leaves the wheel. */
  unlink(entry: WheelEntry): void {
    if (entry.before !== undefined) entry.before.after = entry.after;
    else this.#heads[entry.slot] = entry.after;
    if (entry.after !== undefined) entry.after.before = entry.before;
    entry.before = undefined;
    entry.after = undefined;
    entry.linked = false;
    this.#armed--;
  }

  /** Cancels everything. */
  close(): void {
    for (let slot = 0; slot < slots; slot++) {
      for (let entry = this.#heads[slot]; entry !== undefined; entry = this.#heads[slot]) this.unlink(entry);
    }
    this.#stop?.();
    this.#stop = undefined;
  }

  #tick(): void {
    const target = Math.floor(this.#ticker.now() / this.#tickMs);
    // After a stall of more than one turn of the wheel every slot is looked at once.
    const first = Math.max(this.#current + 1, target - slots + 1);
    const due: WheelEntry[] = [];
    for (let tick = first; tick <= target; tick++) {
      for (let entry = this.#heads[tick % slots]; entry !== undefined; entry = entry.after) {
        if (entry.dueTick <= target) due.push(entry);
      }
    }
    this.#current = Math.max(this.#current, target);
    if (due.length > 1) due.sort((one, other) => one.dueTick - other.dueTick);
    for (const entry of due) {
      if (!entry.linked) continue; // cancelled by one that fired just before
      this.unlink(entry);
      try {
        entry.owner.onTimer(entry.name);
      } catch (error) {
        this.#failed(error);
      }
    }
    if (this.#armed === 0) {
      this.#stop?.();
      this.#stop = undefined;
    }
  }
}

class WheelEntry implements Timer {
  readonly dueTick: number;
  readonly slot: number;
  readonly owner: TimerOwner<string>;
  readonly name: string;
  readonly #wheel: TimerWheel;
  linked = true;
  before: WheelEntry | undefined = undefined;
  after: WheelEntry | undefined = undefined;

  constructor(wheel: TimerWheel, dueTick: number, owner: TimerOwner<string>, name: string) {
    this.#wheel = wheel;
    this.dueTick = dueTick;
    this.slot = dueTick % slots;
    this.owner = owner;
    this.name = name;
  }

  cancel(): void {
    if (this.linked) this.#wheel.unlink(this);
  }
}
