// What agents do with conversations; each checks first that it is hers to do. (The contract is ConversationControl.)
import type { EventEmitter } from 'node:events';
import type { Content } from '../../connector/index.ts';
import { type AgentId, type InteractionId, notThere, type OfferId, type QueueId } from '../../values/index.ts';
import { newEvent } from '../journal/index.ts';
import type {
  ConversationControl,
  ConversationEvents,
  ConversationView,
  MessageView,
  TransferTarget,
} from '../ports/index.ts';
import type { Attachments } from './attachments.ts';
import type { Conversation } from './conversation.ts';
import type { ConversationTools } from './conversation-tools.ts';
import { failed } from './errors.ts';
import { conversationEscalated, conversationJoined, conversationLeft } from './events.ts';
import type { Messages, Writer } from './messages.ts';
import type { OpenConversations } from './open-conversations.ts';
import type { Outbox } from './outbox.ts';
import type { Outgoing } from './outgoing.ts';
import { mustBeOpen } from './reply-window.ts';
import { sendable } from './sendable.ts';
import type { ThreadCalls } from './thread-calls.ts';

/** Who is quick accepts between the pop and the offer. */
const mostUntilOfferMs = 500;

export interface AgentsPartOptions {
  tools: ConversationTools;
  open: OpenConversations;
  post: Messages;
  outgoing: Outgoing;
  calls: ThreadCalls;
  outbox: Outbox;
  attachments: Attachments;
  events: EventEmitter<ConversationEvents>;
  /** The message that was sent with that key. */
  sentAs: (via: string, key: string) => MessageView | undefined;
}

export class AgentsPart {
  readonly #options: AgentsPartOptions;

  constructor(options: AgentsPartOptions) {
    this.#options = options;
  }

  async accept(agent: AgentId, offer: OfferId): Promise<void> {
    const conversation = this.#offeredAs(offer) ?? (await this.#soonOfferedAs(offer));
    if (conversation?.place.offered?.agent !== agent) throw failed['conversation-not-offered']({ agent, offer });
    conversation.place.accept();
  }

  #offeredAs(offer: OfferId): Conversation | undefined {
    for (const conversation of this.#options.open) if (conversation.place.offered?.id === offer) return conversation;
    return undefined;
  }

  #soonOfferedAs(offer: OfferId): Promise<Conversation | undefined> {
    const { promise, resolve } = Promise.withResolvers<Conversation | undefined>();
    const done = (conversation?: Conversation) => {
      clearTimeout(patience);
      this.#options.events.off('changed', look);
      resolve(conversation);
    };
    const look = () => {
      const conversation = this.#offeredAs(offer);
      if (conversation) done(conversation);
    };
    const patience = setTimeout(done, mostUntilOfferMs);
    this.#options.events.on('changed', look);
    return promise;
  }

  async send(
    agent: AgentId,
    interaction: InteractionId,
    content: Content,
    key: string,
    by?: string,
  ): Promise<MessageView> {
    return this.#write(agent, this.#hers(agent, interaction), content, `out ${interaction} ${key}`, by);
  }

  /** @param key the same one is one message @param by who writes in her name */
  async #write(
    agent: AgentId,
    conversation: Conversation,
    content: Content,
    key: string,
    by?: string,
  ): Promise<MessageView> {
    const { sentAs, attachments, tools } = this.#options;
    const { data, thread } = conversation;
    const before = sentAs(data.via, key);
    if (before) return before;
    const checked = sendable(content, attachments);
    mustBeOpen(thread.window, checked, this.#now());
    const message = this.#put({ agent, by }, conversation, checked, key);
    await tools.journal.append([]);
    return message;
  }

  /** To the customer, or first to a second person, where everybody can read it and the channel asks for that. */
  #put({ agent, by }: Writer, conversation: Conversation, content: Content, key?: string): MessageView {
    const { post } = this.#options;
    const { data, record, answers } = conversation;
    if (data.public && record?.approval === true) return post.submitted(conversation, { agent, by }, content, key);
    const message = post.sent(conversation, { author: 'agent', content, agent, key });
    answers.answered();
    return message;
  }

  /** From a call back into the chat that it goes on from; what somebody else has there stays hers alone. */
  async goOn(agent: AgentId, call: InteractionId, content: Content, key: string, by?: string): Promise<MessageView> {
    const { calls, open, outgoing, sentAs, attachments, tools } = this.#options;
    const place = calls.placeOf(call, agent);
    if (!place) throw failed['contact-without-thread']({ interaction: call });
    if (!place.hers) throw failed['conversation-not-yours']({ agent, interaction: call });
    if (place.longOver) throw failed['contact-long-over']({ interaction: call });
    const { via, thread, chain } = place;
    const full = `out ${call} ${key}`;
    const before = sentAs(via, full);
    if (before) return before;
    const under = open.at(via, thread);
    const queue = under?.data.queue ?? place.queue ?? '';
    if (under) {
      if (under.data.phase === 'active' && !under.has(agent))
        throw failed['conversation-not-yours']({ agent, interaction: under.interaction });
      if (!calls.bring(under, agent)) throw failed['conversation-queue']({ agent, queue });
      return this.#write(agent, under, content, full, by);
    }
    const checked = sendable(content, attachments);
    const conversation = outgoing.begin(outgoing.channel(via), { thread, queue: place.queue, chain }, checked);
    conversation.learn({ origin: call });
    if (!conversation.talk.take(agent, place.queue)) {
      conversation.finish('system', 'agent-not-free');
      throw failed['conversation-queue']({ agent, queue });
    }
    const message = this.#put({ agent, by }, conversation, checked, full);
    await tools.journal.append([]);
    return message;
  }

  async note(agent: AgentId, interaction: InteractionId, text: string): Promise<MessageView> {
    const message = this.#options.post.noted(this.#hers(agent, interaction), agent, text);
    await this.#options.tools.journal.append([]);
    return message;
  }

  typing(agent: AgentId, interaction: InteractionId): void {
    const { via, thread } = this.#hers(agent, interaction).data;
    this.#options.outbox.typing(via, thread, this.#now());
  }

  async transfer(agent: AgentId, interaction: InteractionId, to: TransferTarget): Promise<void> {
    const conversation = this.#owned(agent, interaction);
    const { directory } = this.#options.tools;
    if ('number' in to) throw failed['transfer-to-number']();
    if ('queue' in to && !directory.queues.get(to.queue)) throw notThere['queue-unknown']({ queue: to.queue });
    if ('agent' in to && !this.#works(to.agent)) throw notThere['agent-unknown']({ agent: to.agent });
    conversation.talk.transfer(to);
    await this.#options.tools.journal.append([]);
  }

  async join(agent: AgentId, interaction: InteractionId, colleague: AgentId): Promise<void> {
    const conversation = this.#hers(agent, interaction);
    if (!this.#works(colleague)) throw notThere['agent-unknown']({ agent: colleague });
    if (conversation.has(colleague)) return;
    conversation.data.joined = [...conversation.data.joined, colleague];
    conversation.changed();
    const scope = { ...conversation.scope(), agent: colleague };
    await this.#options.tools.journal.append([newEvent(conversationJoined, this.#now(), { by: agent }, scope)]);
  }

  /** She goes home: what she only read along goes on without her. Who works here no more leaves what she has to its queue. */
  signedOut(agent: AgentId): void {
    const { open } = this.#options;
    const worksOn = this.#works(agent);
    for (const conversation of open) {
      const { data, talk } = conversation;
      if (data.joined.includes(agent)) void this.#part(agent, conversation);
      else if (!worksOn && data.phase === 'active' && data.agent === agent)
        open.guard(conversation, () => talk.abandoned());
    }
  }

  async #part(agent: AgentId, conversation: Conversation): Promise<void> {
    const { data } = conversation;
    data.joined = data.joined.filter((one) => one !== agent);
    conversation.changed();
    const scope = { ...conversation.scope(), agent };
    await this.#options.tools.journal.append([newEvent(conversationLeft, this.#now(), { why: 'left' }, scope)]);
  }

  async leave(agent: AgentId, interaction: InteractionId): Promise<void> {
    const conversation = this.#hers(agent, interaction);
    const { data } = conversation;
    if (data.agent !== agent) return this.#part(agent, conversation);
    const [next] = data.joined;
    if (next === undefined) throw failed['conversation-wrong-phase']({ phase: data.phase });
    if (!conversation.talk.handOver(next)) {
      throw failed['conversation-queue']({ agent: next, queue: data.queue ?? '' });
    }
    await this.#options.tools.journal.append([]);
  }

  async close(agent: AgentId, interaction: InteractionId): Promise<void> {
    this.#owned(agent, interaction).talk.close();
    await this.#options.tools.journal.append([]);
  }

  /** She writes first. @throws channel-unknown, channel-disabled, queue-unknown, conversation-open, conversation-queue */
  async begin(
    agent: AgentId,
    to: Parameters<ConversationControl['begin']>[1],
    content: Content,
    by?: string,
  ): Promise<ConversationView> {
    const record = this.#options.outgoing.channel(to.via);
    if (!this.#options.tools.directory.queues.get(to.queue)) throw notThere['queue-unknown']({ queue: to.queue });
    const under = this.#options.open.at(to.via, to.thread);
    if (under) throw failed['conversation-open']({ interaction: under.interaction });
    const checked = sendable(content, this.#options.attachments);
    const conversation = this.#options.outgoing.begin(record, to, checked);
    if (to.origin !== undefined) conversation.learn({ origin: to.origin });
    if (!conversation.talk.take(agent, to.queue)) {
      conversation.finish('system', 'agent-not-free');
      throw failed['conversation-queue']({ agent, queue: to.queue });
    }
    this.#put({ agent, by }, conversation, checked);
    await this.#options.tools.journal.append([]);
    return conversation.view();
  }

  async escalate(
    agent: AgentId,
    interaction: InteractionId,
    to: { queue: QueueId; number?: string | undefined },
  ): Promise<string> {
    const conversation = this.#hers(agent, interaction);
    const { people, callbacks, directory } = this.#options.tools;
    const { customer, name } = conversation.data;
    const number = to.number ?? (customer === undefined ? undefined : people.numberOf(customer));
    if (number === undefined) throw failed['number-missing']();
    if (!directory.queues.get(to.queue)) throw notThere['queue-unknown']({ queue: to.queue });
    const { language, data } = conversation;
    const now = this.#now();
    const wish = {
      queue: to.queue,
      number,
      language,
      name,
      customer,
      preferred: agent,
      origin: interaction,
      thread: data.chain ?? interaction,
    };
    const made = await callbacks.schedule(wish, agent);
    const scope = { ...conversation.scope(), agent, queue: to.queue };
    await this.#options.tools.journal.append([newEvent(conversationEscalated, now, { callback: made.id }, scope)]);
    return made.id;
  }

  #hers(agent: AgentId, interaction: InteractionId): Conversation {
    const conversation = this.conversation(interaction);
    if (!conversation.has(agent)) throw failed['conversation-not-yours']({ agent, interaction });
    return conversation;
  }

  /** She has it, rather than reads along. */
  #owned(agent: AgentId, interaction: InteractionId): Conversation {
    const conversation = this.#hers(agent, interaction);
    if (conversation.data.agent !== agent) throw failed['conversation-not-yours']({ agent, interaction });
    return conversation;
  }

  #works(agent: AgentId): boolean {
    return this.#options.tools.directory.agents.get(agent)?.disabled === false;
  }

  /** @throws conversation-unknown */
  conversation(interaction: InteractionId): Conversation {
    const conversation = this.#options.open.get(interaction);
    if (!conversation) throw failed['conversation-unknown']({ interaction });
    return conversation;
  }

  #now(): number {
    return this.#options.tools.clock.now();
  }
}
