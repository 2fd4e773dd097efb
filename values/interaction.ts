// What every part of the product calls the same.
import type { AgentId, InteractionId, OfferId, QueueId } from './ids.ts';
import type { Millis } from './time.ts';

export type Channel = 'voice' | 'chat' | 'social' | 'mail' | 'sms' | 'work';
export type Direction = 'in' | 'out' | 'internal';
/** BCP 47, as far as the product speaks it. */
export type Language = 'en' | 'zh';

/** A skill that a contact asks for; `least` is the lowest proficiency that will do, 1 to 5. */
export interface SkillDemand {
  skill: string;
  least: number;
}

/** Every record carries where it belongs; authorisation is scoped by it. */
export interface Scope {
  site: string;
  team?: string | undefined;
}

/** What an agent's screen shows before the phone rings. */
export interface PopContent {
  interaction: InteractionId;
  channel: Channel;
  direction: Direction;
  queue?: QueueId | undefined;
  /** E.164 where it could be normalised, else as received; absent for a withheld number. */
  from?: string | undefined;
  fromName?: string | undefined;
  to: string;
  language: Language;
  enteredQueueAt?: Millis | undefined;
  /** Of a call that goes on from something written: the first contact of that thread. She can write there. */
  thread?: InteractionId | undefined;
  customer?: { id: string; name?: string | undefined; tags: string[] } | undefined;
  /** What was pressed and entered in the IVR, in order; secret input is never here. */
  path: { at: Millis; node: string; type: string; label?: string | undefined; value?: string | undefined }[];
  variables: Record<string, string>;
  /** What moments want the agent to know now, by language. */
  hints?: Partial<Record<Language, string>>[] | undefined;
  /** Earlier interactions, newest first. */
  earlier: {
    interaction: InteractionId;
    channel: Channel;
    at: Millis;
    queue?: string | undefined;
    agent?: string | undefined;
    disposition?: string | undefined;
    note?: string | undefined;
    talkMs?: number | undefined;
    /** Where it was, if not here. */
    site?: string | undefined;
  }[];
}

export type OfferOutcome =
  | 'accepted'
  /** The agent, or her phone (486, 603), said no. */
  | 'declined'
  /** The deadline passed: RONA. */
  | 'missed'
  /** The phone does not answer at all, or is not registered (404, 408, 480, 503). */
  | 'unreachable'
  /** Taken back by us, or the customer left. */
  | 'withdrawn';

export interface Offer {
  id: OfferId;
  interaction: InteractionId;
  agent: AgentId;
  queue?: QueueId | undefined;
  at: Millis;
  deadline: Millis;
}

/**
 * What routing drives when a contact is offered to an agent: a call, a digital conversation. Implemented on floor 4,
 * driven by routing on floor 5; the contract is the same for every channel.
 */
export interface OfferTarget {
  readonly interaction: InteractionId;
  readonly channel: Channel;
  /** What the screen-pop shows now. */
  pop(): PopContent;
  /**
   * Offers the contact to the agent (rings her phone) and says how that ended. Never rejects: an error is
   * `unreachable` and in the log. When `signal` aborts (deadline, customer gone, offer withdrawn) it stops ringing at
   * once and resolves with the reason of the abort (`missed` or `withdrawn`) unless the agent had answered before.
   */
  offer(offer: Offer, signal: AbortSignal): Promise<OfferOutcome>;
  /** It waits in another queue from now on: somebody moved it there. */
  queueChanged?(queue: QueueId): void;
}
