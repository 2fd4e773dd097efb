// The digits of one endpoint, wherever they come from: collected by rules, told to the server, kept for type-ahead.
import type { MediaEvents, WireDigitRule } from '../../../link/index.ts';
import { Collector, Habit, TypeAhead } from '../dtmf/collector.ts';
import type { Host } from './host.ts';

type Via = MediaEvents['endpoint.dtmf']['via'];

export class Digits {
  readonly #id: string;
  readonly #host: Host;
  readonly #typeAhead = new TypeAhead();
  readonly #habit = new Habit();
  #collector: Collector | undefined;

  constructor(id: string, host: Host) {
    this.#id = id;
    this.#host = host;
  }

  /** Id of the collection that runs. */
  get collecting(): string | undefined {
    return this.#collector?.id;
  }

  /** A digit waits to be collected, or the collection that runs has one: a prompt that it may cut short is not wanted. */
  get begun(): boolean {
    if (this.#collector) return this.#collector.digits !== '';
    return this.#typeAhead.waits(this.#host.now());
  }

  collect(id: string, rule: WireDigitRule): void {
    const held = this.#collector?.digits ?? '';
    this.#collector?.end('stopped');
    const now = this.#host.now();
    const collector = new Collector(id, rule, now, (digits, end) => {
      if (this.#collector === collector) this.#collector = undefined;
      if (end === 'max' && rule.terminator !== undefined) this.#habit.expect(rule.terminator, this.#host.now());
      this.#host.event('endpoint.collected', { id: this.#id, collect: id, digits, end });
    });
    this.#collector = collector;
    const before = this.#typeAhead.take(now);
    if (rule.typeAhead) {
      for (const digit of [...held, ...before]) {
        if (this.#habit.takes(digit, now)) continue;
        if (this.#collector === collector) collector.digit(digit, now);
        else this.#typeAhead.add(digit, now);
      }
    }
  }

  stop(end: 'stopped' | 'closed'): void {
    this.#collector?.end(end);
  }

  /** @returns whether the digit will count, and so may cut a prompt short */
  keyDown(digit: string): boolean {
    if (this.#habit.awaits(digit, this.#host.now())) return false;
    this.#collector?.keyDown();
    return true;
  }

  /** @param passed it went to others in a bridge: it is not kept @returns whether it counts */
  key(digit: string, ms: number, via: Via, passed: boolean): boolean {
    const now = this.#host.now();
    const collector = this.#collector;
    if (!collector?.secret) this.#host.event('endpoint.dtmf', { id: this.#id, digit, ms, via });
    if (this.#habit.takes(digit, now)) return false;
    if (collector) collector.digit(digit, now);
    else if (!passed) this.#typeAhead.add(digit, now);
    return true;
  }

  /** @returns whether a deadline runs */
  sweep(now: number): boolean {
    this.#collector?.sweep(now);
    return this.#collector !== undefined;
  }
}
