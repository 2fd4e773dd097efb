// The life of a work item (a ticket).
import { machine, type Table } from '../../values/index.ts';

//   new ──take──▶ open ◀──wake── pending
//    │ └──wait─────┼──wait──────▶ ▲ │
//    └──solve──────┴───────┬──────┴─┘ solve
//                          ▼
//                       solved ──close──▶ closed
//                          └──reopen──▶ open
export const workItemStates = ['new', 'open', 'pending', 'solved', 'closed'] as const;
export type WorkItemState = (typeof workItemStates)[number];
export type WorkItemEvent = 'take' | 'wait' | 'wake' | 'solve' | 'reopen' | 'close';

const table: Table<WorkItemState, WorkItemEvent> = {
  new: { take: 'open', wait: 'pending', solve: 'solved' },
  open: { wait: 'pending', solve: 'solved' },
  pending: { wake: 'open', solve: 'solved' },
  solved: { reopen: 'open', close: 'closed' },
  closed: {},
};
export const workItemMachine = machine<WorkItemState, WorkItemEvent>('work-item', table);

/** What leads from one state to another; undefined: nothing does. */
export function stepBetween(from: WorkItemState, to: WorkItemState): WorkItemEvent | undefined {
  const steps = Object.entries(table[from]) as [WorkItemEvent, WorkItemState][];
  return steps.find(([, after]) => after === to)?.[0];
}
