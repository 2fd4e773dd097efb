// After a restart: what the edge still has is put together again. Dialogs with their notes, endpoints, bridges and
// recordings become calls that talk, wait and listen as before; what makes no sense is released; what ended meanwhile gets
// the end of its record.

import type { DialogEnd } from '../../link/index.ts';
import type { Bridge, MediaEndpoint } from '../../media/media-server.ts';
import type { Journal } from '../journal/index.ts';
import { Leg, type LegOwner, resolveDialled, type SipDialog } from '../signaling/index.ts';
import { Call, type CallKeeper } from './call.ts';
import type { PathStep } from './call-facts.ts';
import { CallLog } from './call-log.ts';
import { type CallNote, type CustomerNote, type OtherNote, readNote } from './call-note.ts';
import { type GuestRemains, takeUp } from './call-restart.ts';
import type { CallState } from './call-states.ts';
import type { CallTools } from './call-tools.ts';
import { ringFar } from './own-call.ts';

/** What is left of one call. */
interface Remains {
  note: CustomerNote | undefined;
  customer: Leg | undefined;
  other: Leg | undefined;
  guests: GuestRemains[];
  /** Her own call, which waits for its far side. */
  dialling: { leg: Leg; note: NonNullable<OtherNote['dialling']> } | undefined;
}

export interface Adopted {
  calls: number;
  /** Dialogs without a call: ended. */
  released: number;
  /** Calls that ended in the gap. */
  ended: number;
}

const nobody: LegOwner = {
  legEnded: () => {},
  legHeld: () => {},
  legReferred: (_leg, referral) => referral.refuse(481),
};

/** Takes up what there is. Throws only where the edge cannot be asked. */
export async function adoptCalls(tools: CallTools, keeper: CallKeeper & { add(call: Call): void }): Promise<Adopted> {
  const { sip, media } = tools.signaling.tools;
  const [{ dialogs, ended }, there] = await Promise.all([sip.find(), media.list()]);
  const endpoints = new Map(there.endpoints.map((endpoint) => [endpoint.id, endpoint]));
  const bridges = new Map(there.bridges.map((bridge) => [bridge.id, bridge]));
  const recordings = new Map(there.recordings.map((recording) => [recording.id, recording]));
  const calls = new Map<string, Remains>();
  let released = 0;

  for (const { dialog, snapshot } of dialogs) {
    const note = readNote(snapshot.note);
    const leg = note && legOf(tools, note, dialog, endpoints);
    if (!note || !leg) {
      released++;
      void dialog.bye();
      continue;
    }
    const remains = calls.get(note.interaction) ?? newRemains();
    calls.set(note.interaction, remains);
    if (note.role === 'customer') Object.assign(remains, { note, customer: leg });
    else if (note.guest) remains.guests.push({ note: note.guest, leg });
    else if (note.dialling) remains.dialling = { leg, note: note.dialling };
    else remains.other = leg;
  }

  for (const remains of calls.values()) {
    for (const { endpoint: id, agent, line, guest } of remains.note?.panels ?? []) {
      const endpoint = endpoints.get(id);
      const dialog = endpoint && (await tools.signaling.panels.revive(agent, line, endpoint));
      if (!endpoint || !dialog) continue;
      const leg = Leg.revive(tools.signaling.tools, 'agent', nobody, dialog, endpoint);
      leg.agent = agent;
      if (remains.note) leg.belongs(remains.note.interaction);
      if (guest) remains.guests.push({ note: guest, leg });
      else remains.other = leg;
    }
  }

  let count = 0;
  const kept = new Set<string>();
  for (const [interaction, { note, customer, other, guests, dialling }] of calls) {
    if (dialling && !customer) {
      if (dialAgain(tools, keeper, dialling)) count++;
      else released++;
      continue;
    }
    dialling?.leg.end();
    if (!note || !customer) {
      // A leg whose customer is gone: nobody to talk to.
      released++;
      other?.end();
      for (const { leg } of guests) leg.end();
      continue;
    }
    const bridge = note.part && bridges.get(note.part.bridge);
    const recording = note.part?.recording === undefined ? undefined : recordings.get(note.part.recording);
    if (bridge && other) kept.add(bridge.id);
    const call = new Call(tools, keeper, note.facts);
    keeper.add(call);
    const path = pathOf(tools.journal, interaction);
    takeUp(tools, call, { note, path, customer, other, guests, bridge, recording });
    count++;
  }
  await releaseMedia(tools, there.endpoints, there.bridges, calls, kept);
  const gone = recordEnds(tools, ended, calls);
  await sip.adopted();
  return { calls: count, released, ended: gone };
}

function newRemains(): Remains {
  return { note: undefined, customer: undefined, other: undefined, guests: [], dialling: undefined };
}

/** She waits at her phone for somebody who is not rung any more: rung again. @returns whether that can be done */
function dialAgain(
  tools: CallTools,
  keeper: CallKeeper & { add(call: Call): void },
  { leg, note: { facts, queue, routed } }: NonNullable<Remains['dialling']>,
): boolean {
  const resolved = resolveDialled(tools.directory, facts.toDialled);
  if (leg.agent === undefined || (resolved.kind !== 'number' && resolved.kind !== 'agent')) {
    leg.end();
    return false;
  }
  const call = new Call(tools, keeper, facts);
  keeper.add(call);
  const known = routed && tools.queueing.take(call, leg.agent, { queue });
  call.dialsAgain(leg.agent, queue, known);
  call.callerThere(leg);
  void ringFar(tools, keeper, call, leg, resolved);
  return true;
}

function legOf(
  tools: CallTools,
  note: CallNote,
  dialog: SipDialog,
  endpoints: Map<string, MediaEndpoint>,
): Leg | undefined {
  const endpoint = endpoints.get(note.endpoint);
  const { browsers, tools: legTools } = tools.signaling;
  const carrier = browsers ? browsers.revive(dialog) : dialog;
  if (!endpoint || !carrier) return undefined;
  const role = note.role === 'customer' ? 'caller' : note.agent === undefined ? 'far' : 'agent';
  const leg = Leg.revive(legTools, role, nobody, carrier, endpoint);
  leg.agent = note.role === 'other' ? note.agent : undefined;
  return leg.belongs(note.interaction);
}

function pathOf(journal: Journal, interaction: string): PathStep[] {
  return journal
    .ofInteraction(interaction)
    .filter(({ type }) => type === 'interaction.step')
    .map(({ at, data }) => ({ at, ...(data as Omit<PathStep, 'at' | 'flow'> & { flow?: string }) }))
    .map(({ at, node, type, label, value }) => ({ at, node, type, label, value }));
}

async function releaseMedia(
  tools: CallTools,
  endpoints: MediaEndpoint[],
  bridges: Bridge[],
  calls: Map<string, Remains>,
  kept: Set<string>,
): Promise<void> {
  const used = new Set<string | undefined>();
  for (const { customer, other, guests, dialling } of calls.values()) {
    for (const leg of [customer, other, dialling?.leg, ...guests.map((guest) => guest.leg)]) used.add(leg?.endpointId);
  }
  const closing = [
    ...endpoints.filter(({ id }) => !used.has(id)).map((endpoint) => endpoint.close()),
    ...bridges.filter(({ id }) => !kept.has(id)).map((bridge) => bridge.close()),
  ];
  for (const result of await Promise.allSettled(closing)) {
    if (result.status === 'rejected')
      tools.logger.warn({ err: result.reason }, 'media without a call could not be closed');
  }
}

/** Ends that happened while no server was there: by the customer's dialog where it is among them, else by hers. */
function recordEnds(tools: CallTools, ended: DialogEnd[], alive: Map<string, Remains>): number {
  const ends = new Map<string, { note: CustomerNote; end: DialogEnd; first: DialogEnd }>();
  const firsts = new Map<string, DialogEnd>();
  for (const end of ended) {
    const note = readNote(end.note);
    if (!note || alive.get(note.interaction)?.customer) continue;
    const first = firsts.get(note.interaction);
    if (!first || end.at < first.at) firsts.set(note.interaction, end);
    if (note.role === 'customer') ends.set(note.interaction, { note, end, first: end });
  }
  for (const [interaction, { note, end }] of ends) {
    const first = firsts.get(interaction) ?? end;
    const log = new CallLog(tools, note.facts);
    log.agent = note.part?.facts.agent;
    log.queue = note.queued?.id;
    const byCustomer = first === end;
    if (note.part?.facts.agent !== undefined) {
      log.talkEnded(byCustomer ? 'customer' : 'agent');
      if (note.part.facts.acd) {
        tools.queueing.finished(interaction, note.part.facts.agent, byCustomer ? 'customer' : 'agent');
      }
    } else if (note.state === 'queued' || note.state === 'ringing') tools.queueing.leave(interaction, 'abandoned');
    const by = first.by !== 'remote' ? 'network' : byCustomer ? 'customer' : 'agent';
    log.ended(note.state as CallState, by, 'BYE', undefined, first.at);
  }
  return ends.size;
}
