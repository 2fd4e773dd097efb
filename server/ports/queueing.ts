// What calls (and, later, digital conversations) need of routing, which stands above them: implemented by
// server/routing, handed down by main.ts.
import type {
  AgentId,
  Channel,
  InteractionId,
  Language,
  Millis,
  OfferTarget,
  QueueId,
  SkillDemand,
} from '../../values/index.ts';

export interface QueueRequest {
  queue: QueueId;
  /** 0 to 10, 10 first; default: the queue's. */
  priority?: number | undefined;
  skills?: SkillDemand[] | undefined;
  language?: Language | undefined;
  /** Tried first for that long. */
  preferred?: { agent: AgentId; forMs: Millis } | undefined;
  /** Only this agent (transfer to an agent). */
  only?: AgentId | undefined;
  /** Who gives it away (transfer): it is not offered back to her for the queue's `exclusionMs`. */
  not?: AgentId | undefined;
  /** Age that the contact brings along (transfer that keeps its place); default now. */
  since?: Millis | undefined;
  /** After that long `onExit('overflow')`; default: the queue's. */
  maxWaitMs?: number | undefined;
  /** How long a phone rings; default: the queue's. */
  ringMs?: number | undefined;
}

export type QueueExit =
  /** Waited too long. */
  | 'overflow'
  /** Nobody who could take it is signed in, and the queue does not wait for that. */
  | 'empty'
  /** Outside the queue's hours. */
  | 'closed'
  /** As many wait already as the queue takes. */
  | 'full'
  /** The queue or the wanted agent was removed. */
  | 'removed';

/** What a flow is told where a queue gives its customer back. */
export const exitInFlow = {
  overflow: 'overflow',
  empty: 'empty',
  closed: 'closed',
  full: 'full',
  removed: 'failed',
} as const satisfies Record<QueueExit, string>;

export const leftQueue = ['abandoned', 'flow', 'callback', 'answered', 'failed'] as const;
export type LeftQueue = (typeof leftQueue)[number];

export interface Queueing {
  /** Puts a contact in a queue. @throws queue-unknown, agent-unknown. `onExit` is called once, when the queue gives it back. */
  enqueue(target: OfferTarget, request: QueueRequest, onExit: (exit: QueueExit) => void): void;
  /**
   * Whether a contact given there now would stand in line: for whoever gives one away by hand, and wants to know before.
   * @param to the queue; `only`: the one agent whom it would wait for there
   * @returns why it would be given back at once; undefined: it would wait
   */
  refuses(channel: Channel, to: { queue: QueueId; only?: AgentId | undefined }): QueueExit | undefined;
  /**
   * After a restart: a call that was adopted is bound again to what routing knows of its contact.
   * @returns what that is: still waiting, with an agent, or unknown (then the caller decides)
   */
  attach(
    target: OfferTarget,
    onExit: (exit: QueueExit) => void,
  ): { state: 'waiting'; queue: QueueId } | { state: 'connected'; agent: AgentId } | { state: 'unknown' };
  /**
   * The contact leaves the queue or the offer: the customer hung up or chose a callback, the flow took it elsewhere, or somebody answered
   * it in writing without having it. Harmless if it is not there.
   */
  leave(interaction: InteractionId, why: LeftQueue): void;
  /** The agent's part in the contact ended (hang-up, transfer): her wrap-up begins. */
  finished(interaction: InteractionId, agent: AgentId, why: 'customer' | 'agent' | 'transferred' | 'failed'): void;
  /**
   * She has the contact by what people did (dialled out, retrieved, handed or taken over): it begins with her, or goes over
   * to her from whoever had it, whose wrap-up begins. Its end is told by `finished`.
   * @param how `queue`: where it counts, for a contact that routing does not know. `instead`: another contact of hers that
   * this one takes the place of (a consultation); that one ends without a wrap-up.
   * @returns false where routing cannot hold it for her (no such agent or queue): then she is `occupied`
   */
  take(
    target: OfferTarget,
    agent: AgentId,
    how: { queue?: QueueId | undefined; instead?: InteractionId | undefined },
  ): boolean;
  /** Another priority for a contact that waits or is offered. Harmless where it does not. */
  raise(interaction: InteractionId, priority: number): void;
  /** For announcements. Position from 1. */
  place(interaction: InteractionId): { position: number; expectedWaitMs: number | undefined } | undefined;
  /** Contacts that did not come from the ACD (calls of her own, conversations she joined) make an agent busy on that channel. */
  occupied(agent: AgentId, channel: Channel, count: number): void;
  /** Her phone registered, or is gone (expired, unreachable). */
  phoneReachable(agent: AgentId, reachable: boolean): void;
}
