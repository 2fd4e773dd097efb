export { type WorkItemState, workItemMachine, workItemStates } from './states.ts';
export { type Comment, newWorkItemSchema, priorities, type WorkItem, workItemChangeSchema } from './work-item.ts';
export { WorkItems, type WorkItemsOptions } from './work-items.ts';
