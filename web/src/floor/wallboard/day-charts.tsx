// The day so far by quarters of an hour: what came and what became of it, the wait, what agents did. From the reports,
// which follow the journal within seconds; asked again every ten.
import { useId, useState } from 'react';
import { useNow } from '../../clock.ts';
import { duration, percent } from '../../format.ts';
import { nameIn } from '../../i18n/translate.ts';
import { usePanel } from '../../panel-context.ts';
import { Failure } from '../../parts/failure.tsx';
import { useRest } from '../../rest.ts';
import { type Bar, BarChart, type Tone } from '../chart.tsx';
import { type FloorWord, useFloorWords } from '../words.ts';
import { daySlots, passed, slotMs } from './day-slots.ts';

interface QueueSlot {
  start: number;
  offered: number;
  answered: number;
  abandoned: number;
  left: Record<string, number>;
  serviceLevel?: number;
  averageAnswerMs?: number;
  longestWaitMs: number;
}

type AgentSlot = { start: number } & Record<`${(typeof states)[number]['of']}Ms`, number>;

/** In the order in which they are stacked. */
const states = [
  { of: 'talk', tone: 'accent', word: 'talk' },
  { of: 'hold', tone: 'hold', word: 'hold' },
  { of: 'ring', tone: 'bad', word: 'phase.ringing' },
  { of: 'wrapUp', tone: 'after', word: 'wrap-up' },
  { of: 'own', tone: 'own', word: 'own-calls' },
  { of: 'available', tone: 'good', word: 'available' },
  { of: 'notReady', tone: 'wait', word: 'not-ready' },
] as const satisfies { of: string; tone: Tone; word: FloorWord }[];

const everyMs = 10_000;
const openKey = 'switchroom.wallboard.day';

/** Asks for nothing while it is closed; this browser remembers whether it is. */
export function DayCharts() {
  const say = useFloorWords();
  const [open, setOpen] = useState(() => localStorage.getItem(openKey) !== 'closed');
  return (
    <section className="card day" aria-label={say('day')}>
      <header className="card-head">
        <h2>{say('day')}</h2>
        <button
          type="button"
          className="ghost small day-open"
          aria-expanded={open}
          onClick={() => {
            setOpen(!open);
            localStorage.setItem(openKey, open ? 'closed' : 'open');
          }}
        >
          {say(open ? 'hide' : 'show')}
        </button>
      </header>
      {open && <Charts />}
    </section>
  );
}

function Charts() {
  const { language, state } = usePanel();
  const say = useFloorWords();
  const minute = Math.floor(useNow() / 60_000);
  const [queue, setQueue] = useState('');
  const choice = useId();
  const query = { interval: '15', together: true, queue: queue === '' ? undefined : queue };
  const contacts = useRest<{ rows: QueueSlot[] }>('/reports/queues', query, everyMs);
  const agents = useRest<{ rows: AgentSlot[] }>('/reports/agents', query, everyMs);
  const now = Math.max(minute * 60_000, Date.now()) + state.clockOffset;
  const timeZone = state.setup?.site.timeZone ?? 'UTC';
  const clock = new Intl.DateTimeFormat('en-GB', { timeZone, hour: '2-digit', minute: '2-digit' });
  const rows = contacts.data?.rows ?? [];
  const worked = agents.data?.rows.filter((row) => states.some(({ of }) => row[`${of}Ms`] > 0)) ?? [];
  const slots = daySlots(
    [...rows, ...worked].map(({ start }) => start),
    now,
  ).map((start) => ({
    start,
    label: clock.format(start),
    contacts: rows.find((row) => row.start === start),
    agents: worked.find((row) => row.start === start),
  }));
  const left = (row: QueueSlot | undefined) => Object.values(row?.left ?? {}).reduce((sum, one) => sum + one, 0);
  const came: Bar[] = slots.map(({ label, contacts: row }) => ({
    label,
    parts: [
      { name: say('answered'), value: row?.answered ?? 0, tone: 'accent' },
      { name: say('abandoned'), value: row?.abandoned ?? 0, tone: 'bad' },
      { name: say('left'), value: left(row), tone: 'wait' },
    ],
    share: row?.serviceLevel,
  }));
  const waits: Bar[] = slots.map(({ label, contacts: row }) => ({
    label,
    parts: [{ name: say('asa'), value: (row?.averageAnswerMs ?? 0) / 1_000, tone: 'accent' }],
  }));
  /** How many were at it, on average over the part of the slot that has passed. */
  const many = (row: AgentSlot | undefined, of: (typeof states)[number]['of'], start: number) =>
    (row?.[`${of}Ms`] ?? 0) / (slotMs * passed(start, now));
  const doing: Bar[] = slots.map(({ start, label, agents: row }) => ({
    label,
    parts: states.map(({ of, tone, word }) => ({ name: say(word), value: many(row, of, start), tone })),
  }));
  const seconds = (value: number) => duration(value * 1_000);
  const rounded = (value: number) => String(Math.round(value * 10) / 10);
  return (
    <>
      <div className="day-queue">
        <label htmlFor={choice}>{say('queue')}</label>
        <select id={choice} value={queue} onChange={(event) => setQueue(event.target.value)}>
          <option value="">{say('all')}</option>
          {state.floor?.queues.map((one) => (
            <option key={one.id} value={one.id}>
              {nameIn(language, one.name, one.id)}
            </option>
          ))}
        </select>
      </div>
      <Failure of={contacts.failed ?? agents.failed} />
      <div className="day-charts">
        <div>
          <h3>{say('chart.contacts')}</h3>
          <BarChart bars={came} label={say('chart.contacts')} shareName={say('level')} size="half" />
        </div>
        <div>
          <h3>{say('chart.wait')}</h3>
          <BarChart bars={waits} label={say('chart.wait')} show={seconds} size="half" least={20} />
        </div>
        <div className="wide">
          <h3>{say('chart.agents')}</h3>
          <BarChart bars={doing} label={say('chart.agents')} show={rounded} />
        </div>
      </div>
      <details>
        <summary>{say('as-table')}</summary>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by keys */}
        <section className="scroll" aria-label={say('as-table')} tabIndex={0}>
          <table>
            <thead>
              <tr>
                <th scope="col">{say('interval')}</th>
                {(['offered', 'answered', 'abandoned', 'left', 'level', 'asa', 'longest'] as const).map((one) => (
                  <th key={one} scope="col" className="number">
                    {say(one)}
                  </th>
                ))}
                {states.map(({ word }) => (
                  <th key={word} scope="col" className="number">
                    {say(word)}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {slots.map(({ start, label, contacts: row, agents: worker }) => (
                <tr key={start}>
                  <th scope="row" className="figures">
                    {label}
                  </th>
                  <td className="number">{row?.offered ?? 0}</td>
                  <td className="number">{row?.answered ?? 0}</td>
                  <td className="number">{row?.abandoned ?? 0}</td>
                  <td className="number">{left(row)}</td>
                  <td className="number">{percent(row?.serviceLevel)}</td>
                  <td className="number">{row?.averageAnswerMs === undefined ? '–' : duration(row.averageAnswerMs)}</td>
                  <td className="number">{duration(row?.longestWaitMs ?? 0)}</td>
                  {states.map(({ of }) => (
                    <td key={of} className="number">
                      {rounded(many(worker, of, start))}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      </details>
    </>
  );
}
