// Who gets whom. After every command nothing that fits is left apart: whatever the command touched is matched here.
import type { Millis } from '../../values/index.ts';
import type { Decision } from './decision.ts';
import type { Why } from './events.ts';
import { hasRoom } from './lanes.ts';
import { type Agent, byRank, type Contact, type Place } from './state.ts';

/** How many of the best are kept in an explanation. */
const explained = 3;

/**
 * Offers contacts to an agent who may have become free, best rank first. Each contact goes to the best free agent for
 * it, so that an agent freed at the same moment as another gets it only if the strategy says so.
 */
export function matchAgent(decision: Decision, agent: Agent): void {
  for (;;) {
    const found = bestContactFor(agent);
    if (!found) return;
    // She herself is eligible, so there is a best agent.
    offerTo(decision, found.contact, bestAgentFor(found.contact)!, 'agent', found.candidates);
  }
}

/** Offers a contact that may have become eligible to somebody. */
export function matchContact(decision: Decision, contact: Contact): void {
  if (contact.state !== 'waiting') return;
  const best = bestAgentFor(contact);
  if (best) offerTo(decision, contact, best, 'contact', contact.lane?.free.size ?? 1);
}

function bestContactFor(agent: Agent): { contact: Contact; candidates: Contact[] } | undefined {
  if (agent.presence !== 'ready') return undefined;
  const candidates: Contact[] = [];
  const mayTake = (contact: Contact) => !contact.excluded?.has(agent.config.id);
  const reserved = agent.reserved.find((contact) => mayTake(contact) && hasRoom(agent, contact.channel));
  if (reserved) candidates.push(reserved);
  for (const place of agent.places.values()) {
    if (!place.listed) continue;
    const head = place.lane.waiting.find(mayTake);
    if (head) candidates.push(head);
  }
  if (candidates.length === 0) return undefined;
  if (candidates.length > 1) candidates.sort(byRank);
  return { contact: candidates[0]!, candidates };
}

function bestAgentFor(contact: Contact): Agent | undefined {
  const own = contact.reservedBy;
  if (own) return hasRoom(own, contact.channel) && !contact.excluded?.has(own.config.id) ? own : undefined;
  return contact.lane?.free.find((place) => !contact.excluded?.has(place.agent.config.id))?.agent;
}

function offerTo(
  decision: Decision,
  contact: Contact,
  agent: Agent,
  by: Why['by'],
  candidates: Contact[] | number,
): void {
  const { state, now } = decision;
  const { config } = state.queues.get(contact.queue)!;
  decision.emit({
    type: 'offer-made',
    offer: offerId(now, state.offers + 1),
    contact: contact.id,
    agent: agent.config.id,
    queue: contact.queue,
    deadline: now + (contact.offerMs ?? config.offerMs),
    why: {
      by,
      rule: contact.reservedBy ? 'direct' : config.strategy,
      ring: contact.ring,
      candidates: typeof candidates === 'number' ? candidates : candidates.length,
      best:
        typeof candidates === 'number'
          ? bestPlaces(contact, now)
          : candidates.slice(0, explained).map(({ id, rank }) => ({ id, key: rank })),
      waitedMs: decision.elapsed(contact.since),
      rank: contact.rank,
      idleMs: decision.elapsed(agent.idleSince),
    },
  });
}

function bestPlaces(contact: Contact, now: Millis): Why['best'] {
  const best: Why['best'] = [];
  for (const place of contact.lane?.free ?? []) {
    best.push({ id: place.agent.config.id, key: keyOf(place, now) });
    if (best.length === explained) break;
  }
  return best;
}

function keyOf(place: Place, now: Millis): number {
  switch (place.lane.queue.config.strategy) {
    case 'longest-idle':
      return now - place.first;
    case 'most-skilled':
      return -place.first;
    default:
      return place.first;
  }
}

/** Unique and sorting by birth, without chance: time and the number of the offer, base 32. */
function offerId(now: Millis, number: number): string {
  return `off_${now.toString(32).padStart(9, '0')}${number.toString(32).padStart(7, '0')}`;
}
