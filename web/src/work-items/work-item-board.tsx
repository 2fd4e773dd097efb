import { type DragEvent, type KeyboardEvent, useState } from 'react';
import { hrefOf } from '../route.ts';
import { Due } from './due.tsx';
import { nextOf, states, type WorkItem, type WorkItemState } from './types.ts';
import { useWorkItemWords } from './words.ts';
import { PriorityMark } from './work-item-table.tsx';

/** A column for each state; a card moves by the mouse, or by Alt and an arrow key. */
export function WorkItemBoard({
  items,
  open,
  onMove,
}: {
  items: WorkItem[];
  open: string | undefined;
  onMove: (item: WorkItem, to: WorkItemState) => void;
}) {
  const say = useWorkItemWords();
  const [dragged, setDragged] = useState<WorkItem>();
  const may = (item: WorkItem | undefined, to: WorkItemState) => item !== undefined && nextOf[item.state].includes(to);

  const onKey = (event: KeyboardEvent, item: WorkItem) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!event.altKey || step === undefined) return;
    event.preventDefault();
    const from = states.indexOf(item.state);
    const onward = step > 0 ? states.slice(from + 1) : states.slice(0, from).reverse();
    const to = onward.find((one) => may(item, one));
    if (to !== undefined) onMove(item, to);
  };
  const drop = (event: DragEvent, to: WorkItemState) => {
    event.preventDefault();
    if (dragged !== undefined && may(dragged, to)) onMove(dragged, to);
    setDragged(undefined);
  };

  return (
    <section aria-label={say('board')}>
      <div className="board">
        {states.map((one) => {
          const mine = items.filter(({ state }) => state === one);
          return (
            <section
              key={one}
              className="board-column"
              aria-label={say(`state.${one}`)}
              data-takes={may(dragged, one)}
              onDragOver={(event) => may(dragged, one) && event.preventDefault()}
              onDrop={(event) => drop(event, one)}
            >
              <h2>
                <span className="work-state" data-state={one}>
                  {say(`state.${one}`)}
                </span>
                <span className="muted figures">{mine.length}</span>
              </h2>
              <ul>
                {mine.map((item) => (
                  <li key={item.id}>
                    <a
                      className="board-card"
                      href={hrefOf('work', 'items', item.id)}
                      aria-current={item.id === open ? 'true' : undefined}
                      aria-keyshortcuts="Alt+ArrowRight Alt+ArrowLeft"
                      draggable
                      data-late={item.overdue}
                      onDragStart={() => setDragged(item)}
                      onDragEnd={() => setDragged(undefined)}
                      onKeyDown={(event) => onKey(event, item)}
                    >
                      <strong>{item.subject || item.id}</strong>
                      <span className="board-facts">
                        <PriorityMark item={item} />
                        <Due item={item} />
                      </span>
                      <span className="muted">
                        {[item.ownerName ?? item.owner ?? say('owner.nobody'), item.customerName]
                          .filter(Boolean)
                          .join(' · ')}
                      </span>
                    </a>
                  </li>
                ))}
              </ul>
              {mine.length === 0 && <p className="hint">{say('board.empty')}</p>}
            </section>
          );
        })}
      </div>
      <p className="hint board-hint">{say('board.hint')}</p>
    </section>
  );
}
