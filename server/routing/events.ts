// What routing writes to the journal: the router's own record, by which a restart folds and a replay compares, and facts
// for everybody else (beside the interaction.* events of server/customers).
import { z } from 'zod';
import type { AcdEvent, Command, Snapshot } from '../acd/index.ts';
import { defineEvent, type EventType } from '../journal/index.ts';
import type { DayRecord } from './queue-day.ts';

/** As the router knows it; the schema says less, because replays read what any version wrote. */
export interface Decided {
  router: number;
  configuration: number;
  command: Command;
  events: AcdEvent[];
}

export interface SnapshotTaken {
  state: Snapshot;
  day: DayRecord;
  configuration: number;
}

export const routingDecided = defineEvent(
  'routing.decided',
  1,
  {
    router: z.number().int(),
    configuration: z.number().int(),
    command: z.looseObject({ type: z.string() }),
    events: z.array(z.looseObject({ type: z.string(), at: z.number() })),
  },
  {
    about:
      "One command of the router and what it decided, with the router's and the configuration's version. Folding `events` gives the router's state.",
  },
) as unknown as EventType<Decided>;

export const routingSnapshot = defineEvent(
  'routing.snapshot-taken',
  1,
  {
    state: z.looseObject({ version: z.number() }),
    day: z.looseObject({ day: z.string() }),
    configuration: z.number().int(),
  },
  { about: "The router's whole state and the day's counters; a restart folds from here." },
) as unknown as EventType<SnapshotTaken>;

export const routingOfferMade = defineEvent(
  'routing.offer-made',
  1,
  {
    offer: z.string(),
    deadline: z.number(),
    by: z.enum(['contact', 'agent']),
    rule: z.enum(['longest-idle', 'most-skilled', 'least-occupied', 'round-robin', 'direct']),
    ring: z.number().int(),
    candidates: z.number().int(),
    best: z.array(z.object({ id: z.string(), key: z.number() })),
    waitedMs: z.number(),
    rank: z.number(),
    idleMs: z.number(),
  },
  {
    about:
      'Why a contact was offered to an agent: which rule chose her, from how many, the best few with what they were ranked by.',
  },
);

export const routingHealed = defineEvent(
  'routing.healed',
  1,
  { kind: z.string(), router: z.string(), reality: z.string() },
  { about: 'The router and the real calls differed, and reality won: what each of them said.' },
);

export const routingRebuilt = defineEvent(
  'routing.rebuilt',
  1,
  { reason: z.string() },
  {
    about: "The router's record could not be folded; it began anew, and calls under way were bound again as they are.",
  },
);

export const agentPresenceChanged = defineEvent(
  'agent.presence-changed',
  1,
  {
    from: z.enum(['offline', 'not-ready', 'ready', 'leaving']),
    to: z.enum(['offline', 'not-ready', 'ready', 'leaving']),
    reason: z.string().optional(),
  },
  { about: 'An agent signed in or out, became ready, or not ready and why.' },
);

export const agentOccupied = defineEvent(
  'agent.occupied',
  1,
  { channel: z.enum(['voice', 'chat', 'social', 'mail', 'sms', 'work']), count: z.number().int() },
  { about: 'How many contacts of her own an agent has on a channel changed.' },
);

export const queueStaffChanged = defineEvent(
  'queue.staff-changed',
  1,
  { staffed: z.boolean() },
  { about: 'The first agent of a queue signed in, or the last one signed out.' },
);

export const queueHoursChanged = defineEvent(
  'queue.hours-changed',
  1,
  { open: z.boolean() },
  { about: 'A queue opened or closed by its hours.' },
);
