// Wrong tokens, counted by the address that they come from: after some of them it waits. Tokens have 192 random bits, so this
// is against noise and load rather than against guessing.
import type { Clock, Millis } from '../values/index.ts';

const most = 20;
const windowMs: Millis = 60_000;
const mostAddresses = 10_000;

export class Attempts {
  readonly #clock: Clock;
  readonly #wrong = new Map<string, { count: number; since: Millis }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  tooMany(address: string): boolean {
    const found = this.#wrong.get(address);
    if (!found) return false;
    if (this.#clock.now() - found.since < windowMs) return found.count >= most;
    this.#wrong.delete(address);
    return false;
  }

  wrong(address: string): void {
    const found = this.#wrong.get(address);
    if (found) found.count++;
    else {
      // The oldest goes: memory is bounded, whoever asks.
      if (this.#wrong.size >= mostAddresses) this.#wrong.delete(this.#wrong.keys().next().value ?? '');
      this.#wrong.set(address, { count: 1, since: this.#clock.now() });
    }
  }
}
