import { defineErrors } from '../../values/index.ts';

export const failed = defineErrors({
  'flow-unknown': { status: 404, text: 'There is no flow "{flow}".' },
});
