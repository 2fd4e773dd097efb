// What the router decided. Folding these gives the state; nothing else changes it. Plain JSON, journaled.
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
import type { Refusal } from './commands.ts';
import type { AgentConfig, QueueConfig, Strategy } from './configuration.ts';
import type { Presence } from './presence.ts';

export type OverflowReason = 'max-wait' | 'queue-full' | 'no-agents' | 'closed' | 'queue-removed' | 'agent-unavailable';

/** Why this contact went to this agent, kept small. */
export interface Why {
  /** What made the decision possible: the contact looked for an agent, or the agent for a contact. */
  by: 'contact' | 'agent';
  rule: Strategy | 'direct';
  /** Ring that the contact was in, 0: as asked. */
  ring: number;
  /** `contact`: eligible free agents; `agent`: contacts that headed the lines she could serve. */
  candidates: number;
  /** The best few in order with what they were ranked by (idle ms, skill sum, load, offer number; or rank). */
  best: { id: string; key: number }[];
  waitedMs: number;
  /** Virtual time of arrival: arrival less priority times aging. The smallest goes first. */
  rank: Millis;
  idleMs: number;
}

export type AcdEvent = { at: Millis } & (
  | { type: 'queue-set'; queue: QueueConfig }
  | { type: 'queue-removed'; queue: QueueId }
  | { type: 'agent-set'; agent: AgentConfig }
  | { type: 'agent-removing'; agent: AgentId }
  | { type: 'agent-removed'; agent: AgentId }
  | { type: 'presence-changed'; agent: AgentId; from: Presence; to: Presence; reason?: string | undefined }
  | {
      type: 'contact-queued';
      contact: InteractionId;
      channel: Channel;
      queue: QueueId;
      priority: number;
      skills: SkillDemand[];
      /** Since when waiting counts for the place. */
      since: Millis;
      /** For this agent alone until then; without `until` for her only. */
      agent?: { id: AgentId; until?: Millis | undefined } | undefined;
      /** Who gave it away is not offered it before. */
      excluded?: { agent: AgentId; until: Millis } | undefined;
      /** Overflow time. */
      until: Millis;
      offerMs?: number | undefined;
      /** True where the contact was known and moves. */
      moved: boolean;
      /** The queue that it moved out of, where it still waited there. */
      from?: QueueId | undefined;
    }
  | { type: 'contact-changed'; contact: InteractionId; priority: number; skills: SkillDemand[] }
  | { type: 'ring-widened'; contact: InteractionId; ring: number }
  /** Its wait for one agent alone is over. */
  | { type: 'agent-wait-over'; contact: InteractionId }
  | { type: 'exclusion-over'; contact: InteractionId; agent: AgentId }
  | {
      type: 'contact-overflowed';
      contact: InteractionId;
      queue: QueueId;
      reason: OverflowReason;
      waitedMs: number;
    }
  | {
      type: 'contact-left';
      contact: InteractionId;
      queue: QueueId;
      reason: string;
      /** Where it was. */
      state: 'waiting' | 'offered' | 'connected';
      waitedMs: number;
    }
  | {
      type: 'offer-made';
      offer: OfferId;
      contact: InteractionId;
      agent: AgentId;
      queue: QueueId;
      deadline: Millis;
      why: Why;
    }
  /** Ringing has to stop; the contact is offered again when that is confirmed or `deadline` passes. */
  | {
      type: 'offer-withdrawing';
      offer: OfferId;
      contact: InteractionId;
      agent: AgentId;
      outcome: 'missed' | 'withdrawn';
      deadline: Millis;
    }
  | {
      type: 'offer-ended';
      offer: OfferId;
      contact: InteractionId;
      agent: AgentId;
      queue: QueueId;
      outcome: Exclude<OfferOutcome, 'accepted'>;
      /** Until when this agent is not offered this contact again. */
      excludedUntil?: Millis | undefined;
    }
  | {
      type: 'offer-accepted';
      offer: OfferId;
      contact: InteractionId;
      agent: AgentId;
      queue: QueueId;
      waitedMs: number;
    }
  /** Reality won: the agent has the contact, whatever the state said. */
  | {
      type: 'contact-adopted';
      contact: InteractionId;
      agent: AgentId;
      work: OfferId;
      queue: QueueId;
      /** Set where the contact begins with this. */
      channel?: Channel | undefined;
    }
  /** The agent's part is over; wrap-up follows where `wrapUpUntil` is set. */
  | {
      type: 'work-ended';
      agent: AgentId;
      work: OfferId;
      contact: InteractionId;
      queue: QueueId;
      connectedMs: number;
      wrapUpUntil?: Millis | undefined;
      /** Latest end of wrap-up with extensions. */
      wrapUpLimit?: Millis | undefined;
    }
  | {
      type: 'wrap-up-extended';
      agent: AgentId;
      work: OfferId;
      until: Millis;
      /** Its time is over, and it waits for the disposition only. */
      overdue?: true | undefined;
    }
  | { type: 'disposition-given'; agent: AgentId; work: OfferId; contact: InteractionId }
  | {
      type: 'wrap-up-ended';
      agent: AgentId;
      work: OfferId;
      contact: InteractionId;
      queue: QueueId;
      wrapUpMs: number;
      by: 'agent' | 'time';
      /** Without the disposition that the queue requires. */
      missing?: true | undefined;
    }
  | { type: 'occupied'; agent: AgentId; channel: Channel; count: number }
  | { type: 'queue-staffed'; queue: QueueId }
  | { type: 'queue-unstaffed'; queue: QueueId }
  /** The clock was set back by so much, and every time in the state with it. */
  | { type: 'clock-set-back'; byMs: number }
  | { type: 'queue-opened'; queue: QueueId }
  | { type: 'queue-closed'; queue: QueueId }
  /** Changes nothing: the command could not be carried out. Always the only event of its command. */
  | { type: 'refused'; command: string; reason: Refusal; detail?: string | undefined }
);

export type AcdEventOf<Type extends AcdEvent['type']> = Extract<AcdEvent, { type: Type }>;
