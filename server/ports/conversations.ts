// What the desk and the API ask of digital conversations: chats, social messages, mail, SMS, work items. Implemented by
// server/conversations, the second OfferTarget beside calls. One conversation is one interaction; conversations of one
// customer at one place of a channel (an openid, a mail thread) follow one another in a *thread*.
import type { EventEmitter } from 'node:events';
import type { Content, ReplyWindow } from '../../connector/index.ts';
import type {
  AgentId,
  Channel,
  InteractionId,
  Language,
  Millis,
  OfferId,
  PopContent,
  QueueId,
  Scope,
  SkillDemand,
} from '../../values/index.ts';
import type { TransferTarget } from './call-control.ts';

/** Where one channel's contacts go: what a DID is for calls. The key is the name that connectors use: `wechat-bank`. */
export interface ChannelRecord extends Scope {
  id: string;
  name: Partial<Record<Language, string>>;
  /** Of the connector: `wechat`, `webchat`, `mail` … */
  kind: string;
  channel: Exclude<Channel, 'voice'>;
  /** First a bot (a flow), or straight into a queue. */
  to: { flow: string } | { queue: QueueId };
  language: Language;
  /** 0 to 10; absent: the queue's. */
  priority?: number | undefined;
  skills?: SkillDemand[] | undefined;
  /** The first answer of a person is due within that; default 15 s for chat, an hour for everything else. */
  firstAnswerMs: number;
  /** After so long without a word of the customer the conversation is closed. */
  idleMs: number;
  /** A message within so long after the end comes to the agent who had it, first. */
  returnMs: number;
  /** Answers that everybody can read are sent only when a second person approved them. */
  approval?: boolean | undefined;
  /** Whether a colleague who reads along has one contact more on hand (`counts`, default). */
  joining?: 'counts' | 'free' | undefined;
  /** The alarm is raised so long before an answer is late; absent: a third of the time allowed. */
  warnMs?: Millis | undefined;
  /** By so many levels of priority who waits goes up with that alarm. Default 2. */
  lateRaise?: number | undefined;
  /** Messages taken of one thread in a minute; the connector keeps more than that for later. Default 60. */
  mostPerMinute?: number | undefined;
  disabled: boolean;
}

/**
 * `bot`: the flow answers; `queued`: waits for an agent; `offered`; `active`: with an agent; `closed`. A conversation ends for
 * ever; what the customer writes afterwards begins the next one of the same thread.
 */
export type ConversationPhase = 'bot' | 'queued' | 'offered' | 'active' | 'closed';

/** `waiting`: not at the connector yet; `approval`: a second person must agree; `sent`: the provider has it. */
export type MessageState = 'approval' | 'waiting' | 'sent' | 'delivered' | 'read' | 'failed' | 'recalled' | 'received';

export interface MessageView {
  id: string;
  interaction: InteractionId;
  /** 1, 2, 3 … within the thread. */
  number: number;
  at: Millis;
  /** `note`: agents among themselves; the customer never sees it. */
  author: 'customer' | 'bot' | 'agent' | 'system' | 'note';
  agent?: AgentId | undefined;
  content: Content;
  state: MessageState;
  /** Why it failed: code of the error registry, and the provider's words. */
  failed?: { code: string; reason: string } | undefined;
}

export interface ConversationView {
  interaction: InteractionId;
  /** ChannelRecord. */
  via: string;
  channel: Channel;
  thread: string;
  phase: ConversationPhase;
  since: Millis;
  startedAt: Millis;
  /** As the customer calls herself there. */
  name?: string | undefined;
  customer?: string | undefined;
  language: Language;
  queue?: QueueId | undefined;
  agent?: AgentId | undefined;
  /** Agents who read and write along (conference). */
  joined: AgentId[];
  subject?: string | undefined;
  variables: Record<string, string>;
  /** What the provider still allows us. */
  window?: ReplyWindow | undefined;
  /** The oldest word of the customer that nobody answered yet; and when that must be. */
  unanswered?: { since: Millis; due: Millis; soon?: boolean | undefined } | undefined;
  lastMessage?: { at: Millis; author: MessageView['author']; text: string } | undefined;
  messages: number;
}

export interface ConversationEvents {
  changed: [ConversationView];
  message: [ConversationView, MessageView];
  /** The customer writes just now. Not kept. */
  typing: [ConversationView];
  ended: [ConversationView];
  /** A second person let a public answer go out, or sent it back to its writer (`failed.reason`). */
  reviewed: [MessageView, approved: boolean];
}

/**
 * All of an agent take the agent who asks; she must have the conversation, or have joined it.
 * @throws conversation-unknown, conversation-not-yours, conversation-wrong-phase and what is said at each
 */
export interface ConversationControl extends EventEmitter<ConversationEvents> {
  list(): ConversationView[];
  get(interaction: InteractionId): ConversationView | undefined;
  /** What a screen-pop shows now; undefined: there is no such conversation under way. */
  content(interaction: InteractionId): PopContent | undefined;
  /** She takes what is offered to her. @throws conversation-not-offered */
  accept(agent: AgentId, offer: OfferId): Promise<void>;
  /** Public answers that wait for a second person, the oldest first. */
  awaitingApproval(limit: number): MessageView[];
  /**
   * Of the whole thread, also of earlier conversations in it, the oldest first.
   * @param page.before number of a message @param page.untilItsEnd nothing of later conversations
   */
  messages(
    interaction: InteractionId,
    page: { before?: number | undefined; limit: number; untilItsEnd?: boolean | undefined },
  ): MessageView[];
  /**
   * Sends, or keeps it for approval. @param key of the panel: the same one is one message
   * @param by who writes, where that is not the agent but somebody in her name: neither of them may approve it
   * @throws window-closed, quota-spent where the provider would refuse it
   */
  send(agent: AgentId, interaction: InteractionId, content: Content, key: string, by?: string): Promise<MessageView>;
  note(agent: AgentId, interaction: InteractionId, text: string): Promise<MessageView>;
  typing(agent: AgentId, interaction: InteractionId): void;
  /** Another person than the author lets it go out, or does not. @throws message-unknown, approval-own */
  approve(by: AgentId, message: string, yes: boolean, why?: string): Promise<MessageView>;
  /** @throws queue-unknown, agent-unknown; a number is refused */
  transfer(agent: AgentId, interaction: InteractionId, to: TransferTarget): Promise<void>;
  /** A colleague reads and writes along. @throws agent-unknown */
  join(agent: AgentId, interaction: InteractionId, colleague: AgentId): Promise<void>;
  leave(agent: AgentId, interaction: InteractionId): Promise<void>;
  /** Her part is over; wrap-up begins. */
  close(agent: AgentId, interaction: InteractionId): Promise<void>;
  /**
   * Writes to a customer first, where the channel's policy lets us. @param by as for `send`
   * @throws channel-unknown, window-closed
   */
  begin(
    agent: AgentId,
    to: {
      via: string;
      thread: string;
      customer?: string | undefined;
      queue: QueueId;
      /** The contact from which it goes on: a call, an earlier conversation. */
      origin?: InteractionId | undefined;
    },
    content: Content,
    by?: string,
  ): Promise<ConversationView>;
  /** Chat → voice: calls the customer back in the same thread of interactions. @throws number-missing, queue-unknown */
  escalate(
    agent: AgentId,
    interaction: InteractionId,
    to: { queue: QueueId; number?: string | undefined },
  ): Promise<string>;
  /**
   * From a call that goes on from a conversation, during it and, within the channel's `returnMs`, after it, she writes to the
   * customer where that was: in what nobody else has there, which becomes hers, or anew.
   * @param key of the panel: the same one is one message @param by as for `send`
   * @throws contact-without-thread, contact-long-over, conversation-not-yours (somebody has it), channel-disabled, conversation-queue, window-closed, quota-spent
   */
  goOn(agent: AgentId, call: InteractionId, content: Content, key: string, by?: string): Promise<MessageView>;
  /** By a supervisor or the system. */
  end(interaction: InteractionId, by: string): Promise<void>;
}
