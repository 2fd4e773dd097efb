// Digits of one endpoint, for engines that only tell keys: collected by rule, kept for 2 s where nobody collects, secret ones
// told to nobody else.
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

  get collecting(): boolean {
    return this.#collecting !== undefined;
  }

  collect(rule: DigitRule): Promise<Digits> {
    this.end('stopped');
    const since = performance.now() - aheadMs;
    const before = rule.typeAhead ? this.#ahead.filter(({ at }) => at >= since) : [];
    this.#ahead = [];
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.end('timeout'), rule.firstMs);
      this.#collecting = { rule, digits: '', resolve, timer };
      for (const [i, { digit }] of before.entries()) {
        if (!this.#collecting) {
          // Keyed for what is asked next.
          this.#ahead = before.slice(i);
          break;
        }
        this.#take(this.#collecting, digit);
      }
    });
  }

  /** A digit was keyed. @returns whether it is secret, and whether it went into a collection */
  key(digit: Digit): { secret: boolean; collected: boolean } {
    const collecting = this.#collecting;
    if (collecting) {
      this.#take(collecting, digit);
      return { secret: collecting.rule.secret === true, collected: true };
    }
    const now = performance.now();
    this.#ahead = this.#ahead.filter(({ at }) => at >= now - aheadMs);
    this.#ahead.push({ digit, at: now });
    return { secret: false, collected: false };
  }

  end(end: Digits['end']): void {
    const collecting = this.#collecting;
    if (!collecting) return;
    this.#collecting = undefined;
    clearTimeout(collecting.timer);
    collecting.resolve({ digits: collecting.digits, end });
  }

  #take(collecting: Collecting, digit: Digit): void {
    const { rule } = collecting;
    if (digit === rule.terminator) {
      this.end('terminator');
      return;
    }
    collecting.digits += digit;
    if (collecting.digits.length >= rule.max) {
      this.end('max');
      return;
    }
    clearTimeout(collecting.timer);
    collecting.timer = setTimeout(() => this.end('timeout'), rule.betweenMs);
  }
}
