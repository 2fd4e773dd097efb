// Collects digits by a rule: how many, what ends them, how long to wait. Knows time only as it is told.
import type { WireDigitRule } from '../../../link/index.ts';

export type CollectEnd = 'max' | 'terminator' | 'timeout' | 'stopped' | 'closed';

const typeAheadMs = 2_000;

/**
 * ```
 *   waiting ──digit──► between ──max, terminator, betweenMs──► ended
 *      └── firstMs, stop, close ──────────────────────────────► ended
 * ```
 */
export class Collector {
  readonly id: string;
  readonly secret: boolean;
  readonly #rule: WireDigitRule;
  readonly #done: (digits: string, end: CollectEnd) => void;
  #digits = '';
  #ended = false;
  /** A key is down: no time runs. */
  #held = false;
  deadline: number;

  constructor(id: string, rule: WireDigitRule, now: number, done: (digits: string, end: CollectEnd) => void) {
    this.id = id;
    this.secret = rule.secret === true;
    this.#rule = rule;
    this.#done = done;
    this.deadline = now + rule.firstMs;
  }

  /** So far. */
  get digits(): string {
    return this.#digits;
  }

  keyDown(): void {
    this.#held = true;
  }

  digit(digit: string, now: number): void {
    if (this.#ended) return;
    this.#held = false;
    if (digit === this.#rule.terminator) {
      this.end('terminator');
      return;
    }
    this.#digits += digit;
    this.deadline = now + this.#rule.betweenMs;
    if (this.#digits.length >= this.#rule.max) this.end('max');
  }

  sweep(now: number): void {
    if (!this.#held && now >= this.deadline) this.end('timeout');
  }

  end(end: CollectEnd): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#done(this.#digits, end);
  }
}

/** Digits that nobody collected yet, for rules with type-ahead. */
export class TypeAhead {
  #digits: { digit: string; at: number }[] = [];

  add(digit: string, now: number): void {
    this.#digits = this.#digits.filter(({ at }) => now - at <= typeAheadMs);
    this.#digits.push({ digit, at: now });
  }

  /** The digits of the last 2 s; they are gone then. */
  take(now: number): string[] {
    const taken = this.#digits.filter(({ at }) => now - at <= typeAheadMs).map(({ digit }) => digit);
    this.#digits = [];
    return taken;
  }

  /** A digit of the last 2 s is there. */
  waits(now: number): boolean {
    const last = this.#digits.at(-1);
    return last !== undefined && now - last.at <= typeAheadMs;
  }
}

/** The terminator that callers key although the last digit has ended the input: it belongs to that, and to nothing else. */
export class Habit {
  #terminator: string | undefined;
  #since = 0;

  /** An input ended with its last digit. */
  expect(terminator: string, now: number): void {
    this.#terminator = terminator;
    this.#since = now;
  }

  /** Whether that digit would be it. */
  awaits(digit: string, now: number): boolean {
    return digit === this.#terminator && now - this.#since <= typeAheadMs;
  }

  /** The next digit is there. @returns whether it is forgotten */
  takes(digit: string, now: number): boolean {
    const taken = this.awaits(digit, now);
    this.#terminator = undefined;
    return taken;
  }
}
