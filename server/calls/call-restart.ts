// One call, put together again from its notes, its legs and what the media engine still has.
import type { Bridge, Recording } from '../../media/media-server.ts';
import type { Leg } from '../signaling/index.ts';
import type { Call } from './call.ts';
import type { PathStep } from './call-facts.ts';
import type { GuestNote } from './call-guests.ts';
import type { CustomerNote } from './call-note.ts';
import type { CallState } from './call-states.ts';
import type { CallTools } from './call-tools.ts';
import { Part } from './part.ts';

export interface GuestRemains {
  note: GuestNote;
  leg: Leg;
}

export interface CallRemains {
  note: CustomerNote;
  path: PathStep[];
  customer: Leg;
  other: Leg | undefined;
  guests: GuestRemains[];
  bridge: Bridge | undefined;
  recording: Recording | undefined;
}

/** Goes on where an earlier server was. */
export function takeUp(tools: CallTools, call: Call, remains: CallRemains): void {
  const { note, path, customer, other, bridge, guests } = remains;
  const { state, part, flow, queued } = note;
  call.log.queue = queued?.id ?? part?.facts.queue;
  if (note.agent !== undefined) {
    customer.agent = note.agent;
    call.occupy(note.agent);
  }
  if (flow) call.flow.restore(customer, flow, path);
  if (part && other && bridge) takeUpTalk(tools, call, remains, part, other, bridge);
  else {
    other?.end();
    const next = part && guests.find(({ note: { facts } }) => facts.as !== 'monitor');
    for (const { leg } of guests) if (leg !== next?.leg) leg.end();
    if (part && next) partHandedOver(tools, call, customer, part.facts, next);
    else if (part) lostPart(tools, call, customer, part);
    else if (state === 'detour' && note.detour) {
      call.assume('detour', customer);
      call.talk.takeUpDetour(undefined, note.detour, false);
    } else if (note.park) {
      call.assume('parked', customer);
      call.park.takeUp(note.park);
    } else if (queued && (state === 'queued' || state === 'ringing')) {
      call.assume('queued', customer);
      call.place.takeUp(queued);
    } else {
      call.assume('ivr', customer);
      if (!call.flow.resume()) call.finish('system', 'restart');
    }
  }
  if (call.over) return;
  call.log.adopted(call.state as Exclude<CallState, 'setup' | 'ended'>);
  call.moved();
}

function takeUpTalk(
  tools: CallTools,
  call: Call,
  { note, customer, guests, recording }: CallRemains,
  part: NonNullable<CustomerNote['part']>,
  other: Leg,
  bridge: Bridge,
): void {
  const { state, detour } = note;
  const talks = talkState(state as CallState, guests, detour !== undefined);
  call.assume(talks, customer);
  call.place.remember(note.queued);
  const taken = new Part(tools, call.log, part.facts, customer, other, part.bridge, part.since);
  taken.adopt(bridge, recording, { paused: part.paused });
  const { agent, acd, queue } = part.facts;
  // She has it, whatever routing knows: the news of her answer may not have reached its journal, or it has given the call up.
  if (agent !== undefined && acd) tools.queueing.take(call, agent, { queue });
  else if (agent !== undefined) call.occupy(agent);
  if (talks === 'detour' && detour) {
    call.talk.takeUpDetour(taken, detour, part.paused);
    return;
  }
  // A step into or out of the talk was under way: both sides are brought together.
  const settled = talks === state ? talks : talks === 'held' ? 'held' : 'between';
  call.talk.takeUp(
    taken,
    settled === 'conference' ? 'talking' : (settled as 'talking' | 'held' | 'consulting' | 'between'),
  );
  for (const { note: guest, leg } of guests) call.guests.takeUp(guest, leg, taken);
  if (note.pausedByConsult && part.paused) call.guests.takeUpPause(taken, talks === 'consulting');
}

/** What the talk is by now: who was only rung when the server went is not there any more. */
function talkState(
  state: CallState,
  guests: GuestRemains[],
  detoured: boolean,
): 'talking' | 'held' | 'consulting' | 'conference' | 'detour' {
  const has = (wanted: string) => guests.some(({ note }) => note.facts.as !== 'monitor' && note.state === wanted);
  if (state === 'detour' && detoured) return 'detour';
  if (state === 'consulting') return has('private') ? 'consulting' : 'held';
  if (has('in')) return 'conference';
  return state === 'held' ? 'held' : 'talking';
}

/** The agent went in the gap, and somebody else who was in the call did not. */
function partHandedOver(
  tools: CallTools,
  call: Call,
  customer: Leg,
  facts: NonNullable<CustomerNote['part']>['facts'],
  { note, leg }: GuestRemains,
): void {
  const { agent } = note.facts;
  const { agent: before, acd, queue, music } = facts;
  call.assume('talking', customer);
  if (before !== undefined) {
    call.log.agent = before;
    call.log.talkEnded('agent');
    call.log.agent = undefined;
  }
  const known = acd ? tools.queueing.attach(call, () => undefined) : undefined;
  const has = known?.state === 'connected';
  const instead = note.contact?.facts.interaction;
  // The news of it may have reached routing and not the note.
  const hasHer = has && known.agent === agent;
  const routed = hasHer || (has && agent !== undefined && tools.queueing.take(call, agent, { queue, instead }));
  if (has && !routed) tools.queueing.finished(call.interaction, known.agent, 'agent');
  if (!routed && agent !== undefined) call.occupy(agent);
  void call.talk.begin({ agent, queue, acd: routed, record: false, music }, customer, leg);
}

/** The other side's leg went in the gap, and the customer's did not. */
function lostPart(tools: CallTools, call: Call, customer: Leg, { facts }: NonNullable<CustomerNote['part']>): void {
  call.assume('talking', customer);
  if (facts.agent !== undefined) {
    call.log.agent = facts.agent;
    call.log.talkEnded('failed');
    // What was noted last may be older than what routing knows: her part may have been over already.
    const known = facts.acd ? tools.queueing.attach(call, () => undefined) : undefined;
    if (known?.state === 'connected') tools.queueing.finished(call.interaction, known.agent, 'failed');
    else if (known?.state === 'waiting') tools.queueing.leave(call.interaction, 'failed');
  }
  call.finish('network', 'other-leg-lost');
}
