import type { Ticker } from '../../../../edge/sip/timer-wheel.ts';

/** Time that stands still until it is moved. */
export class ManualTicker implements Ticker {
  #now = 0;
  readonly #ticks = new Set<{ ms: number; next: number; tick: () => void }>();

  now(): number {
    return this.#now;
  }

  /** Whether anything would be called at all. */
  get running(): boolean {
    return this.#ticks.size > 0;
  }

  every(ms: number, tick: () => void): () => void {
    const entry = { ms, next: this.#now + ms, tick };
    this.#ticks.add(entry);
    return () => this.#ticks.delete(entry);
  }

  /** Moves on millisecond by millisecond; `between` runs after every tick. */
  advance(ms: number, between: () => void = () => undefined): void {
    const end = this.#now + ms;
    while (this.#now < end) {
      this.#now++;
      for (const entry of [...this.#ticks]) {
        if (!this.#ticks.has(entry) || this.#now < entry.next) continue;
        entry.next += entry.ms;
        entry.tick();
        between();
      }
    }
  }

  /** A stall: the time jumps, and the tick comes once. */
  jump(ms: number): void {
    this.#now += ms;
    for (const entry of [...this.#ticks]) {
      entry.next = this.#now + entry.ms;
      entry.tick();
    }
  }
}
