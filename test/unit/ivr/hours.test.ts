import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hoursSchema, isOpen, openings } from '../../../server/ivr/index.ts';

const minute = 60_000;
const day = 86_400_000;

describe('openings', () => {
  it('is cut where it begins and ends, in the zone of the site', () => {
    const hours = hoursSchema.parse({
      open: [{ days: ['mon', 'tue'], from: '22:00', to: '06:00' }],
      closedOn: ['2026-03-03'],
    });
    // Monday 2 March 2026, 23:00 in Shanghai.
    const from = Date.parse('2026-03-02T15:00:00Z');
    const night = { opens: from, closes: Date.parse('2026-03-02T22:00:00Z') };
    expect(openings(hours, from, from + 3 * day, 'Asia/Shanghai')).toEqual([night]);
    expect(openings(hours, from, from + 60 * minute, 'Asia/Shanghai')).toEqual([
      { opens: from, closes: from + 60 * minute },
    ]);
  });

  it('takes a night for the day on which it began: it runs on into a closed day, and none begins there', () => {
    const hours = hoursSchema.parse({
      open: [{ days: ['mon', 'tue', 'wed', 'thu'], from: '22:00', to: '06:00' }],
      closedOn: ['2026-03-03'],
      openOn: [{ date: '2026-03-05', from: '10:00', to: '12:00' }],
    });
    const at = (clock: string) => isOpen(hours, Date.parse(`2026-03-${clock}:00Z`), 'UTC');
    // Monday's night, into the closed Tuesday; Tuesday's own does not begin.
    expect([at('02T22:00'), at('03T05:59'), at('03T06:00'), at('03T22:00'), at('04T01:00')]).toEqual([
      true,
      true,
      false,
      false,
      false,
    ]);
    // Wednesday's night, into the Thursday with hours of its own, which has no night then.
    expect([at('05T05:59'), at('05T09:00'), at('05T10:00'), at('05T22:00')]).toEqual([true, false, true, false]);
  });

  it('knows only days of the calendar', () => {
    const open = [{ days: ['mon'], from: '09:00', to: '17:00' }];
    const date = (day: string) => ({ open, closedOn: [day], openOn: [{ date: day, from: '09:00', to: '12:00' }] });
    expect(hoursSchema.safeParse(date('2028-02-29')).success).toBe(true);
    for (const day of ['2026-02-29', '2026-02-30', '2026-13-01', '2026-04-31', '2026-00-10']) {
      const { error } = hoursSchema.safeParse(date(day));
      expect(error?.issues.map(({ path }) => path.join('.'))).toEqual(['closedOn.0', 'openOn.0.date']);
    }
  });

  it('says what isOpen says at every minute, on days of 23 and 25 hours too', () => {
    const clock = fc.integer({ min: 0, max: 95 }).map((quarter) => {
      const two = (value: number) => String(value).padStart(2, '0');
      return `${two(Math.floor(quarter / 4))}:${two((quarter % 4) * 15)}`;
    });
    const days = fc.subarray(['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const, { minLength: 1 });
    const dates = ['2026-03-28', '2026-03-29', '2026-03-30', '2026-10-24', '2026-10-25', '2026-11-01', '2026-03-08'];
    const date = fc.constantFrom(...dates);
    const hours = fc.record({
      open: fc.array(fc.record({ days, from: clock, to: clock }), { minLength: 1, maxLength: 3 }),
      closedOn: fc.array(date, { maxLength: 2 }),
      openOn: fc.array(fc.record({ date, from: clock, to: clock }), { maxLength: 2 }),
    });
    const zones = fc.constantFrom('Europe/Berlin', 'America/New_York', 'Asia/Shanghai', 'Asia/Kolkata', 'UTC');
    fc.assert(
      fc.property(hours, zones, date, (given, zone, around) => {
        const from = Date.parse(`${around}T00:00:00Z`) - day;
        const until = from + 3 * day;
        const spans = openings(given, from, until, zone);
        for (let at = from; at < until; at += 15 * minute) {
          const open = spans.some(({ opens, closes }) => opens <= at && at < closes);
          if (open !== isOpen(given, at, zone)) throw new Error(`differs at ${new Date(at).toISOString()} in ${zone}`);
        }
        for (const [i, span] of spans.entries()) {
          expect(span.opens).toBeLessThan(span.closes);
          if (i > 0) expect(span.opens).toBeGreaterThan(spans[i - 1]!.closes);
        }
      }),
      { numRuns: 150 },
    );
  });
});
