// Work items: found, looked at as a list or a board, and one of them beside.
import './work-items.css';
import { useState } from 'react';
import { usePanel } from '../panel-context.ts';
import { Failure } from '../parts/failure.tsx';
import { Icon } from '../parts/icon.tsx';
import { rest, useRest } from '../rest.ts';
import { goTo } from '../route.ts';
import { useLiveEvents } from '../work/live-events.ts';
import { NewWorkItem } from './new-work-item.tsx';
import { priorities, states, type WorkItem, type WorkItemState } from './types.ts';
import { useWorkItemWords, type WorkItemWord } from './words.ts';
import { WorkItemBoard } from './work-item-board.tsx';
import { WorkItemDetail } from './work-item-detail.tsx';
import { WorkItemTable } from './work-item-table.tsx';

const events = 'work-item.created,work-item.moved,work-item.changed,work-item.commented,work-item.overdue';
/** Agents are told by the stream of their own only. */
const everyMs = 15_000;
const most = 300;

export default function WorkItemsPage({ rest: [open] }: { rest: string[] }) {
  const { state, change } = usePanel();
  const say = useWorkItemWords();
  const [board, setBoard] = useState(false);
  const [making, setMaking] = useState(false);
  const [which, setWhich] = useState<'active' | 'all' | WorkItemState>('active');
  const [owner, setOwner] = useState('');
  const [priority, setPriority] = useState('');
  const [late, setLate] = useState(false);
  const [text, setText] = useState('');
  const wanted = board || which === 'all' ? undefined : which === 'active' ? 'new,open,pending' : which;
  const query = {
    state: wanted,
    owner: owner || undefined,
    priority: priority || undefined,
    overdue: late || undefined,
    text: text.trim() || undefined,
    limit: most,
  };
  const { data, failed, reload } = useRest<{ workItems: WorkItem[] }>('/work-items', query, everyMs);
  useLiveEvents(events, reload);
  const items = data?.workItems;

  const move = (item: WorkItem, to: WorkItemState) => {
    rest(`/work-items/${encodeURIComponent(item.id)}/state`, { method: 'POST', body: { to } }).then(
      () => {
        const said = say('moved', { subject: item.subject, state: say(`state.${to}`) });
        change({ on: 'notice', notice: { kind: 'good', about: 'said', text: said } });
        reload();
      },
      (error: Error) => change({ on: 'notice', notice: { kind: 'bad', about: 'failed', reason: error.message } }),
    );
  };

  return (
    <>
      <header className="page-head">
        <h1>{say('title')}</h1>
        <span className="muted figures">{items?.length}</span>
        <div className="space" />
        <fieldset className="switch" aria-label={say('view')}>
          {[false, true].map((one) => (
            <button key={String(one)} type="button" aria-pressed={board === one} onClick={() => setBoard(one)}>
              <Icon name={one ? 'keypad' : 'queue'} size={16} />
              {say(one ? 'board' : 'list')}
            </button>
          ))}
        </fieldset>
        <button type="button" className="primary" onClick={() => setMaking(true)}>
          {say('new')}
        </button>
      </header>
      <search className="work-filters">
        <label className="search-box">
          <Icon name="search" size={18} />
          <input
            type="search"
            value={text}
            placeholder={say('search')}
            aria-label={say('search')}
            maxLength={100}
            onChange={(event) => setText(event.target.value)}
          />
        </label>
        {!board && (
          <Choice
            label={say('filter.state')}
            value={which}
            options={['active', ...states, 'all']}
            name={(one) => say(`state.${one}` as WorkItemWord)}
            onChange={(one) => setWhich(one as typeof which)}
          />
        )}
        <Choice
          label={say('filter.owner')}
          value={owner}
          options={['', 'me', 'nobody']}
          name={(one) => say(`owner.${one || 'all'}` as WorkItemWord)}
          onChange={setOwner}
        />
        <Choice
          label={say('filter.priority')}
          value={priority}
          options={['', ...priorities]}
          name={(one) => say(`priority.${one || 'all'}` as WorkItemWord)}
          onChange={setPriority}
        />
        <label className="check">
          <input type="checkbox" checked={late} onChange={(event) => setLate(event.target.checked)} />
          {say('filter.late')}
        </label>
      </search>
      <Failure of={failed} onRetry={reload} />
      <div className="records" data-open={open !== undefined}>
        {items === undefined ? (
          <div />
        ) : board ? (
          <WorkItemBoard items={items} open={open} onMove={move} />
        ) : (
          <WorkItemTable items={items} open={open} />
        )}
        {open !== undefined && (
          <WorkItemDetail key={open} id={open} onChanged={reload} onClose={() => goTo('work', 'items')} />
        )}
      </div>
      {making && (
        <NewWorkItem
          channels={state.setup?.written?.work ?? []}
          onClose={() => setMaking(false)}
          onMade={(made) => {
            reload();
            goTo('work', 'items', made.id);
          }}
        />
      )}
    </>
  );
}

function Choice({
  label,
  value,
  options,
  name,
  onChange,
}: {
  label: string;
  value: string;
  options: readonly string[];
  name: (one: string) => string;
  onChange: (one: string) => void;
}) {
  return (
    <label className="choice">
      <span>{label}</span>
      <select value={value} onChange={(event) => onChange(event.target.value)}>
        {options.map((one) => (
          <option key={one} value={one}>
            {name(one)}
          </option>
        ))}
      </select>
    </label>
  );
}
