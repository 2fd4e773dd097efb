// What can be asked of the router. Commands are journaled with their time and the router's version, so that a replay
// can compare decisions; they are plain JSON.
import type {
  AgentId,
  Channel,
  InteractionId,
  Millis,
  OfferId,
  OfferOutcome,
  QueueId,
  SkillDemand,
} from '../../values/index.ts';
import type { AgentConfig, QueueConfig } from './configuration.ts';

/** What the contact wants; the same for a first queueing and for a move. */
export interface Demand {
  queue: QueueId;
  /** Higher goes first; one level weighs as much as the queue's `agingMs`. Default 0. */
  priority?: number | undefined;
  skills?: SkillDemand[] | undefined;
  /**
   * This agent alone, whatever her queues and skills. With `forMs` the contact goes to the queue after that time (or
   * when she leaves or does not take it); without, it is for her only and overflows (`agent-unavailable`).
   */
  agent?: { id: AgentId; forMs?: number | undefined } | undefined;
  /**
   * Who gave it away: it is not offered back to her before the queue's `exclusionMs` are over, so that she gets it only where
   * nobody else took it meanwhile. Nothing where `agent` names her.
   */
  not?: AgentId | undefined;
  /** Instead of the queue's `maxWaitMs`. */
  maxWaitMs?: number | undefined;
  /** Instead of the queue's `offerMs`. */
  offerMs?: number | undefined;
}

export type Command =
  // configuration
  | { type: 'set-queue'; queue: QueueConfig }
  /** Contacts that wait there overflow (`queue-removed`); those with an agent go on. */
  | { type: 'remove-queue'; queue: QueueId }
  | { type: 'set-agent'; agent: AgentConfig }
  /** An agent at work finishes first, then she is removed. */
  | { type: 'remove-agent'; agent: AgentId }
  // presence
  | { type: 'sign-in'; agent: AgentId }
  | { type: 'ready'; agent: AgentId }
  | { type: 'not-ready'; agent: AgentId; reason: string }
  /** Ends at once where nothing is at work, else when the last contact is done. */
  | { type: 'sign-out'; agent: AgentId }
  // contacts
  | ({
      type: 'enqueue';
      contact: InteractionId;
      channel: Channel;
      /** Since when its waiting counts for its place; default now. A callback keeps its place by it. */
      since?: Millis | undefined;
    } & Demand)
  /** To another queue or agent, out of any state; `keepAge`: it keeps its place by the time waited so far. */
  | ({ type: 'move'; contact: InteractionId; keepAge: boolean } & Demand)
  /** New priority or demands where it is. */
  | { type: 'change'; contact: InteractionId; priority?: number | undefined; skills?: SkillDemand[] | undefined }
  /** The contact is over or has left the router (hung up, gave up, transferred outside, lost). */
  | { type: 'leave'; contact: InteractionId; reason: string }
  /** What is so in reality although the router knows it otherwise: this agent has this contact. `work` names her part. */
  | { type: 'adopt'; contact: InteractionId; agent: AgentId; work: OfferId }
  /**
   * She has this contact by what people did, not by a decision of the router (dialled out, taken over, retrieved): as
   * `adopt`, and where the contact is not known it begins here. It counts for that queue, with its wrap-up.
   */
  | { type: 'take'; contact: InteractionId; channel: Channel; queue: QueueId; agent: AgentId; work: OfferId }
  // offers and work
  | { type: 'outcome'; offer: OfferId; outcome: OfferOutcome }
  /** Takes an offer back that is not the agent's fault; it ends when that is confirmed by its outcome. */
  | { type: 'withdraw'; offer: OfferId }
  | { type: 'wrap-up-done'; agent: AgentId; work: OfferId }
  | { type: 'extend-wrap-up'; agent: AgentId; work: OfferId; byMs: number }
  /** She gave the contact a disposition, during it or in wrap-up. A wrap-up that waits for nothing else ends soon. */
  | { type: 'disposed'; agent: AgentId; work: OfferId }
  /** How many contacts that the router did not give her keep her busy on a channel (own calls, internal calls). */
  | { type: 'occupy'; agent: AgentId; channel: Channel; count: number }
  /** Time has passed: everything due by now happens. */
  | { type: 'tick' };

/** Why a command was not carried out. */
export type Refusal =
  | 'queue-unknown'
  | 'agent-unknown'
  | 'contact-unknown'
  | 'contact-known'
  | 'offer-unknown'
  | 'work-unknown'
  | 'work-known'
  | 'presence-impossible'
  | 'wrap-up-limit';
