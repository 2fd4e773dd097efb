// Deciding: what a command leads to now.
import type { Millis, OfferOutcome, SkillDemand } from '../../values/index.ts';
import type { Command, Demand, Refusal } from './commands.ts';
import { Decision } from './decision.ts';
import { overflow, serveContact, serveDue } from './due.ts';
import type { AcdEvent } from './events.ts';
import { matchAgent, matchContact } from './match.ts';
import { isOpen } from './opening.ts';
import { presenceMachine } from './presence.ts';
import { type Agent, byRank, type Contact, type Queue, type RouterState, type Work } from './state.ts';
import { endOffer, endWork, endWrapUp, leaveIfDone, setPresence, withdraw } from './work-steps.ts';

/** How long a wrap-up that waited for its disposition goes on after it was given, ms. */
const afterDispositionMs = 2_000;

/** Raised whenever the same command could decide otherwise than before; journaled beside the commands. */
export const routerVersion = 5;

/**
 * Decides what a command leads to. The state has evolved by exactly these events when it returns: folding them into a
 * copy of the state before gives the state after. Nothing outside may act on them before they are committed.
 *
 * Afterwards no waiting contact and free agent who fit are left apart. Costs O(log n) per contact or agent that the
 * command touches. A command that cannot be carried out gives one `refused` event and changes nothing.
 * @param now wall clock, UTC. Where it was set back (`setBackMs`), the first command of the new time has to be a `tick`,
 * which takes every time in the state back with it; others would decide by deadlines that lie too far ahead
 */
export function decide(state: RouterState, command: Command, now: Millis): AcdEvent[] {
  const decision = new Decision(state, now);
  const refusal = carryOut(decision, command);
  if (refusal && decision.events.length > 0) throw new Error(`acd: ${command.type} was refused half-way: ${refusal}`);
  if (refusal) return [{ at: now, type: 'refused', command: command.type, reason: refusal }];
  settle(decision);
  return decision.events;
}

/** When the router has to be woken with `tick`; undefined: not before the next command. */
export function nextWakeup(state: RouterState): Millis | undefined {
  return state.timers.next()?.at;
}

function carryOut(decision: Decision, command: Command): Refusal | undefined {
  const { state } = decision;
  switch (command.type) {
    case 'set-queue':
      decision.emit({ type: 'queue-set', queue: command.queue });
      checkOpening(decision, command.queue.id);
      return undefined;
    case 'remove-queue':
      return removeQueue(decision, command.queue);
    case 'set-agent':
      decision.emit({ type: 'agent-set', agent: command.agent });
      return undefined;
    case 'enqueue': {
      if (state.contacts.has(command.contact)) return 'contact-known';
      return enqueue(decision, command.contact, command.channel, command.since ?? decision.now, command, false);
    }
    case 'move':
      return move(decision, command);
    case 'change':
      return change(decision, command);
    case 'leave':
      return leave(decision, command.contact, command.reason);
    case 'adopt':
    case 'take':
      return adopt(decision, command);
    case 'withdraw': {
      const agent = state.work.get(command.offer);
      const work = agent?.work.get(command.offer);
      if (!agent || work?.state !== 'offered') return 'offer-unknown';
      withdraw(decision, agent, work, 'withdrawn');
      return undefined;
    }
    case 'outcome':
      return takeOutcome(decision, command.offer, command.outcome);
    case 'tick':
      serveDue(decision);
      return undefined;
    default: {
      const agent = state.agents.get(command.agent);
      return agent ? ofAgent(decision, agent, command) : 'agent-unknown';
    }
  }
}

type AgentCommand = Extract<Command, { agent: string }> & { type: Exclude<Command['type'], 'adopt' | 'take'> };

function ofAgent(decision: Decision, agent: Agent, command: AgentCommand): Refusal | undefined {
  switch (command.type) {
    case 'remove-agent':
      decision.emit({ type: 'agent-removing', agent: agent.config.id });
      if (presenceMachine.can(agent.presence, 'leave')) setPresence(decision, agent, 'leaving');
      leaveIfDone(decision, agent);
      return undefined;
    case 'sign-in':
      if (!presenceMachine.can(agent.presence, 'sign-in')) return 'presence-impossible';
      setPresence(decision, agent, 'not-ready', 'signed-in');
      return undefined;
    case 'ready':
      if (!presenceMachine.can(agent.presence, 'ready') || agent.removing) return 'presence-impossible';
      setPresence(decision, agent, 'ready');
      return undefined;
    case 'not-ready':
      if (!presenceMachine.can(agent.presence, 'not-ready') || agent.removing) return 'presence-impossible';
      setPresence(decision, agent, 'not-ready', command.reason);
      return undefined;
    case 'sign-out':
      if (!presenceMachine.can(agent.presence, 'leave')) return 'presence-impossible';
      setPresence(decision, agent, 'leaving');
      leaveIfDone(decision, agent);
      return undefined;
    case 'occupy':
      if ((agent.own[command.channel] ?? 0) === command.count) return undefined;
      decision.emit({ type: 'occupied', agent: agent.config.id, channel: command.channel, count: command.count });
      leaveIfDone(decision, agent);
      return undefined;
    case 'disposed': {
      const work = agent.work.get(command.work);
      if (work?.state !== 'connected' && work?.state !== 'wrap-up') return 'work-unknown';
      if (work.disposed) return undefined;
      decision.emit({ type: 'disposition-given', agent: agent.config.id, work: work.id, contact: work.contact });
      if (work.overdue) {
        // A moment for a note, or for her to say that she is done.
        const until = Math.min(work.limit!, decision.now + afterDispositionMs);
        decision.emit({ type: 'wrap-up-extended', agent: agent.config.id, work: work.id, until });
      }
      return undefined;
    }
    case 'wrap-up-done':
    case 'extend-wrap-up': {
      const work = agent.work.get(command.work);
      if (work?.state !== 'wrap-up') return 'work-unknown';
      if (command.type === 'wrap-up-done') {
        endWrapUp(decision, agent, work, 'agent');
        return undefined;
      }
      const until = Math.min(work.until! + command.byMs, work.limit!);
      if (until <= work.until!) return 'wrap-up-limit';
      decision.emit({ type: 'wrap-up-extended', agent: agent.config.id, work: work.id, until });
      return undefined;
    }
  }
}

function checkOpening(decision: Decision, id: string): void {
  const queue = decision.state.queues.get(id)!;
  const open = isOpen(queue.config, decision.now);
  if (open !== queue.open) decision.emit({ type: open ? 'queue-opened' : 'queue-closed', queue: id });
  if (open || queue.config.atClose === 'serve') return;
  for (const contact of [...queue.waiting]) overflow(decision, contact, 'closed');
}

function removeQueue(decision: Decision, id: string): Refusal | undefined {
  const { state } = decision;
  const queue = state.queues.get(id);
  if (!queue) return 'queue-unknown';
  for (const contact of [...queue.waiting]) overflow(decision, contact, 'queue-removed');
  for (const contact of state.contacts.values()) {
    if (contact.queue === id && contact.state === 'offered') withOffer(decision, contact, withdrawOffer);
  }
  decision.emit({ type: 'queue-removed', queue: id });
  return undefined;
}

function enqueue(
  decision: Decision,
  id: string,
  channel: Contact['channel'],
  since: Millis,
  demand: Demand,
  moved: boolean,
  from?: string,
): Refusal | undefined {
  const { state, now } = decision;
  const queue = state.queues.get(demand.queue);
  if (!queue) return 'queue-unknown';
  // A move has checked its agent; should she be removed by it, the contact does not wait for her.
  if (!moved && demand.agent && !state.agents.has(demand.agent.id)) return 'agent-unknown';
  const { agent, not } = demand;
  const full = queue.config.maxLength !== undefined && queue.waiting.size >= queue.config.maxLength;
  decision.emit({
    type: 'contact-queued',
    contact: id,
    channel,
    queue: demand.queue,
    priority: demand.priority ?? 0,
    skills: inOrder(demand.skills ?? []),
    since: Math.min(since, now),
    ...(agent
      ? { agent: agent.forMs === undefined ? { id: agent.id } : { id: agent.id, until: now + agent.forMs } }
      : {}),
    ...(not === undefined || not === agent?.id || !state.agents.has(not)
      ? {}
      : { excluded: { agent: not, until: now + queue.config.exclusionMs } }),
    until: now + (demand.maxWaitMs ?? queue.config.maxWaitMs),
    ...(demand.offerMs === undefined ? {} : { offerMs: demand.offerMs }),
    moved,
    ...(from === undefined ? {} : { from }),
  });
  const contact = state.contacts.get(id)!;
  // One who is given to an agent, and to her alone, is no newcomer to the queue.
  if (contact.state !== 'waiting' || (agent && agent.forMs === undefined)) return undefined;
  if (!queue.open) overflow(decision, contact, 'closed');
  else if (full) overflow(decision, contact, 'queue-full');
  return undefined;
}

function move(decision: Decision, command: Extract<Command, { type: 'move' }>): Refusal | undefined {
  const { state } = decision;
  const contact = state.contacts.get(command.contact);
  if (!contact) return 'contact-unknown';
  if (!state.queues.has(command.queue)) return 'queue-unknown';
  if (command.agent && !state.agents.has(command.agent.id)) return 'agent-unknown';
  const since = command.keepAge ? contact.since : decision.now;
  const from = contact.state === 'connected' ? undefined : contact.queue;
  if (contact.state === 'connected') withOffer(decision, contact, endWork);
  else withOffer(decision, contact, withdrawOffer);
  return enqueue(decision, contact.id, contact.channel, since, command, true, from);
}

function change(decision: Decision, command: Extract<Command, { type: 'change' }>): Refusal | undefined {
  const contact = decision.state.contacts.get(command.contact);
  if (!contact) return 'contact-unknown';
  decision.emit({
    type: 'contact-changed',
    contact: contact.id,
    priority: command.priority ?? contact.priority,
    skills: command.skills ? inOrder(command.skills) : contact.skills,
  });
  return undefined;
}

function leave(decision: Decision, id: string, reason: string): Refusal | undefined {
  const contact = decision.state.contacts.get(id);
  if (!contact) return 'contact-unknown';
  const { state } = contact;
  const left = {
    type: 'contact-left',
    contact: id,
    queue: contact.queue,
    reason,
    state,
    waitedMs: decision.elapsed(contact.queuedAt),
  } as const;
  if (state === 'connected') withOffer(decision, contact, endWork);
  const { work } = contact;
  decision.emit(left);
  // The contact is gone, so nothing has to be confirmed: the offer ends at once.
  if (state === 'offered' && work) {
    const agent = decision.state.agents.get(work.agent)!;
    endOffer(decision, agent, agent.work.get(work.id)!, 'withdrawn');
  }
  return undefined;
}

function adopt(decision: Decision, command: Extract<Command, { type: 'adopt' | 'take' }>): Refusal | undefined {
  const { state } = decision;
  const contact = state.contacts.get(command.contact);
  if (!contact && command.type === 'adopt') return 'contact-unknown';
  if (!contact && command.type === 'take' && !state.queues.has(command.queue)) return 'queue-unknown';
  const adopting = state.agents.get(command.agent);
  if (!adopting) return 'agent-unknown';
  if (state.work.has(command.work)) return 'work-known';
  const work = contact?.work;
  const before = work && state.agents.get(work.agent);
  const part = work && before?.work.get(work.id);
  if (before && before === adopting && part?.state === 'connected') return undefined;
  if (presenceMachine.can(adopting.presence, 'adopted')) setPresence(decision, adopting, 'leaving');
  decision.emit({
    type: 'contact-adopted',
    contact: command.contact,
    agent: command.agent,
    work: command.work,
    queue: contact?.queue ?? (command.type === 'take' ? command.queue : ''),
    ...(contact || command.type === 'adopt' ? {} : { channel: command.channel }),
  });
  if (before && part?.state === 'connected') endWork(decision, before, part);
  else if (before && part) withdraw(decision, before, part, 'withdrawn');
  return undefined;
}

function takeOutcome(decision: Decision, id: string, outcome: OfferOutcome): Refusal | undefined {
  const { state } = decision;
  const agent = state.work.get(id);
  const work = agent?.work.get(id);
  if (!agent || !work || (work.state !== 'offered' && work.state !== 'withdrawing')) return 'offer-unknown';
  const contact = state.contacts.get(work.contact);
  if (outcome !== 'accepted') {
    // What we asked for ourselves keeps its reason: a deadline that aborts the ringing is a missed offer.
    const asked = outcome === 'missed' || outcome === 'withdrawn' ? work.outcome : undefined;
    endOffer(decision, agent, work, asked ?? outcome);
    return undefined;
  }
  if (contact?.work?.id !== id) {
    // Somebody else has it by now (adopted).
    endOffer(decision, agent, work, 'withdrawn');
    return undefined;
  }
  decision.emit({
    type: 'offer-accepted',
    offer: id,
    contact: work.contact,
    agent: agent.config.id,
    queue: work.queue,
    waitedMs: decision.elapsed(contact.queuedAt),
  });
  return undefined;
}

/** One spelling for each set of demands, so that equal ones share a lane. */
function inOrder(skills: readonly SkillDemand[]): SkillDemand[] {
  return [...skills].sort((a, b) => (a.skill < b.skill ? -1 : a.skill > b.skill ? 1 : a.least - b.least));
}

function withOffer(
  decision: Decision,
  contact: Contact,
  step: (decision: Decision, agent: Agent, work: Work) => void,
): void {
  const agent = contact.work && decision.state.agents.get(contact.work.agent);
  const work = contact.work && agent?.work.get(contact.work.id);
  if (agent && work) step(decision, agent, work);
}

function withdrawOffer(decision: Decision, agent: Agent, work: Work): void {
  withdraw(decision, agent, work, 'withdrawn');
}

function byIdleTime(a: Agent, b: Agent): number {
  return a.idleSince - b.idleSince || (a.config.id < b.config.id ? -1 : a.config.id > b.config.id ? 1 : 0);
}

function byName(a: Queue, b: Queue): number {
  return a.config.id < b.config.id ? -1 : 1;
}

const none: readonly never[] = [];

/** Empties a set. Most often nothing is in it: that costs nothing. */
function takeAll<T>(touched: Set<T>, order: (a: T, b: T) => number): readonly T[] {
  if (touched.size === 0) return none;
  const all = [...touched].sort(order);
  touched.clear();
  return all;
}

/** Brings everything that the command touched to rest: staffing, what is due for contacts, matching. */
function settle(decision: Decision): void {
  const { touched } = decision.state;
  while (touched.queues.size + touched.contacts.size + touched.agents.size > 0) {
    // By name and age, not in the order of touching, which a restored state need not share.
    for (const queue of takeAll(touched.queues, byName)) {
      const id = queue.config.id;
      if (decision.state.queues.get(id) !== queue) continue;
      if (queue.staff > 0 && queue.unstaffedSince !== undefined) decision.emit({ type: 'queue-staffed', queue: id });
      if (queue.staff === 0 && queue.unstaffedSince === undefined)
        decision.emit({ type: 'queue-unstaffed', queue: id });
    }
    const contacts = takeAll(touched.contacts, byRank);
    for (const contact of contacts) serveContact(decision, contact);
    // What serving touched again is in the list already.
    takeAll(touched.contacts, byRank);
    for (const agent of takeAll(touched.agents, byIdleTime)) matchAgent(decision, agent);
    for (const contact of contacts) matchContact(decision, contact);
  }
}
