// Small charts without a library: bars of one figure per interval, with a line of a share over them.
import './chart.css';
import { useId } from 'react';

export type Tone = 'accent' | 'bad' | 'wait' | 'good' | 'after' | 'hold' | 'own';

const tones: Tone[] = ['accent', 'bad', 'wait', 'good', 'after', 'hold', 'own'];

export interface Bar {
  label: string;
  /** Stacked from below; each its own colour, by its place where it names none. */
  parts: { name: string; value: number; tone?: Tone }[];
  /** 0 to 1, as a line on its own scale. */
  share?: number | undefined;
}

const widths = { whole: 900, half: 460 };
const height = 200;
/** Of one bar. */
const widest = 56;
const left = 40;
const right = 44;
const top = 12;
const bottom = 26;

export function BarChart({
  bars,
  label,
  shareName,
  show = String,
  size = 'whole',
  least = 2,
}: {
  bars: Bar[];
  label: string;
  shareName?: string | undefined;
  /** How a value is written. */
  show?: (value: number) => string;
  /** How wide it stands on the page; the text has the same size in both. */
  size?: 'whole' | 'half';
  /** The scale ends no lower: half of it is still said apart from nothing and all. */
  least?: number;
}) {
  const title = useId();
  const width = widths[size];
  const most = nice(Math.max(least, ...bars.map(({ parts }) => parts.reduce((sum, { value }) => sum + value, 0))));
  const inner = width - left - right;
  const each = inner / Math.max(1, bars.length);
  const wide = Math.min(widest, Math.max(1, each * 0.7));
  const y = (value: number) => top + (height - top - bottom) * (1 - value / most);
  const names = [...new Set(bars.flatMap(({ parts }) => parts.map(({ name }) => name)))];
  const toneOf = (name: string) =>
    bars[0]?.parts.find((part) => part.name === name)?.tone ?? tones[names.indexOf(name)] ?? 'accent';
  const line = bars.flatMap(({ share }, at) =>
    share === undefined ? [] : [`${left + each * (at + 0.5)},${y(share * most)}`],
  );
  // As many labels as have room.
  const step = Math.ceil(bars.length / (size === 'whole' ? 12 : 7));
  return (
    <figure className="chart" data-size={size}>
      <svg viewBox={`0 0 ${width} ${height}`} role="img" aria-labelledby={title}>
        <title id={title}>{label}</title>
        {[0, 0.5, 1].map((part) => (
          <g key={part} className="grid">
            <line x1={left} x2={width - right} y1={y(most * part)} y2={y(most * part)} />
            <text x={left - 6} y={y(most * part) + 4} textAnchor="end">
              {show(most * part)}
            </text>
            {shareName !== undefined && (
              <text x={width - right + 6} y={y(most * part) + 4}>
                {part * 100} %
              </text>
            )}
          </g>
        ))}
        {bars.map(({ label: name, parts, share }, at) => {
          let under = 0;
          const x = left + each * (at + 0.5) - wide / 2;
          return (
            <g key={name}>
              <title>
                {[
                  name,
                  ...parts.map((one) => `${one.name}: ${show(one.value)}`),
                  ...(share === undefined ? [] : [`${shareName}: ${Math.round(share * 100)} %`]),
                ].join('\n')}
              </title>
              {parts.map((part) => {
                const from = under;
                under += part.value;
                return (
                  <rect
                    key={part.name}
                    className={`series-${toneOf(part.name)}`}
                    x={x}
                    width={wide}
                    y={y(under)}
                    height={Math.max(0, y(from) - y(under))}
                  />
                );
              })}
              {at % step === 0 && (
                <text x={left + each * (at + 0.5)} y={height - 8} textAnchor="middle">
                  {name}
                </text>
              )}
            </g>
          );
        })}
        {line.length > 1 && <polyline points={line.join(' ')} className="share" />}
      </svg>
      <figcaption>
        {names.map((name) => (
          <span key={name} className={`legend-of series-${toneOf(name)}`}>
            {name}
          </span>
        ))}
        {shareName !== undefined && <span className="legend-of share">{shareName}</span>}
      </figcaption>
    </figure>
  );
}

/** The next of 1, 2, 4, 6, 8, 10, 20 …: half of it is a round number too. */
function nice(value: number): number {
  const base = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 4, 6, 8, 10].map((one) => one * base).find((one) => one >= value) ?? value;
}
