// Slows down guessing of SIP secrets. Counted by user and source, so that one phone with a wrong secret does not keep its
// whole office out; and by source alone, far higher, against trying many users. Only answers to a nonce that was given to
// that very source are counted: nobody locks a phone out with packets that bear its address.
import type { Millis } from '../../../values/index.ts';

interface Count {
  failures: number;
  since: Millis;
  blockedUntil: Millis;
}

const windowMs = 15 * 60_000;
const firstBlockMs = 60_000;
/** Failures within the window that are free. */
const free = { pair: 10, source: 1_000 };
/** Counters kept; the oldest go first. */
const most = 20_000;

export class Guesses {
  readonly #counts = new Map<string, Count>();

  blocked(user: string, source: string, now: Millis): boolean {
    return keysOf(user, source).some(([key]) => (this.#counts.get(key)?.blockedUntil ?? 0) > now);
  }

  failed(user: string, source: string, now: Millis): void {
    for (const [key, limit] of keysOf(user, source)) {
      const count = this.#count(key, now);
      const over = ++count.failures - limit;
      if (over >= 0) count.blockedUntil = now + Math.min(firstBlockMs * 2 ** over, windowMs);
    }
  }

  succeeded(user: string, source: string): void {
    const [[pair]] = keysOf(user, source);
    this.#counts.delete(pair);
  }

  get size(): number {
    return this.#counts.size;
  }

  #count(key: string, now: Millis): Count {
    const known = this.#counts.get(key);
    if (known && (now - known.since < windowMs || known.blockedUntil > now)) return known;
    const fresh = { failures: 0, since: now, blockedUntil: 0 };
    this.#counts.delete(key);
    this.#counts.set(key, fresh);
    if (this.#counts.size > most) {
      for (const oldest of this.#counts.keys()) {
        this.#counts.delete(oldest);
        break;
      }
    }
    return fresh;
  }
}

function keysOf(user: string, source: string): [[string, number], [string, number]] {
  return [
    [`${source} ${user.slice(0, 64)}`, free.pair],
    [source, free.source],
  ];
}
