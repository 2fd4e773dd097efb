// Customers: looked up, one of them with everything about her, who may be the same person, and who was merged.
import './customers.css';
import { useEffect, useState } from 'react';
import { useNow } from '../clock.ts';
import { dateTime } from '../format.ts';
import { usePanel } from '../panel-context.ts';
import { Failure } from '../parts/failure.tsx';
import { Icon } from '../parts/icon.tsx';
import { useRest } from '../rest.ts';
import { goTo, hrefOf } from '../route.ts';
import { CustomerCard } from './customer-card.tsx';
import { Identities } from './identities.tsx';
import { Merges } from './merges.tsx';
import { calledOf } from './names.ts';
import { Suggestions } from './suggestions.tsx';
import type { CustomerRecord, SuggestionPage } from './types.ts';
import { useCustomerWords } from './words.ts';

const views = ['search', 'suggestions', 'merges'] as const;
type View = (typeof views)[number];

export default function CustomersPage({ rest: [open] }: { rest: string[] }) {
  const say = useCustomerWords();
  const view: View = open === 'suggestions' || open === 'merges' ? open : 'search';
  const { data, failed, reload } = useRest<SuggestionPage>('/customers/suggestions', { limit: 50 }, 60_000);
  const waiting = data?.suggestions.length ?? 0;
  // What was typed stays while one of the found is looked at.
  const [text, setText] = useState('');
  return (
    <>
      <header className="page-head">
        <h1>{say('title')}</h1>
        <nav className="views" aria-label={say('views')}>
          {views.map((one) => (
            <a
              key={one}
              href={one === 'search' ? hrefOf('floor', 'customers') : hrefOf('floor', 'customers', one)}
              aria-current={one === view ? 'page' : undefined}
            >
              <span>
                {say(`view.${one}`)}
                {one === 'suggestions' && waiting > 0 && <span className="count">{waiting}</span>}
              </span>
            </a>
          ))}
        </nav>
      </header>
      {view === 'suggestions' && (
        <>
          <Failure of={failed} onRetry={reload} />
          <Suggestions page={data} onDecided={reload} />
        </>
      )}
      {view === 'merges' && <Merges />}
      {view === 'search' && <Search text={text} onText={setText} open={open} />}
    </>
  );
}

function Search({ text, onText, open }: { text: string; onText: (text: string) => void; open: string | undefined }) {
  const say = useCustomerWords();
  const { language, state } = usePanel();
  const now = useNow() + state.clockOffset;
  const [wanted, setWanted] = useState(text.trim());
  useEffect(() => {
    const timer = setTimeout(() => setWanted(text.trim()), 250);
    return () => clearTimeout(timer);
  }, [text]);
  const { data, failed, reload } = useRest<{ customers: CustomerRecord[] }>(wanted === '' ? undefined : '/customers', {
    text: wanted,
    limit: 50,
  });
  const found = wanted === '' ? undefined : data?.customers;
  return (
    <>
      <label className="search-box customer-search">
        <Icon name="search" size={18} />
        <input
          type="search"
          value={text}
          placeholder={say('search.hint')}
          aria-label={say('search.hint')}
          onChange={(event) => onText(event.target.value)}
        />
      </label>
      <Failure of={failed} onRetry={reload} />
      <div className="records customers" data-open={open !== undefined} data-list={found !== undefined}>
        <section className="card scroll" aria-label={say('title')}>
          {found === undefined ? (
            <p className="muted">{say('search.begin')}</p>
          ) : found.length === 0 ? (
            <p className="muted" role="status">
              {say('search.none')}
            </p>
          ) : (
            <table>
              <thead>
                <tr>
                  <th scope="col">{say('name')}</th>
                  <th scope="col">{say('identities')}</th>
                  <th scope="col">{say('tags')}</th>
                  <th scope="col">{say('since')}</th>
                </tr>
              </thead>
              <tbody>
                {found.map((customer) => (
                  <tr key={customer.id} aria-selected={customer.id === open}>
                    <th scope="row">
                      <a href={hrefOf('floor', 'customers', customer.id)}>{calledOf(customer, say('no-name'))}</a>
                    </th>
                    <td>
                      <Identities of={customer.identities.slice(0, 3)} />
                    </td>
                    <td>
                      <span className="chips">
                        {customer.tags.map(({ tag }) => (
                          <span key={tag} className="chip">
                            {tag}
                          </span>
                        ))}
                      </span>
                    </td>
                    <td className="figures">
                      {dateTime(customer.createdAt, now, language, state.setup?.site.timeZone ?? 'UTC')}
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          )}
        </section>
        {open !== undefined && <CustomerCard key={open} id={open} onClose={() => goTo('floor', 'customers')} />}
      </div>
    </>
  );
}
