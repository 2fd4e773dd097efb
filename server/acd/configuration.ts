// What the router is told about queues and agents. Plain JSON; it comes in with commands and is kept in the state.
import type { AgentId, Channel, Millis, QueueId } from '../../values/index.ts';

/** Which free agent gets the contact; ties always go to who has been idle longest. */
export type Strategy =
  /** Idle for the longest time. */
  | 'longest-idle'
  /** Highest sum of proficiency over the skills that the contact asks for. */
  | 'most-skilled'
  /** Fewest contacts at work now, then the lowest share of work in the time signed in. */
  | 'least-occupied'
  /** Offered a contact of this queue longest ago. */
  | 'round-robin';

/**
 * One step of widening. Every ring is stated against what the contact asked for, not against the ring before it.
 * A contact is in the last ring whose `afterMs` it has waited.
 */
export interface Ring {
  /** Waiting time in this queue from which the ring holds, ms. */
  afterMs: number;
  /** Every demanded proficiency is lowered by this much (never below 1). */
  relaxBy?: number | undefined;
  /** Skills no longer demanded; `all` drops every demand. */
  drop?: string[] | 'all' | undefined;
  /** Agents of these queues may serve the contact too. */
  also?: QueueId[] | undefined;
}

export interface OpeningTime {
  opens: Millis;
  closes: Millis;
}

export interface QueueConfig {
  id: QueueId;
  strategy: Strategy;
  /** One level of priority weighs as much as this much waiting, ms. Large: nearly strict priority. Never endless. */
  agingMs: number;
  /** How long an offer may ring, ms. */
  offerMs: number;
  /** Length of wrap-up, ms; 0: none. */
  wrapUpMs: number;
  /** Limit of wrap-up with every extension, ms. */
  wrapUpMaxMs: number;
  /** How long an agent who missed, declined or gave away a contact is not offered that contact again, ms. */
  exclusionMs: number;
  /** A contact that waited this long overflows, ms. Always set, so that waiting has an end. */
  maxWaitMs: number;
  /** More waiting contacts than this overflow at once (`queue-full`). */
  maxLength?: number | undefined;
  rings: Ring[];
  /** What happens to contacts while nobody who could serve them is signed in. */
  unstaffed: 'wait' | 'overflow';
  /** How long the queue must have been without agents before contacts overflow, ms. */
  unstaffedAfterMs: number;
  /** When the queue is open, ascending and apart (the caller expands calendars to UTC); absent: always. */
  hours?: OpeningTime[] | undefined;
  /** What happens at closing time to contacts that already wait; new ones always overflow (`closed`). */
  atClose: 'serve' | 'overflow';
  /**
   * A disposition has to be given before wrap-up ends, and what happens where its time runs out without one. `extend`:
   * it goes on to its limit, then as `not-ready`. `not-ready`: it ends as missing and she becomes not ready
   * (`disposition-missing`). `record`: it ends as missing. Absent: none is asked for.
   */
  disposition?: 'extend' | 'not-ready' | 'record' | undefined;
  /** Reason with which an agent becomes not ready after she declined; absent: she stays ready. */
  declinedReason?: string | undefined;
}

export interface AgentCapacity {
  /** Most contacts at once over all channels. */
  total: number;
  /** Most contacts at once of each channel; a channel not named is not served. */
  channels: Partial<Record<Channel, number>>;
  /**
   * Which channel may come on top of which: `{ voice: ['chat', 'mail'] }` lets a call reach an agent who is chatting.
   * A channel not named may join any other; a named one joins only those listed (and its own).
   */
  interrupts?: Partial<Record<Channel, Channel[]>> | undefined;
}

export interface AgentConfig {
  id: AgentId;
  queues: QueueId[];
  /** Proficiency 1 (knows of it) to 5 (master) by skill. */
  skills: Record<string, number>;
  capacity: AgentCapacity;
  /** Overrides the queue's. */
  wrapUpMs?: number | undefined;
}

const queueDefaults: Omit<QueueConfig, 'id'> = {
  strategy: 'longest-idle',
  agingMs: 60_000,
  offerMs: 20_000,
  wrapUpMs: 30_000,
  wrapUpMaxMs: 900_000,
  exclusionMs: 60_000,
  maxWaitMs: 7_200_000,
  rings: [],
  unstaffed: 'wait',
  unstaffedAfterMs: 0,
  atClose: 'serve',
  declinedReason: 'declined',
};

/** A whole queue configuration from what was stated; undefined entries take the default. */
export function queueConfig(stated: Partial<QueueConfig> & { id: QueueId }): QueueConfig {
  const made: QueueConfig = { ...queueDefaults, ...definedOf(stated), id: stated.id };
  return { ...made, rings: [...made.rings].sort((a, b) => a.afterMs - b.afterMs) };
}

/** A whole agent configuration; the default is one call at a time. */
export function agentConfig(stated: Partial<AgentConfig> & { id: AgentId }): AgentConfig {
  return {
    queues: [],
    skills: {},
    capacity: { total: 1, channels: { voice: 1 } },
    ...definedOf(stated),
    id: stated.id,
  };
}

function definedOf<T extends object>(value: T): Partial<T> {
  return Object.fromEntries(Object.entries(value).filter(([, entry]) => entry !== undefined)) as Partial<T>;
}
