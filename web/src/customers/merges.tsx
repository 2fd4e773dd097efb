// Who was merged, by whom or by which rule, who was taken apart, and who was declared to be two persons.
import { useEffect, useState } from 'react';
import { useNow } from '../clock.ts';
import { dateTime } from '../format.ts';
import { usePanel } from '../panel-context.ts';
import { Failure } from '../parts/failure.tsx';
import { RestFailed, rest } from '../rest.ts';
import { hrefOf } from '../route.ts';
import { calledOf } from './names.ts';
import type { Decision, DecisionPage } from './types.ts';
import { Unmerge } from './unmerge.tsx';
import { kindName, useCustomerWords } from './words.ts';

export function Merges() {
  const say = useCustomerWords();
  const [page, setPage] = useState<DecisionPage>();
  const [before, setBefore] = useState<number>();
  const [turn, setTurn] = useState(0);
  const [failed, setFailed] = useState<RestFailed>();
  // biome-ignore lint/correctness/useExhaustiveDependencies: `turn` is how it is asked for again
  useEffect(() => {
    const stop = new AbortController();
    rest<DecisionPage>('/customers/merges', { query: { before, limit: 50 }, signal: stop.signal })
      .then((answer) =>
        setPage((known) =>
          before === undefined || known === undefined
            ? answer
            : {
                ...answer,
                decisions: [...known.decisions, ...answer.decisions],
                customers: { ...known.customers, ...answer.customers },
              },
        ),
      )
      .catch((error: unknown) => {
        if (stop.signal.aborted) return;
        if (!(error instanceof RestFailed)) throw error;
        setFailed(error);
      });
    return () => stop.abort();
  }, [before, turn]);
  const again = () => {
    setBefore(undefined);
    setTurn((now) => now + 1);
  };
  return (
    <section className="card" aria-label={say('view.merges')}>
      <Failure of={failed} />
      {page?.decisions.length === 0 && <p className="muted">{say('merges.none')}</p>}
      <ol className="decisions">
        {page?.decisions.map((decision) => (
          <Line key={decision.seq} decision={decision} customers={page.customers} onParted={again} />
        ))}
      </ol>
      {page?.next !== undefined && (
        <button type="button" className="secondary small" onClick={() => setBefore(page.next)}>
          {say('older')}
        </button>
      )}
    </section>
  );
}

function Line({
  decision: { at, by, what, customer, other, why, undone },
  customers,
  onParted,
}: {
  decision: Decision;
  customers: DecisionPage['customers'];
  onParted: () => void;
}) {
  const say = useCustomerWords();
  const { language, state } = usePanel();
  const now = useNow() + state.clockOffset;
  // Of one who is part of another, the person's own name would say the same twice.
  const called = (id: string) => {
    const person = customers[id];
    return calledOf(person?.parts?.find((part) => part.id === id) ?? person, say('no-name'));
  };
  // Who was taken apart is the subject of that event.
  const [one, two] = what === 'unmerged' ? [other, customer] : [customer, other];
  const key = ({ merged: 'merged.into', unmerged: 'unmerged.from', dismissed: 'dismissed.pair' } as const)[what];
  const byRule = what === 'merged' && why !== undefined && why !== 'by-hand';
  return (
    <li data-what={what} data-undone={undone && what === 'merged'}>
      <time className="figures muted">{dateTime(at, now, language, state.setup?.site.timeZone ?? 'UTC')}</time>
      <div>
        <a href={hrefOf('floor', 'customers', one)}>{say(key, { one: called(one), two: called(two) })}</a>
        <p className="muted">
          {byRule ? say('by.rule', { kind: kindName(say, why) }) : say('by.hand', { by: by ?? '–' })}
        </p>
      </div>
      {what === 'merged' &&
        (undone ? (
          <span className="chip">{say('is.undone')}</span>
        ) : (
          <Unmerge part={two} called={called(two)} onParted={onParted} />
        ))}
    </li>
  );
}
