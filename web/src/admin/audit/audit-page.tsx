// The audit log: who did what, and of settings what was before and after.
import '../system.css';
import './audit.css';
import { type ReactNode, useState } from 'react';
import { usePanel, usePreferences } from '../../panel-context.ts';
import { Failure } from '../../parts/failure.tsx';
import { Icon } from '../../parts/icon.tsx';
import { useRest } from '../../rest.ts';
import { goTo, hrefOf } from '../../route.ts';
import { differences, flat, sidesOf } from './differences.ts';
import { type AuditEntry, sentenceOf } from './sentences.ts';
import { type AuditWord, useAuditWords } from './words.ts';

const types = [
  'directory.*',
  'account.*',
  'flow.*',
  'moment.*',
  'recording.listened',
  'sip.messages-read',
  'call.monitored',
  'desk.state-forced',
  'knowledge.*',
  'quality.*',
  'customer.*',
  'journal.person-erased',
  'retention.*',
  'egress.*',
  'server.*',
  'audit.*',
] as const;
const spans = ['1', '7', '30', '0'] as const;
const dayMs = 86_400_000;
const perPage = 50;

export default function AuditPage({ rest: [open] }: { rest: string[] }) {
  const { language, state } = usePanel();
  const say = useAuditWords();
  const [filter, setFilter] = useState({ by: '', subject: '', type: '', days: '7' });
  const [from, setFrom] = useState(() => Date.now() - 7 * dayMs);
  /** `next` of each page before this one. */
  const [pages, setPages] = useState<number[]>([]);
  const given = (value: string) => (value === '' ? undefined : value);
  const { data, failed, loading, reload } = useRest<{ entries: AuditEntry[]; next?: number }>('/audit', {
    by: given(filter.by),
    subject: given(filter.subject),
    type: given(filter.type),
    from: filter.days === '0' ? undefined : from,
    before: pages.at(-1),
    limit: perPage,
  });
  const set = (change: Partial<typeof filter>) => {
    setFilter({ ...filter, ...change });
    setPages([]);
    if (change.days !== undefined) setFrom(Date.now() - Number(change.days) * dayMs);
  };
  const time = new Intl.DateTimeFormat(language === 'zh' ? 'zh-CN' : 'en-GB', {
    timeZone: state.setup?.site.timeZone ?? 'UTC',
    dateStyle: 'medium',
    timeStyle: 'medium',
  });
  const entry = data?.entries.find(({ seq }) => String(seq) === open);
  const next = data?.next;

  return (
    <>
      <header className="page-head">
        <h1>{say('title')}</h1>
      </header>
      <form className="page-filters" aria-label={say('filters')} onSubmit={(event) => event.preventDefault()}>
        <Field label={say('days')}>
          <select value={filter.days} onChange={(event) => set({ days: event.target.value })}>
            {spans.map((one) => (
              <option key={one} value={one}>
                {say(`days.${one}`)}
              </option>
            ))}
          </select>
        </Field>
        <Field label={say('type')}>
          <select value={filter.type} onChange={(event) => set({ type: event.target.value })}>
            <option value="">{say('all')}</option>
            {types.map((one) => (
              <option key={one} value={one}>
                {say(`type.${one}`)}
              </option>
            ))}
          </select>
        </Field>
        <Field label={say('by')}>
          <Text onGiven={(by) => set({ by })} />
        </Field>
        <Field label={say('subject')}>
          <Text onGiven={(subject) => set({ subject })} />
        </Field>
      </form>
      <Failure of={failed} onRetry={reload} />
      <div className="records" data-open={entry !== undefined}>
        <section className="card scroll" aria-label={say('title')} aria-busy={loading}>
          <table>
            <thead>
              <tr>
                {(['at', 'what', 'change'] as const).map((one) => (
                  <th key={one} scope="col" className={one === 'change' ? 'audit-change' : undefined}>
                    {say(one)}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {data?.entries.map((one) => (
                <tr key={one.seq} aria-selected={String(one.seq) === open}>
                  <th scope="row">
                    <a href={hrefOf('admin', 'audit', String(one.seq))}>{time.format(one.at)}</a>
                  </th>
                  <td className="audit-sentence">
                    <Sentence of={one} />
                  </td>
                  <td className="muted audit-change">{gist(one, say)}</td>
                </tr>
              ))}
            </tbody>
          </table>
          {data?.entries.length === 0 && <p className="muted">{say('nothing')}</p>}
          <footer className="page-foot">
            {pages.length > 0 && (
              <button type="button" className="secondary" onClick={() => setPages(pages.slice(0, -1))}>
                {say('newer')}
              </button>
            )}
            {next !== undefined && (
              <button type="button" className="secondary" onClick={() => setPages([...pages, next])}>
                {say('older')}
              </button>
            )}
          </footer>
        </section>
        {entry !== undefined && <EntryDetail key={entry.seq} entry={entry} at={time.format(entry.at)} />}
      </div>
    </>
  );
}

function Sentence({ of: entry }: { of: AuditEntry }) {
  const { language } = usePreferences();
  return sentenceOf(entry, language).map(({ text, name }, at) =>
    // biome-ignore lint/suspicious/noArrayIndexKey: the pieces of a sentence stay where they are
    name ? <b key={at}>{text}</b> : <span key={at}>{text}</span>,
  );
}

function EntryDetail({ entry, at }: { entry: AuditEntry; at: string }) {
  const say = useAuditWords();
  const { before: _before, personBefore: _personBefore, record: _record, person: _person, ...rest } = entry.data;
  const { before, after } = sidesOf(entry.data);
  const changes = differences(before, after);
  const facts = [...flat(rest)].filter(([name]) => name !== 'by');
  const named = [...flat({ type: entry.type, by: entry.by, subject: entry.subject })];
  return (
    <section className="card audit-entry" aria-label={say('entry')}>
      <header className="card-head">
        <h2>
          <Sentence of={entry} />
        </h2>
        <div className="space" />
        <button type="button" className="ghost round" aria-label={say('close')} onClick={() => goTo('admin', 'audit')}>
          <Icon name="close" />
        </button>
      </header>
      <p className="muted">{at}</p>
      {changes.length > 0 && (
        <table className="diff">
          <thead>
            <tr>
              <th scope="col">{say('field')}</th>
              <th scope="col">{say('before')}</th>
              <th scope="col">{say('after')}</th>
            </tr>
          </thead>
          <tbody>
            {changes.map((one) => (
              <tr key={one.field}>
                <th scope="row">{one.field}</th>
                <td>{one.before && <del>{one.before}</del>}</td>
                <td>{one.after && <ins>{one.after}</ins>}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {after !== undefined && changes.length === 0 && <p className="muted">{say('no-change')}</p>}
      <details>
        <summary>{say('event')}</summary>
        <dl>
          {[...named, ...facts].map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
      </details>
      <p className="muted">{say('number', { seq: entry.seq })}</p>
    </section>
  );
}

/** Of a change of settings the fields, of anything else nothing. */
function gist({ data }: AuditEntry, say: (word: AuditWord) => string): string {
  const { before, after } = sidesOf(data);
  if (before === undefined) return after === undefined ? '' : say('added');
  if (after === undefined) return say('removed');
  return [...new Set(differences(before, after).map(({ field }) => field.split('.', 1)[0]))].join(', ');
}

function Field({ label, children }: { label: string; children: ReactNode }) {
  return (
    // biome-ignore lint/a11y/noLabelWithoutControl: the field is what it is given
    <label>
      <span>{label}</span>
      {children}
    </label>
  );
}

/** Asked for when she leaves the field or presses Enter, not at every key. */
function Text({ onGiven }: { onGiven: (value: string) => void }) {
  return (
    <input
      type="search"
      onBlur={(event) => onGiven(event.target.value.trim())}
      onKeyDown={(event) => {
        if (event.key === 'Enter') onGiven(event.currentTarget.value.trim());
      }}
    />
  );
}
