import { z } from 'zod';
import { defineEvent } from '../journal/index.ts';

export const holdPlaced = defineEvent(
  'retention.hold-placed',
  1,
  {
    hold: z.string(),
    kind: z.enum(['customer', 'interaction', 'queue']),
    subject: z.string(),
    reason: z.string(),
    by: z.string(),
  },
  { about: 'A legal hold: from now on neither a rule of retention nor an erasure takes away what it covers.' },
);

export const holdReleased = defineEvent(
  'retention.hold-released',
  1,
  { hold: z.string(), kind: z.enum(['customer', 'interaction', 'queue']), subject: z.string(), by: z.string() },
  { about: 'A legal hold ended.' },
);

export const retained = defineEvent(
  'retention.removed',
  1,
  {
    kind: z.enum(['recordings', 'messages', 'personal', 'interactions']),
    rule: z.string(),
    days: z.number().optional(),
    count: z.number(),
    ids: z.array(z.string()),
    by: z.string(),
  },
  {
    about:
      'What was kept long enough was taken away: which kind, by which rule, and the ids (of recordings; else of interactions). Rule `erasure`: with an erased person.',
  },
);
