// All digital conversations: takes what connectors bring, keeps them over a restart, and does what desk and API ask
// (ConversationControl).
import { EventEmitter } from 'node:events';
import type { InboundAnswer, InboundItem, ReplyWindow } from '../../connector/index.ts';
import type { AgentId, Channel, InteractionId, OfferId, QueueId, Scope } from '../../values/index.ts';
import type { PersonIds, PersonRecords } from '../customers/index.ts';
import type {
  ConversationControl,
  ConversationEvents,
  ConversationPhase,
  ConversationView,
  MessageView,
  TransferTarget,
} from '../ports/index.ts';
import { AgentsPart } from './agents-part.ts';
import { Attachments } from './attachments.ts';
import { CannedAnswers } from './canned-answers.ts';
import { Conversation } from './conversation.ts';
import { ConversationRows } from './conversation-rows.ts';
import type { ConversationTools } from './conversation-tools.ts';
import { failed } from './errors.ts';
import { FromOutside } from './from-outside.ts';
import { Inbound, type InboundKeeper } from './inbound.ts';
import { JoinedLoad } from './joined-load.ts';
import { Messages } from './messages.ts';
import { OpenConversations } from './open-conversations.ts';
import { Outbox } from './outbox.ts';
import { Outgoing } from './outgoing.ts';
import { OutsideRows } from './outside-rows.ts';
import { Reviews } from './reviews.ts';
import { ThreadCalls } from './thread-calls.ts';
import { Threads } from './threads.ts';

/** What a conversation is to routing's reconciler. */
export interface RealConversation {
  interaction: InteractionId;
  state: 'waiting' | 'ringing' | 'connected' | 'elsewhere';
  agent?: AgentId | undefined;
  held?: { channel: Channel; queue: QueueId | undefined } | undefined;
}

const realStates = {
  bot: 'elsewhere',
  queued: 'waiting',
  offered: 'ringing',
  active: 'connected',
  closed: 'elsewhere',
} as const satisfies Record<ConversationPhase, RealConversation['state']>;

/** A connector that was away for longer gets nothing of before. */
const keepOutboundMs = 14 * 86_400_000;
/** What was uploaded and never sent. */
const keepUploadMs = 2 * 86_400_000;
const pruneMs = 3_600_000;
const mostPage = 500;

export class Conversations extends EventEmitter<ConversationEvents> implements ConversationControl {
  readonly outbox: Outbox;
  readonly attachments: Attachments;
  readonly canned: CannedAnswers;
  /** For who has no conversation there: supervisors, administrators. */
  readonly outside: FromOutside;
  readonly outsideRows: OutsideRows;
  readonly #tools: ConversationTools;
  readonly #rows: ConversationRows;
  readonly #threads: Threads;
  readonly #post: Messages;
  readonly #keeper: InboundKeeper;
  readonly #inbound: Inbound;
  readonly #open: OpenConversations;
  readonly #joined: JoinedLoad;
  readonly #calls: ThreadCalls;
  readonly #outgoing: Outgoing;
  readonly #agents: AgentsPart;
  readonly #reviews: Reviews;
  #timer: NodeJS.Timeout | undefined;
  #pruneAt = 0;

  constructor(tools: ConversationTools) {
    super();
    this.#tools = tools;
    const { database, journal, clock, logger, directory } = tools;
    const rows = new ConversationRows(database);
    const threads = new Threads(rows);
    this.#rows = rows;
    this.#threads = threads;
    this.outbox = new Outbox(database);
    this.attachments = new Attachments({ folder: tools.attachments, database, journal, clock, logger });
    this.canned = new CannedAnswers({ database, journal, clock, site: directory.site.name });
    this.#joined = new JoinedLoad(tools.queueing);
    this.#open = new OpenConversations({
      tools,
      rows,
      threads,
      told: (view, over) => this.emit(over ? 'ended' : 'changed', view),
    });
    this.#post = new Messages({
      tools,
      rows,
      outbox: this.outbox,
      threads,
      told: (conversation, message) => this.emit('message', conversation.view(), message),
      keyed: (via, key, { interaction }, message) => this.#inbound.keyed(via, key, interaction, message),
      used:
        (attachments, { interaction }) =>
        () =>
          this.attachments.use(attachments, interaction),
    });
    this.#calls = new ThreadCalls({ database, tools, rows, threads, open: this.#open });
    this.#keeper = {
      post: this.#post,
      threads,
      rows,
      changed: (conversation) => {
        this.#joined.changed(conversation);
        this.#open.changed(conversation);
      },
      over: (conversation) => this.#open.over(conversation),
      talksAt: (via, thread) => this.#calls.agentAt(via, thread),
      open: (via, thread) => this.#open.at(via, thread),
      add: (conversation) => this.#open.add(conversation),
      get: (interaction) => this.#open.get(interaction),
      typing: (view) => this.emit('typing', view),
    };
    this.#inbound = new Inbound(tools, this.#keeper);
    const { outbox, attachments } = this;
    const sentAs = (via: string, key: string) => {
      const message = this.#inbound.known(via, key)?.message;
      return message === undefined ? undefined : this.#known(message);
    };
    const both = { tools, open: this.#open, attachments, sentAs };
    this.#outgoing = new Outgoing({ ...both, keeper: this.#keeper });
    this.#agents = new AgentsPart({
      ...both,
      calls: this.#calls,
      post: this.#post,
      outgoing: this.#outgoing,
      outbox,
      events: this,
    });
    this.outsideRows = new OutsideRows(database);
    this.outside = new FromOutside({ tools, keeper: this.#keeper, rows: this.outsideRows, attachments, known: sentAs });
    this.#reviews = new Reviews({
      rows,
      threads,
      post: this.#post,
      open: this.#open,
      outsideRows: this.outsideRows,
      outside: this.outside,
      now: () => clock.now(),
    });
  }

  /** Takes up what a server before has left. Once, between routing's start and `attached`. */
  start(): void {
    const { logger } = this.#tools;
    this.#calls.start();
    for (const data of this.#rows.open()) this.#open.add(new Conversation(this.#tools, this.#keeper, data));
    for (const conversation of [...this.#open]) this.#open.guard(conversation, () => conversation.takeUp());
    if (this.#open.size > 0) logger.info({ conversations: this.#open.size }, 'conversations of the server before');
    this.#timer = setInterval(() => this.due(), this.#tools.tickMs ?? 500);
    this.#timer.unref();
  }

  /** This server goes; conversations wait in their rows for the next. */
  stop(): void {
    clearInterval(this.#timer);
    this.#calls.stop();
    this.#open.write();
  }

  /** What a connector brings. @throws channel-unknown, conversations-busy */
  inbound(channel: string, items: readonly InboundItem[]): Promise<InboundAnswer> {
    return this.#inbound.take(channel, items);
  }

  /** For /metrics. */
  counts(): { phases: Record<string, number>; overdue: number; flooded: number; taken: Record<string, number> } {
    const phases: Record<string, number> = { bot: 0, queued: 0, offered: 0, active: 0 };
    let overdue = 0;
    for (const { data } of this.#open) {
      phases[data.phase] = (phases[data.phase] ?? 0) + 1;
      if (data.unanswered?.told) overdue++;
    }
    return { phases, overdue, flooded: this.#inbound.flooded, taken: { ...this.#inbound.results } };
  }

  /** Of one person, for her export and her erasure. */
  readonly records: PersonRecords = {
    name: 'messages',
    erase: (who) => this.#erase(who),
    export: ({ customers, interactions }) => this.#rows.ofPerson([...customers, ...interactions]),
  };

  /** For the reconciler. */
  *contacts(): Iterable<RealConversation> {
    for (const { interaction, channel, data } of this.#open) {
      const state = realStates[data.phase];
      // Whoever has one has it by routing.
      if (data.phase !== 'active') yield { interaction, state };
      else yield { interaction, state, agent: data.agent, held: { channel, queue: data.queue } };
    }
  }

  /** Routing cannot serve it: it goes on as if the queue had given it back. @returns whether it is one of these */
  giveUp(interaction: InteractionId): boolean {
    const conversation = this.#open.get(interaction);
    if (!conversation) return false;
    this.#open.guard(conversation, () => conversation.place.left('removed'));
    return true;
  }

  // ── ConversationControl ───────────────────────────────────────────────────────────────────────────────────────────

  list(): ConversationView[] {
    return [...this.#open].map((conversation) => conversation.view());
  }

  get(interaction: InteractionId): ConversationView | undefined {
    return this.#open.get(interaction)?.view();
  }

  /** The conversation that is under way where that one, which may be over, has its messages. */
  inThreadOf(interaction: InteractionId): ConversationView | undefined {
    const place = this.#rows.placeOf(interaction);
    return place && this.#open.at(place.via, place.thread)?.view();
  }

  content(interaction: InteractionId): ReturnType<Conversation['pop']> | undefined {
    return this.#open.get(interaction)?.pop();
  }

  messages(
    interaction: InteractionId,
    {
      before = Number.MAX_SAFE_INTEGER,
      limit,
      untilItsEnd = false,
    }: { before?: number | undefined; limit: number; untilItsEnd?: boolean | undefined },
  ): MessageView[] {
    const place = this.#open.get(interaction)?.data ?? this.#rows.placeOf(interaction);
    if (!place) throw failed['conversation-unknown']({ interaction });
    const { via, thread } = place;
    const end = untilItsEnd ? this.#rows.lastNumber(via, thread, interaction) + 1 : before;
    return this.#rows.page(via, thread, Math.min(before, end), Math.min(limit, mostPage));
  }

  async approve(by: AgentId, message: string, yes: boolean, why?: string): Promise<MessageView> {
    const reviewed = await this.#reviews.decide(by, message, yes, why);
    const conversation = this.#open.get(reviewed.interaction);
    if (conversation) this.emit('message', conversation.view(), reviewed);
    this.emit('reviewed', reviewed, yes);
    return reviewed;
  }

  awaitingApproval(limit: number): MessageView[] {
    return this.#reviews.waiting(limit);
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

  /** As `Outgoing.tell`. */
  tell(...given: Parameters<Outgoing['tell']>): Promise<MessageView> {
    return this.#outgoing.tell(...given);
  }

  /** Where these customers wrote to us, and nobody else reads it: the latest first, with what the provider still allows there. */
  placesOf(
    customers: readonly string[],
  ): { via: string; kind: string; thread: string; window?: ReplyWindow | undefined }[] {
    const { directory } = this.#tools;
    return this.#rows.placesOf(customers).flatMap(({ via, thread }) => {
      const record = directory.channels.get(via);
      const { public: everybody, window } = this.#threads.get(via, thread);
      return !record || record.disabled || everybody ? [] : [{ via, kind: record.kind, thread, window }];
    });
  }

  // What agents do.

  accept(agent: AgentId, offer: OfferId): Promise<void> {
    return this.#agents.accept(agent, offer);
  }

  send(...given: Parameters<ConversationControl['send']>): Promise<MessageView> {
    return this.#agents.send(...given);
  }

  note(agent: AgentId, interaction: InteractionId, text: string): Promise<MessageView> {
    return this.#agents.note(agent, interaction, text);
  }

  typing(agent: AgentId, interaction: InteractionId): void {
    this.#agents.typing(agent, interaction);
  }

  transfer(agent: AgentId, interaction: InteractionId, to: TransferTarget): Promise<void> {
    return this.#agents.transfer(agent, interaction, to);
  }

  join(agent: AgentId, interaction: InteractionId, colleague: AgentId): Promise<void> {
    return this.#agents.join(agent, interaction, colleague);
  }

  leave(agent: AgentId, interaction: InteractionId): Promise<void> {
    return this.#agents.leave(agent, interaction);
  }

  /** She goes home: what she only read along goes on without her. Who works here no more leaves what she has to its queue. */
  signedOut(agent: AgentId): void {
    this.#agents.signedOut(agent);
  }

  close(agent: AgentId, interaction: InteractionId): Promise<void> {
    return this.#agents.close(agent, interaction);
  }

  begin(...given: Parameters<ConversationControl['begin']>): Promise<ConversationView> {
    return this.#agents.begin(...given);
  }

  goOn(...given: Parameters<ConversationControl['goOn']>): Promise<MessageView> {
    return this.#agents.goOn(...given);
  }

  escalate(...given: Parameters<ConversationControl['escalate']>): Promise<string> {
    return this.#agents.escalate(...given);
  }

  async end(interaction: InteractionId, by: string): Promise<void> {
    this.#agents.conversation(interaction).finish('system', `ended by ${by}`);
    await this.#tools.journal.append([]);
  }

  // ── keeping ───────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Looks at what is due by now; called by itself from time to time. */
  due(): void {
    const now = this.#now();
    for (const conversation of this.#open) this.#open.guard(conversation, () => conversation.due(now));
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

  #erase({ customers, interactions }: PersonIds): void {
    const gone = new Set([...customers, ...interactions]);
    for (const conversation of [...this.#open]) {
      const { data, interaction } = conversation;
      if (!gone.has(interaction) && (data.customer === undefined || !gone.has(data.customer))) continue;
      conversation.forget();
      conversation.finish('system', 'erasure');
    }
    const subjects = [...gone];
    // The files go when their rows have.
    const hashes = this.attachments.eraseRows(subjects);
    this.#rows.erase(subjects);
    // Once more after what still waits for the disk, the end of the ones that were under way too.
    this.#open.write();
    this.#tools.journal
      .append([], () => this.#rows.erase(subjects))
      .then(() => {
        this.#threads.clear();
        return this.attachments.removeFiles(hashes);
      })
      .catch((error: unknown) => this.#tools.logger.error({ err: error }, 'attachments could not be erased'));
  }

  #known(message: string): MessageView {
    const place = this.#rows.message(message);
    if (!place) throw failed['message-unknown']({ message });
    return place.view;
  }

  #now(): number {
    return this.#tools.clock.now();
  }
}
