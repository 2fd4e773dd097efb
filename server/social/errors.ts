import { defineErrors } from '../../values/index.ts';

export const failed = defineErrors({
  'social-item-unknown': { status: 404, text: 'There is no public item {item}.' },
  'social-item-answered': {
    status: 409,
    text: 'The public item {item} has an answer, or one that waits for approval.',
  },
});
