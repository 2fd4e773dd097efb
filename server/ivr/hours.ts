// Opening hours. The time comes in as UTC milliseconds; the zone's wall clock comes from Intl, which is a table, not a clock.
import type { Millis } from '../../values/index.ts';
import type { Hours } from './schema.ts';

const dayNames = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;
const formats = new Map<string, Intl.DateTimeFormat>();

export function isTimeZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en-US', { timeZone: zone });
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

/** Whether the calendar has that day: `2026-02-30` is none. */
export function isDate(text: string): boolean {
  const midnight = Date.parse(`${text}T00:00:00Z`);
  return Number.isFinite(midnight) && new Date(midnight).toISOString().slice(0, 10) === text;
}

/**
 * A span that goes over midnight belongs to the day on which it began, with all of it: the morning after a night is open
 * though that day be closed, and the evening of a closed day does not begin.
 * @param zone IANA name where the hours name none; an unknown one counts as UTC
 */
export function isOpen(hours: Hours, now: Millis, zone: string): boolean {
  const { date, minute } = wallClock(now, hours.timeZone ?? zone);
  return openOn(hours, date, minute) || openOn(hours, dayBefore(date), minute + 24 * 60);
}

/** Whether the hours that begin on that date hold at that minute, counted from its midnight. */
function openOn(hours: Hours, date: string, minute: number): boolean {
  const special = hours.openOn?.filter((each) => each.date === date) ?? [];
  if (special.length > 0) return special.some((each) => within(each, minute));
  if (hours.closedOn?.includes(date)) return false;
  const day = dayNames[new Date(`${date}T00:00:00Z`).getUTCDay()]!;
  return hours.open.some((each) => each.days.includes(day) && within(each, minute));
}

function within(span: { from: string; to: string }, minute: number): boolean {
  const from = minutes(span.from);
  const to = minutes(span.to);
  return minute >= from && minute < (to > from ? to : to + 24 * 60);
}

const minutes = (clock: string) => Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3));

function dayBefore(date: string): string {
  return new Date(Date.parse(`${date}T00:00:00Z`) - 86_400_000).toISOString().slice(0, 10);
}

export interface Opening {
  opens: Millis;
  closes: Millis;
}

/**
 * The hours as spans of UTC between two times, ascending and apart; cut off at both ends. Says the same as `isOpen` at
 * every moment, on days of 23 and 25 hours too: it asks `isOpen` at every time at which the answer can change.
 */
export function openings(hours: Hours, from: Millis, until: Millis, zone: string): Opening[] {
  const name = hours.timeZone ?? zone;
  const spans: Opening[] = [];
  let open: Opening | undefined;
  for (const at of changes(hours, from, until, name)) {
    const now = isOpen(hours, at, name);
    if (now && !open) {
      open = { opens: at, closes: until };
      spans.push(open);
    } else if (!now && open) {
      open.closes = at;
      open = undefined;
    }
  }
  return spans;
}

const dayMs = 86_400_000;

/** Every time from `from` to before `until` at which the hours may open or close, ascending. */
function changes(hours: Hours, from: Millis, until: Millis, zone: string): Millis[] {
  const clocks = new Set([0]);
  for (const span of [...hours.open, ...(hours.openOn ?? [])]) clocks.add(minutes(span.from)).add(minutes(span.to));
  const found = new Set([from]);
  const firstDay = Date.parse(`${wallClock(from, zone).date}T00:00:00Z`);
  for (let midnight = firstDay - dayMs; midnight < until + 2 * dayMs; midnight += dayMs) {
    const [before, after] = [offsetAt(midnight - dayMs / 2, zone), offsetAt(midnight + 1.5 * dayMs, zone)];
    for (const clock of clocks) {
      for (const offset of [before, after]) found.add(midnight + clock * 60_000 - offset);
    }
    if (before !== after) found.add(turnOfClocks(midnight - dayMs / 2, midnight + 1.5 * dayMs, before, zone));
  }
  return [...found].filter((at) => at >= from && at < until).sort((a, b) => a - b);
}

/** How far the zone's wall clock is ahead of UTC, ms. */
function offsetAt(at: Millis, zone: string): number {
  const { date, minute } = wallClock(at, zone);
  return Date.parse(`${date}T00:00:00Z`) + minute * 60_000 - Math.floor(at / 60_000) * 60_000;
}

/** The minute at which the clocks are changed, somewhere between two times. */
function turnOfClocks(from: Millis, to: Millis, before: number, zone: string): Millis {
  let [low, high] = [Math.floor(from / 60_000), Math.floor(to / 60_000)];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (offsetAt(middle * 60_000, zone) === before) low = middle;
    else high = middle;
  }
  return high * 60_000;
}

function wallClock(now: Millis, zone: string): { date: string; minute: number } {
  const part: Record<string, string> = {};
  for (const { type, value } of formatOf(zone).formatToParts(now)) part[type] = value;
  return { date: `${part.year}-${part.month}-${part.day}`, minute: Number(part.hour) * 60 + Number(part.minute) };
}

/** Making a format costs a hundred times what using it does. */
function formatOf(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone);
  if (known) return known;
  const format = new Intl.DateTimeFormat('en-CA', {
    timeZone: isTimeZone(zone) ? zone : 'UTC',
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
  });
  formats.set(zone, format);
  return format;
}
