// What calls write to the journal beside the interaction.* events (server/customers), of which the record is made:
// technical facts of the telephone.
import { z } from 'zod';
import { defineEvent } from '../journal/index.ts';

const ms = z.number().nonnegative();

export const callAnswered = defineEvent(
  'call.answered',
  1,
  { leg: z.string(), setupMs: ms },
  { about: 'We answered the call (200 sent); how long after the INVITE.' },
);

export const callLegEnded = defineEvent(
  'call.leg-ended',
  1,
  {
    leg: z.string(),
    role: z.enum(['caller', 'agent', 'far']),
    sipCallId: z.string(),
    by: z.enum(['remote', 'us', 'linked', 'lost']),
    cause: z.string(),
    status: z.number().int().optional(),
  },
  { about: 'One leg of a call is released: by whom, and what SIP said.' },
);

export const callFlowFaulted = defineEvent(
  'call.flow-faulted',
  1,
  { flow: z.string(), node: z.string(), code: z.string(), sentence: z.string() },
  { about: 'A flow did something that its author should hear of.' },
);

export const callRang = defineEvent(
  'call.rang',
  1,
  { offer: z.string().optional(), phones: z.number().int(), ringMs: ms, status: z.number().int().optional() },
  { about: "An agent's phones (or a number) were rung: how many, how long, and the SIP status that ended it." },
);

export const callTransferFailed = defineEvent(
  'call.transfer-failed',
  1,
  { how: z.enum(['busy', 'no-answer', 'failed']), status: z.number().int().optional() },
  { about: 'The target of a transfer did not take the call.' },
);

export const callDetourEnded = defineEvent(
  'call.detour-ended',
  1,
  { flow: z.string(), result: z.string(), ms },
  { about: 'The caller came back from a flow that the agent had sent her into.' },
);

export const callMonitored = defineEvent(
  'call.monitored',
  1,
  {
    by: z.string(),
    mode: z.enum(['listen', 'whisper', 'barge']),
    what: z.enum(['asked', 'began', 'changed', 'took-over', 'ended']),
  },
  { about: "A supervisor (`by`) listened to an agent's talk, spoke in it or took it over: who, how, and when." },
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

export const callAdopted = defineEvent(
  'call.adopted',
  1,
  {
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
    ]),
  },
  { about: 'A restarted server took the running call up again.' },
);

export const callRefused = defineEvent(
  'call.refused',
  1,
  {
    status: z.number().int(),
    reason: z.enum(['trunk-full', 'flow-unknown', 'not-allowed', 'no-route', 'unknown', 'draining']),
    trunk: z.string().optional(),
    from: z.string().optional(),
    to: z.string().optional(),
  },
  { personal: ['from', 'to'], about: 'A call of a known trunk or phone was refused before it became a contact.' },
);
