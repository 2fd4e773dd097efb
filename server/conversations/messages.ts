// Messages: each takes its number in its thread, and is one event and one row in the same commit; what is for the customer
// is in the outbox by that commit too.
import type { Content } from '../../connector/index.ts';
import { type AgentId, type Millis, newId } from '../../values/index.ts';
import { type Commit, type EventScope, type NewEvent, newEvent } from '../journal/index.ts';
import type { MessageView } from '../ports/index.ts';
import { attachmentsOf, textOf } from './content-text.ts';
import type { Conversation } from './conversation.ts';
import type { ConversationRows, MessagePlace, NewMessage } from './conversation-rows.ts';
import type { ConversationTools } from './conversation-tools.ts';
import {
  messageDelivered,
  messageFailed,
  messageNoted,
  messageRecalled,
  messageReceived,
  messageReviewed,
  messageSent,
  messageSubmitted,
} from './events.ts';
import type { NewOutbound, Outbox } from './outbox.ts';
import { spent, windowProblem } from './reply-window.ts';
import type { Threads } from './threads.ts';

/** What lists show of a message. */
const snippet = 200;

/** How far a message has come; what the connector says later never takes it back. */
const order = ['approval', 'waiting', 'sent', 'delivered', 'read'];

export interface MessagesOptions {
  tools: Pick<ConversationTools, 'journal' | 'clock' | 'directory' | 'logger'>;
  rows: ConversationRows;
  outbox: Outbox;
  threads: Threads;
  /** Told when it is committed. */
  told: (conversation: Conversation, message: MessageView) => void;
  /** A key is not taken as new any more. */
  keyed: (via: string, key: string, conversation: Conversation, message: string | undefined) => () => void;
  /** The attachments belong to that conversation from now on. */
  used: (attachments: readonly string[], conversation: Conversation) => () => void;
}

/** In whose name something is written; `by`: who did it, where that was somebody else. */
export interface Writer {
  agent: AgentId;
  by?: string | undefined;
}

interface Writing {
  author: MessageView['author'];
  content: Content;
  at: Millis;
  agent?: AgentId | undefined;
  writtenBy?: string | undefined;
  /** In `message_keys`. */
  key?: string | undefined;
  replyTo?: string | undefined;
  state: MessageView['state'];
  failed?: MessageView['failed'];
}

export class Messages {
  readonly #options: MessagesOptions;

  constructor(options: MessagesOptions) {
    this.#options = options;
  }

  /** The customer wrote. @param key of the inbound item */
  received(
    conversation: Conversation,
    {
      content,
      at,
      key,
      post,
    }: { content: Content; at: Millis; key: string; post?: Record<string, unknown> | undefined },
  ): MessageView {
    const { via, thread } = conversation.data;
    return this.#put(
      conversation,
      { author: 'customer', content, at, key: `in ${key}`, state: 'received' },
      (message) =>
        newEvent(
          messageReceived,
          this.#now(),
          { ...this.#about(message), via, thread, ...(post && { public: post }) },
          conversation.scope(),
        ),
    );
  }

  /**
   * To the customer, over the connector. Where the provider would refuse it, it is written as failed.
   * @param key of the panel
   */
  sent(
    conversation: Conversation,
    {
      author,
      content,
      agent,
      key,
    }: Pick<Writing, 'content' | 'agent' | 'key'> & { author: 'bot' | 'agent' | 'system' },
  ): MessageView {
    const { via, thread, replyTo } = conversation.data;
    const known = this.#options.threads.get(via, thread);
    const now = this.#now();
    const problem = windowProblem(known.window, content, now);
    const writing: Writing = { author, content, at: now, agent, key, replyTo, state: problem ? 'failed' : 'waiting' };
    if (problem) writing.failed = { code: problem, reason: '' };
    else known.window = spent(known.window, content);
    return this.#put(
      conversation,
      writing,
      (message) =>
        newEvent(messageSent, now, { ...this.#about(message), via, author }, this.#scope(conversation, agent)),
      problem ? undefined : (message) => this.#outbound(conversation.data, message),
      problem &&
        ((message) =>
          newEvent(messageFailed, now, { message: message.id, code: problem, reason: '' }, conversation.scope())),
    );
  }

  /** A public answer that a second person is to read first. */
  submitted(conversation: Conversation, { agent, by }: Writer, content: Content, key?: string): MessageView {
    const { via, replyTo } = conversation.data;
    const at = this.#now();
    const other = by === undefined || by === agent ? {} : { writtenBy: by };
    const writing: Writing = { author: 'agent', content, at, agent, ...other, key, replyTo, state: 'approval' };
    return this.#put(conversation, writing, (message) =>
      newEvent(messageSubmitted, at, { ...this.#about(message), via, ...other }, this.#scope(conversation, agent)),
    );
  }

  noted(conversation: Conversation, agent: AgentId, text: string): MessageView {
    const writing: Writing = {
      author: 'note',
      content: { type: 'text', text },
      at: this.#now(),
      agent,
      state: 'received',
    };
    return this.#put(conversation, writing, ({ id: message, number }) =>
      newEvent(messageNoted, this.#now(), { message, number, text }, this.#scope(conversation, agent)),
    );
  }

  /** A second person has read a public answer. @param kept written with it @param also told with it */
  async reviewed(
    place: MessagePlace,
    scope: EventScope,
    { by, approved, why }: { by: string; approved: boolean; why?: string | undefined },
    kept: () => void,
    also: readonly NewEvent[],
  ): Promise<MessageView> {
    const { view } = place;
    const now = this.#now();
    const data = { message: view.id, by, approved, ...(why === undefined ? {} : { why }) };
    const events: NewEvent[] = [newEvent(messageReviewed, now, data, { ...scope, agent: view.agent }), ...also];
    if (!approved) {
      const failed = { code: 'sent-back', reason: why ?? '' };
      const { rows } = this.#options;
      await this.#append(events, [() => rows.update(view.id, 'failed', failed), kept]);
      return { ...view, state: 'failed', failed };
    }
    const known = this.#options.threads.get(place.via, place.thread);
    known.window = spent(known.window, view.content);
    const sent = { ...this.#about(view), via: place.via, author: 'agent' as const };
    events.push(newEvent(messageSent, now, sent, { ...scope, agent: view.agent }));
    const { rows, threads } = this.#options;
    await this.#append(events, [
      () => rows.update(view.id, 'waiting'),
      threads.saving(known),
      this.#outbound(place, view),
      kept,
    ]);
    this.#options.outbox.wake(place.via);
    return { ...view, state: 'waiting' };
  }

  /** What the connector says of it. @returns the message as it is now; undefined where that changes nothing */
  delivered(
    conversation: Conversation | undefined,
    { view }: MessagePlace,
    said: {
      state: 'sent' | 'delivered' | 'read' | 'failed';
      provider?: string | undefined;
      code?: string | undefined;
      reason?: string | undefined;
    },
    key: () => void,
  ): MessageView | undefined {
    const { rows } = this.#options;
    const scope = conversation?.scope() ?? { interaction: view.interaction };
    const { id: message } = view;
    if (said.state === 'failed') {
      if (view.state !== 'waiting' && view.state !== 'sent') return undefined;
      const failed = { code: said.code ?? 'unknown', reason: said.reason ?? '' };
      void this.#append(
        [newEvent(messageFailed, this.#now(), { message, ...failed }, scope)],
        [key, () => rows.update(message, 'failed', failed)],
      );
      const now = { ...view, state: 'failed' as const, failed };
      if (conversation) this.#later(conversation, now);
      return now;
    }
    // A message that was given up and came through all the same has come through.
    if (view.state !== 'failed' && order.indexOf(said.state) <= order.indexOf(view.state)) return undefined;
    const data = { message, state: said.state, ...(said.provider === undefined ? {} : { provider: said.provider }) };
    void this.#append(
      [newEvent(messageDelivered, this.#now(), data, scope)],
      [key, () => rows.update(message, said.state)],
    );
    const now: MessageView = { ...view, state: said.state, failed: undefined };
    if (conversation) this.#later(conversation, now);
    return now;
  }

  /** The customer has seen everything up to that number. @param events go with it */
  read(conversation: Conversation | undefined, via: string, thread: string, number: number, events: NewEvent[]): void {
    const { rows, told } = this.#options;
    let seen: MessageView[] = [];
    const work = () => {
      seen = rows.readUpTo(via, thread, number);
    };
    void this.#append(events, [work]).then(() => {
      if (conversation) for (const message of seen) told(conversation, message);
    });
  }

  recalled(conversation: Conversation | undefined, { view }: MessagePlace, key: () => void): void {
    const { rows } = this.#options;
    const scope = conversation?.scope() ?? { interaction: view.interaction };
    void this.#append(
      [newEvent(messageRecalled, this.#now(), { message: view.id }, scope)],
      [key, () => rows.update(view.id, 'recalled')],
    );
    if (conversation) this.#later(conversation, { ...view, state: 'recalled' });
  }

  /** What the conversation is now, for channels that show it. */
  state(
    conversation: Pick<Conversation, 'data'>,
    item: Omit<Extract<NewOutbound, { item: 'state' }>, 'item' | 'thread' | 'at'>,
  ): void {
    const { via, thread, interaction } = conversation.data;
    const now = this.#now();
    const text = JSON.stringify({ item: 'state', thread, at: now, ...item });
    const { outbox } = this.#options;
    void this.#append([], [() => outbox.write(via, interaction, now, text)]).then(() => outbox.wake(via));
  }

  #put(
    conversation: Conversation,
    writing: Writing,
    event: (message: MessageView) => NewEvent,
    outbound?: (message: MessageView) => () => void,
    also?: (message: MessageView) => NewEvent,
  ): MessageView {
    const { rows, threads, outbox, keyed, used } = this.#options;
    const { data } = conversation;
    const { via, thread, interaction } = data;
    const known = threads.get(via, thread);
    known.number += 1;
    data.messages += 1;
    const { author, content, at, agent, writtenBy, key, state, failed, replyTo } = writing;
    const id = newId('msg', this.#now());
    const row: NewMessage = {
      id,
      via,
      thread,
      number: known.number,
      interaction,
      at,
      author,
      agent,
      writtenBy,
      state,
      content,
      failed,
      replyTo,
    };
    const message: MessageView = { id, interaction, number: known.number, at, author, agent, content, state, failed };
    if (author !== 'note') data.last = { at, author, text: textOf(content).slice(0, snippet) };
    // The thread with its number is written with the conversation, in the same commit.
    const work = [() => rows.insert(row)];
    if (key !== undefined) work.push(keyed(via, key, conversation, id));
    if (outbound) work.push(outbound(message));
    const attachments = attachmentsOf(content);
    if (attachments.length > 0) work.push(used(attachments, conversation));
    conversation.changed();
    const events = [event(message), ...(also ? [also(message)] : [])];
    void this.#append(events, work).then(() => {
      if (outbound) outbox.wake(via);
      this.#options.told(conversation, message);
    });
    return message;
  }

  #outbound(
    { via, thread, replyTo }: { via: string; thread: string; replyTo?: string | undefined },
    { id, interaction, content, author, agent }: MessageView,
  ): () => void {
    const { outbox } = this.#options;
    const { directory } = this.#options.tools;
    const now = this.#now();
    const name = agent === undefined ? undefined : directory.agents.get(agent)?.name;
    const item = {
      item: 'message',
      message: id,
      thread,
      at: now,
      content,
      author,
      ...(replyTo === undefined ? {} : { replyTo }),
      ...(name === undefined ? {} : { authorName: name }),
    };
    const text = JSON.stringify(item);
    return () => outbox.write(via, interaction, now, text);
  }

  #about({ id: message, number, content }: MessageView): {
    message: string;
    number: number;
    type: string;
    text: string;
    content: Record<string, unknown>;
  } {
    return { message, number, type: content.type, text: textOf(content), content: { ...content } };
  }

  #append(events: NewEvent[], rows: (() => void)[]): Promise<Commit> {
    return this.#options.tools.journal.append(events, () => {
      for (const row of rows) row();
    });
  }

  #scope(conversation: Conversation, agent: AgentId | undefined): EventScope {
    const scope = conversation.scope();
    return agent === undefined ? scope : { ...scope, agent };
  }

  /** With the next commit. */
  #later(conversation: Conversation, message: MessageView): void {
    void this.#options.tools.journal.append([]).then(() => this.#options.told(conversation, message));
  }

  #now(): Millis {
    return this.#options.tools.clock.now();
  }
}
