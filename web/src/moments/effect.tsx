// What moments brought about: four figures, a bar for each day, and why they held back.
import { type Bar, BarChart } from '../floor/chart.tsx';
import type { DayRow, EffectRow } from './types.ts';
import { useMomentWords, wordOf } from './words.ts';

export function sum(counts: Record<string, number>): number {
  return Object.values(counts).reduce((all, one) => all + one, 0);
}

/** @param rows of one moment or of all @param days of the site, oldest first */
export function Effect({
  rows,
  byDay,
  days,
  size = 'whole',
}: {
  rows: readonly EffectRow[];
  byDay: readonly DayRow[];
  days: readonly string[];
  size?: 'whole' | 'half';
}) {
  const say = useMomentWords();
  const total = (of: (row: EffectRow) => number) => rows.reduce((all, row) => all + of(row), 0);
  const fired = total((row) => row.fired);
  const held = total((row) => sum(row.restrained) + sum(row.held));
  const figures = [
    { name: say('fired'), value: fired, tone: 'accent' },
    { name: say('held'), value: held, tone: 'wait' },
    { name: say('reached'), value: total((row) => row.reached), tone: 'good' },
    { name: say('answered'), value: total((row) => row.answered), tone: 'after' },
  ];
  const bars = days.map((day): Bar => {
    const of = byDay.filter((row) => row.day === day);
    const count = (what: 'fired' | 'restrained') => of.reduce((all, row) => all + row[what], 0);
    return {
      label: day.slice(5),
      parts: [
        { name: say('fired'), value: count('fired'), tone: 'accent' },
        { name: say('held'), value: count('restrained'), tone: 'wait' },
      ],
    };
  });
  const reasons = new Map<string, number>();
  for (const row of rows) {
    for (const [why, count] of Object.entries(row.restrained)) reasons.set(why, (reasons.get(why) ?? 0) + count);
    for (const [what, count] of Object.entries(row.held)) {
      const why = what.split(' ').at(-1) ?? what;
      reasons.set(why, (reasons.get(why) ?? 0) + count);
    }
  }
  const most = Math.max(1, ...reasons.values());
  return (
    <div className="moment-effect" data-size={size}>
      <dl className="moment-figures">
        {figures.map(({ name, value, tone }) => (
          <div key={name} data-tone={tone}>
            <dt>{name}</dt>
            <dd className="figures">{value}</dd>
          </div>
        ))}
      </dl>
      {fired + held === 0 ? (
        <p className="muted">{say('no-effect')}</p>
      ) : (
        <>
          <BarChart bars={bars} label={say('by-day')} size={size} />
          {reasons.size > 0 && (
            <section className="moment-reasons" aria-label={say('why-held')}>
              <h3>{say('why-held')}</h3>
              <dl>
                {[...reasons]
                  .sort(([, a], [, b]) => b - a)
                  .map(([why, count]) => (
                    <div key={why}>
                      <dt>{wordOf(say, 'why', why)}</dt>
                      <dd>
                        <meter min={0} max={most} value={count} aria-label={wordOf(say, 'why', why)} />
                        <span className="figures">{count}</span>
                      </dd>
                    </div>
                  ))}
              </dl>
            </section>
          )}
        </>
      )}
    </div>
  );
}
