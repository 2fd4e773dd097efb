// Nonces of signed requests, each good for once. Two generations, each as long as a signature may be old, bound their number
// in time.
import { clockTolerance } from '../uplink/index.ts';
import type { Clock, Millis } from '../values/index.ts';

export class Nonces {
  readonly #clock: Clock;
  #young = new Set<string>();
  #old = new Set<string>();
  #turnedAt: Millis;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#turnedAt = clock.now();
  }

  /** Whether it was never seen; from now on it was. To be asked after the signature was verified. */
  fresh(nonce: string): boolean {
    const now = this.#clock.now();
    // A signature is good from as long before its time to as long after it.
    if (now - this.#turnedAt > 2 * clockTolerance) {
      this.#old = this.#young;
      this.#young = new Set();
      this.#turnedAt = now;
    }
    if (this.#young.has(nonce) || this.#old.has(nonce)) return false;
    this.#young.add(nonce);
    return true;
  }
}
