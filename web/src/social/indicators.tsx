import { useId, useState } from 'react';
import { nameIn } from '../i18n/translate.ts';
import { usePanel } from '../panel-context.ts';
import { Failure } from '../parts/failure.tsx';
import { useRest } from '../rest.ts';
import type { SocialFigures } from './types.ts';
import { type SocialWord, useSocialWords } from './words.ts';

const indicators = ['awareness', 'resonance', 'satisfaction', 'engagement'] as const;
type Indicator = (typeof indicators)[number];
const dayMs = 86_400_000;

/** The four indicators of each channel, day by day. */
export function Indicators() {
  const { language, state } = usePanel();
  const say = useSocialWords();
  const [days, setDays] = useState(14);
  const timeZone = state.setup?.site.timeZone ?? 'UTC';
  const dayOf = (time: number) => new Intl.DateTimeFormat('en-CA', { timeZone }).format(time);
  const now = Date.now() + state.clockOffset;
  const all = Array.from({ length: days }, (_, at) => dayOf(now - (days - 1 - at) * dayMs));
  const { data, failed, reload } = useRest<{ rows: SocialFigures[] }>(
    '/reports/social',
    { from: all[0], until: all.at(-1) },
    60_000,
  );
  const channels = [...new Set(data?.rows.map(({ via }) => via))].sort();
  const known = state.setup?.written?.social ?? [];
  return (
    <>
      <search className="social-filters">
        <fieldset className="switch" aria-label={say('problems.days')}>
          {([7, 14, 30] as const).map((one) => (
            <button key={one} type="button" aria-pressed={days === one} onClick={() => setDays(one)}>
              {say(`days.${one}`)}
            </button>
          ))}
        </fieldset>
      </search>
      <Failure of={failed} onRetry={reload} />
      {data !== undefined && channels.length === 0 && (
        <section className="card nothing">{say('indicator.none')}</section>
      )}
      {channels.map((via) => {
        const name = nameIn(language, known.find(({ id }) => id === via)?.name ?? {}, via);
        const rows = all.map((day) => data?.rows.find((row) => row.day === day && row.via === via));
        return (
          <section key={via} className="card" aria-label={name}>
            <h2>{name}</h2>
            <div className="indicators">
              {indicators.map((one) => (
                <IndicatorChart key={one} indicator={one} channel={name} days={all} rows={rows} />
              ))}
            </div>
          </section>
        );
      })}
    </>
  );
}

function IndicatorChart({
  indicator,
  channel,
  days,
  rows,
}: {
  indicator: Indicator;
  channel: string;
  days: string[];
  rows: (SocialFigures | undefined)[];
}) {
  const { language } = usePanel();
  const say = useSocialWords();
  const id = useId();
  const locale = language === 'zh' ? 'zh-CN' : 'en-GB';
  const whole = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 });
  const fine = new Intl.NumberFormat(locale, { maximumFractionDigits: 1 });
  const show = (value: number | undefined) => {
    if (value === undefined) return '–';
    if (indicator === 'awareness') return whole.format(value);
    if (indicator === 'resonance') return fine.format(value);
    const sign = indicator === 'satisfaction' && value > 0 ? '+' : value < 0 ? '−' : '';
    return `${sign}${whole.format(Math.abs(value) * 100)} %`;
  };
  const values = rows.map((row) => row?.[indicator]);
  const total = summed(indicator, rows);
  const signed = indicator === 'satisfaction';
  const most = signed || indicator === 'engagement' ? 1 : Math.max(1, ...values.map((value) => value ?? 0));
  const [width, height] = [280, 72];
  const each = width / days.length;
  const zero = signed ? height / 2 : height;
  const short = new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'short', timeZone: 'UTC' });
  const nameOf = (day: string) => short.format(Date.parse(`${day}T00:00:00Z`));
  const name = say(`indicator.${indicator}` as SocialWord);
  const told = days.flatMap((day, at) => (values[at] === undefined ? [] : [`${nameOf(day)} ${show(values[at])}`]));
  return (
    <figure className="indicator">
      <figcaption>
        <span>{name}</span>
        <span className="explain">
          <button type="button" aria-label={say('indicator.what', { name })} aria-describedby={id}>
            ?
          </button>
          <span role="tooltip" id={id}>
            {say(`indicator.${indicator}.what`)}
          </span>
        </span>
        <strong className="figures">{show(total)}</strong>
      </figcaption>
      <svg
        viewBox={`0 0 ${width} ${height + 16}`}
        role="img"
        aria-label={say('indicator.of', { name, channel, values: told.join('; ') })}
      >
        <line x1="0" x2={width} y1={zero} y2={zero} />
        {values.map((value, at) => {
          const size = value === undefined ? 0 : (Math.abs(value) / most) * (signed ? height / 2 : height);
          const shown = value === undefined ? 0 : Math.max(1.5, size);
          return (
            <g key={days[at]}>
              <title>{`${nameOf(days[at] ?? '')}: ${show(value)}`}</title>
              <rect className="hit" x={at * each} y="0" width={each} height={height} />
              <rect
                x={at * each + each * 0.15}
                width={each * 0.7}
                y={value !== undefined && value < 0 ? zero : zero - shown}
                height={shown}
                rx="1.5"
                data-sign={signed ? Math.sign(value ?? 0) : undefined}
              />
            </g>
          );
        })}
        <text x="0" y={height + 13}>
          {nameOf(days[0] ?? '')}
        </text>
        <text x={width} y={height + 13} textAnchor="end">
          {nameOf(days.at(-1) ?? '')}
        </text>
      </svg>
    </figure>
  );
}

/** Of all days together: made from the counts, not from the days' shares. */
function summed(indicator: Indicator, rows: (SocialFigures | undefined)[]): number | undefined {
  const sum = (field: 'reach' | 'engaged' | 'items' | 'positive' | 'negative' | 'answered') =>
    rows.reduce((all, row) => all + (row?.[field] ?? 0), 0);
  const items = sum('items');
  if (items === 0) return undefined;
  if (indicator === 'awareness') return sum('reach');
  if (indicator === 'resonance') return sum('reach') === 0 ? undefined : (sum('engaged') / sum('reach')) * 1_000;
  if (indicator === 'satisfaction') return (sum('positive') - sum('negative')) / items;
  return sum('answered') / items;
}
