// What connectors bring: each item once, by its key, in order within its thread; committed before it is answered.
import type { InboundAnswer, InboundItem, InboundMessage, ReplyWindow } from '../../connector/index.ts';
import { type InteractionId, type Millis, newId } from '../../values/index.ts';
import { newEvent } from '../journal/index.ts';
import type { ChannelRecord, ConversationView } from '../ports/index.ts';
import { Conversation } from './conversation.ts';
import { newConversation } from './conversation-data.ts';
import type { ConversationRows } from './conversation-rows.ts';
import type { ConversationTools } from './conversation-tools.ts';
import { failed } from './errors.ts';
import { conversationHappened, conversationRead } from './events.ts';
import type { ConversationKeeper } from './kept-conversation.ts';
import { Pace } from './pace.ts';

type Result = InboundAnswer['items'][number];

/** Happenings with which a customer comes to us; others (page, unfollow) only tell. */
const begins = new Set(['follow', 'menu', 'scan', 'enter']);
/** Items between their taking and their commit; more are sent again later. */
const mostWaiting = 20_000;
const busySeconds = 2;
/** Of one thread, where the channel does not say. */
const mostPerMinute = 60;

export interface InboundKeeper extends ConversationKeeper {
  readonly rows: ConversationRows;
  open(via: string, thread: string): Conversation | undefined;
  add(conversation: Conversation): void;
  get(interaction: InteractionId): Conversation | undefined;
  typing(view: ConversationView): void;
}

export class Inbound {
  readonly #tools: ConversationTools;
  readonly #keeper: InboundKeeper;
  /** For /metrics. */
  readonly results: Record<Result['result'], number> = { taken: 0, known: 0, refused: 0 };
  /** Items above what one customer may send in a minute, for /metrics. */
  flooded = 0;
  readonly #pace = new Pace();
  /** Keys that are taken and wait for the disk: `via key` → interaction. */
  readonly #waiting = new Map<string, { interaction: InteractionId; message: string | undefined }>();

  constructor(tools: ConversationTools, keeper: InboundKeeper) {
    this.#tools = tools;
    this.#keeper = keeper;
  }

  /** @throws channel-unknown, conversations-busy */
  async take(channel: string, items: readonly InboundItem[]): Promise<InboundAnswer> {
    const record = this.#tools.directory.channels.get(channel);
    if (!record) throw failed['channel-unknown']({ channel });
    if (this.#waiting.size + items.length > mostWaiting || this.#tools.journal.trouble)
      throw failed['conversations-busy']({ seconds: busySeconds });
    const slow = new Map<string, Millis>();
    const held = new Set<string>();
    const results = items.flatMap((item) => this.#paced(record, item, slow, held) ?? []);
    // After everything that these items, or the same ones a moment ago, have changed.
    const { durable } = await this.#tools.journal.append([]);
    if (!durable) throw failed['conversations-busy']({ seconds: busySeconds });
    for (const { result } of results) this.results[result]++;
    if (slow.size === 0) return { items: results };
    return { items: results, slow: [...slow].map(([thread, ms]) => ({ thread, ms })) };
  }

  /**
   * @param slow threads that are to go slower, with how long @param held those of which nothing more is taken now
   * @returns undefined where the connector is to bring it again later
   */
  #paced(record: ChannelRecord, item: InboundItem, slow: Map<string, Millis>, held: Set<string>): Result | undefined {
    if (!('thread' in item) || item.item === 'typing' || item.item === 'read') return this.#take(record, item, 0);
    const { thread } = item;
    // What came after it would overtake it.
    if (held.has(thread)) return undefined;
    if (item.item !== 'message' && item.item !== 'event') return this.#take(record, item, 0);
    if (this.known(record.id, `in ${item.key}`)) return this.#take(record, item, 0);
    const perMinute = record.mostPerMinute ?? mostPerMinute;
    const { pace, waitMs } = this.#pace.take(record.id, thread, perMinute, this.#now());
    if (pace === 'fine') return this.#take(record, item, 0);
    slow.set(thread, waitMs);
    this.flooded++;
    if (pace === 'over') return this.#take(record, item, waitMs);
    held.add(thread);
    return undefined;
  }

  /** To be run in the commit. */
  keyed(via: string, key: string, interaction: InteractionId, message: string | undefined): () => void {
    const full = `${via} ${key}`;
    this.#waiting.set(full, { interaction, message });
    return () => {
      this.#keeper.rows.key(via, key, interaction, message);
      this.#waiting.delete(full);
    };
  }

  known(via: string, key: string): { interaction: InteractionId; message: string | undefined } | undefined {
    return this.#waiting.get(`${via} ${key}`) ?? this.#keeper.rows.known(via, key);
  }

  /** @param quietMs it is kept, and nothing is done about it for that long */
  #take(record: ChannelRecord, item: InboundItem, quietMs: Millis): Result {
    const { key } = item;
    if (item.item === 'typing') return this.#typing(record, item);
    if (item.item === 'read') return this.#read(record, item);
    const before = this.known(record.id, `in ${key}`);
    if (before) return { key, result: 'known', interaction: before.interaction };
    try {
      switch (item.item) {
        case 'message':
          return this.#message(record, item, quietMs);
        case 'event':
          return this.#happened(record, item, quietMs);
        case 'delivery':
          return this.#delivery(record, item);
        case 'recalled':
          return this.#recalled(record, item);
        case 'left':
          return this.#left(record, item);
      }
    } catch (error) {
      // One item that cannot be taken costs no other; it is the connector's log that tells of it, and ours.
      const { code, message } = error as { code?: string; message?: string };
      this.#tools.logger.error({ err: error, channel: record.id, key }, 'an item of a connector was refused');
      return { key, result: 'refused', reason: code === undefined ? 'it could not be taken' : (message ?? code) };
    }
  }

  #message(record: ChannelRecord, item: InboundMessage, quietMs: Millis): Result {
    const { key, content, variables } = item;
    const open = this.#keeper.open(record.id, item.thread);
    if (!open && record.disabled) return { key, result: 'refused', reason: 'the channel is disabled' };
    const conversation = open ?? this.#begin(record, item);
    this.#window(conversation, item.window);
    const { data } = conversation;
    if (variables) conversation.learn(variables);
    if (content.type === 'text' && content.subject !== undefined) data.subject ??= content.subject;
    data.replyTo = key;
    if (item.public) {
      data.public = true;
      conversation.thread.public = true;
    }
    const seen = conversation.bot.seen(content);
    this.#keeper.post.received(conversation, {
      content: seen,
      at: this.#past(item.at),
      key,
      post: item.public && { ...item.public },
    });
    if (open) conversation.heard(content, quietMs);
    else conversation.route(quietMs);
    return { key, result: 'taken', interaction: conversation.interaction };
  }

  #happened(record: ChannelRecord, item: Extract<InboundItem, { item: 'event' }>, quietMs: Millis): Result {
    const { key, name, data = {}, thread } = item;
    const open = this.#keeper.open(record.id, thread);
    const comes = begins.has(name) && 'flow' in record.to && !record.disabled;
    const conversation = open ?? (comes ? this.#begin(record, item) : undefined);
    const customer = conversation?.data.customer ?? this.#identify(record, item.from)?.id;
    const scope = conversation?.scope() ?? { customer, team: record.team };
    const interaction = conversation?.interaction ?? '';
    const happened = newEvent(conversationHappened, this.#now(), { via: record.id, name, data }, scope);
    void this.#tools.journal.append([happened], this.keyed(record.id, `in ${key}`, interaction, undefined));
    if (!conversation) {
      const known = this.#keeper.threads.get(record.id, thread);
      known.customer = customer;
      if (item.window) known.window = item.window;
      void this.#tools.journal.append([], this.#keeper.threads.saving(known));
      return { key, result: 'taken' };
    }
    this.#window(conversation, item.window);
    conversation.data.replyTo = key;
    conversation.learn({ event: name, ...data });
    if (!open) conversation.route(quietMs);
    else if (data.key !== undefined) conversation.heard({ type: 'choice', key: data.key.slice(0, 64) || '?' }, quietMs);
    else conversation.changed();
    return { key, result: 'taken', interaction };
  }

  #begin(record: ChannelRecord, item: InboundMessage | Extract<InboundItem, { item: 'event' }>): Conversation {
    const { from, thread } = item;
    const now = this.#now();
    const person = this.#identify(record, from);
    const known = this.#keeper.threads.get(record.id, thread);
    known.customer = person?.id;
    known.name = from.name ?? person?.name ?? known.name;
    const data = newConversation({
      interaction: newId('int', now),
      via: record.id,
      channel: record.channel,
      thread,
      direction: 'in',
      startedAt: now,
      customer: person?.id,
      name: known.name,
      from: from.identities[0]?.value,
      language: from.language ?? person?.language ?? record.language,
    });
    data.public = known.public;
    const conversation = new Conversation(this.#tools, this.#keeper, data);
    this.#keeper.add(conversation);
    const proved = from.identities.some(({ verified }) => verified);
    conversation.begin(person && (proved ? 'account' : 'channel'));
    return conversation;
  }

  #identify(record: ChannelRecord, { identities, name, language }: InboundMessage['from']) {
    return this.#tools.people.identify(identities, { name, language, team: record.team, by: `channel:${record.id}` });
  }

  #delivery(record: ChannelRecord, item: Extract<InboundItem, { item: 'delivery' }>): Result {
    const { key, message: id, state, provider, code, reason } = item;
    const place = this.#keeper.rows.message(id);
    if (!place || place.via !== record.id) return { key, result: 'refused', reason: `there is no message ${id}` };
    const { interaction } = place.view;
    const conversation = this.#keeper.get(interaction);
    const keyed = this.keyed(record.id, `in ${key}`, interaction, id);
    const said = { state, provider, code, reason };
    if (!this.#keeper.post.delivered(conversation, place, said, keyed)) void this.#tools.journal.append([], keyed);
    if (item.window) {
      const known = this.#keeper.threads.get(place.via, place.thread);
      known.window = item.window;
      void this.#tools.journal.append([], this.#keeper.threads.saving(known));
      conversation?.changed();
    }
    return { key, result: 'taken', interaction };
  }

  #recalled(record: ChannelRecord, item: Extract<InboundItem, { item: 'recalled' }>): Result {
    const { key } = item;
    const known = this.known(record.id, `in ${item.message}`);
    const place = this.#keeper.rows.message(known?.message ?? item.message);
    if (!place || place.via !== record.id || place.view.author !== 'customer')
      return { key, result: 'refused', reason: `there is no message ${item.message} of this customer` };
    const { interaction, id } = place.view;
    const keyed = this.keyed(record.id, `in ${key}`, interaction, id);
    this.#keeper.post.recalled(this.#keeper.get(interaction), place, keyed);
    return { key, result: 'taken', interaction };
  }

  #left(record: ChannelRecord, item: Extract<InboundItem, { item: 'left' }>): Result {
    const { key } = item;
    const conversation = this.#keeper.open(record.id, item.thread);
    const interaction = conversation?.interaction ?? '';
    void this.#tools.journal.append([], this.keyed(record.id, `in ${key}`, interaction, undefined));
    conversation?.finish('customer', item.why ?? 'left');
    return { key, result: 'taken', ...(conversation && { interaction }) };
  }

  #typing(record: ChannelRecord, { key, thread }: Extract<InboundItem, { item: 'typing' }>): Result {
    const conversation = this.#keeper.open(record.id, thread);
    if (conversation) this.#keeper.typing(conversation.view());
    return { key, result: 'taken' };
  }

  #read(record: ChannelRecord, { key, thread }: Extract<InboundItem, { item: 'read' }>): Result {
    const { number } = this.#keeper.threads.get(record.id, thread);
    const conversation = this.#keeper.open(record.id, thread);
    // Read up to everything that is there now. What nobody waits for is not worth an event.
    const events = conversation
      ? [newEvent(conversationRead, this.#now(), { upTo: number }, conversation.scope())]
      : [];
    if (number > 0) this.#keeper.post.read(conversation, record.id, thread, number, events);
    conversation?.changed();
    return { key, result: 'taken' };
  }

  #window(conversation: Conversation, window: ReplyWindow | undefined): void {
    if (window) conversation.thread.window = window;
  }

  /** A provider's clock may be wrong; nothing was written in the future. */
  #past(at: Millis): Millis {
    return Math.min(at, this.#now());
  }

  #now(): Millis {
    return this.#tools.clock.now();
  }
}
