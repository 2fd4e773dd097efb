import { defineErrors } from '../../values/index.ts';

export const failed = defineErrors({
  'work-item-unknown': { status: 404, text: 'There is no work item {item}.' },
  'work-item-state': { status: 409, text: 'The work item is {from}; that does not lead to {to}.' },
  'work-item-channel': { status: 422, text: '{channel} is no channel of work items.' },
  'work-item-closed': { status: 409, text: 'The work item is closed; open a new one that links to it.' },
});
