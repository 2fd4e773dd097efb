// Public answers that a second person reads: what waits, what was decided, and what became of one's own.
import '../work-items/work-items.css';
import './social.css';
import { type KeyboardEvent, useState } from 'react';
import { usePanel } from '../panel-context.ts';
import { Failure } from '../parts/failure.tsx';
import { rest, useRest } from '../rest.ts';
import { useLiveEvents } from '../work/live-events.ts';
import { ApprovalCard } from './approval-card.tsx';
import { type Approval, textOf } from './types.ts';
import { useSocialWords } from './words.ts';

const everyMs = 20_000;

export default function ApprovalsPage() {
  const { state, change } = usePanel();
  const say = useSocialWords();
  const staff = state.setup?.me.roles.some((role) => role !== 'agent') ?? false;
  const [view, setView] = useState<'waiting' | 'decided' | 'mine'>(staff ? 'waiting' : 'mine');
  const mine = view === 'mine';
  const waits = useRest<{ approvals: Approval[] }>(
    view === 'decided' ? undefined : '/approvals',
    { mine, limit: 500 },
    everyMs,
  );
  const decided = useRest<{ approvals: Approval[] }>(
    view === 'waiting' ? undefined : '/approvals/decided',
    { mine },
    everyMs,
  );
  const reload = () => {
    waits.reload();
    decided.reload();
  };
  useLiveEvents('message.submitted,message.reviewed,message.sent,message.delivered,message.failed', reload);
  const shown = [
    ...(view === 'decided' ? [] : grouped(waits.data?.approvals ?? [])),
    ...(view === 'waiting' ? [] : (decided.data?.approvals ?? []).map((one) => [one] as Group)),
  ];
  const ready = view === 'decided' ? decided.data !== undefined : waits.data !== undefined;

  const decide = async (group: Approval[], approved: boolean, why?: string) => {
    try {
      for (const { message } of group) {
        const body = { approved, ...(why === undefined ? {} : { why }) };
        await rest(`/messages/${encodeURIComponent(message)}/review`, { method: 'POST', body });
      }
      const text = say(approved ? 'approval.done' : 'approval.returned');
      change({ on: 'notice', notice: { kind: 'good', about: 'said', text } });
    } catch (error) {
      change({ on: 'notice', notice: { kind: 'bad', about: 'failed', reason: (error as Error).message } });
    }
    reload();
  };
  const onKey = (event: KeyboardEvent<HTMLElement>) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step === undefined || !(event.target instanceof HTMLElement) || !event.target.matches('article')) return;
    event.preventDefault();
    const all = [...event.currentTarget.querySelectorAll<HTMLElement>('article')];
    all[all.indexOf(event.target) + step]?.focus();
  };

  return (
    <>
      <header className="page-head">
        <h1>{say('approvals.title')}</h1>
        <fieldset className="switch" aria-label={say('approvals.views')}>
          {(staff ? (['waiting', 'decided', 'mine'] as const) : (['mine'] as const)).map((one) => (
            <button key={one} type="button" aria-pressed={view === one} onClick={() => setView(one)}>
              {say(`approvals.${one}`)}
              {one === 'waiting' && waits.data !== undefined && view === 'waiting' && (
                <span className="count figures">{waits.data.approvals.length}</span>
              )}
            </button>
          ))}
        </fieldset>
      </header>
      <Failure of={waits.failed ?? decided.failed} onRetry={reload} />
      <section className="approvals" aria-label={say(`approvals.${view}`)} onKeyDown={onKey}>
        {shown.map((group) => (
          <ApprovalCard
            key={group[0].message}
            group={group}
            onDecide={(alike, approved, why) => decide(alike ? group : [group[0]], approved, why)}
          />
        ))}
        {ready && shown.length === 0 && (
          <p className="card nothing">{say(mine ? 'approvals.none-mine' : 'approvals.none')}</p>
        )}
      </section>
      {view === 'waiting' && shown.length > 0 && <p className="hint">{say('approvals.keys')}</p>}
    </>
  );
}

export type Group = [Approval, ...Approval[]];

/** The same words of the same writer, whatever the name in them, stand together: they can be approved at once. */
function grouped(all: readonly Approval[]): Group[] {
  const groups = new Map<string, Group>();
  for (const one of all) {
    const text = one.name === undefined ? textOf(one.content) : textOf(one.content).replaceAll(one.name, '{name}');
    const key = `${one.writer.id} ${one.via} ${text}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [one]);
    else group.push(one);
  }
  return [...groups.values()];
}
