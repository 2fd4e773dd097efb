import { z } from 'zod';
import { defineEvent } from '../journal/index.ts';

/** What staff do by an API or a command line where no other event says who did it. */
export const staffActed = defineEvent(
  'audit.acted',
  1,
  {
    by: z.string(),
    what: z.string(),
    on: z.record(z.string(), z.string()).optional(),
    with: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional(),
  },
  {
    about:
      'A supervisor or administrator did something of which no other event of the audit says who it was: the method and path of the API, or the command; `on` what, `with` the switches and ids that were given.',
  },
);
