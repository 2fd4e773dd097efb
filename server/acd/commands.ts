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
  /** The queue; may be absent only for a contact that goes directly to an agent. */
  queue?: QueueId | undefined;
  /** Higher goes first; one level weighs as much as the queue's `agingMs`. Default 0. */
  priority?: number | undefined;
  skills?: SkillDemand[] | undefined;
  /**
   * This agent, whatever her queues and skills. `waitMs`: how long the contact waits for her alone; afterwards it goes
   * to the queue, or overflows (`agent-unavailable`) where no queue is named. If she is signed out, at once.
   */
  agent?: { id: AgentId; waitMs: number } | undefined;
}

export type Command =
  // configuration
  | { type: 'set-queue'; queue: QueueConfig }
  | { type: 'remove-queue'; queue: QueueId }
  | { type: 'set-agent'; agent: AgentConfig }
  /** An agent at work finishes first, then she is removed. */
  | { type: 'remove-agent'; agent: AgentId }
  // presence
  | { type: 'sign-in'; agent: AgentId; ready?: boolean | undefined; reason?: string | undefined }
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
  /** New priority or demands where it waits. */
  | { type: 'change'; contact: InteractionId; priority?: number | undefined; skills?: SkillDemand[] | undefined }
  /** The contact is over or has left the router (hung up, gave up, transferred outside, lost). */
  | { type: 'leave'; contact: InteractionId; reason: string }
  // offers and work
  | { type: 'outcome'; offer: OfferId; outcome: OfferOutcome }
  /** The agent's part of a connected contact moves to another agent (attended transfer); `work` names the new part. */
  | { type: 'hand-over'; contact: InteractionId; to: AgentId; work: OfferId }
  | { type: 'wrap-up-done'; agent: AgentId; work: OfferId }
  | { type: 'extend-wrap-up'; agent: AgentId; work: OfferId; byMs: number }
  /** Something that the router did not give her keeps her busy (own call, internal call). */
  | { type: 'occupy'; agent: AgentId; work: string; channel: Channel }
  | { type: 'release'; agent: AgentId; work: string }
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
  | 'not-connected'
  | 'presence-impossible'
  | 'target-missing'
  | 'wrap-up-limit';
