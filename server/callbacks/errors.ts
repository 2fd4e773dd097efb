import { defineErrors } from '../../values/index.ts';

export const failed = defineErrors({
  'callback-unknown': { status: 404, text: 'There is no callback {callback}.' },
  'callback-window': { status: 422, text: 'The time for the callback is not possible: {reason}.' },
  'callback-over': { status: 409, text: 'The callback {callback} is over, or under way, and cannot be cancelled.' },
});
