// One call, put together again from its notes, its legs and what the media engine still has.
import type { Bridge, Recording } from '../../media/media-server.ts';
import type { Leg } from '../signaling/index.ts';
import type { Call } from './call.ts';
import type { PathStep } from './call-facts.ts';
import type { CustomerNote } from './call-note.ts';
import type { CallState } from './call-states.ts';
import type { CallTools } from './call-tools.ts';
import { Part } from './part.ts';

export interface CallRemains {
  note: CustomerNote;
  path: PathStep[];
  customer: Leg;
  other: Leg | undefined;
  bridge: Bridge | undefined;
  recording: Recording | undefined;
}

/** Goes on where an earlier server was. */
export function takeUp(tools: CallTools, call: Call, remains: CallRemains): void {
  const { note, path, customer, other, bridge } = remains;
  const { state, part, flow, queued } = note;
  call.log.queue = queued?.id;
  if (flow) call.flow.restore(customer, flow, path);
  if (part && other && bridge) {
    const talks = state === 'held' ? 'held' : 'talking';
    call.assume(talks, customer);
    call.place.remember(queued);
    const taken = new Part(tools, call.log, part.facts, customer, other, part.bridge, part.since);
    taken.adopt(bridge, remains.recording, { paused: part.paused });
    // A detour, or a step into or out of the talk: both sides are brought together.
    call.talk.takeUp(taken, state === 'held' || state === 'talking' ? state : 'between');
    const { agent, acd } = part.facts;
    if (acd) tools.queueing.attach(call, () => undefined);
    else if (agent !== undefined) call.occupy(agent);
  } else {
    other?.end();
    if (part) lostPart(tools, call, customer, part);
    else if (queued && (state === 'queued' || state === 'ringing')) {
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

/** The other side's leg went in the gap, and the customer's did not. */
function lostPart(tools: CallTools, call: Call, customer: Leg, { facts }: NonNullable<CustomerNote['part']>): void {
  call.assume('talking', customer);
  if (facts.agent !== undefined) {
    call.log.agent = facts.agent;
    call.log.talkEnded('failed');
    if (facts.acd) tools.queueing.finished(call.interaction, facts.agent, 'failed');
  }
  call.finish('network', 'other-leg-lost');
}
