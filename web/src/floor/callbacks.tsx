import { dateTime, phone } from '../format.ts';
import { nameIn } from '../i18n/translate.ts';
import { usePanel } from '../panel-context.ts';
import { Failure } from '../parts/failure.tsx';
import { rest, useRest } from '../rest.ts';
import { useAgents } from './use-agents.ts';
import { type FloorWord, useFloorWords } from './words.ts';

interface Callback {
  id: string;
  queue: string;
  number?: string;
  name?: string;
  note?: string;
  from: number;
  until: number;
  state: 'scheduled' | 'queued' | 'dialling' | 'done' | 'failed' | 'expired' | 'cancelled';
  nextAt: number;
  attempts: { at: number; outcome: string }[];
  mostAttempts: number;
  by: string;
}

/** Agreed callbacks: what is due when, how often it was tried. */
export function Callbacks() {
  const { language, state, change } = usePanel();
  const say = useFloorWords();
  const { data, failed, reload } = useRest<{ callbacks: Callback[] }>('/callbacks', undefined, 15_000);
  const { nameOf } = useAgents();
  const at = (time: number) => dateTime(time, Date.now(), language, state.setup?.site.timeZone ?? 'UTC');
  const cancel = (id: string) => {
    rest(`/callbacks/${id}/cancel`, { method: 'POST' }).then(reload, (error: Error) =>
      change({ on: 'notice', notice: { kind: 'bad', about: 'failed', reason: error.message } }),
    );
  };
  return (
    <>
      <header className="page-head">
        <h1>{say('page.callbacks')}</h1>
      </header>
      <Failure of={failed} onRetry={reload} />
      <section className="card scroll" aria-label={say('page.callbacks')}>
        <table>
          <thead>
            <tr>
              {(['due', 'column.from', 'queue', 'state', 'attempts', 'note', 'by'] as const).map((one) => (
                <th key={one} scope="col">
                  {say(one)}
                </th>
              ))}
              <th scope="col">
                <span className="hidden">{say('cancel')}</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {data?.callbacks.map((one) => (
              <tr key={one.id}>
                <th scope="row" className="figures">
                  {at(one.nextAt)}
                </th>
                <td>{one.name ?? (one.number === undefined ? '–' : phone(one.number))}</td>
                <td>
                  {nameIn(language, state.setup?.queues.find((queue) => queue.id === one.queue)?.name ?? {}, one.queue)}
                </td>
                <td>{say(`callback.${one.state}` as FloorWord)}</td>
                <td className="figures">
                  {one.attempts.length} / {one.mostAttempts}
                </td>
                <td>{one.note ?? ''}</td>
                <td>{nameOf(one.by)}</td>
                <td>
                  {(one.state === 'scheduled' || one.state === 'queued') && (
                    <button type="button" className="quiet-danger small" onClick={() => cancel(one.id)}>
                      {say('cancel')}
                    </button>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
        {data?.callbacks.length === 0 && <p className="muted">{say('no-callbacks')}</p>}
      </section>
    </>
  );
}
