// What must hold after every command. Used by the tests, by simulations and, on demand, by operators.
import type { Millis } from '../../values/index.ts';
import { demandsIn, hasRoom, qualifies } from './lanes.ts';
import type { RouterState } from './state.ts';

/**
 * Every rule of the router that this state breaks, in words; empty: sound. Looks at every pair of agent and contact
 * and asks no index, so it is slow and independent of what it checks.
 */
export function faults(state: RouterState, now: Millis): string[] {
  return [...workFaults(state), ...contactFaults(state, now), ...pairFaults(state)];
}

function workFaults(state: RouterState): string[] {
  const found: string[] = [];
  for (const agent of state.agents.values()) {
    const used = new Map<string, number>();
    for (const work of agent.work.values()) {
      used.set(work.channel, (used.get(work.channel) ?? 0) + 1);
      const contact = state.contacts.get(work.contact);
      const name = `work ${work.id} (${work.state}) of ${agent.config.id}`;
      if (state.work.get(work.id) !== agent) found.push(`${name} is not indexed`);
      if (work.state === 'connected') {
        if (contact?.state !== 'connected' || contact.work?.id !== work.id) found.push(`${name}: contact is elsewhere`);
      } else if (work.until === undefined) {
        found.push(`${name} has no deadline`);
      }
      if (work.state === 'offered' && contact?.work?.id !== work.id) found.push(`${name}: contact is elsewhere`);
      if (work.state === 'offered' && agent.presence !== 'ready') found.push(`${name}: she is ${agent.presence}`);
    }
    for (const [channel, count] of Object.entries(agent.own)) used.set(channel, (used.get(channel) ?? 0) + count);
    const total = [...used.values()].reduce((sum, count) => sum + count, 0);
    if (total !== agent.usedTotal) found.push(`${agent.config.id} counts ${agent.usedTotal} contacts, has ${total}`);
    for (const [channel, count] of used) {
      if (agent.used[channel as 'voice'] !== count) found.push(`${agent.config.id} miscounts ${channel}`);
    }
    if (agent.presence === 'offline' && agent.work.size > 0) found.push(`${agent.config.id} is offline at work`);
    if (agent.presence === 'leaving' && agent.usedTotal === 0) found.push(`${agent.config.id} never leaves`);
  }
  return found;
}

function contactFaults(state: RouterState, now: Millis): string[] {
  const found: string[] = [];
  const next = state.timers.next();
  for (const contact of state.contacts.values()) {
    const name = `contact ${contact.id} (${contact.state})`;
    const holders = [...state.agents.values()].filter((agent) =>
      [...agent.work.values()].some(
        (work) => work.contact === contact.id && (work.state === 'offered' || work.state === 'connected'),
      ),
    );
    if (holders.length > 1) found.push(`${name} is with ${holders.length} agents at once`);
    if (contact.state === 'waiting') {
      const queue = state.queues.get(contact.queue);
      if (!queue) found.push(`${name} waits in no queue`);
      else if (queue.waiting.find((entry) => entry === contact) === undefined) found.push(`${name} is lost`);
      if (contact.work) found.push(`${name} has work`);
      if (!next) found.push(`${name} has no deadline`);
      if (!contact.lane === !contact.reservedBy) found.push(`${name} is in no lane, or in two places`);
      if (contact.until <= now && next && next.at > now) found.push(`${name} outlived its deadline`);
    } else {
      const agent = contact.work && state.agents.get(contact.work.agent);
      const work = contact.work && agent?.work.get(contact.work.id);
      if (!work || work.contact !== contact.id) found.push(`${name} has no agent`);
    }
  }
  return found;
}

function pairFaults(state: RouterState): string[] {
  const found: string[] = [];
  for (const contact of state.contacts.values()) {
    if (contact.state !== 'waiting') continue;
    const ring = state.queues.get(contact.queue)?.config.rings[contact.ring - 1];
    const queues = [contact.queue, ...(ring?.also ?? [])];
    const skills = demandsIn(ring, contact.skills);
    for (const agent of state.agents.values()) {
      if (contact.excluded?.has(agent.config.id) || !hasRoom(agent, contact.channel)) continue;
      const fits = contact.agent ? contact.agent.id === agent.config.id : qualifies(agent.config, queues, skills);
      if (fits) found.push(`contact ${contact.id} waits although ${agent.config.id} is free for it`);
    }
  }
  return found;
}
