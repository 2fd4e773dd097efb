// Days of the site, as reports take them.

/** @returns the last so many days, today included: `2026-01-05` */
export function lastDays(now: number, count: number, timeZone: string): string[] {
  const format = new Intl.DateTimeFormat('en-CA', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' });
  const [year = 0, month = 1, day = 1] = format.format(now).split('-').map(Number);
  // Days of the calendar, whatever the clocks there do.
  return Array.from({ length: count }, (_, at) =>
    new Date(Date.UTC(year, month - 1, day - count + 1 + at)).toISOString().slice(0, 10),
  );
}
