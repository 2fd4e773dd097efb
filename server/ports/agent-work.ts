// What the desk and the API ask of routing about agents and queues. Implemented by server/routing.
import type { EventEmitter } from 'node:events';
import type { AgentId, Channel, InteractionId, Language, Millis, Offer, OfferId, QueueId } from '../../values/index.ts';

export type Presence = 'offline' | 'ready' | 'not-ready';

export interface AgentLive {
  agent: AgentId;
  presence: Presence;
  /** Why not ready: `break`, `rona`, `panel-lost`, `phone-unreachable`, … */
  reason?: string | undefined;
  since: Millis;
  /** Every contact that occupies her. */
  contacts: {
    interaction: InteractionId;
    channel: Channel;
    queue?: QueueId | undefined;
    state: 'offered' | 'connected' | 'wrap-up';
    since: Millis;
    /** When the wrap-up or the offer ends by itself. */
    until?: Millis | undefined;
    /** The time of the wrap-up is over; it waits for the disposition. */
    overdue?: boolean | undefined;
    /** She has given the disposition, by her panel or by the API. */
    disposed?: boolean | undefined;
    offer?: OfferId | undefined;
  }[];
  /** Her own calls, by channel. */
  occupied: Partial<Record<Channel, number>>;
}

export interface QueueLive {
  queue: QueueId;
  waiting: number;
  longestWaitMs: number;
  /** Signed in and assigned / of those ready with free capacity. */
  agents: number;
  free: number;
  expectedWaitMs: number | undefined;
  /** Since the site's midnight; formulas in docs (service level variant b by default). */
  today: {
    offered: number;
    answered: number;
    abandoned: number;
    overflowed: number;
    serviceLevel: number | undefined;
    averageAnswerMs: number | undefined;
    averageHandleMs: number | undefined;
  };
}

/** Her presence, without her contacts. */
export type AgentNow = Pick<AgentLive, 'agent' | 'presence' | 'reason' | 'since'>;

export interface AgentWorkEvents {
  /** Her presence or her contacts changed. Of contacts `agent()` tells, which costs a step for each: only where somebody sees them. */
  agent: [AgentNow];
  queue: [QueueLive];
  /** An offer began; the pop is on its way. */
  offered: [Offer];
}

export interface AgentWork extends EventEmitter<AgentWorkEvents> {
  agents(): AgentLive[];
  agent(agent: AgentId): AgentLive | undefined;
  queues(): QueueLive[];
  /** Offline → not ready (`signed-in`). @throws agent-unknown */
  signIn(agent: AgentId): void;
  /** Ends after what she has on hand; offers are withdrawn. */
  signOut(agent: AgentId): void;
  /** @throws agent-not-signed-in, agent-phone-unreachable */
  ready(agent: AgentId): void;
  notReady(agent: AgentId, reason: string): void;
  /** From the panel. @throws offer-unknown */
  decline(agent: AgentId, offer: OfferId): void;
  /** @throws contact-not-in-wrap-up */
  wrapUpDone(agent: AgentId, interaction: InteractionId): void;
  extendWrapUp(agent: AgentId, interaction: InteractionId, byMs: number): void;
  /** She gave the contact a disposition; a wrap-up that waited for nothing else ends soon. @throws contact-unknown */
  disposed(agent: AgentId, interaction: InteractionId): void;
  /** Takes a queued contact out of turn for an agent, or to another queue (supervisor). @throws contact-unknown */
  move(interaction: InteractionId, to: { queue: QueueId } | { agent: AgentId }): void;
  /** Why this contact went, or did not go, to whom. */
  explain(
    interaction: InteractionId,
    language?: Language,
  ): { at: Millis; code: string; sentence: string; details: Record<string, unknown> }[];
}
