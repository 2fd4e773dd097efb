import { z } from 'zod';
import { defineEvent } from '../journal/index.ts';

export const articlePut = defineEvent(
  'knowledge.article-put',
  1,
  { article: z.string(), by: z.string(), record: z.record(z.string(), z.unknown()) },
  { about: 'A knowledge article was written or changed: the whole of it.' },
);

export const articleRemoved = defineEvent(
  'knowledge.article-removed',
  1,
  { article: z.string(), by: z.string() },
  { about: 'A knowledge article was removed.' },
);

export const articleRated = defineEvent(
  'knowledge.article-rated',
  1,
  { article: z.string(), by: z.string(), helpful: z.boolean() },
  { about: 'Somebody said whether an article helped (`interaction` of the scope, where it was in a contact).' },
);
