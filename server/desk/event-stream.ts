// The numbered events of one agent: those that can still be resumed are kept, as the text that was sent.
import type { DeskEventName, DeskEventWith } from './events.ts';

export class EventStream {
  /** Number of the newest event. */
  seq = 0;
  /** Ring: event `n` stands at `n % size`. */
  readonly #kept: string[] = [];
  readonly #size: number;

  constructor(size: number) {
    this.#size = size;
  }

  /** Numbers an event and keeps it. @returns the message */
  write<Name extends DeskEventName>(event: Name, about: DeskEventWith<Name>): string {
    this.seq++;
    const text = JSON.stringify({ seq: this.seq, event, with: about });
    this.#kept[this.seq % this.#size] = text;
    return text;
  }

  /** The messages after `seen`, oldest first; undefined where they are no longer all kept, or `seen` was never reached. */
  after(seen: number): string[] | undefined {
    if (seen > this.seq || this.seq - seen > this.#size) return undefined;
    const missed: string[] = [];
    for (let n = seen + 1; n <= this.seq; n++) {
      const text = this.#kept[n % this.#size];
      if (text === undefined) return undefined;
      missed.push(text);
    }
    return missed;
  }
}
