// Whose requests come in unasked-for numbers: a scanner, a misconfigured phone. A source that the app has accepted (it
// registered, it called, it was called) is known for an hour and may send what it likes; every other has a bucket of
// its own, so that one flood takes nobody else's place. Memory is bounded: the sources heard of longest ago are forgotten.
import { networkOf } from '../../values/index.ts';

export interface SourceLimits {
  /** Requests that a source nobody knows may send at once … */
  burst: number;
  /** … and a second, in the long run. */
  perSecond: number;
  /** How long an accepted source stays known, ms. */
  knownMs: number;
  /** Most sources that are remembered, known ones and others apart. */
  remembered: number;
}

/**
 * The burst lets an office of some dozen phones behind one address register after a power cut: the first that succeeds
 * makes it known. A scanner sends hundreds a second.
 */
export const standardSources: SourceLimits = { burst: 120, perSecond: 30, knownMs: 3_600_000, remembered: 20_000 };

interface Bucket {
  left: number;
  at: number;
}

/** Times are monotonic milliseconds; IPv6 sources count by their /64. */
export class Sources {
  readonly #limits: SourceLimits;
  /** Until when, oldest first. */
  readonly #known = new Map<string, number>();
  /** Oldest use first. */
  readonly #buckets = new Map<string, Bucket>();

  constructor(limits: SourceLimits = standardSources) {
    this.#limits = limits;
  }

  /** How many are remembered, known or not. */
  get size(): number {
    return this.#known.size + this.#buckets.size;
  }

  /** The app has accepted something of that address. */
  accepted(address: string, now = performance.now()): void {
    const source = networkOf(address);
    this.#buckets.delete(source);
    this.#known.delete(source);
    this.#known.set(source, now + this.#limits.knownMs);
    forgetOldest(this.#known, this.#limits.remembered);
  }

  knows(address: string, now = performance.now()): boolean {
    const source = networkOf(address);
    const until = this.#known.get(source);
    if (until === undefined) return false;
    if (until > now) return true;
    this.#known.delete(source);
    return false;
  }

  /** One more request of an address that is not known. @returns whether it may come in */
  take(address: string, now = performance.now()): boolean {
    const { burst, perSecond, remembered } = this.#limits;
    const source = networkOf(address);
    const before = this.#buckets.get(source);
    const left = before ? Math.min(burst, before.left + (Math.max(0, now - before.at) * perSecond) / 1000) : burst;
    const may = left >= 1;
    this.#buckets.delete(source);
    this.#buckets.set(source, { left: may ? left - 1 : left, at: now });
    forgetOldest(this.#buckets, remembered);
    return may;
  }
}

function forgetOldest(map: Map<string, unknown>, most: number): void {
  if (map.size <= most) return;
  for (const oldest of map.keys()) {
    map.delete(oldest);
    return;
  }
}
