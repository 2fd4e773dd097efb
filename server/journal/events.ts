import { z } from 'zod';
import { defineEvent } from './event-type.ts';

export const journalAlarm = defineEvent(
  'journal.disk-refused',
  1,
  { since: z.number(), until: z.number(), reason: z.string(), kept: z.number() },
  {
    about:
      'The disk refused to take events for a while; they were kept in memory and follow this one. Written when it took them again.',
  },
);

export const journalLost = defineEvent(
  'journal.events-lost',
  1,
  { since: z.number(), until: z.number(), count: z.number() },
  { about: 'The disk refused for so long that events had to be dropped: how many, and from when to when.' },
);

export const journalErased = defineEvent(
  'journal.person-erased',
  1,
  { subjects: z.array(z.string()), by: z.string(), events: z.number() },
  { about: 'The personal fields of all events about these subjects were erased for good.' },
);

export const journalKindsErased = defineEvent(
  'journal.kinds-erased',
  1,
  { subjects: z.array(z.string()), types: z.string(), by: z.string(), events: z.number() },
  {
    about:
      'Of these interactions the personal fields of one kind of events were erased for good, such as `message.`: what was written. The cloud does the same.',
  },
);
