// What is kept at the dialogs of a call in the edge, so that a restarted server can go on with it. Compact JSON; secret
// input is never in it. Everything that a running call is made of and that its journal does not tell.
import { z } from 'zod';
import type { FlowState } from '../ivr/index.ts';
import { withoutSecrets } from '../ivr/index.ts';
import type { Leg, PanelLineFacts, SipDialog } from '../signaling/index.ts';
import type { Call } from './call.ts';
import type { CallFacts } from './call-facts.ts';
import type { GuestNote } from './call-guests.ts';
import type { ParkFacts } from './call-park.ts';
import type { Place } from './call-place.ts';
import type { PartFacts } from './part.ts';

export interface CustomerNote {
  v: 1;
  role: 'customer';
  interaction: string;
  endpoint: string;
  facts: CallFacts;
  state: string;
  flow?: FlowState | undefined;
  queued?: Place | undefined;
  park?: ParkFacts | undefined;
  /** The flow that the agent sent her into; its state where nothing secret is in it. */
  detour?: { flow: string; since: number; state?: FlowState | undefined } | undefined;
  /** Whose phone the customer's leg is, in a call between colleagues. */
  agent?: string | undefined;
  /** The recording is paused because of a consultation. */
  pausedByConsult?: boolean | undefined;
  part?:
    | { facts: PartFacts; bridge: string; since: number; recording?: string | undefined; paused: boolean }
    | undefined;
  /** Those at phones inside panels: they have no dialog of their own. */
  panels?: PanelNote[] | undefined;
}

export interface PanelNote {
  endpoint: string;
  agent: string;
  line: PanelLineFacts;
  guest?: GuestNote | undefined;
}

export interface OtherNote {
  v: 1;
  role: 'other';
  interaction: string;
  endpoint: string;
  agent?: string | undefined;
  /** She is beside customer and agent. */
  guest?: GuestNote | undefined;
  /** Her own call, for which the far side was being rung. */
  dialling?: { facts: CallFacts; queue: string | undefined; routed: boolean } | undefined;
}

export type CallNote = CustomerNote | OtherNote;

const envelope = z.looseObject({
  v: z.literal(1),
  role: z.enum(['customer', 'other']),
  interaction: z.string(),
  endpoint: z.string(),
});

/** Notes for both dialogs, as far as they are there. */
export function noteOf(call: Call): [SipDialog, string][] {
  const notes: [SipDialog, string][] = [];
  const { customer, interaction } = call;
  const { part } = call.talk;
  if (customer?.dialog && customer.endpointId !== undefined) {
    const flow = call.flow.state;
    const note: CustomerNote = {
      v: 1,
      role: 'customer',
      interaction,
      endpoint: customer.endpointId,
      facts: call.facts,
      state: call.state,
      flow: flow && withoutSecrets(flow),
      queued: call.place.now,
      park: call.park.now,
      detour: call.talk.detourNote,
      agent: customer.agent,
      pausedByConsult: call.guests.pausedByConsult || undefined,
      part: part && {
        facts: part.facts,
        bridge: part.talk.bridgeId,
        since: part.since,
        recording: part.talk.recordingId,
        paused: part.talk.recording === 'paused',
      },
      panels: panelsOf(call),
    };
    notes.push([customer.dialog, JSON.stringify(note)]);
  }
  const other = part?.other;
  if (other?.dialog && other.endpointId !== undefined) {
    const note: OtherNote = { v: 1, role: 'other', interaction, endpoint: other.endpointId, agent: part?.agent };
    notes.push([other.dialog, JSON.stringify(note)]);
  }
  for (const guest of call.guests.all) {
    const { leg } = guest;
    if (!leg?.dialog || leg.endpointId === undefined) continue;
    const known = { agent: guest.agent, guest: call.guests.noteOf(guest) };
    notes.push([leg.dialog, JSON.stringify({ v: 1, role: 'other', interaction, endpoint: leg.endpointId, ...known })]);
  }
  const { caller, dialled } = call;
  if (caller?.dialog && caller.endpointId !== undefined && dialled) {
    const { agent, queue, routed } = dialled;
    const note: OtherNote = {
      v: 1,
      role: 'other',
      interaction,
      endpoint: caller.endpointId,
      agent,
      dialling: { facts: call.facts, queue, routed },
    };
    notes.push([caller.dialog, JSON.stringify(note)]);
  }
  return notes;
}

function panelsOf(call: Call): PanelNote[] | undefined {
  const notes: PanelNote[] = [];
  const add = (leg: Leg | undefined, agent: string | undefined, guest?: GuestNote) => {
    const line = leg?.panelLine;
    if (line && agent !== undefined && leg.endpointId !== undefined) {
      notes.push({ endpoint: leg.endpointId, agent, line, guest });
    }
  };
  const { part } = call.talk;
  add(part?.other, part?.agent);
  for (const guest of call.guests.all) add(guest.leg, guest.agent, call.guests.noteOf(guest));
  return notes.length > 0 ? notes : undefined;
}

/** @returns undefined where it is none of ours, or of another version of the program */
export function readNote(text: string | undefined): CallNote | undefined {
  if (text === undefined) return undefined;
  try {
    const read = envelope.safeParse(JSON.parse(text));
    return read.success ? (read.data as unknown as CallNote) : undefined;
  } catch {
    return undefined; // not JSON: somebody else's note
  }
}
