// Work items as the API gives them.
import type { Comment, WorkItem as ServerItem, WorkItemState } from '../../../server/work-items/index.ts';

export type { Comment, WorkItemState };
export type Priority = ServerItem['priority'];
export type WorkItem = ServerItem & { ownerName?: string; customerName?: string };
export type WholeItem = WorkItem & { written: Comment[] };

export const states: readonly WorkItemState[] = ['new', 'open', 'pending', 'solved', 'closed'];
export const priorities: readonly Priority[] = ['urgent', 'high', 'normal', 'low'];

/** Where each state leads; the server decides (server/work-items/states.ts), this only says what is worth offering. */
export const nextOf: Record<WorkItemState, readonly WorkItemState[]> = {
  new: ['open', 'pending', 'solved'],
  open: ['pending', 'solved'],
  pending: ['open', 'solved'],
  solved: ['open', 'closed'],
  closed: [],
};
