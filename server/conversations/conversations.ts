// All digital conversations: takes what connectors bring, keeps them over a restart, and does what desk and API ask
// (ConversationControl).
import { EventEmitter } from 'node:events';
import {
  type Content,
  content as contentSchema,
  type InboundAnswer,
  type InboundItem,
  type ReplyWindow,
} from '../../connector/index.ts';
import {
  type AgentId,
  type InteractionId,
  newId,
  notThere,
  type OfferId,
  type QueueId,
  type Scope,
} from '../../values/index.ts';
import type { PersonIds, PersonRecords } from '../customers/index.ts';
import { newEvent } from '../journal/index.ts';
import type {
  ChannelRecord,
  ConversationControl,
  ConversationEvents,
  ConversationPhase,
  ConversationView,
  MessageView,
  TransferTarget,
} from '../ports/index.ts';
import { Attachments, plain } from './attachments.ts';
import { CannedAnswers } from './canned-answers.ts';
import { attachmentsOf } from './content-text.ts';
import { Conversation } from './conversation.ts';
import type { ConversationData } from './conversation-data.ts';
import { ConversationRows } from './conversation-rows.ts';
import type { ConversationTools } from './conversation-tools.ts';
import { failed } from './errors.ts';
import { conversationEscalated, conversationJoined, conversationLeft } from './events.ts';
import { Inbound, type InboundKeeper } from './inbound.ts';
import { Messages } from './messages.ts';
import { Outbox } from './outbox.ts';
import { mustBeOpen } from './reply-window.ts';
import { Threads } from './threads.ts';

/** What a conversation is to routing's reconciler. */
export interface RealConversation {
  interaction: InteractionId;
  state: 'waiting' | 'ringing' | 'connected' | 'elsewhere';
  agent?: AgentId | undefined;
}

const realStates = {
  bot: 'elsewhere',
  queued: 'waiting',
  offered: 'ringing',
  active: 'connected',
  closed: 'elsewhere',
} as const satisfies Record<ConversationPhase, RealConversation['state']>;

/** Who is quick accepts between the pop and the offer. */
const mostUntilOfferMs = 500;
/** A connector that was away for longer gets nothing of before. */
const keepOutboundMs = 14 * 86_400_000;
/** What was uploaded and never sent. */
const keepUploadMs = 2 * 86_400_000;
const pruneMs = 3_600_000;
const mostPage = 500;

/** What people may write; a choice is the customer's. */
const notOurs = new Set<Content['type']>(['choice']);

export class Conversations extends EventEmitter<ConversationEvents> implements ConversationControl {
  readonly outbox: Outbox;
  readonly attachments: Attachments;
  readonly canned: CannedAnswers;
  readonly #tools: ConversationTools;
  readonly #rows: ConversationRows;
  readonly #threads: Threads;
  readonly #post: Messages;
  readonly #keeper: InboundKeeper;
  readonly #inbound: Inbound;
  readonly #open = new Map<InteractionId, Conversation>();
  readonly #byThread = new Map<string, Conversation>();
  /** Rows to be written in this turn of the event loop. */
  readonly #dirty = new Set<Conversation>();
  #timer: NodeJS.Timeout | undefined;
  #pruneAt = 0;

  constructor(tools: ConversationTools) {
    super();
    this.#tools = tools;
    const { database, journal, clock, logger } = tools;
    this.#rows = new ConversationRows(database);
    this.#threads = new Threads(this.#rows);
    this.outbox = new Outbox(database);
    this.attachments = new Attachments({ folder: tools.attachments, database, journal, clock, logger });
    this.canned = new CannedAnswers({ database, journal, clock, site: tools.directory.site.name });
    this.#post = new Messages({
      tools,
      rows: this.#rows,
      outbox: this.outbox,
      threads: this.#threads,
      told: (conversation, message) => this.emit('message', conversation.view(), message),
      keyed: (via, key, { interaction }, message) => this.#inbound.keyed(via, key, interaction, message),
      used:
        (attachments, { interaction }) =>
        () =>
          this.attachments.use(attachments, interaction),
    });
    this.#keeper = {
      post: this.#post,
      threads: this.#threads,
      rows: this.#rows,
      changed: (conversation) => this.#changed(conversation),
      over: (conversation) => this.#over(conversation),
      open: (via, thread) => this.#byThread.get(keyOf(via, thread)),
      add: (conversation) => this.#add(conversation),
      get: (interaction) => this.#open.get(interaction),
      typing: (view) => this.emit('typing', view),
    };
    this.#inbound = new Inbound(tools, this.#keeper);
  }

  /** Takes up what a server before has left. Once, between routing's start and `attached`. */
  start(): void {
    const { logger } = this.#tools;
    for (const data of this.#rows.open()) this.#add(new Conversation(this.#tools, this.#keeper, data));
    for (const conversation of [...this.#open.values()]) this.#guard(conversation, () => conversation.takeUp());
    if (this.#open.size > 0) logger.info({ conversations: this.#open.size }, 'conversations of the server before');
    this.#timer = setInterval(() => this.due(), this.#tools.tickMs ?? 500);
    this.#timer.unref();
  }

  /** This server goes; conversations wait in their rows for the next. */
  stop(): void {
    clearInterval(this.#timer);
    this.#write();
  }

  /** What a connector brings. @throws channel-unknown, conversations-busy */
  inbound(channel: string, items: readonly InboundItem[]): Promise<InboundAnswer> {
    return this.#inbound.take(channel, items);
  }

  /** For /metrics. */
  counts(): { phases: Record<string, number>; overdue: number; taken: Record<string, number> } {
    const phases: Record<string, number> = { bot: 0, queued: 0, offered: 0, active: 0 };
    let overdue = 0;
    for (const { data } of this.#open.values()) {
      phases[data.phase] = (phases[data.phase] ?? 0) + 1;
      if (data.unanswered?.told) overdue++;
    }
    return { phases, overdue, taken: { ...this.#inbound.results } };
  }

  /** Of one person, for her export and her erasure. */
  readonly records: PersonRecords = {
    name: 'messages',
    erase: (who) => this.#erase(who),
    export: ({ customers, interactions }) => this.#rows.ofPerson([...customers, ...interactions]),
  };

  /** For the reconciler. */
  *contacts(): Iterable<RealConversation> {
    for (const { interaction, data } of this.#open.values()) {
      yield { interaction, state: realStates[data.phase], agent: data.phase === 'active' ? data.agent : undefined };
    }
  }

  /** Routing cannot serve it: it goes on as if the queue had given it back. @returns whether it is one of these */
  giveUp(interaction: InteractionId): boolean {
    const conversation = this.#open.get(interaction);
    if (!conversation) return false;
    this.#guard(conversation, () => conversation.left('removed'));
    return true;
  }

  // ── ConversationControl ───────────────────────────────────────────────────────────────────────────────────────────

  list(): ConversationView[] {
    return [...this.#open.values()].map((conversation) => conversation.view());
  }

  get(interaction: InteractionId): ConversationView | undefined {
    return this.#open.get(interaction)?.view();
  }

  /** The conversation that is under way where that one, which may be over, has its messages. */
  inThreadOf(interaction: InteractionId): ConversationView | undefined {
    const place = this.#rows.placeOf(interaction);
    return place && this.#byThread.get(keyOf(place.via, place.thread))?.view();
  }

  content(interaction: InteractionId): ReturnType<Conversation['pop']> | undefined {
    return this.#open.get(interaction)?.pop();
  }

  messages(
    interaction: InteractionId,
    { before, limit }: { before?: number | undefined; limit: number },
  ): MessageView[] {
    const place = this.#open.get(interaction)?.data ?? this.#rows.placeOf(interaction);
    if (!place) throw failed['conversation-unknown']({ interaction });
    const { via, thread } = place;
    return this.#rows.page(via, thread, before ?? Number.MAX_SAFE_INTEGER, Math.min(limit, mostPage));
  }

  async accept(agent: AgentId, offer: OfferId): Promise<void> {
    const conversation = this.#offeredAs(offer) ?? (await this.#soonOfferedAs(offer));
    if (conversation?.offered?.agent !== agent) throw failed['conversation-not-offered']({ agent, offer });
    conversation.accept();
  }

  #offeredAs(offer: OfferId): Conversation | undefined {
    for (const conversation of this.#open.values()) if (conversation.offered?.id === offer) return conversation;
    return undefined;
  }

  #soonOfferedAs(offer: OfferId): Promise<Conversation | undefined> {
    const { promise, resolve } = Promise.withResolvers<Conversation | undefined>();
    const done = (conversation?: Conversation) => {
      clearTimeout(patience);
      this.off('changed', look);
      resolve(conversation);
    };
    const look = () => {
      const conversation = this.#offeredAs(offer);
      if (conversation) done(conversation);
    };
    const patience = setTimeout(done, mostUntilOfferMs);
    this.on('changed', look);
    return promise;
  }

  async send(agent: AgentId, interaction: InteractionId, content: Content, key: string): Promise<MessageView> {
    const conversation = this.#hers(agent, interaction);
    const { via } = conversation.data;
    const full = `out ${interaction} ${key}`;
    const before = this.#inbound.known(via, full)?.message;
    if (before !== undefined) return this.#known(before);
    const checked = this.#sendable(content);
    mustBeOpen(conversation.thread.window, checked, this.#now());
    const waits = conversation.data.public && conversation.record?.approval === true;
    const message = waits
      ? this.#post.submitted(conversation, agent, checked, full)
      : this.#post.sent(conversation, { author: 'agent', content: checked, agent, key: full });
    if (!waits) conversation.answeredNow();
    await this.#tools.journal.append([]);
    return message;
  }

  async note(agent: AgentId, interaction: InteractionId, text: string): Promise<MessageView> {
    const message = this.#post.noted(this.#hers(agent, interaction), agent, text);
    await this.#tools.journal.append([]);
    return message;
  }

  typing(agent: AgentId, interaction: InteractionId): void {
    const { via, thread } = this.#hers(agent, interaction).data;
    this.outbox.typing(via, thread, this.#now());
  }

  async approve(by: AgentId, message: string, yes: boolean, why?: string): Promise<MessageView> {
    const place = this.#rows.message(message);
    if (!place) throw failed['message-unknown']({ message });
    if (place.view.state !== 'approval' || this.#reviewing.has(message))
      throw failed['message-not-pending']({ message });
    if (place.view.agent === by) throw failed['approval-own']();
    const conversation = this.#open.get(place.view.interaction);
    if (yes) mustBeOpen(this.#threads.get(place.via, place.thread).window, place.view.content, this.#now());
    this.#reviewing.add(message);
    try {
      const scope = conversation?.scope() ?? { interaction: place.view.interaction, agent: place.view.agent };
      const reviewed = await this.#post.reviewed(place, scope, by, yes, why);
      if (conversation && yes) conversation.answeredNow();
      if (conversation) this.emit('message', conversation.view(), reviewed);
      return reviewed;
    } finally {
      this.#reviewing.delete(message);
    }
  }

  /** Public answers that wait for a second person, the oldest first. */
  awaitingApproval(limit: number): MessageView[] {
    return this.#rows.awaitingApproval(limit).map(({ view }) => view);
  }

  /** @throws message-unknown */
  placeOfMessage(message: string): InteractionId {
    return this.#known(message).interaction;
  }

  /** Whose it is, for who may see it; also of one that is over. */
  scopeOf(interaction: InteractionId): Scope {
    const site = this.#tools.directory.site.name;
    const live = this.#open.get(interaction);
    return live ? { site, team: live.scope().team } : (this.#rows.scopeOf(interaction) ?? { site });
  }

  async transfer(agent: AgentId, interaction: InteractionId, to: TransferTarget): Promise<void> {
    const conversation = this.#owned(agent, interaction);
    const { directory } = this.#tools;
    if ('number' in to) throw failed['transfer-to-number']();
    if ('queue' in to && !directory.queues.get(to.queue)) throw notThere['queue-unknown']({ queue: to.queue });
    if ('agent' in to && !this.#works(to.agent)) throw notThere['agent-unknown']({ agent: to.agent });
    conversation.transfer(to);
    await this.#tools.journal.append([]);
  }

  async join(agent: AgentId, interaction: InteractionId, colleague: AgentId): Promise<void> {
    const conversation = this.#hers(agent, interaction);
    if (!this.#works(colleague)) throw notThere['agent-unknown']({ agent: colleague });
    if (conversation.has(colleague)) return;
    conversation.data.joined.push(colleague);
    conversation.changed();
    const scope = { ...conversation.scope(), agent: colleague };
    await this.#tools.journal.append([newEvent(conversationJoined, this.#now(), { by: agent }, scope)]);
  }

  async leave(agent: AgentId, interaction: InteractionId): Promise<void> {
    const conversation = this.#hers(agent, interaction);
    const { data } = conversation;
    const left = { ...conversation.scope(), agent };
    if (data.agent !== agent) {
      data.joined = data.joined.filter((one) => one !== agent);
      conversation.changed();
      await this.#tools.journal.append([newEvent(conversationLeft, this.#now(), { why: 'left' }, left)]);
      return;
    }
    const [next] = data.joined;
    if (next === undefined) throw failed['conversation-wrong-phase']({ phase: data.phase });
    if (!conversation.handOver(next)) {
      throw failed['conversation-queue']({ agent: next, queue: data.queue ?? '' });
    }
    await this.#tools.journal.append([]);
  }

  async close(agent: AgentId, interaction: InteractionId): Promise<void> {
    this.#owned(agent, interaction).close();
    await this.#tools.journal.append([]);
  }

  async begin(
    agent: AgentId,
    to: Parameters<ConversationControl['begin']>[1],
    content: Content,
  ): Promise<ConversationView> {
    const { directory } = this.#tools;
    const record = directory.channels.get(to.via);
    if (!record) throw failed['channel-unknown']({ channel: to.via });
    if (record.disabled) throw failed['channel-disabled']({ channel: to.via });
    if (!directory.queues.get(to.queue)) throw notThere['queue-unknown']({ queue: to.queue });
    const under = this.#byThread.get(keyOf(to.via, to.thread));
    if (under) throw failed['conversation-open']({ interaction: under.interaction });
    const checked = this.#sendable(content);
    const conversation = this.#outgoing(record, to, checked);
    if (to.origin !== undefined) conversation.learn({ origin: to.origin });
    if (!conversation.take(agent, to.queue)) {
      conversation.finish('system', 'agent-not-free');
      throw failed['conversation-queue']({ agent, queue: to.queue });
    }
    this.#post.sent(conversation, { author: 'agent', content: checked, agent });
    await this.#tools.journal.append([]);
    return conversation.view();
  }

  /**
   * Writes in the system's name: in the open conversation of that thread, or in one that ends with the message.
   * @param key the same one is one message @throws channel-unknown, channel-disabled, window-closed, quota-spent
   */
  async tell(
    to: { via: string; thread: string; customer?: string | undefined },
    content: Content,
    key: string,
  ): Promise<MessageView> {
    const record = this.#tools.directory.channels.get(to.via);
    if (!record) throw failed['channel-unknown']({ channel: to.via });
    if (record.disabled) throw failed['channel-disabled']({ channel: to.via });
    const full = `out system ${key}`;
    const before = this.#inbound.known(to.via, full)?.message;
    if (before !== undefined) return this.#known(before);
    const checked = this.#sendable(content);
    const under = this.#byThread.get(keyOf(to.via, to.thread));
    if (under) mustBeOpen(this.#threads.get(to.via, to.thread).window, checked, this.#now());
    const conversation = under ?? this.#outgoing(record, to, checked);
    const message = this.#post.sent(conversation, { author: 'system', content: checked, key: full });
    if (!under) conversation.finish('system', 'told');
    await this.#tools.journal.append([]);
    return message;
  }

  /** Where these customers wrote to us, the latest first, with what the provider still allows there. */
  placesOf(
    customers: readonly string[],
  ): { via: string; kind: string; thread: string; window?: ReplyWindow | undefined }[] {
    const { directory } = this.#tools;
    return this.#rows.placesOf(customers).flatMap(({ via, thread }) => {
      const record = directory.channels.get(via);
      if (!record || record.disabled) return [];
      return [{ via, kind: record.kind, thread, window: this.#threads.get(via, thread).window }];
    });
  }

  /** A conversation that we begin. @throws window-closed, quota-spent */
  #outgoing(
    record: ChannelRecord,
    to: { thread: string; customer?: string | undefined; queue?: QueueId | undefined },
    content: Content,
  ): Conversation {
    const thread = this.#threads.get(record.id, to.thread);
    const now = this.#now();
    mustBeOpen(thread.window, content, now);
    const customer = to.customer ?? thread.customer;
    const known = customer === undefined ? undefined : this.#tools.people.get(customer);
    const data: ConversationData = {
      interaction: newId('int', now),
      via: record.id,
      channel: record.channel,
      thread: to.thread,
      direction: 'out',
      phase: 'bot',
      since: now,
      startedAt: now,
      customer: known?.id,
      name: thread.name ?? known?.name,
      from: to.thread,
      language: known?.language ?? record.language,
      queue: to.queue,
      joined: [],
      variables: {},
      path: [],
      heardAt: now,
      answered: false,
      public: false,
      messages: 0,
    };
    const conversation = new Conversation(this.#tools, this.#keeper, data);
    this.#add(conversation);
    conversation.begin(known && 'channel');
    return conversation;
  }

  async escalate(
    agent: AgentId,
    interaction: InteractionId,
    to: { queue: QueueId; number?: string | undefined },
  ): Promise<string> {
    const conversation = this.#hers(agent, interaction);
    const { people, callbacks, directory } = this.#tools;
    const { customer, name } = conversation.data;
    const number = to.number ?? (customer === undefined ? undefined : people.numberOf(customer));
    if (number === undefined) throw failed['number-missing']();
    if (!directory.queues.get(to.queue)) throw notThere['queue-unknown']({ queue: to.queue });
    const { language } = conversation.view();
    const now = this.#now();
    const wish = { queue: to.queue, number, language, name, customer, preferred: agent, origin: interaction };
    const made = await callbacks.schedule(wish, agent);
    const scope = { ...conversation.scope(), agent, queue: to.queue };
    await this.#tools.journal.append([newEvent(conversationEscalated, now, { callback: made.id }, scope)]);
    return made.id;
  }

  async end(interaction: InteractionId, by: string): Promise<void> {
    this.#conversation(interaction).finish('system', `ended by ${by}`);
    await this.#tools.journal.append([]);
  }

  // ── keeping ───────────────────────────────────────────────────────────────────────────────────────────────────────

  readonly #reviewing = new Set<string>();

  #add(conversation: Conversation): void {
    const { interaction, data } = conversation;
    this.#open.set(interaction, conversation);
    this.#byThread.set(keyOf(data.via, data.thread), conversation);
  }

  #over(conversation: Conversation): void {
    const { interaction, data } = conversation;
    const key = keyOf(data.via, data.thread);
    this.#open.delete(interaction);
    if (this.#byThread.get(key) === conversation) this.#byThread.delete(key);
  }

  #changed(conversation: Conversation): void {
    if (this.#dirty.size === 0) queueMicrotask(() => this.#write());
    this.#dirty.add(conversation);
  }

  /** In the same commit as the facts of this turn. */
  #write(): void {
    if (this.#dirty.size === 0) return;
    const saves: (() => void)[] = [];
    const changed = [...this.#dirty];
    this.#dirty.clear();
    for (const conversation of changed) {
      const { data, over } = conversation;
      const { team } = conversation.scope();
      const { interaction, via, thread, customer, startedAt } = data;
      const row = { interaction, via, thread, customer, startedAt, site: this.#tools.directory.site.name, team };
      const text = conversation.text();
      saves.push(() => this.#rows.save({ ...row, open: !over }, text));
      saves.push(this.#threads.saving(conversation.thread));
    }
    const work = () => {
      for (const save of saves) save();
    };
    void this.#tools.journal.append([], work).then(() => {
      for (const conversation of changed) {
        if (conversation.over) this.emit('ended', conversation.view());
        else this.emit('changed', conversation.view());
      }
    });
  }

  /** Looks at what is due by now; called by itself from time to time. */
  due(): void {
    const now = this.#now();
    // One that ends in here leaves the map: its iterator bears that.
    for (const conversation of this.#open.values()) this.#dueOf(conversation, now);
    if (now < this.#pruneAt) return;
    this.#pruneAt = now + pruneMs;
    let hashes: string[] = [];
    const rows = () => {
      this.outbox.prune(now - keepOutboundMs);
      hashes = this.attachments.pruneRows(now - keepUploadMs);
    };
    this.#tools.journal
      .append([], rows)
      .then(() => this.attachments.removeFiles(hashes))
      .catch((error: unknown) => this.#tools.logger.error({ err: error }, 'attachments could not be removed'));
  }

  #dueOf(conversation: Conversation, now: number): void {
    try {
      conversation.due(now);
    } catch (error) {
      this.#failed(conversation, error);
    }
  }

  /** A defect costs its own conversation, never a customer who waits for ever. */
  #guard(conversation: Conversation, work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#failed(conversation, error);
    }
  }

  #failed(conversation: Conversation, error: unknown): void {
    const { interaction } = conversation;
    this.#tools.logger.error({ err: error, interaction }, 'conversation failed');
    conversation.finish('system', 'defect');
  }

  #erase({ customers, interactions }: PersonIds): void {
    const gone = new Set([...customers, ...interactions]);
    for (const conversation of [...this.#open.values()]) {
      const { data, interaction } = conversation;
      if (!gone.has(interaction) && (data.customer === undefined || !gone.has(data.customer))) continue;
      conversation.forget();
      conversation.finish('system', 'erasure');
    }
    const subjects = [...gone];
    // The files go when their rows have.
    const hashes = this.attachments.eraseRows(subjects);
    this.#rows.erase(subjects);
    this.#tools.journal
      .append([])
      .then(() => {
        this.#threads.clear();
        return this.attachments.removeFiles(hashes);
      })
      .catch((error: unknown) => this.#tools.logger.error({ err: error }, 'attachments could not be erased'));
  }

  /** @returns the content with the server's own word on its attachments @throws message-content, attachment-unknown */
  #sendable(given: Content): Content {
    const checked = contentSchema.safeParse(given);
    if (!checked.success) throw failed['message-content']({ reason: checked.error.issues[0]?.message ?? 'not valid' });
    const content = checked.data;
    if (notOurs.has(content.type)) throw failed['message-content']({ reason: "a choice is the customer's" });
    if (content.type === 'text' && content.text.trim() === '' && attachmentsOf(content).length === 0)
      throw failed['message-content']({ reason: 'it is empty' });
    const own = (id: string) => {
      const known = this.attachments.get(id);
      if (!known) throw failed['attachment-unknown']({ attachment: id });
      return plain(known);
    };
    if (content.type === 'media') return { ...content, attachment: own(content.attachment.id) };
    if (content.type === 'text' && content.attachments)
      return { ...content, attachments: content.attachments.map(({ id }) => own(id)) };
    return content;
  }

  #known(message: string): MessageView {
    const place = this.#rows.message(message);
    if (!place) throw failed['message-unknown']({ message });
    return place.view;
  }

  #works(agent: AgentId): boolean {
    return this.#tools.directory.agents.get(agent)?.disabled === false;
  }

  #conversation(interaction: InteractionId): Conversation {
    const conversation = this.#open.get(interaction);
    if (!conversation) throw failed['conversation-unknown']({ interaction });
    return conversation;
  }

  #hers(agent: AgentId, interaction: InteractionId): Conversation {
    const conversation = this.#conversation(interaction);
    if (!conversation.has(agent)) throw failed['conversation-not-yours']({ agent, interaction });
    return conversation;
  }

  /** She has it, rather than reads along. */
  #owned(agent: AgentId, interaction: InteractionId): Conversation {
    const conversation = this.#hers(agent, interaction);
    if (conversation.data.agent !== agent) throw failed['conversation-not-yours']({ agent, interaction });
    return conversation;
  }

  #now(): number {
    return this.#tools.clock.now();
  }
}

function keyOf(via: string, thread: string): string {
  return `${via} ${thread}`;
}
