// What panels see: the shapes of agents, calls, offers and queues in the desk's protocol. They are the contracts of
// values/ and server/ports as zod schemas, so that the protocol can be documented and checked; `satisfies` keeps them true.
import { z } from 'zod';
import type { Offer, OfferOutcome, PopContent } from '../../values/index.ts';
import type { AgentLive, CallView, DispositionTree, PartyView, QueueLive, QueueThresholds } from '../ports/index.ts';
import { deskConversation } from './conversation-protocol.ts';
import { lastWord } from './last-words.ts';
import { phoneView } from './phone-protocol.ts';

export const id = z.string().min(1).max(80);
export const millis = z.number();
export const language = z.enum(['en', 'zh']);
export const channel = z.enum(['voice', 'chat', 'social', 'mail', 'sms', 'work']);
export const direction = z.enum(['in', 'out', 'internal']);
export const role = z.enum(['agent', 'supervisor', 'admin']);
/** A name in the languages it exists in. */
export const names = z.object({ en: z.string().optional(), zh: z.string().optional() });

export const offer = z.object({
  id,
  interaction: id,
  agent: id,
  queue: id.optional(),
  at: millis,
  deadline: millis,
}) satisfies z.ZodType<Offer>;

export const offerOutcome = z.enum([
  'accepted',
  'declined',
  'missed',
  'unreachable',
  'withdrawn',
]) satisfies z.ZodType<OfferOutcome>;

export const popContent = z.object({
  interaction: id,
  channel,
  direction,
  queue: id.optional(),
  from: z.string().optional(),
  fromName: z.string().optional(),
  to: z.string(),
  language,
  enteredQueueAt: millis.optional(),
  thread: id.optional().describe('Of a call that goes on from something written: she can write there'),
  customer: z.object({ id, name: z.string().optional(), tags: z.array(z.string()) }).optional(),
  path: z.array(
    z.object({
      at: millis,
      node: z.string(),
      type: z.string(),
      label: z.string().optional(),
      value: z.string().optional(),
    }),
  ),
  variables: z.record(z.string(), z.string()),
  hints: z.array(z.partialRecord(language, z.string())).optional(),
  earlier: z.array(
    z.object({
      interaction: id,
      channel,
      at: millis,
      queue: z.string().optional(),
      agent: z.string().optional(),
      disposition: z.string().optional(),
      note: z.string().optional(),
      talkMs: z.number().optional(),
      site: z.string().optional(),
    }),
  ),
}) satisfies z.ZodType<PopContent>;

export const presence = z.enum(['offline', 'ready', 'not-ready']);

export const agentLive = z.object({
  agent: id,
  presence,
  reason: z.string().optional(),
  since: millis,
  contacts: z.array(
    z.object({
      interaction: id,
      channel,
      queue: id.optional(),
      state: z.enum(['offered', 'connected', 'wrap-up']),
      since: millis,
      until: millis.optional(),
      /** The time of the wrap-up is over; it waits for the disposition. */
      overdue: z.boolean().optional(),
      /** She has given the disposition, by her panel or by the API. */
      disposed: z.boolean().optional(),
      offer: id.optional(),
    }),
  ),
  occupied: z.partialRecord(channel, z.number()),
}) satisfies z.ZodType<AgentLive>;

export const monitorMode = z.enum(['listen', 'whisper', 'barge']);

export const party = z.object({
  party: id,
  as: z.enum(['consult', 'add', 'monitor']),
  state: z.enum(['calling', 'private', 'aside', 'in']),
  kind: z.enum(['queue', 'agent', 'number']),
  to: z.string(),
  agent: id.optional(),
  mode: monitorMode.optional(),
  since: millis,
}) satisfies z.ZodType<PartyView>;

export const callView = z.object({
  interaction: id,
  callId: z.string(),
  direction,
  phase: z.enum([
    'ivr',
    'queued',
    'ringing',
    'talking',
    'held',
    'consulting',
    'conference',
    'detour',
    'transferring',
    'parked',
    'ended',
  ]),
  since: millis,
  startedAt: millis,
  from: z.string().optional(),
  to: z.string(),
  trunk: z.string().optional(),
  did: z.string().optional(),
  flow: z.string().optional(),
  node: z.string().optional(),
  queue: id.optional(),
  agent: id.optional(),
  language,
  recording: z.enum(['on', 'paused', 'off']),
  variables: z.record(z.string(), z.string()),
  /** Who is in it beside customer and agent. Of supervisors an agent is told only where a queue says so. */
  parties: z.array(party).optional(),
  park: z.object({ slot: z.string(), by: id, until: millis }).optional(),
  detourEnded: z.object({ flow: id, result: z.record(z.string(), z.string()) }).optional(),
}) satisfies z.ZodType<CallView>;

/** A call that waits at a slot; `*701` on a phone, or `unpark`, retrieves it. */
export const parkedCall = z.object({
  interaction: id,
  slot: z.string(),
  by: id,
  until: millis,
  from: z.string().optional(),
  queue: id.optional(),
});

/** A number or colleague that she dialled. */
export const dialledNumber = z.object({ to: z.string(), at: millis });

export const queueLive = z.object({
  queue: id,
  waiting: z.number(),
  longestWaitMs: z.number(),
  agents: z.number(),
  free: z.number(),
  expectedWaitMs: z.number().optional(),
  today: z.object({
    offered: z.number(),
    answered: z.number(),
    abandoned: z.number(),
    overflowed: z.number(),
    serviceLevel: z.number().optional(),
    averageAnswerMs: z.number().optional(),
    averageHandleMs: z.number().optional(),
  }),
});
/** `satisfies` would ask for the key of an undefined expectedWaitMs, which JSON does not write. */
export type QueueFigures = QueueLive extends z.infer<typeof queueLive> ? z.infer<typeof queueLive> : never;

/** A screen-pop and what became of its offer. */
export const popView = z.object({
  offer,
  content: popContent,
  /** Of a written contact: what the customer said last, the oldest first. */
  words: z.array(lastWord).optional(),
  outcome: offerOutcome.optional(),
});

/** What the agent wrote down about a contact. */
export const workView = z.object({ interaction: id, disposition: z.string().optional(), note: z.string().optional() });

const dispositionNode: z.ZodType<DispositionTree> = z
  .object({
    code: z.string(),
    label: names,
    get children() {
      return z.array(dispositionNode);
    },
  })
  .meta({ id: 'Disposition' });

const levels = z.object({ warn: z.number().optional(), alarm: z.number().optional() });

/** From when on a queue's live figures stand out. */
export const thresholds = z.object({
  waiting: levels.optional(),
  longestWaitMs: levels.optional(),
  /** Percent. */
  serviceLevel: levels.optional(),
}) satisfies z.ZodType<QueueThresholds>;

export const queueCard = z.object({
  id,
  name: names,
  /** Whether she takes contacts of it. */
  mine: z.boolean(),
  /** Every code that can be given. */
  dispositions: z.array(z.string()),
  /** The same as a tree with labels; only leaves can be given. */
  dispositionTree: z.array(dispositionNode),
  dispositionRequired: z.boolean(),
  wrapUpMs: z.number(),
  serviceLevelMs: z.number(),
  thresholds: thresholds.optional(),
  /** Whether she may set them. */
  adjustable: z.boolean(),
  /** Address of the customer in another program, with `{number}` and the like to be filled in. */
  popUrl: z.string().optional(),
  /** Whether it is opened without a click. */
  popByItself: z.boolean().optional(),
});

/** Somebody to transfer to. `free`: ready, with nothing on hand. */
export const colleague = z.object({ id, name: z.string(), presence, free: z.boolean() });

/** What is configured and does not change by the minute. */
export const setup = z.object({
  site: z.object({ name: z.string(), timeZone: z.string() }),
  me: z.object({
    id,
    name: z.string(),
    roles: z.array(role),
    language,
    phone: z.enum(['registered', 'uri', 'number', 'panel', 'none']),
    /** Whether `answer` works: her phone obeys auto-answer. */
    canAnswer: z.boolean(),
  }),
  queues: z.array(queueCard),
  reasons: z.array(z.object({ reason: z.string(), name: names })),
  /** Flows that the caller can be sent into and comes back from. */
  flows: z.array(z.object({ flow: z.string(), name: names })),
  /** Digital channels of written work that she may serve: what its pages are shown for. */
  written: z
    .object({
      /** Channels into which work items can be put. */
      work: z.array(z.object({ id, name: names })),
      /** Public channels. */
      social: z.array(z.object({ id, name: names })),
    })
    .optional(),
  /** Origins of pages that the panel, in a frame of theirs, speaks with. */
  embedders: z.array(z.string()).optional(),
});

/** The agent's own day, since the site's midnight. */
export const today = z.object({
  handled: z.number(),
  missed: z.number(),
  declined: z.number(),
  talkMs: z.number(),
  wrapUpMs: z.number(),
});

export const snapshot = z.object({
  /** Events up to this number are in it. */
  seq: z.number(),
  /** The server's clock, for countdowns. */
  at: millis,
  setup,
  /** Absent for somebody who is no agent. */
  live: agentLive.optional(),
  today: today.optional(),
  pops: z.array(popView),
  calls: z.array(callView),
  conversations: z.array(deskConversation),
  work: z.array(workView),
  parked: z.array(parkedCall),
  /** What she dialled last, the latest first. */
  dialled: z.array(dialledNumber),
  /** Live figures of her queues. */
  figures: z.array(queueLive),
  colleagues: z.array(colleague),
  /** Where her phone is the panel. */
  phone: phoneView.optional(),
});

/** One agent of the supervisor's view. */
export const floorAgent = agentLive.extend({ name: z.string(), team: z.string().optional() });

export type ParkedCall = z.infer<typeof parkedCall>;
export type DialledNumber = z.infer<typeof dialledNumber>;
export type PopView = z.infer<typeof popView>;
export type WorkView = z.infer<typeof workView>;
export type QueueCard = z.infer<typeof queueCard>;
export type Colleague = z.infer<typeof colleague>;
export type Setup = z.infer<typeof setup>;
export type Today = z.infer<typeof today>;
export type Snapshot = z.infer<typeof snapshot>;
export type FloorAgent = z.infer<typeof floorAgent>;
