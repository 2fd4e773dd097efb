// The clock was set back: everything the router measures from goes back with it, so that who has waited a minute has still
// waited a minute, and an offer that had ten seconds left has ten seconds left. Opening hours are the calendar's and stay.
import type { Millis } from '../../values/index.ts';
import { listContact, refreshAgent, unlistContact } from './lanes.ts';
import { nextBoundary } from './opening.ts';
import type { Agent, Contact, Queue, RouterState } from './state.ts';

/** Less is a correction: what began in it lasts 0 ms, no less. */
const toleranceMs = 1_000;

/**
 * By how much the clock was set back since the last event, ms; 0 where it was not. What passed between that event and the
 * setting is nowhere written, and does not count.
 */
export function setBackMs(state: RouterState, now: Millis): number {
  const back = state.latest - now;
  return back > toleranceMs ? back : 0;
}

/** Costs O(n): it happens once in years. @param at the new time */
export function setBack(state: RouterState, byMs: number, at: Millis): void {
  const waiting = [...state.contacts.values()].filter((contact) => contact.state === 'waiting');
  for (const contact of waiting) unlistContact(state, contact);
  for (const contact of state.contacts.values()) ofContact(contact, byMs);
  for (const queue of state.queues.values()) {
    ofQueue(queue, byMs);
    state.timers.set('queue', queue.config.id, nextBoundary(queue.config, at));
  }
  for (const agent of state.agents.values()) ofAgent(state, agent, byMs);
  // The ring they were in: widening is an event.
  for (const contact of waiting) listContact(state, contact, at, contact.ring);
}

function ofContact(contact: Contact, byMs: number): void {
  contact.since -= byMs;
  contact.queuedAt -= byMs;
  contact.until -= byMs;
  const { agent, excluded } = contact;
  // What an event brought is shared with it: replaced, not changed.
  if (agent?.until !== undefined) contact.agent = { ...agent, until: agent.until - byMs };
  for (const [id, until] of excluded ?? []) excluded?.set(id, until - byMs);
}

function ofQueue(queue: Queue, byMs: number): void {
  const { measure } = queue;
  if (queue.unstaffedSince !== undefined) queue.unstaffedSince -= byMs;
  if (measure.lastAnswerAt !== undefined) measure.lastAnswerAt -= byMs;
}

function ofAgent(state: RouterState, agent: Agent, byMs: number): void {
  agent.since -= byMs;
  agent.idleSince -= byMs;
  agent.signedInAt -= byMs;
  if (agent.busySince !== undefined) agent.busySince -= byMs;
  for (const work of agent.work.values()) {
    work.since -= byMs;
    if (work.limit !== undefined) work.limit -= byMs;
    if (work.until === undefined) continue;
    work.until -= byMs;
    state.timers.set('work', work.id, work.until);
  }
  refreshAgent(state, agent);
}
