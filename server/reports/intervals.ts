// Time as reports cut it: slots of a quarter of an hour in UTC, gathered to intervals of the site's wall clock. Every zone
// is ahead of UTC by whole quarters, so that no slot lies in two intervals, on days of 23 and 25 hours too.
import type { Millis } from '../../values/index.ts';

export const slotMs = 900_000;
const dayMs = 86_400_000;

export function slotOf(at: Millis): Millis {
  return Math.floor(at / slotMs) * slotMs;
}

/** Cuts a span at the borders of slots. */
export function split(from: Millis, until: Millis, give: (slot: Millis, ms: number) => void): void {
  for (let at = from; at < until; ) {
    const slot = slotOf(at);
    const end = Math.min(until, slot + slotMs);
    give(slot, end - at);
    at = end;
  }
}

/** Length of an interval in minutes, a day of the site, or everything asked for in one. */
export type IntervalLength = '15' | '30' | '60' | 'day' | 'total';

/** The wall clock of a time zone, with its formats made once. */
export class ZoneClock {
  readonly #format: Intl.DateTimeFormat;
  readonly #offsets = new Map<Millis, number>();

  /** @param timeZone IANA name. @throws RangeError where there is no such zone */
  constructor(timeZone: string) {
    this.#format = new Intl.DateTimeFormat('en-CA', {
      timeZone,
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
    });
  }

  /** How far the wall clock is ahead of UTC, ms. */
  offset(at: Millis): number {
    const slot = slotOf(at);
    const known = this.#offsets.get(slot);
    if (known !== undefined) return known;
    const part: Record<string, number> = {};
    for (const { type, value } of this.#format.formatToParts(slot)) part[type] = Number(value);
    const { year = 0, month = 1, day = 1, hour = 0, minute = 0 } = part;
    const offset = Date.UTC(year, month - 1, day, hour, minute) - slot;
    this.#offsets.set(slot, offset);
    return offset;
  }

  /** `2026-03-29T02:30+02:00`: the wall clock with its offset. */
  label(at: Millis): string {
    const offset = this.offset(at);
    const minutes = Math.abs(offset) / 60_000;
    const two = (value: number) => String(Math.floor(value)).padStart(2, '0');
    const zone = `${offset < 0 ? '-' : '+'}${two(minutes / 60)}:${two(minutes % 60)}`;
    return `${new Date(at + offset).toISOString().slice(0, 16)}${zone}`;
  }

  /** The beginning of a day of the wall clock; where its midnight is skipped, of its first hour. @param date 2026-03-29 */
  startOfDate(date: string): Millis {
    const midnight = Date.parse(`${date}T00:00:00Z`);
    const guess = midnight - this.offset(midnight);
    const at = midnight - this.offset(guess);
    // Before a change of clocks on that very day.
    return new Date(at + this.offset(at)).toISOString().slice(0, 10) === date ? at : at + slotMs * 4;
  }

  startOfDay(at: Millis): Millis {
    return this.startOfDate(new Date(at + this.offset(at)).toISOString().slice(0, 10));
  }

  /** Beginning of the interval in which a slot lies. @param from of everything asked for */
  startOf(slot: Millis, length: IntervalLength, from: Millis): Millis {
    if (length === 'total') return from;
    if (length === 'day') return this.startOfDay(slot);
    const ms = Number(length) * 60_000;
    const offset = this.offset(slot);
    const local = Math.floor((slot + offset) / ms) * ms;
    const start = local - offset;
    // The clocks were changed within the interval: the part after the change begins where that did.
    return this.offset(start) === offset ? start : slot;
  }
}

/** Days from one time to another, for limits. */
export function days(from: Millis, until: Millis): number {
  return (until - from) / dayMs;
}
