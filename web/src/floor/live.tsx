import { useEffect, useState } from 'react';
import { useNow } from '../clock.ts';
import { duration, percent } from '../format.ts';
import { isKey, nameIn } from '../i18n/translate.ts';
import { usePanel } from '../panel-context.ts';
import type { FloorAgent } from '../state/state.ts';
import { AgentMenu } from './agent-menu.tsx';
import { CallTable } from './call-table.tsx';
import { useFloorWords } from './words.ts';

/** Queues and agents at this moment. */
export function Live() {
  const { t, state, connection, change } = usePanel();
  const open = state.link.is === 'open';
  // Asked for again after each lost connection.
  useEffect(() => {
    if (!open) return;
    connection.do('watch', { on: true }).then(
      (floor) => change({ on: 'floor', floor, now: Date.now() }),
      () => undefined,
    );
    return () => {
      connection.do('watch', { on: false }).catch(() => undefined);
      change({ on: 'floor', floor: undefined, now: Date.now() });
    };
  }, [open, connection, change]);
  if (state.floor === undefined) return <p className="starting">{t('app.starting')}</p>;
  return (
    <>
      <QueueTable />
      <CallTable />
      <AgentTable />
    </>
  );
}

function QueueTable() {
  const { language, state } = usePanel();
  const say = useFloorWords();
  const now = useNow();
  const optional = (ms: number | undefined) => (ms === undefined ? '–' : duration(ms));
  return (
    <div className="card">
      <h2>{say('queues')}</h2>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by keys */}
      <section className="scroll" aria-label={say('queues')} tabIndex={0}>
        <table>
          <thead>
            <tr>
              <th scope="col">{say('queue')}</th>
              {(
                ['waiting', 'longest', 'expected', 'free', 'offered', 'answered', 'abandoned', 'level', 'asa'] as const
              ).map((column) => (
                <th key={column} scope="col" className="number">
                  {say(column)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {state.floor?.queues.map((queue) => {
              const live = state.figures[queue.id];
              const waiting = live?.waiting ?? 0;
              const longest =
                live === undefined || waiting === 0 ? 0 : live.longestWaitMs + Math.max(0, now - live.heardAt);
              const today = live?.today;
              return (
                <tr key={queue.id} data-late={longest > queue.serviceLevelMs}>
                  <th scope="row">{nameIn(language, queue.name, queue.id)}</th>
                  <td className="number big">{waiting}</td>
                  <td className="number longest">{waiting > 0 ? duration(longest) : '–'}</td>
                  <td className="number">{optional(live?.expectedWaitMs)}</td>
                  <td className="number">
                    {live?.free ?? 0} / {live?.agents ?? 0}
                  </td>
                  <td className="number">{today?.offered ?? 0}</td>
                  <td className="number">{today?.answered ?? 0}</td>
                  <td className="number">{today?.abandoned ?? 0}</td>
                  <td className="number">{percent(today?.serviceLevel)}</td>
                  <td className="number">{optional(today?.averageAnswerMs)}</td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </section>
    </div>
  );
}

type Doing = 'ringing' | 'talking' | 'wrap-up' | undefined;

function doingOf(agent: FloorAgent): Doing {
  const has = (state: FloorAgent['contacts'][number]['state']) => agent.contacts.some((one) => one.state === state);
  if (has('connected') || Object.values(agent.occupied).some((count) => (count ?? 0) > 0)) return 'talking';
  return has('offered') ? 'ringing' : has('wrap-up') ? 'wrap-up' : undefined;
}

function AgentTable() {
  const { t, language, state } = usePanel();
  const say = useFloorWords();
  const now = useNow() + state.clockOffset;
  const [offline, setOffline] = useState(false);
  const all = Object.values(state.floor?.agents ?? {});
  const count = { ready: 0, busy: 0, away: 0, offline: 0 };
  for (const agent of all) {
    if (agent.presence === 'offline') count.offline++;
    else if (doingOf(agent) !== undefined) count.busy++;
    else if (agent.presence === 'ready') count.ready++;
    else count.away++;
  }
  const shown = all
    .filter((agent) => offline || agent.presence !== 'offline')
    .sort((a, b) => a.agent.localeCompare(b.agent));
  const queueName = (id: string | undefined) => {
    const card = state.floor?.queues.find((one) => one.id === id);
    return id === undefined ? '' : nameIn(language, card?.name ?? {}, id);
  };
  const reasonName = (reason: string) => {
    const known = state.setup?.reasons.find((one) => one.reason === reason);
    const key = `reason.${reason}`;
    return known !== undefined ? nameIn(language, known.name, reason) : isKey(key) ? t(key) : reason;
  };
  return (
    <section className="card" aria-label={say('agents')}>
      <header className="card-head">
        <h2>{say('agents')}</h2>
        <span className="muted">{say('summary', count)}</span>
        <label className="check">
          <input type="checkbox" checked={offline} onChange={(event) => setOffline(event.target.checked)} />
          {say('show-offline')}
        </label>
      </header>
      {shown.length === 0 ? (
        <p className="muted">{say('nobody')}</p>
      ) : (
        <ul className="agents">
          {shown.map((agent) => {
            const doing = doingOf(agent);
            const contact = agent.contacts[0];
            const since = contact?.since ?? agent.since;
            return (
              <li key={agent.agent} className="agent" data-presence={agent.presence} data-doing={doing}>
                <span className="dot" data-presence={agent.presence} data-doing={doing} />
                <div>
                  <p>
                    <strong>{agent.name}</strong> <span className="muted figures">{agent.agent}</span>
                  </p>
                  <p className="agent-state">
                    {doing === undefined ? t(`presence.${agent.presence}`) : t(`presence.${doing}`)}
                    {doing === undefined && agent.presence === 'not-ready' && agent.reason !== undefined && (
                      <span className="muted"> · {reasonName(agent.reason)}</span>
                    )}
                    {doing !== undefined && <span className="muted"> · {queueName(contact?.queue)}</span>}
                  </p>
                </div>
                <time className="figures">{agent.presence === 'offline' ? '' : duration(now - since)}</time>
                {agent.presence !== 'offline' && <AgentMenu agent={agent} />}
              </li>
            );
          })}
        </ul>
      )}
    </section>
  );
}
