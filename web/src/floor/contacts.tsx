// Contacts of the past and of this moment: found by filters, a page at a time, each with all that is known of it.
import { type ReactNode, useState } from 'react';
import type { InteractionRecord } from '../../../server/customers/index.ts';
import { dateTime, duration, phone } from '../format.ts';
import { isKey, nameIn } from '../i18n/translate.ts';
import { usePanel } from '../panel-context.ts';
import { Failure } from '../parts/failure.tsx';
import { addressOf, useRest } from '../rest.ts';
import { goTo, hrefOf } from '../route.ts';
import { dispositionName, dispositionTitle, leavesOf } from '../state/dispositions.ts';
import { ContactDetail } from './contact-detail.tsx';
import { useAgents } from './use-agents.ts';
import { type FloorWord, useFloorWords } from './words.ts';

export interface Page {
  interactions: InteractionRecord[];
  next?: string;
}

type Filter = Record<'queue' | 'agent' | 'number' | 'outcome' | 'disposition' | 'days', string>;

const noFilter: Filter = { queue: '', agent: '', number: '', outcome: '', disposition: '', days: '1' };
const outcomes = ['open', 'answered', 'abandoned', 'contained', 'transferred', 'failed'] as const;
/** Days back that can be chosen; 0: all. */
const spans = ['1', '7', '30', '0'] as const;
const dayMs = 86_400_000;
/** Classes of columns; `spare` ones make room for an open contact. */
const looks: Partial<Record<string, string>> = { wait: 'number spare', talk: 'number spare', disposition: 'spare' };

export function Contacts({ rest: [open] }: { rest: string[] }) {
  const { language, state, t } = usePanel();
  const say = useFloorWords();
  const [filter, setFilter] = useState(noFilter);
  /** `next` of each page before this one. */
  const [pages, setPages] = useState<string[]>([]);
  // Fixed when a filter is chosen, so that looking again asks the same.
  const [since, setSince] = useState(() => Date.now() - dayMs);
  const { days, ...given } = filter;
  const query = {
    ...Object.fromEntries(Object.entries(given).map(([name, value]) => [name, value === '' ? undefined : value])),
    since: days === '0' ? undefined : since,
  };
  const { data, failed, loading, reload } = useRest<Page>('/interactions', {
    ...query,
    after: pages.at(-1),
    limit: 50,
  });
  const set = (change: Partial<Filter>) => {
    const next = { ...filter, ...change };
    setFilter(next);
    setPages([]);
    if (change.days !== undefined) setSince(Date.now() - Number(change.days) * dayMs);
  };
  const queues = state.floor?.queues ?? state.setup?.queues ?? [];
  const { list: agents, nameOf } = useAgents();
  const queueName = (id: string | undefined) =>
    id === undefined ? '–' : nameIn(language, queues.find((one) => one.id === id)?.name ?? {}, id);

  return (
    <>
      <header className="page-head">
        <h1>{say('page.contacts')}</h1>
        <div className="space" />
        <a className="button secondary" href={addressOf('/interactions.xlsx', { ...query, language })} download>
          {say('download-xlsx')}
        </a>
        <a className="button secondary" href={addressOf('/interactions.csv', { ...query, bom: true })} download>
          {say('download-csv')}
        </a>
      </header>
      <form className="filters" aria-label={say('filters')} onSubmit={(event) => event.preventDefault()}>
        <Select label={say('filter.days')} value={filter.days} onChange={(value) => set({ days: value })}>
          {spans.map((one) => (
            <option key={one} value={one}>
              {say(`days.${one}`)}
            </option>
          ))}
        </Select>
        <Select label={say('queue')} value={filter.queue} onChange={(value) => set({ queue: value })}>
          <option value="">{say('all')}</option>
          {queues.map((one) => (
            <option key={one.id} value={one.id}>
              {nameIn(language, one.name, one.id)}
            </option>
          ))}
        </Select>
        <Select label={say('filter.outcome')} value={filter.outcome} onChange={(value) => set({ outcome: value })}>
          <option value="">{say('all')}</option>
          {outcomes.map((one) => (
            <option key={one} value={one}>
              {say(`outcome.${one}`)}
            </option>
          ))}
        </Select>
        <Select label={say('agent')} value={filter.agent} onChange={(value) => set({ agent: value })}>
          <option value="">{say('all')}</option>
          {agents.map(({ id, name }) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
        </Select>
        <Select
          label={say('column.disposition')}
          value={filter.disposition}
          onChange={(value) => set({ disposition: value })}
        >
          <option value="">{say('all')}</option>
          {leavesOf(queues.filter(({ id }) => filter.queue === '' || id === filter.queue)).map((one) => (
            <option key={one.code} value={one.code}>
              {dispositionTitle(one, language, t)}
            </option>
          ))}
        </Select>
        <Text label={say('filter.number')} value={filter.number} onChange={(value) => set({ number: value })} />
      </form>
      <Failure of={failed} onRetry={reload} />
      <div className="records" data-open={open !== undefined}>
        <section className="card scroll" aria-label={say('page.contacts')} aria-busy={loading}>
          <table>
            <thead>
              <tr>
                {(['started', 'from', 'queue', 'agent', 'outcome', 'wait', 'talk', 'disposition'] as const).map(
                  (one) => (
                    <th key={one} scope="col" className={looks[one]}>
                      {say(`column.${one}`)}
                    </th>
                  ),
                )}
              </tr>
            </thead>
            <tbody>
              {data?.interactions.map((one) => (
                <tr key={one.id} aria-selected={one.id === open}>
                  <th scope="row">
                    <a href={hrefOf('floor', 'contacts', one.id)}>
                      {dateTime(one.startedAt, Date.now(), language, state.setup?.site.timeZone ?? 'UTC')}
                    </a>
                  </th>
                  <td>
                    {one.fromName ?? (one.from === undefined ? say('withheld') : phone(one.from))}
                    {one.channel !== 'voice' && <ChannelChip channel={one.channel} />}
                  </td>
                  <td>{queueName(one.queue)}</td>
                  <td>{one.agent === undefined ? '–' : nameOf(one.agent)}</td>
                  <td>
                    <span className="outcome" data-outcome={one.outcome}>
                      {say(`outcome.${one.outcome}` as FloorWord)}
                    </span>
                  </td>
                  <td className="number spare">{one.queuedAt === undefined ? '–' : duration(one.waitMs)}</td>
                  <td className="number spare">{one.talkMs === 0 ? '–' : duration(one.talkMs)}</td>
                  <td className="spare">
                    {one.disposition === undefined
                      ? '–'
                      : dispositionName(one.disposition, { queue: one.queue, queues, language, t })}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
          {data?.interactions.length === 0 && <p className="muted">{say('no-contacts')}</p>}
          <footer className="pager">
            {pages.length > 0 && (
              <button type="button" className="secondary" onClick={() => setPages(pages.slice(0, -1))}>
                {say('newer')}
              </button>
            )}
            {data?.next !== undefined && (
              <button type="button" className="secondary" onClick={() => setPages([...pages, data.next ?? ''])}>
                {say('older')}
              </button>
            )}
          </footer>
        </section>
        {open !== undefined && (
          <ContactDetail key={open} id={open} agentName={nameOf} onClose={() => goTo('floor', 'contacts')} />
        )}
      </div>
    </>
  );
}

export function ChannelChip({ channel }: { channel: string }) {
  const { t } = usePanel();
  const key = `channel.${channel}`;
  return <span className="chip">{isKey(key) ? t(key) : channel}</span>;
}

function Select(props: { label: string; value: string; onChange: (value: string) => void; children: ReactNode }) {
  return (
    <label>
      <span>{props.label}</span>
      <select value={props.value} onChange={(event) => props.onChange(event.target.value)}>
        {props.children}
      </select>
    </label>
  );
}

/** Asked for when she leaves the field or presses Enter, not at every key. */
function Text({ label, value, onChange }: { label: string; value: string; onChange: (value: string) => void }) {
  return (
    <label>
      <span>{label}</span>
      <input
        type="search"
        defaultValue={value}
        onBlur={(event) => onChange(event.target.value.trim())}
        onKeyDown={(event) => {
          if (event.key === 'Enter') onChange(event.currentTarget.value.trim());
        }}
      />
    </label>
  );
}
