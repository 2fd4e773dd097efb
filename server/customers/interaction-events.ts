// The life of an interaction as events: whoever drives it (calls, digital conversations, routing, desk) appends these,
// and the record of it (table interactions) is made of these alone, so that it can be rebuilt from the journal.
// Every one carries `interaction` in its scope, and `agent`, `queue`, `customer`, `team` as far as they concern it.
//
//   started ─ identified ─ flow-entered ─ step … ─ queued ─ offered ─ offer-ended … ─ answered ─ held/resumed …
//      ─ transferred ─ (queued …) ─ talk-ended ─ ended ─ wrapped-up, disposed, quality, recording-* in any order
import { z } from 'zod';
import { defineEvent } from '../journal/index.ts';

const millis = z.number().int();
const channel = z.enum(['voice', 'chat', 'social', 'mail', 'sms', 'work']);
const direction = z.enum(['in', 'out', 'internal']);

/** Where an interaction was when it ended. `before`: it was refused or gave up before a flow began. */
export const endedWhere = z.enum(['before', 'ivr', 'queue', 'ringing', 'talk', 'detour', 'transfer', 'park']);

export type EndedWhere = z.infer<typeof endedWhere>;

export const interactionStarted = defineEvent(
  'interaction.started',
  1,
  {
    channel,
    direction,
    callId: z.string().optional(),
    trunk: z.string().optional(),
    did: z.string().optional(),
    language: z.string().optional(),
    from: z.string().optional(),
    fromDialled: z.string().optional(),
    fromName: z.string().optional(),
    to: z.string().optional(),
    toDialled: z.string().optional(),
    thread: z.string().optional(),
  },
  {
    personal: ['from', 'fromDialled', 'fromName', 'to', 'toDialled'],
    about:
      'A contact of a customer began. `from` and `to` are E.164 where they could be understood, `…Dialled` as received; `did` is the own number that was reached. `thread`: the contact with which the thread began that this one goes on with.',
  },
);

export const interactionIdentified = defineEvent(
  'interaction.identified',
  1,
  { by: z.enum(['number', 'account', 'agent', 'channel']) },
  { about: 'It is known who the customer is (`customer` of the scope).' },
);

export const interactionFlowEntered = defineEvent(
  'interaction.flow-entered',
  1,
  { flow: z.string(), version: z.string(), why: z.enum(['start', 'sub-flow', 'detour', 'queue-exit']).optional() },
  { about: 'The caller entered a flow, in that version (hash of its text).' },
);

export const interactionStep = defineEvent(
  'interaction.step',
  1,
  {
    flow: z.string().optional(),
    node: z.string(),
    type: z.string(),
    label: z.string().optional(),
    value: z.string().optional(),
  },
  {
    personal: ['value'],
    about: 'One step of the path through the IVR: what was pressed or entered. Secret input is never here.',
  },
);

export const interactionQueued = defineEvent(
  'interaction.queued',
  1,
  {
    priority: z.number(),
    skills: z.array(z.object({ skill: z.string(), least: z.number() })).optional(),
    only: z.string().optional(),
    not: z.string().optional(),
  },
  {
    about:
      'The contact entered a queue (`queue` of the scope), or moved to it; `only`: for that agent, `not`: who gave it away, to whom it is not offered at once.',
  },
);

export const interactionOffered = defineEvent(
  'interaction.offered',
  1,
  { offer: z.string(), deadline: millis.optional() },
  { about: 'The contact was offered to an agent (`agent` of the scope): her phone rings.' },
);

export const interactionOfferEnded = defineEvent(
  'interaction.offer-ended',
  1,
  { offer: z.string(), outcome: z.enum(['accepted', 'declined', 'missed', 'unreachable', 'withdrawn']) },
  { about: 'How an offer ended.' },
);

export const interactionAnswered = defineEvent(
  'interaction.answered',
  1,
  { offer: z.string().optional(), waitMs: z.number().optional() },
  { about: 'An agent and the customer are connected. `waitMs`: since it entered the queue.' },
);

export const interactionHeld = defineEvent('interaction.held', 1, {}, { about: 'The agent put the customer on hold.' });

export const interactionResumed = defineEvent('interaction.resumed', 1, {}, { about: 'The hold is over.' });

export const interactionQueueLeft = defineEvent(
  'interaction.queue-left',
  1,
  {
    why: z.enum([
      'abandoned',
      'overflow',
      'empty',
      'closed',
      'full',
      'removed',
      'flow',
      'callback',
      'answered',
      'failed',
      'moved',
    ]),
    waitMs: z.number(),
  },
  { about: 'The contact left the queue without having been answered.' },
);

export const interactionTransferred = defineEvent(
  'interaction.transferred',
  1,
  { kind: z.enum(['queue', 'agent', 'number', 'flow']), to: z.string().optional() },
  {
    personal: ['to'],
    about:
      'The customer was transferred, by an agent (of the scope) or by the flow. `to` names the queue, agent, number or flow.',
  },
);

export const interactionParty = defineEvent(
  'interaction.party',
  1,
  {
    party: z.string(),
    as: z.enum(['consult', 'add', 'monitor']),
    kind: z.enum(['queue', 'agent', 'number']),
    to: z.string().optional(),
    /** The agent who it is. */
    who: z.string().optional(),
    by: z.string().optional(),
    state: z.enum(['calling', 'private', 'aside', 'in', 'has-it', 'gone']),
    why: z.string().optional(),
  },
  {
    personal: ['to'],
    about:
      'Somebody beside customer and agent: is called, talks with the agent alone, hears music, is in the talk, has taken the call over, or is gone (and why).',
  },
);

export const interactionParked = defineEvent(
  'interaction.parked',
  1,
  { slot: z.string(), by: z.string() },
  { about: 'The customer waits at a slot; the agent who parked her is free.' },
);

export const interactionRetrieved = defineEvent(
  'interaction.retrieved',
  1,
  { slot: z.string(), how: z.enum(['agent', 'timeout']), ms: z.number() },
  { about: 'The customer is back from her slot: an agent retrieved her, or nobody came in time.' },
);

export const interactionTalkEnded = defineEvent(
  'interaction.talk-ended',
  1,
  { why: z.enum(['customer', 'agent', 'transferred', 'detour', 'failed']) },
  { about: "An agent's part in the contact ended; her wrap-up begins." },
);

export const interactionEnded = defineEvent(
  'interaction.ended',
  1,
  {
    where: endedWhere,
    by: z.enum(['customer', 'agent', 'flow', 'system', 'network']),
    cause: z.string().optional(),
    sipStatus: z.number().int().optional(),
  },
  {
    about:
      'The contact is over: where it was then, who ended it, and for SIP the status or Q.850 cause where there is one.',
  },
);

export const interactionWrappedUp = defineEvent(
  'interaction.wrapped-up',
  1,
  { ms: z.number(), how: z.enum(['done', 'timeout', 'missing', 'signed-out']).optional() },
  { about: "An agent's wrap-up of the contact is over; `missing`: without the disposition that its queue requires." },
);

export const interactionDisposed = defineEvent(
  'interaction.disposed',
  1,
  { disposition: z.string().optional(), note: z.string().optional() },
  {
    personal: ['note'],
    about: 'What the agent said the contact was about. What a later one says replaces what was said before.',
  },
);

export const interactionQuality = defineEvent(
  'interaction.quality',
  1,
  {
    leg: z.string(),
    party: z.enum(['customer', 'agent', 'other']),
    codec: z.string(),
    received: z.number(),
    lost: z.number(),
    jitterMs: z.number(),
    rttMs: z.number().optional(),
    mos: z.number(),
  },
  { about: 'The quality of one leg over its life: packets received and lost, jitter (RFC 3550), MOS (ITU-T G.107).' },
);

export const recordingStarted = defineEvent(
  'interaction.recording-started',
  1,
  { recording: z.string() },
  { about: 'A recording of the contact began.' },
);

export const recordingEnded = defineEvent(
  'interaction.recording-ended',
  1,
  {
    recording: z.string(),
    ms: z.number(),
    bytes: z.number(),
    sha256: z.string().optional(),
  },
  {
    about: 'A recording is finished; `sha256` of its file, where the media engine says it.',
  },
);

export const interactionsForgotten = defineEvent(
  'interaction.forgotten',
  1,
  { interactions: z.array(z.string()) },
  { about: 'Records of contacts that were kept long enough were taken away: their rows; figures stay in the reports.' },
);
