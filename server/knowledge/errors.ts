import { defineErrors } from '../../values/index.ts';

export const failed = defineErrors({
  'article-unknown': { status: 404, text: 'There is no article {article}.' },
  'article-not-saved': { status: 500, text: 'The change could not be saved; nothing was changed.' },
});
