import { z } from 'zod';
import { defineEvent } from '../journal/index.ts';

export const itemJudged = defineEvent(
  'social.item-judged',
  1,
  {
    message: z.string(),
    via: z.string(),
    kind: z.enum(['mention', 'comment', 'post', 'review']),
    reach: z.number(),
    engaged: z.number(),
    score: z.number(),
    cluster: z.string().optional(),
  },
  {
    about:
      'A public item about us was looked at: reach of its author, likes, shares and comments, tone (-1 to 1), and the cluster of those that ask the same.',
  },
);

export const itemIgnored = defineEvent(
  'social.item-ignored',
  1,
  { message: z.string(), via: z.string(), ignored: z.boolean(), by: z.string() },
  { about: 'Somebody decided that a public item wants no answer, or (`ignored` false) that it wants one after all.' },
);
