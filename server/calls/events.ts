// What calls write to the journal: enough to rebuild the record of an interaction from it alone (see record.ts).
import { z } from 'zod';
import { defineEvent } from '../journal/index.ts';

const ms = z.number().int().nonnegative();
const language = z.enum(['en', 'zh']);

/** Where a call was when something happened to it. */
export const phases = ['setup', 'ivr', 'queue', 'ringing', 'talk', 'hold', 'detour', 'transfer'] as const;
/** Who ended a call or a leg. `far`: the other end of a direct or outgoing call; `linked`: the edge, because the other leg ended. */
export const enders = ['customer', 'agent', 'far', 'flow', 'supervisor', 'system', 'linked', 'lost'] as const;

export type RecordPhase = (typeof phases)[number];
export type Ender = (typeof enders)[number];

const quality = z.strictObject({
  codec: z.string(),
  received: z.number(),
  lost: z.number(),
  jitterMs: z.number(),
  rttMs: z.number().optional(),
  remoteLoss: z.number().optional(),
  mos: z.number(),
});
const skills = z.array(z.strictObject({ skill: z.string(), least: z.number() }));
const transferTarget = z.union([
  z.strictObject({ queue: z.string() }),
  z.strictObject({ agent: z.string() }),
  z.strictObject({ number: z.string() }),
]);

export const interactionStarted = defineEvent(
  'interaction.started',
  1,
  {
    channel: z.literal('voice'),
    direction: z.enum(['in', 'out', 'internal']),
    callId: z.string(),
    /** E.164 where it could be normalised, else as received; absent where withheld. */
    from: z.string().optional(),
    /** As received. */
    fromDialled: z.string().optional(),
    fromName: z.string().optional(),
    /** E.164 where it could be normalised, else as dialled. */
    to: z.string(),
    toDialled: z.string(),
    trunk: z.string().optional(),
    did: z.string().optional(),
    flow: z.string().optional(),
    flowVersion: z.string().optional(),
    language,
  },
  { personal: ['from', 'fromDialled', 'fromName'], about: 'A contact began: a call came in, or an agent placed one.' },
);

export const interactionEnded = defineEvent(
  'interaction.ended',
  1,
  {
    /** Where the call was. */
    phase: z.enum(phases),
    by: z.enum(enders),
    /** SIP status or Q.850-like word: `BYE`, `486`, `cancelled`, `rtp-lost` … */
    cause: z.string(),
    durationMs: ms,
    ivrMs: ms,
    waitMs: ms,
    ringMs: ms,
    talkMs: ms,
    holdMs: ms,
    /** Of the last agent's part. */
    agent: z.string().optional(),
    queue: z.string().optional(),
    /** True where the restarted server learnt of the end later. */
    late: z.boolean().optional(),
  },
  { about: 'The contact is over; where, by whom, and the sums of its times.' },
);

export const callAnswered = defineEvent(
  'call.answered',
  1,
  { leg: z.string(), setupMs: ms },
  { about: 'We answered the call (200 sent).' },
);

export const callLegEnded = defineEvent(
  'call.leg-ended',
  1,
  {
    leg: z.string(),
    role: z.enum(['caller', 'agent', 'far']),
    agent: z.string().optional(),
    sipCallId: z.string(),
    by: z.enum(['remote', 'us', 'linked', 'lost']),
    cause: z.string(),
    quality: quality.optional(),
  },
  { about: 'One leg of a call is released; its media quality.' },
);

export const callFlowEntered = defineEvent(
  'call.flow-entered',
  1,
  { flow: z.string(), version: z.string(), why: z.enum(['entry', 'detour', 'resumed']) },
  { about: 'The caller entered a flow.' },
);

export const callPathNoted = defineEvent(
  'call.path-noted',
  1,
  {
    node: z.string(),
    type: z.string(),
    label: z.string().optional(),
    /** What was keyed or chosen; secret input is never here. */
    value: z.string().optional(),
  },
  { personal: ['value'], about: "One step of the caller's path through a flow." },
);

export const callFlowFault = defineEvent(
  'call.flow-faulted',
  1,
  { flow: z.string(), node: z.string(), code: z.string(), sentence: z.string() },
  { about: 'A flow did something that its author should hear of.' },
);

export const callQueued = defineEvent(
  'call.queued',
  1,
  {
    queue: z.string(),
    priority: z.number().optional(),
    skills,
    /** Only this agent is wanted. */
    only: z.string().optional(),
    variables: z.record(z.string(), z.string()),
    language,
  },
  { personal: ['variables'], about: 'The caller entered a queue; with what the flow knew.' },
);

export const callQueueLeft = defineEvent(
  'call.queue-left',
  1,
  {
    queue: z.string(),
    how: z.enum(['answered', 'abandoned', 'overflow', 'empty', 'closed', 'removed', 'failed']),
    waitMs: ms,
  },
  { about: 'The caller left a queue.' },
);

export const callOffered = defineEvent(
  'call.offered',
  1,
  { offer: z.string(), phones: z.number().int() },
  { about: "An agent's phones ring." },
);

export const callOfferEnded = defineEvent(
  'call.offer-ended',
  1,
  {
    offer: z.string(),
    outcome: z.enum(['accepted', 'declined', 'missed', 'unreachable', 'withdrawn']),
    ringMs: ms,
    /** What the phone said, where it said something. */
    status: z.number().optional(),
  },
  { about: "Ringing an agent's phones ended." },
);

export const callConnected = defineEvent(
  'call.connected',
  1,
  { offer: z.string().optional(), leg: z.string(), ringMs: ms, waitMs: ms, far: z.string().optional() },
  { personal: ['far'], about: 'Caller and agent (or, for outgoing calls, the far side) talk.' },
);

export const callHeld = defineEvent(
  'call.held',
  1,
  { by: z.enum(['panel', 'phone']) },
  { about: 'The agent put the caller on hold.' },
);

export const callResumed = defineEvent(
  'call.resumed',
  1,
  { by: z.enum(['panel', 'phone']), holdMs: ms },
  { about: 'The hold is over.' },
);

export const callTransferred = defineEvent(
  'call.transferred',
  1,
  { to: transferTarget, by: z.enum(['panel', 'phone', 'flow']), kind: z.literal('blind') },
  { personal: ['to'], about: 'The caller was sent to a queue, an agent or a number.' },
);

export const callTransferFailed = defineEvent(
  'call.transfer-failed',
  1,
  { how: z.enum(['busy', 'no-answer', 'failed']), status: z.number().optional() },
  { about: 'The target of a transfer did not take the call.' },
);

export const callAgentLeft = defineEvent(
  'call.agent-left',
  1,
  { why: z.enum(['customer', 'agent', 'transferred', 'failed']), talkMs: ms, holdMs: ms },
  { about: "The agent's part in the call is over." },
);

export const callDetourStarted = defineEvent(
  'call.detour-started',
  1,
  { flow: z.string() },
  { about: 'The agent sent the caller into a flow and waits.' },
);

export const callDetourEnded = defineEvent(
  'call.detour-ended',
  1,
  { flow: z.string(), result: z.string(), ms },
  { about: 'The caller came back from a flow.' },
);

export const callRecordingStarted = defineEvent(
  'call.recording-started',
  1,
  { recording: z.string(), channels: z.union([z.literal(1), z.literal(2)]) },
  { about: 'A recording runs.' },
);

export const callRecordingPaused = defineEvent(
  'call.recording-paused',
  1,
  { recording: z.string() },
  { about: 'The recording was paused.' },
);

export const callRecordingResumed = defineEvent(
  'call.recording-resumed',
  1,
  { recording: z.string() },
  { about: 'The recording goes on.' },
);

export const callRecordingEnded = defineEvent(
  'call.recording-ended',
  1,
  { recording: z.string(), ms, bytes: z.number().int().nonnegative() },
  { about: 'A recording is complete.' },
);

export const callAdopted = defineEvent(
  'call.adopted',
  1,
  { phase: z.enum(phases) },
  { about: 'A restarted server took the running call up again.' },
);

export const callRefused = defineEvent(
  'call.refused',
  1,
  {
    status: z.number().int(),
    reason: z.enum(['did-unknown', 'trunk-full', 'media', 'flow-unknown', 'not-allowed', 'busy']),
    trunk: z.string().optional(),
    from: z.string().optional(),
    to: z.string(),
  },
  { personal: ['from'], about: 'A call of a known trunk or phone was refused before it became a contact.' },
);
