// How fast one customer may write at one place: a bucket for each thread that fills again with time. Above it her messages are
// kept, and nothing more is done about each; far above it they stay with the connector for a while.
import type { Millis } from '../../values/index.ts';

export interface Paced {
  /** `over`: kept, and no more; `far`: not taken now. */
  pace: 'fine' | 'over' | 'far';
  /** When there is room again, from now; 0 where there is. */
  waitMs: Millis;
}

const minuteMs = 60_000;
/** As many minutes' worth are kept above the limit, before the connector has to wait. */
const farMinutes = 4;
/** Threads that wrote a moment ago. */
const mostKnown = 20_000;

export class Pace {
  readonly #buckets = new Map<string, { left: number; at: Millis }>();

  /** One more message. @param perMinute as many are fine in a minute, at once or one by one */
  take(via: string, thread: string, perMinute: number, now: Millis): Paced {
    const key = `${via} ${thread}`;
    const bucket = this.#buckets.get(key) ?? { left: perMinute, at: now };
    const passed = Math.max(0, now - bucket.at);
    const left = Math.min(perMinute, bucket.left + (passed * perMinute) / minuteMs);
    const far = left - 1 < -perMinute * farMinutes;
    const after = far ? left : left - 1;
    this.#buckets.delete(key);
    this.#buckets.set(key, { left: after, at: now });
    if (this.#buckets.size > mostKnown) this.#forget();
    if (after >= 0) return { pace: 'fine', waitMs: 0 };
    const waitMs = Math.ceil(((1 - after) * minuteMs) / perMinute);
    return { pace: far ? 'far' : 'over', waitMs };
  }

  /** Whoever wrote longest ago has a full bucket, or is near to it. */
  #forget(): void {
    for (const key of this.#buckets.keys()) {
      if (this.#buckets.size <= mostKnown) return;
      this.#buckets.delete(key);
    }
  }
}
