// One digital contact, from the first word to its end: with the bot, in a queue, with an agent. The picture of its states is
// at conversation-states.ts.
import type { Content } from '../../connector/index.ts';
import type {
  AgentId,
  InteractionId,
  Offer,
  OfferOutcome,
  OfferTarget,
  PopContent,
  QueueId,
} from '../../values/index.ts';
import {
  interactionAnswered,
  interactionEnded,
  interactionFlowEntered,
  interactionIdentified,
  interactionStarted,
  interactionStep,
  interactionTalkEnded,
  interactionTransferred,
} from '../customers/index.ts';
import { type Effect, withoutSecrets } from '../ivr/index.ts';
import { type EventScope, type EventType, newEvent } from '../journal/index.ts';
import {
  type ChannelRecord,
  type ConversationView,
  type QueueExit,
  type QueueRequest,
  teamOf,
} from '../ports/index.ts';
import { Bot, type BotOwner, type QueueEffect, type TransferEffect } from './bot.ts';
import { type ConversationData, type ThreadData, variablesOf, viewOf } from './conversation-data.ts';
import { type ConversationStep, conversationMachine, recordPlace } from './conversation-states.ts';
import type { ConversationTools } from './conversation-tools.ts';
import { failed } from './errors.ts';
import {
  conversationAdopted,
  conversationAnswered,
  conversationFlowFaulted,
  conversationLeft,
  conversationOverdue,
} from './events.ts';
import type { Messages } from './messages.ts';
import type { Threads } from './threads.ts';

/** Who keeps all conversations. */
export interface ConversationKeeper {
  readonly post: Messages;
  readonly threads: Threads;
  /** Its row is to be written, and who looks on is to be told. */
  changed(conversation: Conversation): void;
  /** Once; after it the conversation is forgotten. */
  over(conversation: Conversation): void;
}

export type EndedBy = 'customer' | 'agent' | 'flow' | 'system' | 'network';

/** Who had her last is asked alone for so long. */
const preferredMs = 30_000;
/** Of the path that her screen shows: the last ones. All are in the record. */
const mostSteps = 200;
const mostVariables = 100;
const longestRestMs = 30_000;
/** A conversation that no flow limits waits as good as for ever. */
const longestWaitMs = 20 * 86_400_000;
/** Where a queue is closed, full or gone, it is tried again. */
const retryMs = 60_000;
/** An agent whom a colleague chose has so long to take it, before her queue gets it. */
const onlyMs = 120_000;

const queueInputs = {
  overflow: 'overflow',
  empty: 'empty',
  closed: 'closed',
  full: 'full',
  removed: 'failed',
} as const satisfies Record<QueueExit, string>;

export class Conversation implements OfferTarget, BotOwner {
  readonly data: ConversationData;
  readonly bot: Bot;
  readonly #tools: ConversationTools;
  readonly #keeper: ConversationKeeper;
  /** Before that there is nothing to do by time. */
  #nextDue = 0;
  #offer: { offer: Offer; resolve: (outcome: OfferOutcome) => void } | undefined;

  constructor(tools: ConversationTools, keeper: ConversationKeeper, data: ConversationData) {
    this.#tools = tools;
    this.#keeper = keeper;
    this.data = data;
    this.bot = new Bot(this, tools);
  }

  get interaction(): InteractionId {
    return this.data.interaction;
  }
  get channel(): ConversationData['channel'] {
    return this.data.channel;
  }
  get over(): boolean {
    return this.data.phase === 'closed';
  }
  get thread(): ThreadData {
    return this.#keeper.threads.get(this.data.via, this.data.thread);
  }
  /** Undefined once the channel was removed. */
  get record(): ChannelRecord | undefined {
    return this.#tools.directory.channels.get(this.data.via);
  }
  /** What is offered now. */
  get offered(): Offer | undefined {
    return this.#offer?.offer;
  }

  has(agent: AgentId): boolean {
    return this.data.phase === 'active' && (this.data.agent === agent || this.data.joined.includes(agent));
  }

  view(): ConversationView {
    return viewOf(this.data, this.thread.window);
  }

  /** The conversation as it may be written. */
  text(): string {
    const { flow } = this.data;
    return JSON.stringify(flow ? { ...this.data, flow: withoutSecrets(flow) } : this.data);
  }

  pop(): PopContent {
    const { data } = this;
    const { interaction, channel, direction, queue, from, name, via, customer: id, place, path } = data;
    const known = id === undefined ? undefined : this.#tools.people.get(id);
    const earlier = id === undefined ? [] : this.#tools.people.earlier(id);
    return {
      interaction,
      channel,
      direction,
      queue,
      from,
      fromName: name,
      to: via,
      language: data.flow?.language ?? data.language,
      enteredQueueAt: place?.since,
      customer: known && { id: known.id, name: known.name ?? name, tags: known.tags },
      path: [...path],
      variables: variablesOf(data),
      earlier: earlier.filter((one) => one.interaction !== interaction),
    };
  }

  // ── how it begins ─────────────────────────────────────────────────────────────────────────────────────────────────

  /** Writes that it has begun; the customer's words follow, and then `route`. */
  begin(identifiedBy: 'channel' | 'account' | undefined): void {
    const { channel, direction, via, language, from, name, startedAt } = this.data;
    const started = {
      channel,
      direction,
      did: via,
      language,
      ...(from === undefined ? {} : direction === 'in' ? { from, to: via } : { from: via, to: from }),
      ...(name === undefined ? {} : { fromName: name }),
    };
    const events = [newEvent(interactionStarted, startedAt, started, this.scope())];
    if (identifiedBy) events.push(newEvent(interactionIdentified, startedAt, { by: identifiedBy }, this.scope()));
    void this.#tools.journal.append(events);
    this.changed();
  }

  /** To whom it comes: the agent who had her a while ago, the channel's flow, or its queue. */
  route(): void {
    const { record, thread } = this;
    if (!record) {
      this.#tryLater();
      return;
    }
    const { agent, queue, endedAt } = thread;
    const back = agent !== undefined && endedAt !== undefined && this.#now() - endedAt <= record.returnMs;
    if (back && queue !== undefined && this.#tools.directory.agents.get(agent)?.disabled === false) {
      if (this.enqueueAs(queue, { agent, forMs: preferredMs })) return;
    }
    if ('queue' in record.to) {
      if (!this.enqueueAs(record.to.queue)) this.#tryLater();
      return;
    }
    const { flow } = record.to;
    if (!this.#tools.flows.current().flows.has(flow)) {
      this.botFaulted(flow, '', 'flow-missing', `There is no flow ${flow}.`);
      this.#tryLater();
      return;
    }
    const { data } = this;
    const known = data.customer === undefined ? undefined : this.#tools.people.get(data.customer);
    const version = this.#tools.flows.current().flows.get(flow)?.version ?? '';
    this.#append(interactionFlowEntered, { flow, version, why: 'start' });
    this.bot.begin(flow, {
      language: data.language,
      tags: known?.tags ?? [],
      from: data.customer === undefined ? '' : (this.#tools.people.numberOf(data.customer) ?? ''),
      to: data.via,
      variables: data.variables,
      timeZone: this.#tools.directory.site.timeZone,
    });
  }

  /** Nobody can take it now. */
  #tryLater(): void {
    this.data.retryAt = this.#now() + retryMs;
    this.changed();
  }

  // ── what the customer does ────────────────────────────────────────────────────────────────────────────────────────

  /** She wrote, and it is kept already. */
  heard(content: Content): void {
    const { data } = this;
    data.heardAt = this.#now();
    if (data.phase === 'bot') {
      // Where nobody takes it just now, she waits for a person all the same.
      if (!this.bot.hears(content) && data.retryAt !== undefined) this.#waits(data.heardAt);
      this.changed();
      return;
    }
    this.#waits(data.heardAt);
    this.changed();
  }

  /** Facts from the connector; a customer who goes round in circles does not fill the memory. */
  learn(facts: Readonly<Record<string, string>>): void {
    const { variables } = this.data;
    for (const [name, value] of Object.entries(facts)) {
      if (Object.hasOwn(variables, name) || Object.keys(variables).length < mostVariables) variables[name] = value;
    }
  }

  /** A person is to answer. */
  #waits(since: number): void {
    if (this.data.unanswered) return;
    const within = this.record?.firstAnswerMs ?? 3_600_000;
    this.data.unanswered = { since, due: since + within };
  }

  /** A person answered. */
  answeredNow(): void {
    const { unanswered, via, answered } = this.data;
    if (!unanswered) return;
    const now = this.#now();
    const ms = Math.max(0, now - unanswered.since);
    const dueMs = unanswered.due - unanswered.since;
    this.#append(conversationAnswered, { via, ms, dueMs, inTime: ms <= dueMs, first: !answered });
    this.data.unanswered = undefined;
    this.data.answered = true;
    this.changed();
  }

  // ── queues and agents ─────────────────────────────────────────────────────────────────────────────────────────────

  /** With the channel's own demands. @returns false where there is no such queue, or no such agent */
  enqueueAs(queue: QueueId, preferred?: QueueRequest['preferred']): boolean {
    const { record } = this;
    if (!this.#tools.directory.queues.get(queue)) return false;
    return this.#enter({
      request: {
        queue,
        language: this.data.flow?.language ?? this.data.language,
        priority: record?.priority,
        skills: record?.skills,
        preferred,
        maxWaitMs: longestWaitMs,
      },
      afterTalk: false,
    });
  }

  /** For one agent alone, as soon as she has room; then for the queue. */
  enqueueFor(agent: AgentId, queue: QueueId): boolean {
    const language = this.data.flow?.language ?? this.data.language;
    return this.#enter({
      request: { queue, only: agent, language, maxWaitMs: onlyMs },
      afterTalk: false,
      fallback: queue,
    });
  }

  #enter({ request, afterTalk, fallback }: Omit<NonNullable<ConversationData['place']>, 'since'>): boolean {
    const { data } = this;
    if (!this.can('enqueue')) return false;
    const since = request.since ?? this.#now();
    const before = { place: data.place, queue: data.queue };
    data.place = { since, request, afterTalk, fallback };
    data.queue = request.queue;
    try {
      this.#tools.queueing.enqueue(this, request, (how) => this.left(how));
    } catch (error) {
      this.#tools.logger.warn({ err: error, interaction: this.interaction }, 'queue did not take the conversation');
      Object.assign(data, before);
      return false;
    }
    this.step('enqueue');
    data.retryAt = undefined;
    data.askedUntil = undefined;
    // Who comes from an agent who had answered, or from the bot, waits from now on.
    this.#waits(data.last?.author === 'customer' ? data.heardAt : this.#now());
    this.#tellState();
    return true;
  }

  /** The queue gives it back. */
  left(how: QueueExit): void {
    const { data } = this;
    if (!this.can('exit')) return;
    this.#endOffer('withdrawn');
    const { fallback } = data.place ?? {};
    this.step('exit');
    data.place = undefined;
    if (fallback !== undefined && this.#tools.directory.queues.get(fallback)) {
      if (this.enqueueAs(fallback)) return;
    }
    const waiting = this.bot.state?.waiting;
    if (waiting === 'queue') this.bot.advance({ on: 'queue', how: queueInputs[how] });
    else if (waiting === 'transfer') this.bot.advance({ on: 'transfer', how: 'no-answer' });
    else {
      data.retryAt = this.#now() + retryMs;
      this.changed();
    }
  }

  offer(offer: Offer, signal: AbortSignal): Promise<OfferOutcome> {
    const stopped = (): OfferOutcome => (signal.reason === 'missed' ? 'missed' : 'withdrawn');
    if (signal.aborted) return Promise.resolve(stopped());
    const agent = this.#tools.directory.agents.get(offer.agent);
    if (!this.step('offer')) return Promise.resolve('withdrawn');
    if (!agent) {
      this.step('offer-over');
      return Promise.resolve('unreachable');
    }
    const { promise, resolve } = Promise.withResolvers<OfferOutcome>();
    const abort = () => this.#endOffer(stopped());
    signal.addEventListener('abort', abort, { once: true });
    this.#offer = {
      offer,
      resolve: (outcome) => {
        signal.removeEventListener('abort', abort);
        resolve(outcome);
      },
    };
    this.changed();
    const { phone } = agent;
    if (phone.kind === 'panel' && phone.answers === 'at-once') this.accept();
    return promise;
  }

  /** She takes what is offered. */
  accept(): void {
    const pending = this.#offer;
    if (!pending || !this.step('accept')) return;
    this.#offer = undefined;
    const { agent, id } = pending.offer;
    this.#connect(agent, id);
    pending.resolve('accepted');
  }

  /** The offer is over, and nobody took it. */
  #endOffer(outcome: OfferOutcome): void {
    const pending = this.#offer;
    if (!pending) return;
    this.#offer = undefined;
    if (this.can('offer-over')) this.step('offer-over');
    pending.resolve(outcome);
  }

  #connect(agent: AgentId, offer: string | undefined): void {
    const { data } = this;
    data.agent = agent;
    const waitMs = data.place && Math.max(0, this.#now() - data.place.since);
    this.#append(interactionAnswered, {
      ...(offer === undefined ? {} : { offer }),
      ...(waitMs === undefined ? {} : { waitMs }),
    });
    this.#tellState();
    this.changed();
  }

  /** She has it by what people did: wrote first, or took it over. @returns false where routing cannot hold it for her */
  take(agent: AgentId, queue: QueueId | undefined): boolean {
    if (!this.can('take')) return false;
    if (!this.#tools.queueing.take(this, agent, { queue })) return false;
    this.#endOffer('withdrawn');
    this.step('take');
    this.data.queue = queue ?? this.data.queue;
    this.data.joined = this.data.joined.filter((one) => one !== agent);
    this.#connect(agent, undefined);
    return true;
  }

  /** Her part ends, and a colleague who read along has it. @returns false where she has no room */
  handOver(to: AgentId): boolean {
    const { data } = this;
    const before = this.#mustBeActive();
    if (!this.#tools.queueing.take(this, to, { queue: data.queue })) return false;
    this.#append(interactionTransferred, { kind: 'agent', to });
    const others = data.joined.filter((one) => one !== to);
    data.joined = [];
    this.#talkEnded('transferred');
    data.joined = others;
    this.step('take');
    this.#append(conversationLeft, { why: 'handed-over' }, { agent: before });
    this.#connect(to, undefined);
    return true;
  }

  /** Her part ends, and another queue or agent gets it. */
  transfer(to: { queue: QueueId } | { agent: AgentId }): void {
    const { data } = this;
    const agent = this.#mustBeActive();
    const { directory } = this.#tools;
    const colleague = 'agent' in to ? directory.agents.get(to.agent) : undefined;
    const queue = 'queue' in to ? to.queue : (data.queue ?? colleague?.queues[0]);
    const [kind, name] = 'queue' in to ? (['queue', to.queue] as const) : (['agent', to.agent] as const);
    this.#append(interactionTransferred, { kind, to: name });
    this.#talkEnded('transferred');
    this.#tools.queueing.finished(this.interaction, agent, 'transferred');
    data.agent = undefined;
    data.variables = variablesOf(data);
    data.flow = undefined;
    this.step('transfer');
    const entered = queue !== undefined && ('agent' in to ? this.enqueueFor(to.agent, queue) : this.enqueueAs(queue));
    if (!entered) this.#tryLater();
  }

  /** The agent is done with it. */
  close(): void {
    const agent = this.#mustBeActive();
    const { place } = this.data;
    if (!place?.afterTalk || this.bot.state?.waiting !== 'queue') {
      this.finish('agent', 'closed');
      return;
    }
    this.#talkEnded('agent');
    this.#tools.queueing.finished(this.interaction, agent, 'agent');
    this.#remember(agent);
    this.data.agent = undefined;
    this.data.place = undefined;
    this.data.unanswered = undefined;
    this.step('back');
    this.#tellState();
    this.bot.advance({ on: 'queue', how: 'talked' });
  }

  #mustBeActive(): AgentId {
    const { phase, agent } = this.data;
    if (phase !== 'active' || agent === undefined) throw failed['conversation-wrong-phase']({ phase });
    return agent;
  }

  #talkEnded(why: 'customer' | 'agent' | 'transferred' | 'failed'): void {
    this.#append(interactionTalkEnded, { why });
    const { data } = this;
    for (const colleague of data.joined) this.#append(conversationLeft, { why: 'ended' }, { agent: colleague });
    data.joined = [];
  }

  /** A message soon after comes to her first. */
  #remember(agent: AgentId): void {
    const { thread, data } = this;
    thread.endedAt = this.#now();
    thread.agent = agent;
    thread.queue = data.queue;
    void this.#tools.journal.append([], this.#keeper.threads.saving(thread));
  }

  /** Ends it, from whatever phase, once. */
  finish(by: EndedBy, cause: string): void {
    const { data } = this;
    if (this.over) return;
    const { phase, agent } = data;
    this.bot.stop();
    this.step('end');
    this.#endOffer('withdrawn');
    const { queueing } = this.#tools;
    if (phase === 'queued' || phase === 'offered') {
      queueing.leave(this.interaction, by === 'customer' ? 'abandoned' : by === 'flow' ? 'flow' : 'failed');
    } else if (phase === 'active' && agent !== undefined) {
      const why = by === 'customer' || by === 'agent' ? by : 'failed';
      this.#talkEnded(why);
      queueing.finished(this.interaction, agent, why);
    }
    this.#append(interactionEnded, { where: recordPlace[phase], by, cause: cause.slice(0, 100) });
    if (agent !== undefined) this.#remember(agent);
    data.unanswered = undefined;
    data.askedUntil = undefined;
    data.retryAt = undefined;
    this.#tellState();
    this.changed();
    this.#keeper.over(this);
  }

  /** The person is erased: nothing of her stays in here. */
  forget(): void {
    const { data } = this;
    this.bot.stop();
    Object.assign(data, { name: undefined, from: undefined, subject: undefined, last: undefined, flow: undefined });
    data.variables = {};
    data.path = [];
    data.customer = undefined;
    Object.assign(this.thread, { name: undefined, customer: undefined });
  }

  // ── time ──────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Whatever is due by now. Asked twice a second of all of them: mostly there is nothing. */
  due(now: number): void {
    if (now < this.#nextDue) return;
    const { data } = this;
    const { phase, unanswered } = data;
    if (phase === 'bot') this.bot.due(now);
    if (data.phase === 'bot' && data.retryAt !== undefined && data.retryAt <= now) this.#retry();
    if (unanswered && !unanswered.told && unanswered.due <= now && data.unanswered === unanswered) {
      unanswered.told = true;
      this.#append(conversationOverdue, { via: data.via, since: unanswered.since, first: !data.answered });
      this.changed();
    }
    const silent = data.phase === 'bot' ? data.retryAt === undefined : data.phase === 'active' && !data.unanswered;
    const idleAt = Math.max(data.heardAt, data.since, data.last?.at ?? 0) + (this.record?.idleMs ?? 86_400_000);
    if (silent && now >= idleAt) this.finish('customer', 'idle');
    // What changes later looks anew; so does, after a while, a channel whose times were changed.
    const { askedUntil = Infinity, retryAt = Infinity } = data;
    const overdue = data.unanswered && !data.unanswered.told ? data.unanswered.due : Infinity;
    this.#nextDue = Math.min(now + longestRestMs, askedUntil, retryAt, overdue, ...(silent ? [idleAt] : []));
  }

  #retry(): void {
    const { data, record } = this;
    data.retryAt = undefined;
    const { queue } = data;
    if (queue === undefined) {
      this.route();
      return;
    }
    const since = data.unanswered?.since;
    const again = this.#tools.directory.queues.get(queue)
      ? queue
      : record && 'queue' in record.to
        ? record.to.queue
        : queue;
    const request = {
      queue: again,
      language: data.language,
      priority: record?.priority,
      skills: record?.skills,
      since,
    };
    const known = this.#tools.directory.queues.get(again) !== undefined;
    if (!known || !this.#enter({ request: { ...request, maxWaitMs: longestWaitMs }, afterTalk: false }))
      this.#tryLater();
  }

  // ── after a restart ───────────────────────────────────────────────────────────────────────────────────────────────

  takeUp(): void {
    const { data } = this;
    this.bot.restore();
    if (data.phase === 'queued' || data.phase === 'offered') this.#takeUpQueued();
    else if (data.phase === 'active') this.#takeUpActive();
    else if (!data.flow && data.retryAt === undefined) data.retryAt = this.#now();
    if (this.over) return;
    this.#append(conversationAdopted, { phase: data.phase === 'offered' ? 'queued' : (data.phase as 'bot') });
    this.changed();
  }

  #takeUpQueued(): void {
    const { data } = this;
    data.phase = 'queued';
    const known = this.#tools.queueing.attach(this, (how) => this.left(how));
    if (known.state === 'waiting') return;
    if (known.state === 'connected') {
      // She took it, and the restart came before that was written.
      this.step('take');
      this.#connect(known.agent, undefined);
      return;
    }
    this.#again();
  }

  #takeUpActive(): void {
    const { data } = this;
    const { agent } = data;
    const known = this.#tools.queueing.attach(this, (how) => this.left(how));
    if (known.state === 'connected' && known.agent === agent) return;
    if (known.state === 'connected') this.#tools.queueing.finished(this.interaction, known.agent, 'failed');
    else if (known.state === 'waiting') this.#tools.queueing.leave(this.interaction, 'failed');
    if (agent !== undefined && this.#tools.queueing.take(this, agent, { queue: data.queue })) return;
    this.#talkEnded('failed');
    data.agent = undefined;
    this.#again();
  }

  /** In its queue anew, with its age. */
  #again(): void {
    const { data } = this;
    const { place } = data;
    const queue = place?.request.queue ?? data.queue;
    data.phase = 'bot';
    const request = place?.request ?? (queue === undefined ? undefined : { queue, maxWaitMs: longestWaitMs });
    const again = request && { ...request, preferred: undefined, since: place?.since };
    if (!again || !this.#enter({ request: again, afterTalk: place?.afterTalk ?? false, fallback: place?.fallback }))
      this.#tryLater();
  }

  // ── what the flow wants ───────────────────────────────────────────────────────────────────────────────────────────

  botSays(content: Content): void {
    this.#keeper.post.sent(this, { author: 'bot', content });
  }

  botNoted({ node, type, label, value }: Extract<Effect, { do: 'note' }>, flow: string): void {
    const step = { node, type, ...(label === undefined ? {} : { label }), ...(value === undefined ? {} : { value }) };
    const { path } = this.data;
    path.push({ at: this.#now(), ...step });
    if (path.length > mostSteps) path.shift();
    this.#append(interactionStep, { flow, ...step });
  }

  botFaulted(flow: string, node: string, code: string, sentence: string): void {
    this.#tools.logger.warn({ interaction: this.interaction, flow, node, code, sentence }, 'flow faulted');
    this.#append(conversationFlowFaulted, { flow, node, code, sentence });
  }

  botMoved(): void {
    this.changed();
  }

  botOver(why: string): void {
    this.finish('flow', why);
  }

  botQueues(effect: QueueEffect): void {
    const { queue, priority, skills, language, maxWaitSeconds, ringSeconds, afterTalk } = effect;
    const request: QueueRequest = {
      queue,
      // 0 is the channel's, or the queue's, own.
      priority: priority > 0 ? priority : this.record?.priority,
      skills: [...(this.record?.skills ?? []), ...skills],
      language,
      maxWaitMs: maxWaitSeconds * 1_000,
      ringMs: ringSeconds === undefined ? undefined : ringSeconds * 1_000,
    };
    const known = this.#tools.directory.queues.get(queue) !== undefined;
    if (!known || !this.#enter({ request, afterTalk })) this.bot.advance({ on: 'queue', how: 'failed' });
  }

  botTransfers({ to, node, ringSeconds }: TransferEffect): void {
    const fail = () => this.bot.advance({ on: 'transfer', how: 'failed' });
    if ('number' in to) {
      const flow = this.bot.state?.frames.at(-1)?.flow ?? '';
      this.botFaulted(flow, node, 'transfer-to-number', 'A conversation cannot be transferred to a telephone number.');
      fail();
      return;
    }
    const agent = this.#tools.directory.agents.get(to.agent);
    const queue = this.data.queue ?? agent?.queues[0];
    this.#append(interactionTransferred, { kind: 'agent', to: to.agent });
    const request = { queue: queue ?? '', only: to.agent, maxWaitMs: ringSeconds * 1_000 };
    if (!agent || queue === undefined || !this.#enter({ request, afterTalk: false })) fail();
  }

  // ── its state ─────────────────────────────────────────────────────────────────────────────────────────────────────

  can(step: ConversationStep): boolean {
    return conversationMachine.can(this.data.phase, step);
  }

  /** @returns false, counted and logged, where the phase knows no such step */
  step(step: ConversationStep): boolean {
    const { phase } = this.data;
    const next = conversationMachine.next(phase, step);
    if (next === undefined) {
      this.#tools.logger.warn({ interaction: this.interaction, phase, step }, 'impossible step of a conversation');
      return false;
    }
    this.data.phase = next;
    this.data.since = this.#now();
    this.changed();
    return true;
  }

  changed(): void {
    this.#nextDue = 0;
    this.#keeper.changed(this);
  }

  scope(): EventScope {
    const { interaction, agent, queue, customer } = this.data;
    const scope: EventScope = { interaction };
    if (agent !== undefined) scope.agent = agent;
    if (queue !== undefined) scope.queue = queue;
    if (customer !== undefined) scope.customer = customer;
    const team = teamOf(this.#tools.directory, { queue, agent }) ?? this.record?.team;
    if (team !== undefined) scope.team = team;
    return scope;
  }

  /** For the customer: who answers there now. */
  #tellState(): void {
    const { phase, agent } = this.data;
    const state = phase === 'offered' ? 'queued' : phase;
    const name = phase === 'active' && agent !== undefined ? this.#tools.directory.agents.get(agent)?.name : undefined;
    const position = state === 'queued' ? this.#tools.queueing.place(this.interaction)?.position : undefined;
    this.#keeper.post.state(this, {
      state,
      ...(name === undefined ? {} : { agentName: name }),
      ...(position === undefined || position < 1 ? {} : { position }),
    });
  }

  #append<Data extends object>(type: EventType<Data>, data: Data, scope: EventScope = {}): void {
    void this.#tools.journal.append([newEvent(type, this.#now(), data, { ...this.scope(), ...scope })]);
  }

  #now(): number {
    return this.#tools.clock.now();
  }
}
