// From what the router decided to what the journal tells everybody.
import type { AcdEvent, OverflowReason } from '../acd/index.ts';
import {
  interactionOfferEnded,
  interactionOffered,
  interactionQueued,
  interactionQueueLeft,
  interactionWrappedUp,
} from '../customers/index.ts';
import { type EventScope, type NewEvent, newEvent } from '../journal/index.ts';
import { leftQueue, type QueueExit } from '../ports/index.ts';
import {
  agentOccupied,
  agentPresenceChanged,
  queueHoursChanged,
  queueStaffChanged,
  routingOfferMade,
} from './events.ts';

/** How the queue gives a contact back, in the words of the port. */
export function exitOf(reason: OverflowReason): QueueExit {
  switch (reason) {
    case 'max-wait':
      return 'overflow';
    case 'queue-full':
      return 'full';
    case 'no-agents':
    case 'agent-unavailable':
      return 'empty';
    case 'closed':
      return 'closed';
    case 'queue-removed':
      return 'removed';
  }
}

/** The team that an event with that scope belongs to. */
export type TeamOf = (scope: EventScope) => string | undefined;

/** The public facts in one event of the router; most have one, some none. */
export function factsOf(event: AcdEvent, teamOf: TeamOf): NewEvent[] {
  const facts = plainFacts(event);
  for (const fact of facts) fact.team = teamOf(fact);
  return facts;
}

function plainFacts(event: AcdEvent): NewEvent[] {
  const { at } = event;
  switch (event.type) {
    case 'presence-changed': {
      const { agent, from, to, reason } = event;
      return [newEvent(agentPresenceChanged, at, { from, to, reason }, { agent })];
    }
    case 'occupied': {
      const { agent, channel, count } = event;
      return [newEvent(agentOccupied, at, { channel, count }, { agent })];
    }
    case 'contact-queued': {
      const { contact: interaction, queue, priority, skills, from, agent } = event;
      const facts: NewEvent[] = [];
      if (from !== undefined && from !== queue) facts.push(moved(event, from));
      const only = agent && agent.until === undefined ? agent.id : undefined;
      const not = event.excluded?.agent;
      facts.push(newEvent(interactionQueued, at, { priority, skills, only, not }, { interaction, queue }));
      return facts;
    }
    case 'contact-overflowed': {
      const { contact: interaction, queue, waitedMs: waitMs } = event;
      return [newEvent(interactionQueueLeft, at, { why: exitOf(event.reason), waitMs }, { interaction, queue })];
    }
    case 'contact-left': {
      if (event.state === 'connected') return [];
      const { contact: interaction, queue, waitedMs: waitMs, reason } = event;
      const why = leftQueue.find((one) => one === reason) ?? 'failed';
      return [newEvent(interactionQueueLeft, at, { why, waitMs }, { interaction, queue })];
    }
    case 'offer-made': {
      const { contact: interaction, agent, queue, offer, deadline, why } = event;
      const scope = { interaction, agent, queue };
      return [
        newEvent(interactionOffered, at, { offer, deadline }, scope),
        newEvent(routingOfferMade, at, { offer, deadline, ...why }, scope),
      ];
    }
    case 'offer-ended':
    case 'offer-accepted': {
      const { contact: interaction, agent, queue, offer } = event;
      const outcome = event.type === 'offer-accepted' ? 'accepted' : event.outcome;
      return [newEvent(interactionOfferEnded, at, { offer, outcome }, { interaction, agent, queue })];
    }
    case 'wrap-up-ended': {
      const { contact: interaction, agent, queue, wrapUpMs: ms } = event;
      const how = event.missing ? 'missing' : event.by === 'agent' ? 'done' : 'timeout';
      return [newEvent(interactionWrappedUp, at, { ms, how }, { interaction, agent, queue })];
    }
    case 'queue-staffed':
    case 'queue-unstaffed':
      return [newEvent(queueStaffChanged, at, { staffed: event.type === 'queue-staffed' }, { queue: event.queue })];
    case 'queue-opened':
    case 'queue-closed':
      return [newEvent(queueHoursChanged, at, { open: event.type === 'queue-opened' }, { queue: event.queue })];
    default:
      return [];
  }
}

function moved(event: Extract<AcdEvent, { type: 'contact-queued' }>, queue: string): NewEvent {
  const waitMs = Math.max(0, event.at - event.since);
  return newEvent(interactionQueueLeft, event.at, { why: 'moved', waitMs }, { interaction: event.contact, queue });
}
