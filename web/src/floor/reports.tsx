// Reports of queues and agents: an interval's figures as a chart and a table, the same as CSV.
import { useState } from 'react';
import { duration, percent } from '../format.ts';
import { nameIn } from '../i18n/translate.ts';
import { usePanel } from '../panel-context.ts';
import { Failure } from '../parts/failure.tsx';
import { addressOf, useRest } from '../rest.ts';
import { type Bar, BarChart } from './chart.tsx';
import { useAgents } from './use-agents.ts';
import { type FloorWord, useFloorWords } from './words.ts';

interface Interval {
  start: number;
  /** Wall clock of the site. */
  local: string;
}

interface QueueRow extends Interval {
  queue?: string;
  offered: number;
  answered: number;
  abandoned: number;
  left: Record<string, number>;
  serviceLevel?: number;
  averageAnswerMs?: number;
  averageHandleMs?: number;
  longestWaitMs: number;
  transferRate?: number;
}

interface AgentRow extends Interval {
  agent: string;
  signedInMs: number;
  talkMs: number;
  wrapUpMs: number;
  notReadyMs: number;
  handled: number;
  missed: number;
  occupancy?: number;
  averageHandleMs?: number;
}

const kinds = ['queues', 'agents'] as const;
const intervals = ['15', '60', 'day', 'total'] as const;
const spans = ['today', 'yesterday', 'week', 'month'] as const;
type Span = (typeof spans)[number];

export function Reports() {
  const { language, state } = usePanel();
  const say = useFloorWords();
  const { nameOf } = useAgents();
  const [kind, setKind] = useState<(typeof kinds)[number]>('queues');
  const [interval, setInterval] = useState<(typeof intervals)[number]>('60');
  const [span, setSpan] = useState<Span>('today');
  const timeZone = state.setup?.site.timeZone ?? 'UTC';
  const queues = useRest<{ rows: QueueRow[] }>(
    kind === 'queues' ? '/reports/queues' : undefined,
    { ...datesOf(span, timeZone), interval },
    60_000,
  );
  const together = useRest<{ rows: QueueRow[] }>(
    kind === 'queues' ? '/reports/queues' : undefined,
    { ...datesOf(span, timeZone), interval, together: true },
    60_000,
  );
  const agents = useRest<{ rows: AgentRow[] }>(
    kind === 'agents' ? '/reports/agents' : undefined,
    { ...datesOf(span, timeZone), interval: 'total' },
    60_000,
  );
  const exported = { ...datesOf(span, timeZone), interval: kind === 'agents' ? 'total' : interval };
  const csv = addressOf(`/reports/${kind}.csv`, { ...exported, bom: true });
  const xlsx = addressOf(`/reports/${kind}.xlsx`, { ...exported, language });
  const queueName = (id: string | undefined) =>
    id === undefined ? '' : nameIn(language, state.setup?.queues.find((one) => one.id === id)?.name ?? {}, id);
  const bars: Bar[] =
    together.data?.rows.map((row) => ({
      label: interval === 'day' || interval === 'total' ? row.local.slice(5, 10) : row.local.slice(11, 16),
      parts: [
        { name: say('answered'), value: row.answered },
        { name: say('abandoned'), value: row.abandoned },
        { name: say('left'), value: Object.values(row.left).reduce((sum, one) => sum + one, 0) },
      ],
      share: row.serviceLevel,
    })) ?? [];
  const rows = queues.data?.rows.filter((row) => row.offered > 0 || interval === 'total') ?? [];
  const optional = (ms: number | undefined) => (ms === undefined ? '–' : duration(ms));
  return (
    <>
      <header className="page-head">
        <h1>{say('page.reports')}</h1>
        <Choice label={say('report.of')} choices={kinds} value={kind} onChoose={setKind} say={(one) => say(one)} />
        <Choice
          label={say('filter.days')}
          choices={spans}
          value={span}
          onChoose={setSpan}
          say={(one) => say(`span.${one}` as FloorWord)}
        />
        {kind === 'queues' && (
          <Choice
            label={say('interval')}
            choices={intervals}
            value={interval}
            onChoose={setInterval}
            say={(one) => say(`interval.${one}` as FloorWord)}
          />
        )}
        <div className="space" />
        <a className="button secondary" href={xlsx} download>
          {say('download-xlsx')}
        </a>
        <a className="button secondary" href={csv} download>
          {say('download-csv')}
        </a>
      </header>
      <Failure of={queues.failed ?? agents.failed ?? together.failed} />
      {kind === 'queues' ? (
        <>
          {bars.length > 1 && (
            <section className="card">
              <BarChart bars={bars} label={say('page.reports')} shareName={say('level')} />
            </section>
          )}
          <section className="card scroll" aria-label={say('queues')}>
            <table>
              <thead>
                <tr>
                  <th scope="col">{say('interval')}</th>
                  <th scope="col">{say('queue')}</th>
                  {(['offered', 'answered', 'abandoned', 'left', 'level', 'asa', 'longest', 'aht'] as const).map(
                    (one) => (
                      <th key={one} scope="col" className="number">
                        {say(one)}
                      </th>
                    ),
                  )}
                </tr>
              </thead>
              <tbody>
                {rows.map((row) => (
                  <tr key={`${row.start} ${row.queue}`}>
                    <th scope="row" className="figures">
                      {row.local.slice(0, interval === 'day' || interval === 'total' ? 10 : 16).replace('T', ' ')}
                    </th>
                    <td>{queueName(row.queue)}</td>
                    <td className="number">{row.offered}</td>
                    <td className="number">{row.answered}</td>
                    <td className="number">{row.abandoned}</td>
                    <td className="number">{Object.values(row.left).reduce((sum, one) => sum + one, 0)}</td>
                    <td className="number">{percent(row.serviceLevel)}</td>
                    <td className="number">{optional(row.averageAnswerMs)}</td>
                    <td className="number">{duration(row.longestWaitMs)}</td>
                    <td className="number">{optional(row.averageHandleMs)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
            {queues.data !== undefined && rows.length === 0 && <p className="muted">{say('no-contacts')}</p>}
          </section>
        </>
      ) : (
        <section className="card scroll" aria-label={say('agents')}>
          <table>
            <thead>
              <tr>
                <th scope="col">{say('agent')}</th>
                {(['signed-in', 'talk', 'wrap-up', 'not-ready', 'occupancy', 'handled', 'missed', 'aht'] as const).map(
                  (one) => (
                    <th key={one} scope="col" className="number">
                      {say(one)}
                    </th>
                  ),
                )}
              </tr>
            </thead>
            <tbody>
              {agents.data?.rows.map((row) => (
                <tr key={row.agent}>
                  <th scope="row">{nameOf(row.agent)}</th>
                  <td className="number">{duration(row.signedInMs)}</td>
                  <td className="number">{duration(row.talkMs)}</td>
                  <td className="number">{duration(row.wrapUpMs)}</td>
                  <td className="number">{duration(row.notReadyMs)}</td>
                  <td className="number">{percent(row.occupancy)}</td>
                  <td className="number">{row.handled}</td>
                  <td className="number">{row.missed}</td>
                  <td className="number">{optional(row.averageHandleMs)}</td>
                </tr>
              ))}
            </tbody>
          </table>
          {agents.data?.rows.length === 0 && <p className="muted">{say('nobody-worked')}</p>}
        </section>
      )}
    </>
  );
}

function Choice<One extends string>({
  label,
  choices,
  value,
  onChoose,
  say,
}: {
  label: string;
  choices: readonly One[];
  value: One;
  onChoose: (one: One) => void;
  say: (one: One) => string;
}) {
  return (
    <div className="views" role="radiogroup" aria-label={label}>
      {choices.map((one) => (
        // biome-ignore lint/a11y/useSemanticElements: looks and works like the other switches of the panels
        <button key={one} type="button" role="radio" aria-checked={one === value} onClick={() => onChoose(one)}>
          {say(one)}
        </button>
      ))}
    </div>
  );
}

/** Dates of the site; without `until`: up to now. */
function datesOf(span: Span, timeZone: string): { from: string; until?: string } {
  const day = (back: number) => new Intl.DateTimeFormat('en-CA', { timeZone }).format(Date.now() - back * 86_400_000);
  switch (span) {
    case 'today':
      return { from: day(0) };
    case 'yesterday':
      return { from: day(1), until: day(0) };
    case 'week':
      return { from: day(6) };
    case 'month':
      return { from: day(29) };
  }
}
