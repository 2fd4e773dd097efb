// The ladder: a column for each party, and of each message an arrow between two of them.
import { type CSSProperties, type KeyboardEvent, useEffect, useRef } from 'react';
import { type Column, delta, type Rung } from './ladder-model.ts';
import { type SipWord, useSipWords } from './words.ts';

/** How many messages a page key goes. */
const page = 10;

export function Ladder(props: {
  columns: Column[];
  rungs: Rung[];
  chosen: number;
  clock: Intl.DateTimeFormat;
  onChoose: (at: number) => void;
}) {
  const { columns, rungs, chosen, clock, onChoose } = props;
  const say = useSipWords();
  const box = useRef<HTMLDivElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another choice is what it follows
  useEffect(() => {
    box.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: 'nearest' });
  }, [chosen]);
  const onKeyDown = (event: KeyboardEvent) => {
    const last = rungs.length - 1;
    const goals: Record<string, number> = {
      ArrowDown: chosen + 1,
      ArrowUp: chosen - 1,
      PageDown: chosen + page,
      PageUp: chosen - page,
      Home: 0,
      End: last,
    };
    const goal = goals[event.key];
    if (goal === undefined) return;
    event.preventDefault();
    onChoose(Math.max(0, Math.min(last, goal)));
  };

  return (
    <section className="card sip-ladder" style={{ '--parties': columns.length } as CSSProperties}>
      <div className="sip-head">
        <span className="muted">{say('count', { count: rungs.length })}</span>
        {columns.map((column) => (
          <div key={column.key} className="party" data-home={column.leg === undefined}>
            <strong>{nameOf(column, say)}</strong>
            <span className="muted">{column.leg?.address ?? ''}</span>
          </div>
        ))}
      </div>
      <div
        ref={box}
        className="rungs"
        role="listbox"
        aria-label={say('ladder')}
        aria-description={say('keys')}
        aria-activedescendant={`rung-${chosen}`}
        tabIndex={0}
        onKeyDown={onKeyDown}
      >
        {rungs.map((rung, at) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the list takes the keys
          <div
            // biome-ignore lint/suspicious/noArrayIndexKey: messages are only added at the end
            key={at}
            id={`rung-${at}`}
            className="rung"
            role="option"
            aria-selected={at === chosen}
            tabIndex={-1}
            onClick={() => {
              onChoose(at);
              box.current?.focus();
            }}
          >
            <span className="hidden">{spoken(rung, columns, say)}</span>
            <span className="when figures" aria-hidden="true" title={clock.format(rung.message.at)}>
              {rung.sinceLast === undefined ? clock.format(rung.message.at) : delta(rung.sinceLast)}
            </span>
            {columns.map((column, place) => (
              <i key={column.key} data-home={column.leg === undefined} style={{ gridColumn: place + 2 }} />
            ))}
            <Arrow rung={rung} />
          </div>
        ))}
      </div>
    </section>
  );
}

function Arrow({ rung }: { rung: Rung }) {
  const say = useSipWords();
  const { from, to, label, about, tone, sdp, message } = rung;
  const [left, right] = from < to ? [from, to] : [to, from];
  const style = {
    '--columns': right - left + 1,
    gridColumn: `${left + 2} / span ${right - left + 1}`,
  } as CSSProperties;
  return (
    <span
      className="arrow"
      aria-hidden="true"
      data-tone={tone}
      data-way={from < to ? 'right' : 'left'}
      data-again={message.retransmission}
      style={style}
    >
      <span className="label">
        <b>{label}</b>
        {about !== undefined && <small>{about}</small>}
        {sdp && <small className="sdp">SDP</small>}
        {message.retransmission && <small className="again">{say('again')}</small>}
      </span>
    </span>
  );
}

type SayWord = (key: SipWord, values?: Record<string, string | number>) => string;

function nameOf({ leg }: Column, say: SayWord): string {
  if (leg === undefined) return 'Switchroom';
  if (leg.role === 'media') return say('media-leg');
  if (leg.role !== 'agent') return say(leg.role);
  return leg.agent === undefined ? say('agent-phone-unknown') : say('agent-phone', { agent: leg.agent });
}

function spoken({ label, about, from, to, sdp, message }: Rung, columns: Column[], say: SayWord): string {
  const name = (at: number) => nameOf(columns[at] ?? { key: '', leg: undefined }, say);
  return [
    [label, about].filter(Boolean).join(' '),
    `${name(from)} → ${name(to)}`,
    ...(sdp ? [say('with-sdp')] : []),
    ...(message.retransmission ? [say('retransmission')] : []),
  ].join(', ');
}
