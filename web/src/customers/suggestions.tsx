// Pairs who may be one person, side by side, with what speaks for it; a person decides.
import { useState } from 'react';
import { useNow } from '../clock.ts';
import { dateTime, phone } from '../format.ts';
import { usePanel } from '../panel-context.ts';
import { Dialog } from '../parts/dialog.tsx';
import { Failure } from '../parts/failure.tsx';
import { RestFailed, rest } from '../rest.ts';
import { hrefOf } from '../route.ts';
import { Identities } from './identities.tsx';
import { calledOf, sharedBy } from './names.ts';
import type { CustomerRecord, Suggestion, SuggestionPage } from './types.ts';
import { kindName, useCustomerWords } from './words.ts';

export function Suggestions({ page, onDecided }: { page: SuggestionPage | undefined; onDecided: () => void }) {
  const say = useCustomerWords();
  if (page === undefined) return null;
  const { suggestions, customers } = page;
  if (suggestions.length === 0)
    return (
      <p className="card muted" role="status">
        {say('suggest.none')}
      </p>
    );
  return (
    <ul className="suggestions" aria-label={say('suggest.count', { count: suggestions.length })}>
      {suggestions.map((suggestion) => {
        const one = customers[suggestion.customer];
        const two = customers[suggestion.other];
        if (one === undefined || two === undefined) return null;
        return (
          <Pair
            key={`${suggestion.customer} ${suggestion.other}`}
            suggestion={suggestion}
            // Who is known longer stands first, and goes on.
            pair={one.createdAt <= two.createdAt ? [one, two] : [two, one]}
            onDecided={onDecided}
          />
        );
      })}
    </ul>
  );
}

function Pair({
  suggestion: { customer, other, why, kind = '', since, by },
  pair,
  onDecided,
}: {
  suggestion: Suggestion;
  pair: [CustomerRecord, CustomerRecord];
  onDecided: () => void;
}) {
  const say = useCustomerWords();
  const { language, state } = usePanel();
  const now = useNow() + state.clockOffset;
  const timeZone = state.setup?.site.timeZone ?? 'UTC';
  const [kept, setKept] = useState(0);
  const [asking, setAsking] = useState(false);
  const [busy, setBusy] = useState(false);
  const [failed, setFailed] = useState<RestFailed>();
  const shared = sharedBy(...pair);
  const head = pair[kept] ?? pair[0];
  const part = pair[1 - kept] ?? pair[1];
  const called = (one: CustomerRecord) => calledOf(one, say('no-name'));
  const decide = async (what: () => Promise<unknown>) => {
    setBusy(true);
    setFailed(undefined);
    try {
      await what();
      onDecided();
    } catch (error) {
      if (!(error instanceof RestFailed)) throw error;
      setFailed(error);
    } finally {
      setBusy(false);
      setAsking(false);
    }
  };
  const reason =
    why === 'said' || why === 'proved'
      ? say(`why.${why}`, { kind: kindName(say, kind) })
      : why === 'parted'
        ? say('why.parted')
        : say('why.by-hand', { by });
  return (
    <li className="card pair" aria-label={say('pair', { one: called(pair[0]), two: called(pair[1]) })}>
      <header className="card-head">
        <h2>{reason}</h2>
        <span className="space" />
        <span className="muted figures">{say('suggested', { date: dateTime(since, now, language, timeZone) })}</span>
      </header>
      {shared.size > 0 && (
        <p className="evidence">
          {[...shared].map((key) => {
            const value = key.slice(key.indexOf(' ') + 1);
            return (
              <span key={key}>{say('evidence.same', { value: key.startsWith('phone ') ? phone(value) : value })} </span>
            );
          })}
          {pair[0].name !== undefined && pair[0].name === pair[1].name && say('evidence.name', { name: pair[0].name })}
        </p>
      )}
      <Failure of={failed} />
      <div className="pair-sides">
        {pair.map((one, at) => (
          <section key={one.id} className="pair-side" data-kept={at === kept} aria-label={called(one)}>
            <h3>
              <a href={hrefOf('floor', 'customers', one.id)}>{called(one)}</a>
            </h3>
            <p className="muted figures">
              {say('known-since', { date: dateTime(one.createdAt, now, language, timeZone) })}
            </p>
            <Identities of={one.identities} marked={shared} />
            {one.claims !== undefined && (
              <>
                <h4>{say('claims')}</h4>
                <Identities of={one.claims} marked={shared} />
              </>
            )}
            {one.tags.length > 0 && (
              <p className="chips">
                {one.tags.map(({ tag }) => (
                  <span key={tag} className="chip">
                    {tag}
                  </span>
                ))}
              </p>
            )}
            <label className="check">
              <input
                type="radio"
                name={`keep ${customer} ${other}`}
                checked={at === kept}
                onChange={() => setKept(at)}
              />
              {say('keep-this')}
            </label>
          </section>
        ))}
      </div>
      <footer className="pair-foot">
        <button
          type="button"
          className="secondary"
          disabled={busy}
          onClick={() =>
            void decide(() =>
              rest(`/customers/${encodeURIComponent(customer)}/suggestions/${encodeURIComponent(other)}`, {
                method: 'DELETE',
              }),
            )
          }
        >
          {say('not-same')}
        </button>
        <button type="button" className="primary" disabled={busy} onClick={() => setAsking(true)}>
          {say('merge')}
        </button>
      </footer>
      {asking && (
        <Dialog title={say('merge.title')} onClose={() => setAsking(false)}>
          <div className="confirm">
            <p>{say('merge.ask', { one: called(head), two: called(part) })}</p>
            <div className="form-foot">
              <button
                type="button"
                className="primary target"
                disabled={busy}
                onClick={() =>
                  void decide(() =>
                    rest(`/customers/${encodeURIComponent(head.id)}/merge`, {
                      method: 'POST',
                      body: { other: part.id },
                    }),
                  )
                }
              >
                {say('merge')}
              </button>
              <button type="button" className="secondary" onClick={() => setAsking(false)}>
                {say('cancel')}
              </button>
            </div>
          </div>
        </Dialog>
      )}
    </li>
  );
}
