import { useEffect, useMemo, useState } from 'react';
import type { CommandAnswer } from '../../../server/desk/protocol.ts';
import { phone } from '../format.ts';
import { nameIn } from '../i18n/translate.ts';
import { usePanel } from '../panel-context.ts';
import { Dialog } from '../parts/dialog.tsx';
import { Icon } from '../parts/icon.tsx';

type Targets = CommandAnswer<'targets'>;
type To = { queue: string } | { agent: string } | { number: string };

/** Blind transfer: search over queues, agents, or type a number. Enter takes the first. */
export function TransferDialog({ interaction, onClose }: { interaction: string; onClose: () => void }) {
  const { t, language, state, connection, act } = usePanel();
  const [search, setSearch] = useState('');
  const [targets, setTargets] = useState<Targets>({ colleagues: state.colleagues, queues: [] });
  const [busy, setBusy] = useState(false);

  useEffect(() => {
    let current = true;
    // While the connection is away the list stays as it was; the transfer itself says so.
    connection.do('targets', { search }).then(
      (found) => current && setTargets(found),
      () => undefined,
    );
    return () => {
      current = false;
    };
  }, [search, connection]);

  const wanted = search.trim().toLowerCase();
  const digits = search.replace(/[\s()./-]/g, '');
  const isNumber = /^\+?[0-9*#]{2,32}$/.test(digits);
  const queues = useMemo(
    () =>
      (state.setup?.queues ?? []).filter((queue) =>
        [queue.id, queue.name.en ?? '', queue.name.zh ?? ''].some((name) => name.toLowerCase().includes(wanted)),
      ),
    [state.setup, wanted],
  );
  const agents = targets.colleagues.filter((one) =>
    [one.id, one.name].some((name) => name.toLowerCase().includes(wanted)),
  );
  const transfer = async (to: To) => {
    setBusy(true);
    const done = await act('transfer', { interaction, to });
    setBusy(false);
    if (done) onClose();
  };
  const [queue] = queues;
  const [agent] = agents;
  const exact = agents.find((one) => one.id === digits);
  const first: To | undefined = exact
    ? { agent: exact.id }
    : isNumber
      ? { number: digits }
      : queue
        ? { queue: queue.id }
        : agent && { agent: agent.id };

  return (
    <Dialog title={t('transfer.title')} onClose={onClose}>
      <form
        className="search"
        onSubmit={(event) => {
          event.preventDefault();
          if (first !== undefined && wanted !== '' && !busy) void transfer(first);
        }}
      >
        <Icon name="search" />
        <input
          value={search}
          onChange={(event) => setSearch(event.target.value)}
          placeholder={t('transfer.search')}
          aria-label={t('transfer.search')}
          maxLength={80}
        />
      </form>
      <fieldset className="targets" disabled={busy}>
        {isNumber && (
          <button type="button" className="target" onClick={() => void transfer({ number: digits })}>
            <Icon name="phone" />
            <strong>{t('transfer.number', { number: phone(digits) })}</strong>
          </button>
        )}
        {queues.length > 0 && <h3>{t('transfer.queues')}</h3>}
        {queues.map((one) => {
          const live = targets.queues.find((figures) => figures.queue === one.id) ?? state.figures[one.id];
          return (
            <button key={one.id} type="button" className="target" onClick={() => void transfer({ queue: one.id })}>
              <Icon name="queue" />
              <strong>{nameIn(language, one.name, one.id)}</strong>
              {live !== undefined && (
                <span>{t('transfer.queue-state', { waiting: live.waiting, free: live.free })}</span>
              )}
            </button>
          );
        })}
        {agents.length > 0 && <h3>{t('transfer.agents')}</h3>}
        {agents.map((one) => (
          <button
            key={one.id}
            type="button"
            className="target"
            disabled={one.presence === 'offline'}
            onClick={() => void transfer({ agent: one.id })}
          >
            <span
              className="dot"
              data-presence={one.presence}
              data-doing={one.presence === 'ready' && !one.free ? 'talking' : undefined}
            />
            <strong>{one.name}</strong>
            <span className="figures">{one.id}</span>
            <span className="target-state">
              {one.presence === 'ready' && !one.free ? t('presence.talking') : t(`presence.${one.presence}`)}
            </span>
          </button>
        ))}
        {!isNumber && queues.length === 0 && agents.length === 0 && <p className="hint">{t('transfer.none')}</p>}
      </fieldset>
      <p className="hint dialog-foot">{t('transfer.blind')}</p>
    </Dialog>
  );
}
