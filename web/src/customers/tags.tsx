import { type FormEvent, useState } from 'react';
import { useNow } from '../clock.ts';
import { dateTime } from '../format.ts';
import { usePanel } from '../panel-context.ts';
import { Failure } from '../parts/failure.tsx';
import { Icon } from '../parts/icon.tsx';
import { RestFailed, rest } from '../rest.ts';
import type { CustomerRecord } from './types.ts';
import { useCustomerWords } from './words.ts';

const hourMs = 3_600_000;
const terms = { ever: undefined, hour: hourMs, day: 24 * hourMs, week: 168 * hourMs, month: 720 * hourMs } as const;
type Term = keyof typeof terms;

/** Her tags with who set them and until when, and a new one. */
export function Tags({
  customer,
  onChanged,
}: {
  customer: CustomerRecord;
  onChanged: (customer: CustomerRecord) => void;
}) {
  const say = useCustomerWords();
  const { language, state } = usePanel();
  const now = useNow() + state.clockOffset;
  const timeZone = state.setup?.site.timeZone ?? 'UTC';
  const [name, setName] = useState('');
  const [term, setTerm] = useState<Term>('day');
  const [failed, setFailed] = useState<RestFailed>();
  const path = (tag: string) => `/customers/${encodeURIComponent(customer.id)}/tags/${encodeURIComponent(tag)}`;
  const send = async (ask: Promise<CustomerRecord>) => {
    setFailed(undefined);
    try {
      onChanged(await ask);
      return true;
    } catch (error) {
      if (!(error instanceof RestFailed)) throw error;
      setFailed(error);
      return false;
    }
  };
  const add = async (event: FormEvent) => {
    event.preventDefault();
    const tag = name.trim();
    if (tag === '') return;
    const ms = terms[term];
    const body = ms === undefined ? {} : { until: Date.now() + state.clockOffset + ms };
    if (await send(rest<CustomerRecord>(path(tag), { method: 'PUT', body }))) setName('');
  };
  return (
    <>
      <Failure of={failed} />
      {customer.tags.length === 0 && <p className="muted">{say('tag.none')}</p>}
      <ul className="customer-tags" aria-label={say('tags')}>
        {customer.tags.map(({ tag, until, by }) => (
          <li key={tag}>
            <span className="chip strong">{tag}</span>
            <span className="muted figures">
              {until === undefined
                ? say('tag.ever')
                : say('tag.until', { date: dateTime(until, now, language, timeZone) })}{' '}
              · {say('tag.by', { by })}
            </span>
            <button
              type="button"
              className="ghost round small"
              aria-label={say('tag.remove', { tag })}
              onClick={() => void send(rest<CustomerRecord>(path(tag), { method: 'DELETE' }))}
            >
              <Icon name="close" size={14} />
            </button>
          </li>
        ))}
      </ul>
      <form className="inline-form" onSubmit={(event) => void add(event)}>
        <input
          aria-label={say('tag.name')}
          placeholder={say('tag.name')}
          maxLength={64}
          value={name}
          onChange={(event) => setName(event.target.value)}
        />
        <select aria-label={say('tag.for')} value={term} onChange={(event) => setTerm(event.target.value as Term)}>
          {(Object.keys(terms) as Term[]).map((one) => (
            <option key={one} value={one}>
              {say(`tag.${one}`)}
            </option>
          ))}
        </select>
        <button type="submit" className="secondary" disabled={name.trim() === ''}>
          {say('tag.add')}
        </button>
      </form>
    </>
  );
}
