import { z } from 'zod';
import { defineEvent } from '../journal/index.ts';

export const callbackScheduled = defineEvent(
  'callback.scheduled',
  1,
  {
    callback: z.string(),
    by: z.string(),
    from: z.number(),
    until: z.number(),
    preferred: z.string().optional(),
    attempts: z.number().int(),
    number: z.string(),
    name: z.string().optional(),
    note: z.string().optional(),
  },
  {
    personal: ['number', 'name', 'note'],
    about:
      'A customer is to be called back between two times (`queue` of the scope; `interaction`: the contact in which that was agreed).',
  },
);

export const callbackDue = defineEvent(
  'callback.due',
  1,
  { callback: z.string(), attempt: z.number().int() },
  { about: 'A callback entered its queue, as the interaction of the scope.' },
);

export const callbackAttempted = defineEvent(
  'callback.attempted',
  1,
  {
    callback: z.string(),
    attempt: z.number().int(),
    outcome: z.enum(['reached', 'not-reached', 'queue-exit', 'lost']),
    cause: z.string().optional(),
    next: z.number().optional(),
  },
  { about: 'What came of an attempt to call back, and when the next one is.' },
);

export const callbackEnded = defineEvent(
  'callback.ended',
  1,
  { callback: z.string(), how: z.enum(['done', 'failed', 'expired', 'cancelled']), by: z.string().optional() },
  { about: 'A callback is over: the customer was reached, the attempts or the time are used up, or it was cancelled.' },
);
