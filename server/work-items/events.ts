import { z } from 'zod';
import { defineEvent } from '../journal/index.ts';
import { workItemStates } from './states.ts';
import { priorities } from './work-item.ts';

const item = z.string();
const by = z.string();

export const workItemCreated = defineEvent(
  'work-item.created',
  1,
  { item, by, via: z.string(), priority: z.enum(priorities), due: z.number(), subject: z.string() },
  { personal: ['subject'], about: 'A work item (a ticket) was made; it stands in the queue of its channel.' },
);

export const workItemMoved = defineEvent(
  'work-item.moved',
  1,
  { item, by, from: z.enum(workItemStates), to: z.enum(workItemStates), due: z.number(), until: z.number().optional() },
  {
    about: 'A work item has another state; while it is pending, its agreed time stands still (`until`: it wakes then).',
  },
);

export const workItemChanged = defineEvent(
  'work-item.changed',
  1,
  {
    item,
    by,
    owner: z.string().nullish(),
    priority: z.enum(priorities).optional(),
    due: z.number(),
    fields: z.array(z.string()),
  },
  { about: 'Owner, priority, time or words of a work item were changed.' },
);

export const workItemCommented = defineEvent(
  'work-item.commented',
  1,
  { item, by, number: z.number().int(), internal: z.boolean(), text: z.string() },
  { personal: ['text'], about: 'Somebody wrote to a work item.' },
);

export const workItemOverdue = defineEvent(
  'work-item.overdue',
  1,
  { item, due: z.number() },
  { about: 'The agreed time of a work item has passed, and it is not solved.' },
);
