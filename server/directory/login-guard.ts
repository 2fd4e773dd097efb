// Slows down guessing. Attempts are counted before the password is looked at, so that many at once count as many; known
// and unknown logins are treated alike, so that nobody learns which exist. A login is never locked for everybody by one
// address alone: an attacker must not be able to keep an agent out.
import { type Millis, networkOf } from '../../values/index.ts';

interface Count {
  failures: number;
  since: Millis;
  lockedUntil: Millis;
}

interface Rule {
  /** Failures within the window that are free. */
  free: number;
  firstLockMs: number;
  longestLockMs: number;
}

const windowMs = 15 * 60_000;
const rules = {
  pair: { free: 5, firstLockMs: 60_000, longestLockMs: 15 * 60_000 },
  address: { free: 50, firstLockMs: 60_000, longestLockMs: 15 * 60_000 },
  login: { free: 100, firstLockMs: 30_000, longestLockMs: 60_000 },
  // Who gets this far knows the password: then the login may be locked for everybody.
  code: { free: 10, firstLockMs: 60_000, longestLockMs: 15 * 60_000 },
} as const satisfies Record<string, Rule>;

/** Counters kept; the oldest go first. */
const most = 20_000;

export class LoginGuard {
  readonly #counts = new Map<string, Count>();

  /**
   * Counts an attempt.
   * @returns 0, or how many ms this login from this address has to wait (the attempt must not be tried then)
   */
  attempt(login: string, address: string, now: Millis): number {
    return this.#tried(this.#keys(login, address), now);
  }

  /** Counts an attempt at a second factor, wherever it comes from. @returns as `attempt` */
  attemptCode(login: string, now: Millis): number {
    return this.#tried([[`code ${login.toLowerCase()}`, rules.code]], now);
  }

  codeRight(login: string): void {
    this.#counts.delete(`code ${login.toLowerCase()}`);
  }

  #tried(keys: readonly [string, Rule][], now: Millis): number {
    // Whoever has to wait makes no new counters: by thousands of names one address could push all others out.
    const wait = Math.max(...keys.map(([key]) => (this.#counts.get(key)?.lockedUntil ?? 0) - now), 0);
    if (wait > 0) return wait;
    const counted = keys.map(([key, rule]) => [this.#count(key, now), rule] as const);
    for (const [count, rule] of counted) {
      count.failures++;
      const over = count.failures - rule.free;
      if (over >= 0) count.lockedUntil = now + Math.min(rule.firstLockMs * 2 ** over, rule.longestLockMs);
    }
    return 0;
  }

  /** The attempt was right: it, and those of this login from this address before it, no longer count. */
  succeeded(login: string, address: string, now: Millis): void {
    this.#counts.delete(this.#keys(login, address)[0][0]);
    this.halfway(login, address, now);
  }

  /** The password was right, and the code is still to come: the many who share an address are not locked by that. */
  halfway(login: string, address: string, now: Millis): void {
    const [, ...others] = this.#keys(login, address);
    for (const [key, rule] of others) {
      const count = this.#count(key, now);
      count.failures = Math.max(0, count.failures - 1);
      if (count.failures < rule.free) count.lockedUntil = 0;
    }
  }

  #keys(login: string, address: string): [[string, Rule], ...[string, Rule][]] {
    const network = networkOf(address);
    // A directory takes a login in any case: that shall not give more attempts.
    const name = login.toLowerCase();
    return [
      [`pair ${name} ${network}`, rules.pair],
      [`address ${network}`, rules.address],
      [`login ${name}`, rules.login],
    ];
  }

  #count(key: string, now: Millis): Count {
    const known = this.#counts.get(key);
    if (known && (now - known.since < windowMs || known.lockedUntil > now)) return known;
    const fresh = { failures: 0, since: now, lockedUntil: 0 };
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
