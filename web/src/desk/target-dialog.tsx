import { type ReactNode, useEffect, useMemo, useState } from 'react';
import type { CommandAnswer } from '../../../server/desk/protocol.ts';
import { phone } from '../format.ts';
import { nameIn } from '../i18n/translate.ts';
import { usePanel } from '../panel-context.ts';
import { Dialog } from '../parts/dialog.tsx';
import { Icon } from '../parts/icon.tsx';

type Targets = CommandAnswer<'targets'>;
export type Person = { agent: string } | { number: string };
export type Target = { queue: string } | Person;

/** Finds a queue, an agent or a number. Enter takes the first. */
export function TargetDialog({
  title,
  queues: withQueues,
  numbers = true,
  hint,
  head,
  recent = [],
  first: typed = '',
  foot,
  onChoose,
  onClose,
}: {
  title: string;
  /** Whether queues can be chosen. */
  queues: boolean;
  /** Whether a number that is typed can be. */
  numbers?: boolean;
  hint?: string;
  /** Above the search. */
  head?: ReactNode;
  /** Numbers offered as long as nothing is typed. */
  recent?: { to: string; at: number }[];
  /** What the search begins with. */
  first?: string;
  /** Below everything. */
  foot?: ReactNode;
  /** @returns whether it was done: the dialog closes then */
  onChoose: (target: Target) => Promise<boolean>;
  onClose: () => void;
}) {
  const { t, language, state, connection } = usePanel();
  const [search, setSearch] = useState(typed);
  const [targets, setTargets] = useState<Targets>({ colleagues: state.colleagues, queues: [] });
  const [busy, setBusy] = useState(false);

  useEffect(() => {
    let current = true;
    // While the connection is away the list stays as it was; the command itself says so.
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
  const isNumber = numbers && /^\+?[0-9*#]{2,32}$/.test(digits);
  const queues = useMemo(
    () =>
      (withQueues ? (state.setup?.queues ?? []) : []).filter((queue) =>
        [queue.id, queue.name.en ?? '', queue.name.zh ?? ''].some((name) => name.toLowerCase().includes(wanted)),
      ),
    [state.setup, wanted, withQueues],
  );
  const agents = targets.colleagues.filter((one) =>
    [one.id, one.name].some((name) => name.toLowerCase().includes(wanted)),
  );
  const choose = async (target: Target) => {
    setBusy(true);
    const done = await onChoose(target);
    setBusy(false);
    if (done) onClose();
  };
  const [queue] = queues;
  const [agent] = agents;
  const exact = agents.find((one) => one.id === digits);
  const first: Target | undefined = exact
    ? { agent: exact.id }
    : isNumber
      ? { number: digits }
      : queue
        ? { queue: queue.id }
        : agent && { agent: agent.id };
  const again = wanted === '' ? recent : [];

  return (
    <Dialog title={title} onClose={onClose}>
      {head}
      <form
        className="search"
        onSubmit={(event) => {
          event.preventDefault();
          if (first !== undefined && wanted !== '' && !busy) void choose(first);
        }}
      >
        <Icon name="search" />
        <input
          value={search}
          onChange={(event) => setSearch(event.target.value)}
          placeholder={t(withQueues ? 'transfer.search' : 'target.search')}
          aria-label={t(withQueues ? 'transfer.search' : 'target.search')}
          maxLength={80}
        />
      </form>
      <fieldset className="targets" disabled={busy}>
        {isNumber && (
          <button type="button" className="target" onClick={() => void choose({ number: digits })}>
            <Icon name="phone" />
            <strong>{t(withQueues ? 'transfer.number' : 'target.number', { number: phone(digits) })}</strong>
          </button>
        )}
        {again.length > 0 && <h3>{t('target.recent')}</h3>}
        {again.map((one) => (
          <button
            key={`${one.to} ${one.at}`}
            type="button"
            className="target"
            onClick={() =>
              void choose(targets.colleagues.some(({ id }) => id === one.to) ? { agent: one.to } : { number: one.to })
            }
          >
            <Icon name="clock" />
            <strong className="figures">{phone(one.to)}</strong>
          </button>
        ))}
        {queues.length > 0 && <h3>{t('transfer.queues')}</h3>}
        {queues.map((one) => {
          const live = targets.queues.find((figures) => figures.queue === one.id) ?? state.figures[one.id];
          return (
            <button key={one.id} type="button" className="target" onClick={() => void choose({ queue: one.id })}>
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
            onClick={() => void choose({ agent: one.id })}
          >
            <span
              className="dot"
              data-presence={one.presence}
              data-doing={one.presence === 'ready' && !one.free ? 'talking' : undefined}
            />
            <strong>{one.name}</strong>
            <span className="figures">{one.id}</span>
            <span className="target-state">
              {one.presence === 'ready' && !one.free ? t('presence.busy') : t(`presence.${one.presence}`)}
            </span>
          </button>
        ))}
        {!isNumber && queues.length === 0 && agents.length === 0 && <p className="hint">{t('transfer.none')}</p>}
      </fieldset>
      {hint !== undefined && <p className="hint dialog-foot">{hint}</p>}
      {foot}
    </Dialog>
  );
}
