// What moments did lately, for whom, what came of it, and why something was held back.
import './lately.css';
import { useEffect, useState } from 'react';
import { useNow } from '../clock.ts';
import { dateTime, duration } from '../format.ts';
import { usePanel } from '../panel-context.ts';
import { Failure } from '../parts/failure.tsx';
import { RestFailed, rest } from '../rest.ts';
import { hrefOf } from '../route.ts';
import type { MomentLine } from './types.ts';
import { useMomentWords, wordOf } from './words.ts';

const shows = ['all', 'fired', 'restrained'] as const;
const page = 30;

/** @param moment only of this one @param customer only of her */
export function Lately({ moment, customer }: { moment?: string | undefined; customer?: string | undefined }) {
  const { language, state } = usePanel();
  const say = useMomentWords();
  const now = useNow() + state.clockOffset;
  const timeZone = state.setup?.site.timeZone ?? 'UTC';
  const [show, setShow] = useState<(typeof shows)[number]>('all');
  const [lines, setLines] = useState<MomentLine[]>();
  const [more, setMore] = useState(false);
  const [before, setBefore] = useState<number>();
  const [failed, setFailed] = useState<RestFailed>();

  useEffect(() => {
    const stop = new AbortController();
    const what = show === 'all' ? undefined : show;
    rest<{ lines: NamedLine[] }>('/moments/log', {
      query: { moment, customer, what, before, limit: page },
      signal: stop.signal,
    })
      .then((answer) => {
        setLines((known) => (before === undefined ? answer.lines : [...(known ?? []), ...answer.lines]));
        setMore(answer.lines.length === page);
        setFailed(undefined);
      })
      .catch((error: unknown) => {
        if (stop.signal.aborted) return;
        if (!(error instanceof RestFailed)) throw error;
        setFailed(error);
      });
    return () => stop.abort();
  }, [moment, customer, show, before]);

  return (
    <div className="lately">
      <div className="views" role="radiogroup" aria-label={say('lately.show')}>
        {shows.map((one) => (
          // biome-ignore lint/a11y/useSemanticElements: drawn as the other choices of the panels are
          <button
            key={one}
            type="button"
            role="radio"
            aria-checked={one === show}
            onClick={() => {
              setBefore(undefined);
              setShow(one);
            }}
          >
            {say(`lately.${one}`)}
          </button>
        ))}
      </div>
      <Failure of={failed} />
      {lines?.length === 0 && <p className="muted">{say('lately.none')}</p>}
      {lines !== undefined && lines.length > 0 && (
        <div className="scroll">
          <table>
            <thead>
              <tr>
                <th scope="col">{say('lately.when')}</th>
                {moment === undefined && <th scope="col">{say('lately.moment')}</th>}
                {customer === undefined && <th scope="col">{say('lately.customer')}</th>}
                <th scope="col">{say('lately.what')}</th>
                <th scope="col">{say('lately.came')}</th>
              </tr>
            </thead>
            <tbody>
              {(lines as NamedLine[]).map((line) => (
                <tr key={line.id}>
                  <td className="figures">{dateTime(line.at, now, language, timeZone)}</td>
                  {moment === undefined && (
                    <td>
                      <a href={hrefOf('floor', 'moments', line.moment)}>{line.moment}</a>
                    </td>
                  )}
                  {customer === undefined && (
                    <td>
                      <a href={hrefOf('floor', 'customers', line.customer)}>{line.name ?? say('unknown')}</a>
                    </td>
                  )}
                  <td>
                    <Did line={line} />
                  </td>
                  <td>
                    {line.reached !== undefined && (
                      <span className="chip" data-tone="good">
                        {say('reached')} {say('lately.after', { time: duration(line.reached.ms) })}
                      </span>
                    )}
                    {line.answered !== undefined && (
                      <span className="chip" data-tone="after">
                        {say('answered')} {say('lately.after', { time: duration(line.answered) })}
                      </span>
                    )}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {more && (
        <button type="button" className="secondary small" onClick={() => setBefore(lines?.at(-1)?.id)}>
          {say('older')}
        </button>
      )}
    </div>
  );
}

type NamedLine = MomentLine & { name?: string };

function Did({ line }: { line: MomentLine }) {
  const say = useMomentWords();
  if (line.why !== undefined) {
    return (
      <span className="chip" data-tone="wait">
        {say('held')}: {wordOf(say, 'why', line.why)}
      </span>
    );
  }
  const results = new Map(line.acted?.map((one) => [one.action, one]));
  return (
    <span className="chips">
      {line.actions?.map((action) => {
        const came = results.get(action);
        const bad = came !== undefined && came.result !== 'done';
        return (
          <span key={action} className="chip" data-tone={bad ? 'bad' : 'accent'} title={came?.why}>
            {wordOf(say, 'kind', action)}
            {bad && ` · ${wordOf(say, 'result', came.result)}`}
          </span>
        );
      })}
      {line.held?.map(({ action, why }) => (
        <span key={`held ${action}`} className="chip" data-tone="wait">
          {say('held.one', { kind: wordOf(say, 'kind', action), why: wordOf(say, 'why', why) })}
        </span>
      ))}
    </span>
  );
}
