// What the router knows, with the indexes that make a decision cheap. Only evolve.ts and what it calls change it.
import type { AgentId, Channel, InteractionId, Millis, OfferId, QueueId, SkillDemand } from '../../values/index.ts';
import type { AgentConfig, QueueConfig } from './configuration.ts';
import { OrderedList } from './ordered-list.ts';
import type { Presence } from './presence.ts';
import { Timers } from './timers.ts';
import type { ContactState, WorkState } from './work.ts';

/** One contact at one agent. */
export interface Work {
  id: OfferId;
  contact: InteractionId;
  channel: Channel;
  queue: QueueId;
  state: Exclude<WorkState, 'gone'>;
  since: Millis;
  /** `offered`, `withdrawing`, `wrap-up`: when that ends by itself. */
  until?: Millis | undefined;
  /** `withdrawing`: how the offer will have ended. */
  outcome?: 'missed' | 'withdrawn' | undefined;
  /** `connected`, `wrap-up`: its disposition is given. */
  disposed?: boolean | undefined;
  /** `wrap-up`: its time is over, and it waits for the disposition only. */
  overdue?: boolean | undefined;
  /** `wrap-up`: latest end with extensions. */
  limit?: Millis | undefined;
  /** Length of the connected part, once over, ms. */
  connectedMs?: number | undefined;
}

export interface Agent {
  config: AgentConfig;
  presence: Presence;
  reason?: string | undefined;
  /** Of the presence. */
  since: Millis;
  /** Removed as soon as she is done. */
  removing: boolean;
  /** Since when she has had nothing to do; offers that came to nothing do not count. */
  idleSince: Millis;
  work: Map<OfferId, Work>;
  /** What the router did not give her. */
  own: Partial<Record<Channel, number>>;
  /** Number of the last offer by queue, for round-robin. */
  lastOffer: Map<QueueId, number>;
  signedInAt: Millis;
  /** Work time since signing in up to `busySince` or, if idle, now, ms. */
  busyMs: number;
  busySince?: Millis | undefined;
  /** Share of work in the signed-in time, at the last change. */
  share: number;

  // derived
  used: Partial<Record<Channel, number>>;
  usedTotal: number;
  withdrawing: number;
  /** Lines she can serve, while signed in. */
  places: Map<Lane, Place>;
  /** Contacts that wait for her alone. */
  reserved: OrderedList<Contact>;
  /** Queues that count her as staff. */
  staffs: Set<QueueId>;
}

export interface Contact {
  id: InteractionId;
  channel: Channel;
  queue: QueueId;
  state: Exclude<ContactState, 'gone'>;
  priority: number;
  skills: SkillDemand[];
  since: Millis;
  /** When it came to this queue. */
  queuedAt: Millis;
  until: Millis;
  offerMs?: number | undefined;
  agent?: { id: AgentId; until?: Millis | undefined } | undefined;
  ring: number;
  excluded?: Map<AgentId, Millis> | undefined;
  /** The offer under way, or the part of the agent who has it. */
  work?: { agent: AgentId; id: OfferId } | undefined;

  // derived, while waiting
  rank: Millis;
  lane?: Lane | undefined;
  reservedBy?: Agent | undefined;
}

/** Measured by the router itself, for the expected wait. */
export interface QueueMeasure {
  /** Time between two answers while others waited, ms, moving average. */
  answerGapMs?: number | undefined;
  /** Connected and wrap-up time, ms, moving average. */
  handleMs?: number | undefined;
  lastAnswerAt?: Millis | undefined;
  /** Whether contacts waited on after the last answer. */
  waitedAfter: boolean;
}

export interface Queue {
  config: QueueConfig;
  open: boolean;
  unstaffedSince?: Millis | undefined;
  measure: QueueMeasure;

  // derived
  /** Waiting contacts by rank. */
  waiting: OrderedList<Contact>;
  /** Signed-in agents who can come to serve it, those of its rings too. */
  staff: number;
  lanes: Map<string, Lane>;
}

/** All contacts of one queue that ask for the same: every one of them fits the same agents. */
export interface Lane {
  key: string;
  queue: Queue;
  /** Queues whose agents may serve. */
  queues: readonly QueueId[];
  channel: Channel;
  skills: readonly SkillDemand[];
  waiting: OrderedList<Contact>;
  /** Eligible agents with free capacity, best first by the queue's strategy. */
  free: OrderedList<Place>;
  places: Set<Place>;
}

/** An agent in a lane, with the keys by which she is listed there. */
export interface Place {
  agent: Agent;
  lane: Lane;
  listed: boolean;
  first: number;
  second: number;
  third: number;
}

export interface RouterState {
  queues: Map<QueueId, Queue>;
  agents: Map<AgentId, Agent>;
  contacts: Map<InteractionId, Contact>;
  /** Offers ever made; gives offers their ids and round-robin its order. */
  offers: number;
  /** Time of the last event: before it, the clock was set back. */
  latest: Millis;

  // derived
  /** Who holds the work item. */
  work: Map<OfferId, Agent>;
  timers: Timers;
  /** Signed-in agents by the queue that they are assigned to. */
  members: Map<QueueId, Set<Agent>>;
  /** By queue: the queues that its agents staff (itself, and those with a ring that names it). */
  staffedBy: Map<QueueId, Set<QueueId>>;
  /** What an event made worth matching or checking; used and emptied by the decision under way. */
  touched: { agents: Set<Agent>; contacts: Set<Contact>; queues: Set<Queue> };
}

export function emptyState(): RouterState {
  return {
    queues: new Map(),
    agents: new Map(),
    contacts: new Map(),
    offers: 0,
    latest: 0,
    work: new Map(),
    timers: new Timers(),
    members: new Map(),
    staffedBy: new Map(),
    touched: { agents: new Set(), contacts: new Set(), queues: new Set() },
  };
}

export function newAgent(config: AgentConfig, at: Millis): Agent {
  return {
    config,
    presence: 'offline',
    since: at,
    removing: false,
    idleSince: at,
    work: new Map(),
    own: {},
    lastOffer: new Map(),
    signedInAt: at,
    busyMs: 0,
    share: 0,
    used: {},
    usedTotal: 0,
    withdrawing: 0,
    places: new Map(),
    reserved: new OrderedList(byRank),
    staffs: new Set(),
  };
}

export function newQueue(config: QueueConfig): Queue {
  return {
    config,
    open: true,
    measure: { waitedAfter: false },
    waiting: new OrderedList(byRank),
    staff: 0,
    lanes: new Map(),
  };
}

/** Smallest virtual arrival first; ties by id, whose order is that of birth. */
export function byRank(a: Contact, b: Contact): number {
  return a.rank - b.rank || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
}
