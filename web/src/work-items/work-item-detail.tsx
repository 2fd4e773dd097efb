import { type FormEvent, useEffect, useState } from 'react';
import { dateTime } from '../format.ts';
import { nameIn } from '../i18n/translate.ts';
import { usePanel } from '../panel-context.ts';
import { Failure } from '../parts/failure.tsx';
import { Icon } from '../parts/icon.tsx';
import { useUnsaved } from '../parts/unsaved.ts';
import { rest, useRest } from '../rest.ts';
import { hrefOf } from '../route.ts';
import { useLiveEvents } from '../work/live-events.ts';
import { Due } from './due.tsx';
import { nextOf, type Priority, priorities, type WholeItem, type WorkItemState } from './types.ts';
import { useWorkItemWords } from './words.ts';
import { PriorityMark } from './work-item-table.tsx';

const dayMs = 86_400_000;
const waits = { 'by-hand': undefined, tomorrow: dayMs, '3days': 3 * dayMs, week: 7 * dayMs } as const;
type Wait = keyof typeof waits;

/** One work item: what is to be done, until when, by whom, and what was written. */
export function WorkItemDetail({ id, onChanged, onClose }: { id: string; onChanged: () => void; onClose: () => void }) {
  const { language, state, change } = usePanel();
  const say = useWorkItemWords();
  const path = `/work-items/${encodeURIComponent(id)}`;
  const { data: item, failed, reload } = useRest<WholeItem>(path);
  useLiveEvents('work-item.moved,work-item.changed,work-item.commented', reload);
  const [waiting, setWaiting] = useState<Wait>();
  const now = Date.now() + state.clockOffset;
  const at = (time: number) => dateTime(time, now, language, state.setup?.site.timeZone ?? 'UTC');
  const me = state.setup?.me.id;
  const staff = state.setup?.me.roles.some((role) => role !== 'agent') ?? false;

  const send = async (method: 'POST' | 'PATCH', more: string, body: unknown): Promise<boolean> => {
    try {
      await rest(`${path}${more}`, { method, body });
      reload();
      onChanged();
      return true;
    } catch (error) {
      change({ on: 'notice', notice: { kind: 'bad', about: 'failed', reason: (error as Error).message } });
      return false;
    }
  };
  const move = (to: WorkItemState, until?: number) =>
    void send('POST', '/state', { to, ...(until === undefined ? {} : { until }) });

  if (item === undefined) {
    return (
      <section className="card">
        <Failure of={failed} onRetry={reload} />
      </section>
    );
  }
  const by = (who: string) => {
    const agent = who.replace(/^agent:/, '');
    return agent === me ? say('owner.me') : (state.colleagues.find((one) => one.id === agent)?.name ?? agent);
  };
  const owners = new Map(state.colleagues.map((one) => [one.id, one.name]));
  if (item.owner !== undefined) owners.set(item.owner, item.ownerName ?? item.owner);
  if (me !== undefined && state.live !== undefined) owners.set(me, `${state.setup?.me.name} (${say('owner.me')})`);
  const closed = item.state === 'closed';
  const channel = state.setup?.written?.work.find((one) => one.id === item.via);
  return (
    <section className="card work-item" aria-label={item.subject}>
      <header className="work-item-head">
        <span className="work-state" data-state={item.state}>
          {say(`state.${item.state}`)}
        </span>
        <PriorityMark item={item} />
        <Due item={item} />
        <div className="space" />
        <button type="button" className="ghost round small" aria-label={say('close')} onClick={onClose}>
          <Icon name="close" size={16} />
        </button>
      </header>
      <h2>{item.subject || item.id}</h2>
      {!closed && (
        <div className="work-item-keys">
          {me !== undefined && state.live !== undefined && item.owner !== me && (
            <button type="button" className="primary small" onClick={() => void send('PATCH', '', { owner: me })}>
              {say('take')}
            </button>
          )}
          {nextOf[item.state].map((to) => (
            <button
              key={to}
              type="button"
              className="secondary small"
              aria-expanded={to === 'pending' ? waiting !== undefined : undefined}
              onClick={() => (to === 'pending' ? setWaiting(waiting === undefined ? 'by-hand' : undefined) : move(to))}
            >
              {to !== 'open' || item.state === 'new'
                ? say(`to.${to}`)
                : say(item.state === 'pending' ? 'wake' : 'reopen')}
            </button>
          ))}
        </div>
      )}
      {waiting !== undefined && !closed && (
        <form
          className="wait"
          onSubmit={(event) => {
            event.preventDefault();
            const ms = waits[waiting];
            setWaiting(undefined);
            move('pending', ms === undefined ? undefined : Math.round(now + ms));
          }}
        >
          <label className="choice">
            <span>{say('wait.title')}</span>
            <select value={waiting} onChange={(event) => setWaiting(event.target.value as Wait)}>
              {(Object.keys(waits) as Wait[]).map((one) => (
                <option key={one} value={one}>
                  {say(`wait.${one}`)}
                </option>
              ))}
            </select>
          </label>
          <button type="submit" className="primary small">
            {say('wait.do')}
          </button>
          <p className="hint">{say('wait.hint')}</p>
        </form>
      )}
      <div className="work-item-fields">
        <label className="choice">
          <span>{say('owner')}</span>
          <select
            value={item.owner ?? ''}
            disabled={closed}
            onChange={(event) => void send('PATCH', '', { owner: event.target.value || null })}
          >
            <option value="">{say('owner.nobody')}</option>
            {[...owners].map(([agent, name]) => (
              <option key={agent} value={agent}>
                {name}
              </option>
            ))}
          </select>
        </label>
        <label className="choice">
          <span>{say('priority')}</span>
          <select
            value={item.priority}
            disabled={closed}
            onChange={(event) => void send('PATCH', '', { priority: event.target.value as Priority })}
          >
            {priorities.map((one) => (
              <option key={one} value={one}>
                {say(`priority.${one}`)}
              </option>
            ))}
          </select>
        </label>
      </div>
      <dl className="work-item-facts">
        <div>
          <dt>{say('due')}</dt>
          <dd className="figures">{at(item.due)}</dd>
        </div>
        <div>
          <dt>{say('customer')}</dt>
          <dd>{item.customerName ?? item.customer ?? '–'}</dd>
        </div>
        <div>
          <dt>{say('channel')}</dt>
          <dd>{nameIn(language, channel?.name ?? {}, item.via)}</dd>
        </div>
        {item.links.length > 0 && (
          <div>
            <dt>{say('links')}</dt>
            <dd>
              <ul>
                {item.links.map((link) => (
                  <li key={JSON.stringify(link)}>
                    {'interaction' in link && !staff ? (
                      say('link.interaction', { id: link.interaction.slice(-6) })
                    ) : 'interaction' in link ? (
                      <a href={hrefOf('floor', 'contacts', link.interaction)}>
                        {say('link.interaction', { id: link.interaction.slice(-6) })}
                      </a>
                    ) : 'item' in link ? (
                      <a href={hrefOf('work', 'items', link.item)}>{say('link.item', { id: link.item.slice(-6) })}</a>
                    ) : (
                      <a href={link.url} target="_blank" rel="noopener noreferrer nofollow">
                        {link.title ?? link.url}
                      </a>
                    )}
                  </li>
                ))}
              </ul>
            </dd>
          </div>
        )}
      </dl>
      <h3>{say('written')}</h3>
      <ol className="work-notes">
        {item.written.map((note) => (
          <li key={note.number} data-internal={note.internal}>
            <header>
              <strong>{by(note.by)}</strong>
              <time className="figures" dateTime={new Date(note.at).toISOString()}>
                {at(note.at)}
              </time>
              {note.number > 1 && (
                <span className="muted">{say(note.internal ? 'for.colleagues' : 'for.customer')}</span>
              )}
            </header>
            <p>{note.text}</p>
          </li>
        ))}
      </ol>
      {!closed && (
        <NoteForm key={id} item={id} onSend={(text, internal) => send('POST', '/comments', { text, internal })} />
      )}
      <p className="hint">
        {say('made', { time: at(item.at), by: by(item.by) })} · {say('rounds', { count: item.rounds })}
      </p>
    </section>
  );
}

function NoteForm({ item, onSend }: { item: string; onSend: (text: string, internal: boolean) => Promise<boolean> }) {
  const say = useWorkItemWords();
  const { before, keep } = useUnsaved<{ text: string; internal: boolean }>(`work-items/${item}/note`);
  const [text, setText] = useState(before?.text ?? '');
  const [internal, setInternal] = useState(before?.internal ?? true);
  useEffect(() => keep(text === '' ? undefined : { text, internal }), [keep, text, internal]);
  const [busy, setBusy] = useState(false);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (text.trim() === '') return;
    setBusy(true);
    if (await onSend(text, internal)) {
      // Also where the form was taken away meanwhile.
      keep(undefined);
      setText('');
    }
    setBusy(false);
  };
  return (
    <form className="note-form" onSubmit={(event) => void submit(event)}>
      <textarea
        value={text}
        rows={3}
        maxLength={20_000}
        placeholder={say('comment')}
        aria-label={say('comment')}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) event.currentTarget.form?.requestSubmit();
        }}
      />
      <div className="note-keys">
        <label className="check">
          <input type="checkbox" checked={internal} onChange={(event) => setInternal(event.target.checked)} />
          {say('comment.internal')}
        </label>
        <span className="hint">{say('comment.hint')}</span>
        <div className="space" />
        <button type="submit" className="secondary small" disabled={busy || text.trim() === ''}>
          {say('comment.send')}
        </button>
      </div>
    </form>
  );
}
