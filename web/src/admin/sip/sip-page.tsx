// SIP: the calls of this moment and those just over, and of each the ladder of its messages.
import '../system.css';
import './sip.css';
import { useState } from 'react';
import type { InteractionRecord } from '../../../../server/customers/index.ts';
import { dateTime, phone } from '../../format.ts';
import { callWord } from '../../i18n/call-words.ts';
import { usePanel } from '../../panel-context.ts';
import { Failure } from '../../parts/failure.tsx';
import { useRest } from '../../rest.ts';
import { goTo, hrefOf } from '../../route.ts';
import { LadderPage } from './ladder-page.tsx';
import { useSipWords } from './words.ts';

interface LiveCall {
  interaction: string;
  phase: string;
  startedAt: number;
  from?: string;
  to: string;
  trunk?: string;
  agent?: string;
}

const everyMs = 2_000;

export default function SipPage({ rest: [open] }: { rest: string[] }) {
  return open === undefined ? <CallsPage /> : <LadderPage key={open} id={open} />;
}

function CallsPage() {
  const { language, state } = usePanel();
  const say = useSipWords();
  const [wanted, setWanted] = useState('');
  const live = useRest<{ calls: LiveCall[] }>('/live/calls', {}, everyMs);
  const past = useRest<{ interactions: InteractionRecord[] }>(
    '/interactions',
    { channel: 'voice', limit: 30 },
    everyMs * 5,
  );
  const time = (at: number) => dateTime(at, Date.now(), language, state.setup?.site.timeZone ?? 'UTC');
  const number = (from: string | undefined) => (from === undefined ? say('withheld') : phone(from));
  const over = past.data?.interactions.filter(({ endedAt }) => endedAt !== undefined) ?? [];

  return (
    <>
      <header className="page-head">
        <h1>{say('title')}</h1>
        <div className="space" />
        <form
          className="open-by"
          onSubmit={(event) => {
            event.preventDefault();
            if (wanted.trim() !== '') goTo('admin', 'sip', wanted.trim());
          }}
        >
          <input
            type="search"
            value={wanted}
            aria-label={say('open-hint')}
            placeholder={say('open-hint')}
            onChange={(event) => setWanted(event.target.value)}
          />
          <button type="submit" className="secondary">
            {say('open')}
          </button>
        </form>
      </header>
      <Failure of={live.failed ?? past.failed} onRetry={live.reload} />
      <section className="card scroll" aria-label={say('live-calls')}>
        <h2>{say('live-calls')}</h2>
        {live.data?.calls.length === 0 && <p className="muted">{say('no-live')}</p>}
        {live.data !== undefined && live.data.calls.length > 0 && (
          <table className="calls">
            <Head names={[say('started'), say('from'), say('to'), say('trunk'), say('agent'), say('state')]} />
            <tbody>
              {live.data.calls.map((call) => (
                <tr key={call.interaction}>
                  <th scope="row">
                    <a href={hrefOf('admin', 'sip', call.interaction)}>{time(call.startedAt)}</a>
                  </th>
                  <td>{number(call.from)}</td>
                  <td>{phone(call.to)}</td>
                  <td>{call.trunk ?? '–'}</td>
                  <td>{call.agent ?? '–'}</td>
                  <td>
                    <span className="chip strong">{callWord(say, 'phase', call.phase)}</span>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </section>
      <section className="card scroll" aria-label={say('past-calls')}>
        <h2>{say('past-calls')}</h2>
        {past.data !== undefined && over.length === 0 && <p className="muted">{say('no-past')}</p>}
        {over.length > 0 && (
          <table className="calls">
            <Head names={[say('started'), say('from'), say('to'), say('trunk'), say('agent'), say('outcome')]} />
            <tbody>
              {over.map((call) => (
                <tr key={call.id}>
                  <th scope="row">
                    <a href={hrefOf('admin', 'sip', call.id)}>{time(call.startedAt)}</a>
                  </th>
                  <td>{number(call.from)}</td>
                  <td>{call.to === undefined ? '–' : phone(call.to)}</td>
                  <td>{call.trunk ?? '–'}</td>
                  <td>{call.agent ?? '–'}</td>
                  <td>
                    <span className="chip">{callWord(say, 'outcome', call.outcome)}</span>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </section>
    </>
  );
}

function Head({ names }: { names: string[] }) {
  return (
    <thead>
      <tr>
        {names.map((name) => (
          <th key={name} scope="col">
            {name}
          </th>
        ))}
      </tr>
    </thead>
  );
}
