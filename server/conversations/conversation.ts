// One digital contact, from the first word to its end: with the bot, in a queue, with an agent. The picture of its states is
// at conversation-states.ts.
import type { Content } from '../../connector/index.ts';
import type { AgentId, Offer, OfferOutcome, OfferTarget, PopContent } from '../../values/index.ts';
import {
  interactionEnded,
  interactionFlowEntered,
  interactionIdentified,
  interactionStarted,
} from '../customers/index.ts';
import { newEvent } from '../journal/index.ts';
import type { LeftQueue } from '../ports/index.ts';
import { AnswerClock } from './answer-clock.ts';
import { Bot } from './bot.ts';
import { BotActs } from './bot-acts.ts';
import type { ConversationData } from './conversation-data.ts';
import { popOf } from './conversation-pop.ts';
import { recordPlace } from './conversation-states.ts';
import type { ConversationTools } from './conversation-tools.ts';
import { conversationAdopted } from './events.ts';
import { type ConversationKeeper, KeptConversation } from './kept-conversation.ts';
import { QueuePlace } from './queue-place.ts';
import { Talk } from './talk.ts';
import { WrittenCallback } from './written-callback.ts';

/** What leaving a queue is for who ended the contact there; else it failed. An agent who ends it has answered it, without an offer. */
const leftBy: Partial<Record<EndedBy, LeftQueue>> = { customer: 'abandoned', flow: 'flow', agent: 'answered' };

export type EndedBy = 'customer' | 'agent' | 'flow' | 'system' | 'network';

/** Who had her last is asked alone for so long. */
const preferredMs = 30_000;
const mostVariables = 100;
const longestRestMs = 30_000;

export class Conversation extends KeptConversation implements OfferTarget {
  readonly bot: Bot;
  readonly acts: BotActs;
  readonly place: QueuePlace;
  readonly talk: Talk;
  readonly answers: AnswerClock;
  readonly callback: WrittenCallback;
  /** Before that there is nothing to do by time. */
  #nextDue = 0;

  constructor(tools: ConversationTools, keeper: ConversationKeeper, data: ConversationData) {
    super(tools, keeper, data);
    this.acts = new BotActs(this, keeper.post);
    this.bot = new Bot(this.acts, tools);
    this.place = new QueuePlace(this);
    this.talk = new Talk(this);
    this.answers = new AnswerClock(this);
    this.callback = new WrittenCallback(this, keeper.post);
  }

  pop(): PopContent {
    return popOf(this);
  }

  offer(offer: Offer, signal: AbortSignal): Promise<OfferOutcome> {
    return this.place.offer(offer, signal);
  }

  // ── how it begins ─────────────────────────────────────────────────────────────────────────────────────────────────

  /** Writes that it has begun; the customer's words follow, and then `route`. */
  begin(identifiedBy: 'channel' | 'account' | undefined): void {
    const { channel, direction, via, language, from, name, startedAt } = this.data;
    const { chain, interaction } = this.#goesOn();
    const started = {
      channel,
      direction,
      did: via,
      language,
      ...(from === undefined ? {} : direction === 'in' ? { from, to: via } : { from: via, to: from }),
      ...(name === undefined ? {} : { fromName: name }),
      ...(chain === interaction ? {} : { thread: chain }),
    };
    const events = [newEvent(interactionStarted, startedAt, started, this.scope())];
    if (identifiedBy) events.push(newEvent(interactionIdentified, startedAt, { by: identifiedBy }, this.scope()));
    void this.tools.journal.append(events);
    this.changed();
  }

  /** With which contact the thread began that this one goes on with: what soon follows another one there. */
  #goesOn(): Pick<ConversationData, 'chain' | 'interaction'> {
    const { data, thread, record } = this;
    const soon = thread.endedAt !== undefined && data.startedAt - thread.endedAt <= (record?.returnMs ?? 0);
    data.chain ??= soon && thread.chain !== undefined ? thread.chain : data.interaction;
    thread.chain = data.chain;
    return data;
  }

  /**
   * To whom it comes: the agent who talks with her on the phone just now, who had her a while ago, the channel's flow, or its queue.
   * @param quietMs not before, because she writes too fast
   */
  route(quietMs = 0): void {
    const { record, thread, place } = this;
    if (!record || quietMs > 0) {
      place.tryLater(quietMs > 0 ? quietMs : undefined);
      return;
    }
    const { agent, queue, endedAt } = thread;
    const talking = this.keeper.talksAt(this.data.via, this.data.thread);
    if (talking !== undefined && queue !== undefined && this.talk.take(talking, queue)) {
      this.answers.begin(this.data.heardAt);
      return;
    }
    const back = agent !== undefined && endedAt !== undefined && this.now() - endedAt <= record.returnMs;
    if (back && queue !== undefined && this.tools.directory.agents.get(agent)?.disabled === false) {
      if (place.enter(queue, { preferred: { agent, forMs: preferredMs } })) return;
    }
    if ('flow' in record.to) this.#flow(record.to.flow);
    else if (!place.enter(record.to.queue)) place.tryLater();
  }

  #flow(flow: string): void {
    const { data, tools } = this;
    const { directory, people, flows } = tools;
    if (!flows.current().flows.has(flow)) {
      this.acts.botFaulted(flow, '', 'flow-missing', `There is no flow ${flow}.`);
      this.place.tryLater();
      return;
    }
    const known = data.customer === undefined ? undefined : people.get(data.customer);
    const version = flows.current().flows.get(flow)?.version ?? '';
    this.append(interactionFlowEntered, { flow, version, why: 'start' });
    this.bot.begin(flow, {
      language: data.language,
      tags: known?.tags ?? [],
      from: data.customer === undefined ? '' : (people.numberOf(data.customer) ?? ''),
      to: data.via,
      variables: data.variables,
      timeZone: directory.site.timeZone,
    });
  }

  // ── what the customer does ────────────────────────────────────────────────────────────────────────────────────────

  /** She wrote, and it is kept already. @param quietMs she writes too fast: the bot hears the last of it, and not before */
  heard(content: Content, quietMs = 0): void {
    const { data, answers } = this;
    data.heardAt = this.now();
    data.unheard = undefined;
    if (quietMs > 0 && data.phase === 'bot' && this.bot.asks) {
      // What is secret is nowhere kept: she is asked again.
      if (this.bot.seen(content) === content) {
        data.unheard = { content, at: data.heardAt + quietMs };
        // She wrote: it is not for her that the bot waits.
        data.askedUntil = undefined;
      }
      this.changed();
      return;
    }
    if (this.callback.hears(content)) {
      this.changed();
      return;
    }
    // Where nobody takes it just now, she waits for a person all the same.
    const forBot = data.phase === 'bot' && (this.bot.hears(content) || data.retryAt === undefined);
    if (!forBot) answers.begin(data.heardAt);
    this.changed();
  }

  /** Facts from the connector; a customer who goes round in circles does not fill the memory. */
  learn(facts: Readonly<Record<string, string>>): void {
    const { variables } = this.data;
    for (const [name, value] of Object.entries(facts)) {
      if (Object.hasOwn(variables, name) || Object.keys(variables).length < mostVariables) variables[name] = value;
    }
  }

  // ── how it ends ───────────────────────────────────────────────────────────────────────────────────────────────────

  /** A message soon after comes to her first. */
  remember(agent: AgentId): void {
    const { thread, data } = this;
    thread.endedAt = this.now();
    thread.agent = agent;
    thread.queue = data.queue;
    void this.tools.journal.append([], this.keeper.threads.saving(thread));
  }

  /** Ends it, from whatever phase, once. */
  finish(by: EndedBy, cause: string): void {
    const { data } = this;
    if (this.over) return;
    const { phase, agent } = data;
    this.bot.stop();
    this.step('end');
    this.place.endOffer('withdrawn');
    const { queueing } = this.tools;
    if (phase === 'queued' || phase === 'offered') {
      queueing.leave(this.interaction, leftBy[by] ?? 'failed');
    } else if (phase === 'active' && agent !== undefined) {
      const why = by === 'customer' || by === 'agent' ? by : 'failed';
      this.talk.ended(why);
      queueing.finished(this.interaction, agent, why);
    }
    this.append(interactionEnded, { where: recordPlace[phase], by, cause: cause.slice(0, 100) });
    if (agent !== undefined) this.remember(agent);
    data.unsettled = data.unanswered;
    data.unanswered = undefined;
    data.askedUntil = undefined;
    data.retryAt = undefined;
    data.unheard = undefined;
    this.tellState();
    this.changed();
    this.keeper.over(this);
  }

  /** The person is erased: nothing of her stays in here. */
  forget(): void {
    const { data } = this;
    this.bot.stop();
    Object.assign(data, { name: undefined, from: undefined, subject: undefined, last: undefined, flow: undefined });
    data.place = undefined;
    data.unheard = undefined;
    data.variables = {};
    data.path = [];
    data.customer = undefined;
    Object.assign(this.thread, { name: undefined, customer: undefined });
  }

  // ── time ──────────────────────────────────────────────────────────────────────────────────────────────────────────

  changed(): void {
    this.#nextDue = 0;
    this.keeper.changed(this);
  }

  /** Whatever is due by now. Asked twice a second of all of them: mostly there is nothing. */
  due(now: number): void {
    if (now < this.#nextDue) return;
    const { data, answers } = this;
    const { unanswered } = data;
    if (data.phase === 'bot') this.bot.due(now);
    if (data.unheard && data.unheard.at <= now) this.heard(data.unheard.content);
    if (data.phase === 'bot' && data.retryAt !== undefined && data.retryAt <= now) this.place.retry();
    // Who begins to wait just now is not late just now.
    if (data.unanswered === unanswered) answers.due(now);
    const silent = data.phase === 'bot' ? data.retryAt === undefined : data.phase === 'active' && !data.unanswered;
    const idleAt = Math.max(data.heardAt, data.since, data.last?.at ?? 0) + (this.record?.idleMs ?? 86_400_000);
    if (silent && now >= idleAt) this.finish('customer', 'idle');
    // What changes later looks anew; so does, after a while, a channel whose times were changed.
    const { askedUntil = Infinity, retryAt = Infinity, unheard } = data;
    this.#nextDue = Math.min(
      now + longestRestMs,
      askedUntil,
      retryAt,
      unheard?.at ?? Infinity,
      answers.next,
      ...(silent ? [idleAt] : []),
    );
  }

  // ── after a restart ───────────────────────────────────────────────────────────────────────────────────────────────

  takeUp(): void {
    const { data } = this;
    this.bot.restore();
    if (data.phase === 'queued' || data.phase === 'offered') this.#takeUpQueued();
    else if (data.phase === 'active') this.#takeUpActive();
    else if (data.calledBack) this.callback.noted();
    else if (!data.flow && data.retryAt === undefined) data.retryAt = this.now();
    if (this.over) return;
    this.append(conversationAdopted, { phase: data.phase === 'offered' ? 'queued' : (data.phase as 'bot') });
    this.changed();
  }

  #takeUpQueued(): void {
    this.data.phase = 'queued';
    const known = this.#attach();
    if (known.state === 'waiting') return;
    if (known.state === 'connected') {
      // She took it, and the restart came before that was written.
      this.step('take');
      this.talk.connect(known.agent, undefined);
      return;
    }
    this.place.again();
  }

  #takeUpActive(): void {
    const { data } = this;
    const { agent } = data;
    const { queueing } = this.tools;
    const known = this.#attach();
    if (known.state === 'connected' && known.agent === agent) {
      // Disabled while no server was there.
      if (this.tools.directory.agents.get(agent)?.disabled !== false) this.talk.abandoned();
      return;
    }
    if (known.state === 'connected') queueing.finished(this.interaction, known.agent, 'failed');
    else if (known.state === 'waiting') queueing.leave(this.interaction, 'failed');
    if (agent !== undefined && queueing.take(this, agent, { queue: data.queue })) return;
    this.talk.ended('failed');
    data.agent = undefined;
    this.place.again();
  }

  #attach() {
    return this.tools.queueing.attach(this, (how) => this.place.left(how));
  }
}
