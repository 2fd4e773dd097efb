import { nameIn } from '../i18n/translate.ts';
import { usePanel } from '../panel-context.ts';
import { hrefOf } from '../route.ts';
import { Due } from './due.tsx';
import type { WorkItem } from './types.ts';
import { useWorkItemWords } from './words.ts';

/** The most urgent first, as the server gives them. */
export function WorkItemTable({ items, open }: { items: WorkItem[]; open: string | undefined }) {
  const { language, state } = usePanel();
  const say = useWorkItemWords();
  const channels = state.setup?.written?.work ?? [];
  if (items.length === 0) {
    return (
      <section className="card nothing">
        <p>{say('none')}</p>
        <p className="muted">{say('none.hint')}</p>
      </section>
    );
  }
  return (
    <section className="card scroll" aria-label={say('title')}>
      <table className="work-table">
        <thead>
          <tr>
            {(['subject', 'state', 'due', 'owner', 'customer'] as const).map((one) => (
              <th key={one} scope="col">
                {say(one)}
              </th>
            ))}
            {channels.length > 1 && <th scope="col">{say('channel')}</th>}
          </tr>
        </thead>
        <tbody>
          {items.map((item) => (
            <tr key={item.id} aria-selected={item.id === open} data-late={item.overdue}>
              <th scope="row">
                <PriorityMark item={item} />
                <a href={hrefOf('work', 'items', item.id)}>{item.subject || item.id}</a>
              </th>
              <td>
                <span className="work-state" data-state={item.state}>
                  {say(`state.${item.state}`)}
                </span>
              </td>
              <td>
                <Due item={item} />
              </td>
              <td>{item.ownerName ?? item.owner ?? <span className="muted">{say('owner.nobody')}</span>}</td>
              <td>{item.customerName ?? item.customer ?? '–'}</td>
              {channels.length > 1 && (
                <td>{nameIn(language, channels.find(({ id }) => id === item.via)?.name ?? {}, item.via)}</td>
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

export function PriorityMark({ item }: { item: WorkItem }) {
  const say = useWorkItemWords();
  if (item.priority === 'normal') return null;
  return (
    <span className="priority" data-priority={item.priority}>
      {say(`priority.${item.priority}`)}
    </span>
  );
}
