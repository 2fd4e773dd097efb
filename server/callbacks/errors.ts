import { defineErrors } from '../../values/index.ts';

export const failed = defineErrors({
  'callback-unknown': { status: 404, text: 'There is no callback {callback}.' },
  'callback-window': { status: 422, text: 'The time for the callback is not possible: {reason}.' },
  'callback-number-many': { status: 429, text: 'That number has {count} open callbacks already; more are not taken.' },
  'callback-person-many': { status: 429, text: '{person} has {count} open callbacks already; more are not taken.' },
  'callback-over': { status: 409, text: 'The callback {callback} is over, or under way, and cannot be cancelled.' },
});
