import { useEffect, useState } from 'react';
import { useNow } from '../clock.ts';
import { duration } from '../format.ts';
import { isKey, nameIn } from '../i18n/translate.ts';
import { usePanel } from '../panel-context.ts';
import { doingLive } from '../state/wording.ts';
import { AgentMenu } from './agent-menu.tsx';
import { CallTable } from './call-table.tsx';
import { DayCharts } from './wallboard/day-charts.tsx';
import { QueueTable } from './wallboard/queue-table.tsx';
import { useFloorWords } from './words.ts';

/** Queues, calls and agents at this moment, and the day so far. */
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
      <AgentTable />
      <CallTable />
      <DayCharts />
    </>
  );
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
    else if (doingLive(agent) !== undefined) count.busy++;
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
            const doing = doingLive(agent);
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
