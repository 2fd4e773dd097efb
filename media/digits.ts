// Digits of one endpoint, for engines that only tell keys: collected by rule, kept for 2 s where nobody collects, secret ones
// told to nobody else. The rules are those of `MediaEndpoint.collect`.
import type { Digit, DigitRule, Digits } from './media-server.ts';

const aheadMs = 2_000;

interface Collecting {
  rule: DigitRule;
  digits: string;
  resolve(digits: Digits): void;
  timer: NodeJS.Timeout;
}

export class DigitCollector {
  #ahead: { digit: Digit; at: number }[] = [];
  #collecting: Collecting | undefined;
  /** An input ended with its last digit: its terminator, if it is keyed next, is forgotten. */
  #habit: { terminator: Digit; at: number } | undefined;

  get collecting(): boolean {
    return this.#collecting !== undefined;
  }

  /** A digit waits to be collected, or the collection that runs has one: a prompt that it may cut short is not wanted. */
  get begun(): boolean {
    if (this.#collecting) return this.#collecting.digits !== '';
    const last = this.#ahead.at(-1);
    return last !== undefined && last.at >= performance.now() - aheadMs;
  }

  collect(rule: DigitRule): Promise<Digits> {
    const now = performance.now();
    const held = [...(this.#collecting?.digits ?? '')].map((digit) => ({ digit, at: now }));
    this.end('stopped');
    const before = rule.typeAhead ? [...held, ...this.#ahead.filter(({ at }) => at >= now - aheadMs)] : [];
    this.#ahead = [];
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.end('timeout'), rule.firstMs);
      this.#collecting = { rule, digits: '', resolve, timer };
      for (const { digit, at } of before) {
        if (this.#habitual(digit)) continue;
        if (this.#collecting) this.#take(this.#collecting, digit);
        // Keyed for what is asked next.
        else this.#ahead.push({ digit, at });
      }
    });
  }

  /**
   * A digit was keyed.
   * @param passed where nobody collects, others in a bridge hear it: it is not kept
   * @returns whether it is secret, whether it went into a collection, and whether it counts: only then it cuts a prompt short
   */
  key(digit: Digit, passed: boolean): { secret: boolean; collected: boolean; counts: boolean } {
    const collecting = this.#collecting;
    const secret = collecting?.rule.secret === true;
    if (this.#habitual(digit)) return { secret, collected: collecting !== undefined, counts: false };
    if (collecting) {
      this.#take(collecting, digit);
      return { secret, collected: true, counts: true };
    }
    if (!passed) {
      const now = performance.now();
      this.#ahead = this.#ahead.filter(({ at }) => at >= now - aheadMs);
      this.#ahead.push({ digit, at: now });
    }
    return { secret, collected: false, counts: true };
  }

  end(end: Digits['end']): void {
    const collecting = this.#collecting;
    if (!collecting) return;
    this.#collecting = undefined;
    clearTimeout(collecting.timer);
    collecting.resolve({ digits: collecting.digits, end });
  }

  #habitual(digit: Digit): boolean {
    const habit = this.#habit;
    this.#habit = undefined;
    return digit === habit?.terminator && habit.at >= performance.now() - aheadMs;
  }

  #take(collecting: Collecting, digit: Digit): void {
    const { rule } = collecting;
    if (digit === rule.terminator) {
      this.end('terminator');
      return;
    }
    collecting.digits += digit;
    if (collecting.digits.length >= rule.max) {
      if (rule.terminator !== undefined) this.#habit = { terminator: rule.terminator, at: performance.now() };
      this.end('max');
      return;
    }
    clearTimeout(collecting.timer);
    collecting.timer = setTimeout(() => this.end('timeout'), rule.betweenMs);
  }
}
