// The digits of one endpoint, wherever they come from: collected by rules, told to the server, kept for type-ahead.
import type { MediaEvents, WireDigitRule } from '../../../link/index.ts';
import { Collector, TypeAhead } from '../dtmf/collector.ts';
import type { Host } from './host.ts';

type Via = MediaEvents['endpoint.dtmf']['via'];

export class Digits {
  readonly #id: string;
  readonly #host: Host;
  readonly #typeAhead = new TypeAhead();
  #collector: Collector | undefined;

  constructor(id: string, host: Host) {
    this.#id = id;
    this.#host = host;
  }

  /** Id of the collection that runs. */
  get collecting(): string | undefined {
    return this.#collector?.id;
  }

  collect(id: string, rule: WireDigitRule): void {
    this.#collector?.end('stopped');
    const now = this.#host.now();
    const collector = new Collector(id, rule, now, (digits, end) => {
      if (this.#collector === collector) this.#collector = undefined;
      this.#host.event('endpoint.collected', { id: this.#id, collect: id, digits, end });
    });
    this.#collector = collector;
    const before = this.#typeAhead.take(now);
    if (rule.typeAhead) {
      for (const digit of before) {
        if (this.#collector === collector) collector.digit(digit, now);
        else this.#typeAhead.add(digit, now);
      }
    }
  }

  stop(end: 'stopped' | 'closed'): void {
    this.#collector?.end(end);
  }

  keyDown(): void {
    this.#collector?.keyDown();
  }

  key(digit: string, ms: number, via: Via): void {
    const now = this.#host.now();
    const collector = this.#collector;
    if (!collector?.secret) this.#host.event('endpoint.dtmf', { id: this.#id, digit, ms, via });
    if (collector) collector.digit(digit, now);
    else this.#typeAhead.add(digit, now);
  }

  /** @returns whether a deadline runs */
  sweep(now: number): boolean {
    this.#collector?.sweep(now);
    return this.#collector !== undefined;
  }
}
