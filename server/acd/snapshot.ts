// The state as plain JSON and back. Indexes are not kept: they follow from the rest.
import type { AgentId, Channel, InteractionId, Millis, OfferId, QueueId, SkillDemand } from '../../values/index.ts';
import type { AgentConfig, QueueConfig } from './configuration.ts';
import { evolve } from './evolve.ts';
import { listContact, refreshAgent } from './lanes.ts';
import type { Presence } from './presence.ts';
import { joinQueues, recountStaff } from './staff.ts';
import {
  type Agent,
  type Contact,
  emptyState,
  newAgent,
  newQueue,
  type QueueMeasure,
  type RouterState,
  type Work,
} from './state.ts';

export interface Snapshot {
  version: 1;
  at: Millis;
  /** Absent in those of earlier versions. */
  latest?: Millis | undefined;
  offers: number;
  queues: {
    config: QueueConfig;
    open: boolean;
    unstaffedSince?: Millis | undefined;
    measure: QueueMeasure;
    /** Next opening or closing. */
    boundary?: Millis | undefined;
  }[];
  agents: {
    config: AgentConfig;
    presence: Presence;
    reason?: string | undefined;
    since: Millis;
    removing: boolean;
    idleSince: Millis;
    signedInAt: Millis;
    busyMs: number;
    busySince?: Millis | undefined;
    share: number;
    work: Work[];
    own: Partial<Record<Channel, number>>;
    lastOffer: [QueueId, number][];
  }[];
  contacts: {
    id: InteractionId;
    channel: Channel;
    queue: QueueId;
    state: Contact['state'];
    priority: number;
    skills: SkillDemand[];
    since: Millis;
    queuedAt: Millis;
    until: Millis;
    offerMs?: number | undefined;
    agent?: { id: AgentId; until?: Millis | undefined } | undefined;
    ring: number;
    excluded?: [AgentId, Millis][] | undefined;
    work?: { agent: AgentId; id: OfferId } | undefined;
  }[];
}

/** The state as JSON; shares nothing with it. @param at time of the last folded event or later */
export function snapshot(state: RouterState, at: Millis): Snapshot {
  return structuredClone({
    version: 1,
    at,
    offers: state.offers,
    latest: state.latest,
    queues: [...state.queues.values()].map(({ config, open, unstaffedSince, measure }) => ({
      config,
      open,
      unstaffedSince,
      measure,
      boundary: state.timers.at('queue', config.id),
    })),
    agents: [...state.agents.values()].map((agent) => ({
      config: agent.config,
      presence: agent.presence,
      reason: agent.reason,
      since: agent.since,
      removing: agent.removing,
      idleSince: agent.idleSince,
      signedInAt: agent.signedInAt,
      busyMs: agent.busyMs,
      busySince: agent.busySince,
      share: agent.share,
      work: [...agent.work.values()],
      own: agent.own,
      lastOffer: [...agent.lastOffer],
    })),
    contacts: [...state.contacts.values()].map((contact) => ({
      id: contact.id,
      channel: contact.channel,
      queue: contact.queue,
      state: contact.state,
      priority: contact.priority,
      skills: contact.skills,
      since: contact.since,
      queuedAt: contact.queuedAt,
      until: contact.until,
      offerMs: contact.offerMs,
      agent: contact.agent,
      ring: contact.ring,
      excluded: contact.excluded && [...contact.excluded],
      work: contact.work,
    })),
  });
}

/** A state that decides from here on exactly as the one of the snapshot would. */
export function restore(from: Snapshot): RouterState {
  const state = emptyState();
  const kept = structuredClone(from);
  state.offers = kept.offers;
  state.latest = kept.latest ?? kept.at;
  for (const { config, boundary, ...rest } of kept.queues) {
    const queue = Object.assign(newQueue(config), rest);
    state.queues.set(config.id, queue);
    recountStaff(state, queue);
    state.timers.set('queue', config.id, boundary);
  }
  for (const entry of kept.agents) restoreAgent(state, entry);
  for (const { excluded, ...rest } of kept.contacts) {
    const contact: Contact = { ...rest, rank: 0, excluded: excluded && new Map(excluded) };
    state.contacts.set(contact.id, contact);
    // The ring it was in, not the one of the time of the snapshot: widening is an event.
    if (contact.state === 'waiting') listContact(state, contact, kept.at, contact.ring);
  }
  state.touched.agents.clear();
  state.touched.contacts.clear();
  state.touched.queues.clear();
  return state;
}

function restoreAgent(state: RouterState, entry: Snapshot['agents'][number]): void {
  const { config, work, lastOffer, ...rest } = entry;
  const agent: Agent = Object.assign(newAgent(config, entry.since), rest);
  agent.lastOffer = new Map(lastOffer);
  for (const item of work) {
    agent.work.set(item.id, item);
    state.work.set(item.id, agent);
    if (item.until !== undefined) state.timers.set('work', item.id, item.until);
    if (item.state === 'withdrawing') agent.withdrawing++;
    count(agent, item.channel, 1);
  }
  for (const [channel, own] of Object.entries(agent.own)) count(agent, channel as Channel, own);
  state.agents.set(config.id, agent);
  if (agent.presence === 'ready' || agent.presence === 'not-ready') joinQueues(state, agent);
  refreshAgent(state, agent);
}

function count(agent: Agent, channel: Channel, more: number): void {
  agent.used[channel] = (agent.used[channel] ?? 0) + more;
  agent.usedTotal += more;
}

/** Folds events into a state, as a restart does. Never decides. */
export function fold(state: RouterState, events: Iterable<Parameters<typeof evolve>[1]>): RouterState {
  for (const event of events) evolve(state, event);
  return state;
}
