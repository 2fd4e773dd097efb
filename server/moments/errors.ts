import { defineErrors } from '../../values/index.ts';

export const failed = defineErrors({
  'moment-unknown': { status: 404, text: 'There is no moment {moment}.' },
});
