import { z } from 'zod';
import { defineEvent } from '../journal/index.ts';

export const flowPassed = defineEvent(
  'flow.passed',
  1,
  {
    calls: z.array(z.tuple([z.string(), z.string(), z.string(), z.number().int().min(1)])),
  },
  {
    about:
      'How many calls went which way in flows since the event before: flow, from node (empty: it began), to node, calls.',
  },
);
