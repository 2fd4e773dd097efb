// One customer: who she is, tags, consents, what she is made of, notes, her timeline, what moments did, privacy.
import { type FormEvent, useState } from 'react';
import { useNow } from '../clock.ts';
import { dateTime, initials } from '../format.ts';
import { Lately } from '../moments/lately.tsx';
import { usePanel } from '../panel-context.ts';
import { Failure } from '../parts/failure.tsx';
import { Icon } from '../parts/icon.tsx';
import { RestFailed, rest, useRest } from '../rest.ts';
import { Consents } from './consents.tsx';
import { Identities } from './identities.tsx';
import { calledOf } from './names.ts';
import { Notes } from './notes.tsx';
import { Privacy } from './privacy.tsx';
import { Tags } from './tags.tsx';
import { CustomerTimeline } from './timeline.tsx';
import type { CustomerRecord } from './types.ts';
import { Unmerge } from './unmerge.tsx';
import { useCustomerWords } from './words.ts';

export function CustomerCard({ id, onClose }: { id: string; onClose: () => void }) {
  const say = useCustomerWords();
  const { language, state } = usePanel();
  const now = useNow() + state.clockOffset;
  const timeZone = state.setup?.site.timeZone ?? 'UTC';
  const path = `/customers/${encodeURIComponent(id)}`;
  const { data: read, failed, reload } = useRest<CustomerRecord>(path);
  // What an action answered is newer than what was read.
  const [changed, setChanged] = useState<CustomerRecord>();
  const [version, setVersion] = useState(0);
  const customer = changed ?? read;
  if (customer === undefined) return <section className="card">{<Failure of={failed} onRetry={reload} />}</section>;
  const called = calledOf(customer, say('no-name'));
  const again = () => {
    setChanged(undefined);
    setVersion(version + 1);
    reload();
  };
  return (
    <article className="customer-card" aria-label={called}>
      <section className="card">
        <header className="card-head">
          <span className="portrait" aria-hidden="true">
            {customer.name === undefined ? <Icon name="person" size={24} /> : initials(customer.name)}
          </span>
          <div className="customer-name">
            <Name customer={customer} called={called} onChanged={setChanged} />
            <p className="muted figures">
              {customer.id} · {say('known-since', { date: dateTime(customer.createdAt, now, language, timeZone) })}
            </p>
          </div>
          <span className="space" />
          <button type="button" className="ghost round" aria-label={say('close')} onClick={onClose}>
            <Icon name="close" />
          </button>
        </header>
        <h3>{say('identities')}</h3>
        <Identities of={customer.identities} />
        {customer.claims !== undefined && (
          <>
            <h3>{say('claims')}</h3>
            <Identities of={customer.claims} />
          </>
        )}
        <h3>{say('tags')}</h3>
        <Tags customer={customer} onChanged={setChanged} />
      </section>
      {customer.parts !== undefined && (
        <section className="card" aria-label={say('parts')}>
          <h2>{say('parts')}</h2>
          <p className="hint">{say('parts.hint')}</p>
          <ul className="parts-of">
            {customer.parts.map((part) => (
              <li key={part.id}>
                <div>
                  <strong>{calledOf(part, say('no-name'))}</strong>
                  <Identities of={part.identities} />
                  <p className="muted figures">
                    {dateTime(part.at, now, language, timeZone)} · {say('by.hand', { by: part.by })}
                  </p>
                </div>
                <Unmerge part={part.id} called={calledOf(part, say('no-name'))} onParted={again} />
              </li>
            ))}
          </ul>
        </section>
      )}
      <section className="card" aria-label={say('timeline')}>
        <h2>{say('timeline')}</h2>
        <CustomerTimeline customer={customer.id} version={version} />
      </section>
      <section className="card" aria-label={say('consents')}>
        <h2>{say('consents')}</h2>
        <Consents customer={customer.id} />
      </section>
      <section className="card" aria-label={say('notes')}>
        <h2>{say('notes')}</h2>
        <Notes key={customer.id} customer={customer.id} />
      </section>
      <section className="card" aria-label={say('moments')}>
        <h2>{say('moments')}</h2>
        <Lately customer={customer.id} />
      </section>
      {state.setup?.me.roles.includes('admin') === true && (
        <Privacy customer={customer.id} called={called} onErased={onClose} />
      )}
    </article>
  );
}

function Name({
  customer,
  called,
  onChanged,
}: {
  customer: CustomerRecord;
  called: string;
  onChanged: (customer: CustomerRecord) => void;
}) {
  const say = useCustomerWords();
  const [name, setName] = useState<string>();
  const [failed, setFailed] = useState<RestFailed>();
  if (name === undefined) {
    return (
      <h2>
        {called}
        <button type="button" className="ghost small" onClick={() => setName(customer.name ?? '')}>
          {say('rename')}
        </button>
      </h2>
    );
  }
  const save = async (event: FormEvent) => {
    event.preventDefault();
    try {
      const wanted = name.trim() === '' ? null : name.trim();
      const path = `/customers/${encodeURIComponent(customer.id)}`;
      onChanged(await rest<CustomerRecord>(path, { method: 'PATCH', body: { name: wanted } }));
      setName(undefined);
    } catch (error) {
      if (!(error instanceof RestFailed)) throw error;
      setFailed(error);
    }
  };
  return (
    <form className="customer-rename" onSubmit={(event) => void save(event)}>
      {/* biome-ignore lint/a11y/noAutofocus: she pressed the button to type here */}
      <input autoFocus aria-label={say('name')} value={name} onChange={(event) => setName(event.target.value)} />
      <button type="submit" className="primary small">
        {say('save')}
      </button>
      <button type="button" className="ghost small" onClick={() => setName(undefined)}>
        {say('cancel')}
      </button>
      <Failure of={failed} />
    </form>
  );
}
