// Folding: what each event changes. Total (no event is refused here) and deterministic; the state changes in place.
import type { Channel, Millis } from '../../values/index.ts';
import type { AcdEvent, AcdEventOf } from './events.ts';
import { listContact, refreshAgent, retimeContact, unlistContact } from './lanes.ts';
import { measureAnswer, measureHandling } from './measure.ts';
import { nextBoundary } from './opening.ts';
import type { Presence } from './presence.ts';
import { setBack } from './set-back.ts';
import { forgetStaff, joinQueues, leaveQueues, recountStaff } from './staff.ts';
import { type Agent, type Contact, newAgent, newQueue, type RouterState, type Work } from './state.ts';

/**
 * Changes the state by one event and returns it.
 * @throws Error where the event does not fit the state, which means that the stream is not the one of this state
 */
export function evolve(state: RouterState, event: AcdEvent): RouterState {
  const { at } = event;
  if (event.type === 'clock-set-back') state.latest = at;
  else if (event.type !== 'refused') state.latest = Math.max(state.latest, at);
  switch (event.type) {
    case 'queue-set':
      setQueue(state, event);
      break;
    case 'queue-removed':
      removeQueue(state, event);
      break;
    case 'agent-set':
      setAgent(state, event);
      break;
    case 'agent-removing':
      agentOf(state, event.agent).removing = true;
      break;
    case 'agent-removed':
      state.agents.delete(event.agent);
      break;
    case 'presence-changed':
      changePresence(state, event);
      break;
    case 'contact-queued':
      queueContact(state, event);
      break;
    case 'contact-changed': {
      const contact = contactOf(state, event.contact);
      if (contact.state === 'waiting') unlistContact(state, contact);
      contact.priority = event.priority;
      contact.skills = event.skills;
      if (contact.state === 'waiting') listContact(state, contact, at);
      break;
    }
    case 'ring-widened':
    case 'agent-wait-over':
    case 'exclusion-over':
      relax(state, event);
      break;
    case 'contact-overflowed':
    case 'contact-left': {
      const contact = contactOf(state, event.contact);
      unlistContact(state, contact);
      state.contacts.delete(contact.id);
      break;
    }
    case 'offer-made':
      makeOffer(state, event);
      break;
    case 'offer-withdrawing': {
      const { agent, work } = workOf(state, event.offer);
      work.state = 'withdrawing';
      work.outcome = event.outcome;
      setUntil(state, work, event.deadline);
      agent.withdrawing++;
      refreshAgent(state, agent);
      break;
    }
    case 'offer-ended':
      endOffer(state, event);
      break;
    case 'offer-accepted':
      acceptOffer(state, event);
      break;
    case 'contact-adopted':
      adopt(state, event);
      break;
    case 'work-ended':
      endWork(state, event);
      break;
    case 'wrap-up-extended': {
      const { work } = workOf(state, event.work);
      setUntil(state, work, event.until);
      work.overdue = event.overdue;
      break;
    }
    case 'disposition-given':
      workOf(state, event.work).work.disposed = true;
      break;
    case 'wrap-up-ended': {
      const { agent, work } = workOf(state, event.work);
      measureHandling(state.queues.get(event.queue), (work.connectedMs ?? 0) + event.wrapUpMs);
      dropWork(state, agent, work, at, true);
      break;
    }
    case 'occupied':
      occupy(state, event);
      break;
    case 'queue-staffed':
    case 'queue-unstaffed': {
      const queue = queueOf(state, event.queue);
      queue.unstaffedSince = event.type === 'queue-unstaffed' ? at : undefined;
      for (const contact of queue.waiting) retimeContact(state, contact);
      break;
    }
    case 'queue-opened':
    case 'queue-closed': {
      const queue = queueOf(state, event.queue);
      queue.open = event.type === 'queue-opened';
      state.timers.set('queue', event.queue, nextBoundary(queue.config, at));
      break;
    }
    case 'clock-set-back':
      setBack(state, event.byMs, at);
      break;
    case 'refused':
      break;
    default:
      throw new Error(`acd: unknown event ${(event satisfies never as AcdEvent).type}`);
  }
  return state;
}

function setQueue(state: RouterState, event: AcdEventOf<'queue-set'>): void {
  const known = state.queues.get(event.queue.id);
  const queue = known ?? newQueue(event.queue);
  const waiting = [...queue.waiting];
  for (const contact of waiting) unlistContact(state, contact);
  for (const lane of queue.lanes.values()) for (const place of lane.places) place.agent.places.delete(lane);
  queue.lanes.clear();
  queue.config = event.queue;
  if (!known) queue.unstaffedSince = event.at;
  state.queues.set(event.queue.id, queue);
  recountStaff(state, queue);
  for (const contact of waiting) listContact(state, contact, event.at);
  state.timers.set('queue', event.queue.id, nextBoundary(queue.config, event.at));
}

function removeQueue(state: RouterState, event: AcdEventOf<'queue-removed'>): void {
  const queue = queueOf(state, event.queue);
  for (const lane of queue.lanes.values()) for (const place of lane.places) place.agent.places.delete(lane);
  forgetStaff(state, event.queue);
  state.timers.set('queue', event.queue, undefined);
  state.queues.delete(event.queue);
}

function setAgent(state: RouterState, event: AcdEventOf<'agent-set'>): void {
  const known = state.agents.get(event.agent.id);
  if (!known) {
    state.agents.set(event.agent.id, newAgent(event.agent, event.at));
    return;
  }
  const signedIn = takesContacts(known.presence);
  if (signedIn) leaveQueues(state, known);
  known.config = event.agent;
  known.removing = false;
  if (signedIn) {
    joinQueues(state, known);
    refreshAgent(state, known);
  }
}

function changePresence(state: RouterState, event: AcdEventOf<'presence-changed'>): void {
  const agent = agentOf(state, event.agent);
  agent.presence = event.to;
  agent.reason = event.reason;
  agent.since = event.at;
  if (event.to === 'ready' && agent.usedTotal === 0) agent.idleSince = event.at;
  if (event.from === 'offline') {
    agent.signedInAt = event.at;
    agent.busyMs = 0;
    agent.busySince = agent.usedTotal > 0 ? event.at : undefined;
    agent.share = 0;
  }
  if (!takesContacts(event.from) && takesContacts(event.to)) joinQueues(state, agent);
  if (takesContacts(event.from) && !takesContacts(event.to)) leaveQueues(state, agent);
  for (const contact of agent.reserved) state.touched.contacts.add(contact);
  refreshAgent(state, agent);
}

/** Whether she counts as staff: signed in and staying. */
function takesContacts(presence: Presence): boolean {
  return presence === 'ready' || presence === 'not-ready';
}

function newContact(id: string, channel: Contact['channel'], queue: string): Contact {
  const times = { since: 0, queuedAt: 0, until: 0 };
  return { id, channel, queue, state: 'waiting', priority: 0, skills: [], ...times, ring: 0, rank: 0 };
}

function queueContact(state: RouterState, event: AcdEventOf<'contact-queued'>): void {
  const known = state.contacts.get(event.contact);
  if (known?.state === 'waiting') unlistContact(state, known);
  const contact = known ?? newContact(event.contact, event.channel, event.queue);
  contact.queue = event.queue;
  contact.priority = event.priority;
  contact.skills = event.skills;
  contact.since = event.since;
  contact.queuedAt = event.at;
  contact.until = event.until;
  contact.offerMs = event.offerMs;
  contact.agent = event.agent;
  contact.excluded = event.excluded && new Map([[event.excluded.agent, event.excluded.until]]);
  state.contacts.set(contact.id, contact);
  // An offer under way goes on; the contact waits in its new queue when that has ended.
  if (contact.state === 'offered') return;
  contact.state = 'waiting';
  contact.work = undefined;
  listContact(state, contact, event.at);
}

function relax(
  state: RouterState,
  event: AcdEventOf<'ring-widened'> | AcdEventOf<'agent-wait-over'> | AcdEventOf<'exclusion-over'>,
): void {
  const contact = contactOf(state, event.contact);
  if (contact.state === 'waiting') unlistContact(state, contact);
  if (event.type === 'agent-wait-over') contact.agent = undefined;
  if (event.type === 'exclusion-over') contact.excluded?.delete(event.agent);
  if (contact.state === 'waiting') listContact(state, contact, event.at);
}

function makeOffer(state: RouterState, event: AcdEventOf<'offer-made'>): void {
  const contact = contactOf(state, event.contact);
  const agent = agentOf(state, event.agent);
  unlistContact(state, contact);
  contact.state = 'offered';
  contact.work = { agent: event.agent, id: event.offer };
  state.offers++;
  agent.lastOffer.set(event.queue, state.offers);
  addWork(state, agent, {
    id: event.offer,
    contact: contact.id,
    channel: contact.channel,
    queue: event.queue,
    state: 'offered',
    since: event.at,
    until: event.deadline,
  });
}

function endOffer(state: RouterState, event: AcdEventOf<'offer-ended'>): void {
  const { agent, work } = workOf(state, event.offer);
  if (work.state === 'withdrawing') agent.withdrawing--;
  dropWork(state, agent, work, event.at, false);
  const contact = state.contacts.get(event.contact);
  if (contact?.work?.id !== event.offer) return;
  contact.state = 'waiting';
  contact.work = undefined;
  if (event.excludedUntil !== undefined) {
    contact.excluded ??= new Map();
    contact.excluded.set(event.agent, event.excludedUntil);
  }
  listContact(state, contact, event.at);
}

function acceptOffer(state: RouterState, event: AcdEventOf<'offer-accepted'>): void {
  const { agent, work } = workOf(state, event.offer);
  const contact = contactOf(state, event.contact);
  if (work.state === 'withdrawing') agent.withdrawing--;
  work.state = 'connected';
  work.since = event.at;
  work.outcome = undefined;
  setUntil(state, work, undefined);
  contact.state = 'connected';
  contact.agent = undefined;
  contact.excluded = undefined;
  measureAnswer(state.queues.get(event.queue), event.at);
  refreshAgent(state, agent);
}

function adopt(state: RouterState, event: AcdEventOf<'contact-adopted'>): void {
  let contact = state.contacts.get(event.contact);
  if (!contact && event.channel !== undefined) {
    contact = newContact(event.contact, event.channel, event.queue);
    Object.assign(contact, { since: event.at, queuedAt: event.at, until: event.at });
    state.contacts.set(contact.id, contact);
  } else {
    contact = contactOf(state, event.contact);
    if (contact.state === 'waiting') unlistContact(state, contact);
  }
  const agent = agentOf(state, event.agent);
  contact.state = 'connected';
  contact.agent = undefined;
  contact.excluded = undefined;
  contact.work = { agent: event.agent, id: event.work };
  addWork(state, agent, {
    id: event.work,
    contact: contact.id,
    channel: contact.channel,
    queue: event.queue,
    state: 'connected',
    since: event.at,
  });
}

function endWork(state: RouterState, event: AcdEventOf<'work-ended'>): void {
  const { agent, work } = workOf(state, event.work);
  const contact = state.contacts.get(event.contact);
  if (contact?.work?.id === event.work) contact.work = undefined;
  work.connectedMs = event.connectedMs;
  if (event.wrapUpUntil === undefined) {
    measureHandling(state.queues.get(event.queue), event.connectedMs);
    dropWork(state, agent, work, event.at, true);
    return;
  }
  work.state = 'wrap-up';
  work.since = event.at;
  work.limit = event.wrapUpLimit;
  setUntil(state, work, event.wrapUpUntil);
}

function occupy(state: RouterState, event: AcdEventOf<'occupied'>): void {
  const agent = agentOf(state, event.agent);
  const more = event.count - (agent.own[event.channel] ?? 0);
  if (event.count > 0) agent.own[event.channel] = event.count;
  else delete agent.own[event.channel];
  use(agent, event.channel, more, event.at);
  if (agent.usedTotal === 0) agent.idleSince = event.at;
  refreshAgent(state, agent);
}

function addWork(state: RouterState, agent: Agent, work: Work): void {
  agent.work.set(work.id, work);
  state.work.set(work.id, agent);
  if (work.until !== undefined) state.timers.set('work', work.id, work.until);
  use(agent, work.channel, 1, work.since);
  refreshAgent(state, agent);
}

function dropWork(state: RouterState, agent: Agent, work: Work, at: Millis, worked: boolean): void {
  agent.work.delete(work.id);
  state.work.delete(work.id);
  state.timers.set('work', work.id, undefined);
  use(agent, work.channel, -1, at);
  if (worked) agent.idleSince = at;
  refreshAgent(state, agent);
}

function use(agent: Agent, channel: Channel, more: number, at: Millis): void {
  const used = (agent.used[channel] ?? 0) + more;
  if (used > 0) agent.used[channel] = used;
  else delete agent.used[channel];
  agent.usedTotal += more;
  if (agent.busySince !== undefined) {
    agent.busyMs += at - agent.busySince;
    agent.busySince = undefined;
  }
  if (agent.usedTotal > 0) agent.busySince = at;
  agent.share = agent.busyMs / Math.max(1, at - agent.signedInAt);
}

function setUntil(state: RouterState, work: Work, until: Millis | undefined): void {
  work.until = until;
  state.timers.set('work', work.id, until);
}

function agentOf(state: RouterState, id: string): Agent {
  return state.agents.get(id) ?? misfit('agent', id);
}

function contactOf(state: RouterState, id: string): Contact {
  return state.contacts.get(id) ?? misfit('contact', id);
}

function queueOf(state: RouterState, id: string) {
  return state.queues.get(id) ?? misfit('queue', id);
}

function workOf(state: RouterState, id: string): { agent: Agent; work: Work } {
  const agent = state.work.get(id);
  const work = agent?.work.get(id);
  return agent && work ? { agent, work } : misfit('work', id);
}

function misfit(kind: string, id: string): never {
  throw new Error(`acd: event names ${kind} ${id}, which this state does not hold`);
}
