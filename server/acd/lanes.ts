// The index behind matching. Contacts that ask for the same stand in one lane; an agent is listed, while free, in each
// lane that she can serve. So a freed agent looks at the heads of her lanes, and a new contact at the head of one list.
import type { Channel, Millis, QueueId, SkillDemand } from '../../values/index.ts';
import type { AgentConfig, QueueConfig, Ring } from './configuration.ts';
import { OrderedList } from './ordered-list.ts';
import { type Agent, byRank, type Contact, type Lane, type Place, type Queue, type RouterState } from './state.ts';

/** Lanes without contacts kept per queue, so that common demands find theirs ready. */
const idleLanesKept = 64;

/** The ring in force after a wait: 0 as asked, n the n-th ring of the configuration. */
export function ringAfter(queue: QueueConfig, waitedMs: number): number {
  let ring = 0;
  while (ring < queue.rings.length && queue.rings[ring]!.afterMs <= waitedMs) ring++;
  return ring;
}

/** What is demanded in a ring. */
export function demandsIn(ring: Ring | undefined, skills: readonly SkillDemand[]): readonly SkillDemand[] {
  if (!ring || skills.length === 0) return skills;
  if (ring.drop === 'all') return [];
  const { drop, relaxBy = 0 } = ring;
  const kept = drop ? skills.filter((demand) => !drop.includes(demand.skill)) : skills;
  return relaxBy ? kept.map(({ skill, least }) => ({ skill, least: Math.max(1, least - relaxBy) })) : kept;
}

export function qualifies(agent: AgentConfig, queues: readonly QueueId[], skills: readonly SkillDemand[]): boolean {
  if (!queues.some((queue) => agent.queues.includes(queue))) return false;
  return skills.every((demand) => (agent.skills[demand.skill] ?? 0) >= demand.least);
}

/** Whether she can take one more contact of the channel now. */
export function hasRoom(agent: Agent, channel: Channel): boolean {
  const { capacity } = agent.config;
  if (agent.presence !== 'ready' || agent.withdrawing > 0 || agent.usedTotal >= capacity.total) return false;
  if ((agent.used[channel] ?? 0) >= (capacity.channels[channel] ?? 0)) return false;
  const joins = capacity.interrupts?.[channel];
  if (!joins) return true;
  for (const other in agent.used) {
    const busy = other as Channel;
    if (busy !== channel && (agent.used[busy] ?? 0) > 0 && !joins.includes(busy)) return false;
  }
  return true;
}

/** The lane of a contact in its present ring; made where it is the first of its kind. */
export function laneOf(state: RouterState, queue: Queue, contact: Contact): Lane {
  const ring = contact.ring > 0 ? queue.config.rings[contact.ring - 1] : undefined;
  const skills = demandsIn(ring, contact.skills);
  const also = ring?.also;
  let key = contact.channel as string;
  for (const demand of skills) key += ` ${demand.skill}:${demand.least}`;
  if (also) key += ` + ${also.join(' ')}`;
  const known = queue.lanes.get(key);
  if (known) return known;
  dropIdleLanes(queue);
  const queues = also ? [queue.config.id, ...also] : [queue.config.id];
  const lane: Lane = {
    key,
    queue,
    queues,
    channel: contact.channel,
    skills,
    waiting: new OrderedList(byRank),
    free: new OrderedList(byPlace),
    places: new Set(),
  };
  queue.lanes.set(key, lane);
  for (const id of queues) for (const agent of state.members.get(id) ?? []) takePlace(agent, lane);
  return lane;
}

/** Puts the agent into every lane she can serve; call when she signs in, or her skills or queues change. */
export function enterLanes(state: RouterState, agent: Agent): void {
  for (const id of agent.config.queues) {
    for (const served of state.staffedBy.get(id) ?? []) {
      for (const lane of state.queues.get(served)?.lanes.values() ?? []) takePlace(agent, lane);
    }
  }
}

export function leaveLanes(agent: Agent): void {
  for (const place of agent.places.values()) {
    if (place.listed) place.lane.free.remove(place);
    place.lane.places.delete(place);
  }
  agent.places.clear();
}

/** Lists or unlists the agent after anything about her changed, and marks her where she can take something. */
export function refreshAgent(state: RouterState, agent: Agent): void {
  if (agent.presence === 'ready') state.touched.agents.add(agent);
  for (const place of agent.places.values()) refreshPlace(place);
}

/** Puts a waiting contact where it is found: in its agent's list or its lane, and in the queue's order. */
export function listContact(state: RouterState, contact: Contact, at: Millis, ring?: number): void {
  const queue = state.queues.get(contact.queue);
  state.touched.contacts.add(contact);
  if (!queue) return; // removed while it was offered; the decision under way lets it overflow
  contact.ring = ring ?? ringAfter(queue.config, at - contact.since);
  contact.rank = contact.since - contact.priority * queue.config.agingMs;
  if (ring === undefined) {
    for (const [agent, until] of contact.excluded ?? []) if (until <= at) contact.excluded?.delete(agent);
  }
  queue.waiting.add(contact);
  const own = contact.agent && state.agents.get(contact.agent.id);
  if (own) {
    contact.reservedBy = own;
    own.reserved.add(contact);
  } else {
    contact.lane = laneOf(state, queue, contact);
    contact.lane.waiting.add(contact);
  }
  retimeContact(state, contact);
}

export function unlistContact(state: RouterState, contact: Contact): void {
  state.timers.set('contact', contact.id, undefined);
  state.touched.contacts.delete(contact);
  state.queues.get(contact.queue)?.waiting.remove(contact);
  contact.lane?.waiting.remove(contact);
  contact.reservedBy?.reserved.remove(contact);
  contact.lane = undefined;
  contact.reservedBy = undefined;
}

/** When a waiting contact overflows because nobody who could serve it is signed in. */
export function unstaffedDue(queue: Queue, contact: Pick<Contact, 'agent'>): Millis | undefined {
  if (queue.config.unstaffed !== 'overflow' || queue.unstaffedSince === undefined || contact.agent) return undefined;
  return queue.unstaffedSince + queue.config.unstaffedAfterMs;
}

export function retimeContact(state: RouterState, contact: Contact): void {
  const queue = state.queues.get(contact.queue);
  if (contact.state !== 'waiting' || !queue) return;
  let due = contact.until;
  if (contact.agent?.until !== undefined) due = Math.min(due, contact.agent.until);
  const ring = queue.config.rings[contact.ring];
  if (ring) due = Math.min(due, contact.since + ring.afterMs);
  for (const until of contact.excluded?.values() ?? []) due = Math.min(due, until);
  state.timers.set('contact', contact.id, Math.min(due, unstaffedDue(queue, contact) ?? due));
}

function dropIdleLanes(queue: Queue): void {
  if (queue.lanes.size < idleLanesKept) return;
  for (const lane of queue.lanes.values()) {
    if (lane.waiting.size > 0) continue;
    queue.lanes.delete(lane.key);
    for (const place of lane.places) place.agent.places.delete(lane);
    if (queue.lanes.size < idleLanesKept) return;
  }
}

function takePlace(agent: Agent, lane: Lane): void {
  if (agent.places.has(lane) || !agent.config.capacity.channels[lane.channel]) return;
  if (!qualifies(agent.config, lane.queues, lane.skills)) return;
  const place: Place = { agent, lane, listed: false, first: 0, second: 0, third: 0 };
  agent.places.set(lane, place);
  lane.places.add(place);
  refreshPlace(place);
}

function refreshPlace(place: Place): void {
  const { agent, lane } = place;
  const room = hasRoom(agent, lane.channel);
  if (!room && !place.listed) return;
  const strategy = lane.queue.config.strategy;
  let first = agent.idleSince;
  let second = 0;
  if (strategy === 'most-skilled') first = -skillSum(agent.config, lane.skills);
  else if (strategy === 'round-robin') first = agent.lastOffer.get(lane.queue.config.id) ?? 0;
  else if (strategy === 'least-occupied') {
    first = agent.usedTotal;
    second = agent.share;
  }
  const same = place.first === first && place.second === second && place.third === agent.idleSince;
  if (room && place.listed && same) return;
  // Out under the keys by which it stands, in under the new ones.
  if (place.listed) lane.free.remove(place);
  place.listed = room;
  place.first = first;
  place.second = second;
  place.third = agent.idleSince;
  if (room) lane.free.add(place);
}

function skillSum(agent: AgentConfig, skills: readonly SkillDemand[]): number {
  let sum = 0;
  for (const demand of skills) sum += agent.skills[demand.skill] ?? 0;
  return sum;
}

function byPlace(a: Place, b: Place): number {
  return (
    a.first - b.first ||
    a.second - b.second ||
    a.third - b.third ||
    (a.agent.config.id < b.agent.config.id ? -1 : a.agent.config.id > b.agent.config.id ? 1 : 0)
  );
}
