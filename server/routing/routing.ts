// Routing: what calls and desks ask of the router, and what it does about its decisions: pops, rings, gives back.
import { EventEmitter } from 'node:events';
import type { Logger } from 'pino';
import {
  type AgentId,
  type Channel,
  type Clock,
  type InteractionId,
  type Language,
  newId,
  notThere,
  type OfferId,
  type OfferOutcome,
  type OfferTarget,
  type QueueId,
  type SkillDemand,
} from '../../values/index.ts';
import {
  type AcdEvent,
  type Agent,
  type Contact,
  placeOf,
  type Refusal,
  refusalOfQueue,
  type Work,
} from '../acd/index.ts';
import type { Journal } from '../journal/index.ts';
import {
  type AgentLive,
  type AgentWork,
  type AgentWorkEvents,
  type Directory,
  type QueueExit,
  type Queueing,
  type QueueLive,
  type QueueRequest,
  type Screens,
  teamOf,
  throwRefusal,
} from '../ports/index.ts';
import type { ServiceLevelVariant } from '../reports/index.ts';
import { Acting } from './acting.ts';
import { changesOf, demandsOf } from './configure.ts';
import { routingErrors as failed } from './errors.ts';
import { type Explanation, explanations } from './explain.ts';
import { exitOf } from './facts.ts';
import { agentLive, agentNow, queueLive, queuesOfAgent } from './live.ts';
import { QueueDay } from './queue-day.ts';
import type { Difference, Reality } from './reconciler.ts';
import { Reconciling } from './reconciling.ts';
import { RouterHolder, refusalOf } from './router-holder.ts';
import { Telling } from './telling.ts';

export interface RoutingOptions {
  directory: Directory;
  journal: Journal;
  clock: Clock;
  logger: Logger;
  /** The phone rings that long after the screen-pop at the latest. Default 150 ms. */
  popMs?: number | undefined;
  /** Default `b`. */
  serviceLevel?: ServiceLevelVariant | undefined;
  /** How long after a start calls may be attached before contacts without one are lost. Default 5,000 ms. */
  attachMs?: number | undefined;
  /** Events between two snapshots. Default 20,000. */
  snapshotEvery?: number | undefined;
}

/** For /metrics. */
export interface RoutingCounters {
  commands: number;
  refused: Partial<Record<Refusal, number>>;
  outcomes: Partial<Record<OfferOutcome, number>>;
  healed: Partial<Record<Difference['kind'], number>>;
  /** Commands that the router could not decide: a defect, always logged. */
  defects: number;
}

/** How often opening hours are looked at anew; they change the router's configuration once a day. */
const calendarMs = 600_000;

export class Routing extends EventEmitter<AgentWorkEvents> implements AgentWork, Queueing {
  readonly #directory: Directory;
  readonly #journal: Journal;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #variant: ServiceLevelVariant;
  readonly #attachMs: number;
  readonly #day: QueueDay;
  readonly #holder: RouterHolder;
  readonly #acting: Acting;
  readonly #reconciling: Reconciling;
  readonly #telling: Telling;
  /** Phones known to be gone. */
  readonly #unreachable = new Set<AgentId>();
  /** Own calls from before a restart that nobody has spoken of since: `agent channel`. */
  readonly #staleOwn = new Map<string, { agent: AgentId; channel: Channel }>();
  /** Calls may still be attached: contacts without one are not lost yet. */
  #attaching: NodeJS.Timeout | undefined;
  #calendar: NodeJS.Timeout | undefined;
  readonly #configure = (kind?: string) => {
    if (kind !== undefined && kind !== 'agents' && kind !== 'queues' && kind !== 'hours') return;
    for (const command of changesOf(this.#directory, this.#holder.state, this.#clock.now())) this.#holder.give(command);
  };

  constructor({ directory, journal, clock, logger, ...options }: RoutingOptions) {
    super();
    this.#directory = directory;
    this.#journal = journal;
    this.#clock = clock;
    this.#logger = logger;
    this.#variant = options.serviceLevel ?? 'b';
    this.#attachMs = options.attachMs ?? 5_000;
    const threshold = (queue: QueueId) => directory.queues.get(queue)?.serviceLevelMs ?? 20_000;
    this.#day = new QueueDay(directory.site.timeZone, threshold);
    this.#holder = new RouterHolder({
      journal,
      clock,
      logger,
      day: this.#day,
      teamOf: (scope) => teamOf(directory, scope),
      snapshotEvery: options.snapshotEvery ?? 20_000,
      act: (events) => this.#actOn(events),
    });
    this.#acting = new Acting({
      holder: this.#holder,
      logger,
      popMs: options.popMs ?? 150,
      offered: (offer) => this.emit('offered', offer),
    });
    this.#reconciling = new Reconciling({
      holder: this.#holder,
      journal,
      clock,
      logger,
      underWay: (offer) => this.#acting.underWay(offer),
      giveBack: (interaction) => this.#acting.giveBack(interaction, 'overflow'),
      takeBack: (offer) => this.#acting.takeBack(offer),
      leave: (interaction) => this.#acting.leave(interaction, 'lost'),
    });
    this.#telling = new Telling({
      agent: (agent) => {
        const known = this.#holder.state.agents.get(agent);
        return known && agentNow(known);
      },
      queuesOf: (agent) => queuesOfAgent(this.#holder.state, agent),
      queue: (queue) => (this.listenerCount('queue') > 0 ? this.#queueLive(queue) : undefined),
      tellAgent: (now) => this.emit('agent', now),
      tellQueue: (live) => this.emit('queue', live),
      failed: (error) => this.#holder.defect(error, 'figures'),
    });
  }

  /** Whether any contact waits, rings or is talked with, or an agent wraps one up. */
  get busy(): boolean {
    const { contacts, work } = this.#holder.state;
    return contacts.size > 0 || work.size > 0;
  }

  /** For /metrics. */
  get counters(): RoutingCounters {
    return { ...this.#holder.counters, outcomes: this.#acting.outcomes, healed: this.#reconciling.healed };
  }

  /**
   * Takes up what the journal holds, brings the configuration up to date and begins to work. Calls that live on are
   * attached next; `attached()` says that this is done.
   */
  start(): void {
    this.#holder.fold();
    this.#directory.on('changed', this.#configure);
    for (const agent of this.#holder.state.agents.values()) {
      for (const own of Object.keys(agent.own)) {
        const entry = { agent: agent.config.id, channel: own as Channel };
        this.#staleOwn.set(`${entry.agent} ${own}`, entry);
      }
    }
    if (this.#holder.state.contacts.size + this.#staleOwn.size > 0) {
      this.#reconciling.paused = true;
      this.#acting.attaching = true;
      this.#attaching = setTimeout(() => this.attached(), this.#attachMs);
      this.#takeBackOffers();
    }
    this.#configure();
    // Calendars of opening hours reach some days ahead.
    this.#calendar = setInterval(() => this.#configure(), calendarMs).unref();
  }

  /** What rang when the server stopped rings no more: an offer that ends before its call can be attached, no agent has missed. */
  #takeBackOffers(): void {
    const { contacts, work } = this.#holder.state;
    const attachedBy = this.#clock.now() + this.#attachMs;
    for (const { work: part } of [...contacts.values()]) {
      const offer = part && work.get(part.id)?.work.get(part.id);
      if (offer?.state === 'offered' && (offer.until ?? 0) <= attachedBy) this.#acting.takeBack(offer.id);
    }
  }

  /** Every call that lives on has been attached: contacts without one are lost. Called by itself after `attachMs`. */
  attached(): void {
    if (!this.#attaching) return;
    clearTimeout(this.#attaching);
    this.#attaching = undefined;
    this.#reconciling.paused = false;
    this.#acting.attached();
    for (const interaction of [...this.#holder.state.contacts.keys()]) {
      if (this.#acting.bindings.has(interaction)) continue;
      this.#logger.warn({ interaction }, 'contact did not outlive the restart');
      this.#acting.leave(interaction, 'lost');
    }
    for (const { agent, channel } of this.#staleOwn.values()) this.occupied(agent, channel, 0);
  }

  /** The desk, which stands above routing and comes later. */
  useScreens(screens: Screens): void {
    this.#acting.screens = screens;
  }

  /** What is compared with the router from now on. */
  useReality(reality: Reality): void {
    this.#reconciling.begin(reality);
  }

  /** Writes a snapshot and stops; calls go on. Resolves when the journal has it. */
  async close(): Promise<void> {
    if (this.#holder.closed) return;
    this.#directory.off('changed', this.#configure);
    clearTimeout(this.#attaching);
    clearInterval(this.#calendar);
    this.#reconciling.stop();
    this.#telling.stop();
    await this.#holder.close();
  }

  // Queueing

  enqueue(target: OfferTarget, request: QueueRequest, onExit: (exit: QueueExit) => void): void {
    const { interaction: contact, channel } = target;
    const record = this.#directory.queues.get(request.queue);
    const { only, preferred, not, maxWaitMs, ringMs } = request;
    const agent = only ? { id: only } : preferred && { id: preferred.agent, forMs: preferred.forMs };
    const demand = {
      contact,
      queue: request.queue,
      priority: request.priority ?? record?.priority ?? 0,
      skills: demandsOf(record, request, this.#directory.skills),
      agent,
      not,
      maxWaitMs,
      offerMs: ringMs,
    };
    const { since } = request;
    const before = this.#acting.bindings.get(contact);
    this.#acting.bindings.set(contact, { target, onExit });
    const refused = refusalOf(
      this.#holder.state.contacts.has(contact)
        ? this.#holder.give({ type: 'move', keepAge: since !== undefined, ...demand })
        : this.#holder.give({ type: 'enqueue', channel, since, ...demand }),
    );
    if (!refused) return;
    if (before) this.#acting.bindings.set(contact, before);
    else this.#acting.bindings.delete(contact);
    if (refused === 'queue-unknown') throw notThere['queue-unknown']({ queue: request.queue });
    throw notThere['agent-unknown']({ agent: agent?.id });
  }

  refuses(channel: Channel, { queue: id, only }: Parameters<Queueing['refuses']>[1]): QueueExit | undefined {
    const { state } = this.#holder;
    const queue = state.queues.get(id);
    if (!queue) return 'removed';
    const reason = refusalOfQueue(state, queue, { channel, only, now: this.#clock.now() });
    return reason && exitOf(reason);
  }

  attach(target: OfferTarget, onExit: (exit: QueueExit) => void): ReturnType<Queueing['attach']> {
    const { interaction } = target;
    const contact = this.#holder.state.contacts.get(interaction);
    if (!contact) return { state: 'unknown' };
    this.#acting.attach(interaction, { target, onExit });
    if (contact.state === 'connected') return { state: 'connected', agent: contact.work!.agent };
    return { state: 'waiting', queue: contact.queue };
  }

  leave(interaction: InteractionId, why: Parameters<Queueing['leave']>[1]): void {
    const contact = this.#holder.state.contacts.get(interaction);
    if (contact) this.#acting.leave(interaction, why);
    // Should the queue be giving it back at this moment, nobody wants it any more.
    else this.#acting.bindings.delete(interaction);
  }

  finished(interaction: InteractionId, agent: AgentId, why: 'customer' | 'agent' | 'transferred' | 'failed'): void {
    const contact = this.#holder.state.contacts.get(interaction);
    if (!contact) return;
    if (contact.work?.agent !== agent) {
      const holder = contact.work?.agent;
      this.#logger.warn({ interaction, agent, holder }, 'an agent finished a contact that she does not have');
      return;
    }
    this.#acting.leave(interaction, why);
  }

  take(target: OfferTarget, agent: AgentId, { queue = '', instead }: Parameters<Queueing['take']>[2]): boolean {
    const { interaction: contact, channel } = target;
    const before = this.#acting.bindings.get(contact);
    this.#acting.bindings.set(contact, { target, onExit: () => undefined });
    const from = this.#holder.state.contacts.get(contact)?.work?.agent;
    const work = newId('off');
    const refused = refusalOf(this.#holder.give({ type: 'take', contact, channel, queue, agent, work }));
    if (refused) {
      if (before) this.#acting.bindings.set(contact, before);
      else this.#acting.bindings.delete(contact);
    } else if (channel !== 'voice' || (from !== undefined && from !== agent)) {
      // A call that she began herself she knows; one that a colleague had is shown to her as if it had been offered.
      const content = target.pop();
      this.#acting.screens?.took(agent, work, {
        ...content,
        queue: content.queue ?? (queue === '' ? undefined : queue),
      });
    }
    if (instead !== undefined) this.#endAtOnce(agent, instead);
    return refused === undefined;
  }

  /** Her part in a contact ends, and there is nothing to wrap up. */
  #endAtOnce(agent: AgentId, interaction: InteractionId): void {
    this.finished(interaction, agent, 'transferred');
    for (const { id, contact, state } of this.#holder.state.agents.get(agent)?.work.values() ?? []) {
      if (contact !== interaction || state !== 'wrap-up') continue;
      this.#holder.give({ type: 'wrap-up-done', agent, work: id });
      return;
    }
  }

  place(interaction: InteractionId): ReturnType<Queueing['place']> {
    const contact = this.#holder.state.contacts.get(interaction);
    return contact && placeOf(this.#holder.state, contact);
  }

  occupied(agent: AgentId, channel: Channel, count: number): void {
    this.#staleOwn.delete(`${agent} ${channel}`);
    this.#holder.give({ type: 'occupy', agent, channel, count });
  }

  phoneReachable(agent: AgentId, reachable: boolean): void {
    if (reachable) {
      this.#unreachable.delete(agent);
      return;
    }
    this.#unreachable.add(agent);
    const known = this.#holder.state.agents.get(agent);
    const voice = known?.config.capacity.channels.voice ?? 0;
    if (known?.presence === 'ready' && voice > 0) {
      this.#holder.give({ type: 'not-ready', agent, reason: 'phone-unreachable' });
    }
  }

  // AgentWork

  agents(): AgentLive[] {
    return [...this.#holder.state.agents.values()].map(agentLive);
  }

  agent(agent: AgentId): AgentLive | undefined {
    const known = this.#holder.state.agents.get(agent);
    return known && agentLive(known);
  }

  queues(): QueueLive[] {
    return [...this.#holder.state.queues.keys()].map((queue) => this.#queueLive(queue)!);
  }

  signIn(agent: AgentId): void {
    if (this.#agent(agent).presence === 'offline') this.#holder.give({ type: 'sign-in', agent });
  }

  signOut(agent: AgentId): void {
    const { presence } = this.#agent(agent);
    if (presence === 'ready' || presence === 'not-ready') this.#holder.give({ type: 'sign-out', agent });
  }

  ready(agent: AgentId): void {
    const { presence, config } = this.#agent(agent);
    if (presence === 'offline') throw failed['agent-not-signed-in']({ agent });
    if (this.#unreachable.has(agent) && config.capacity.channels.voice) {
      throw failed['agent-phone-unreachable']({ agent });
    }
    if (presence !== 'ready') this.#holder.give({ type: 'ready', agent });
  }

  notReady(agent: AgentId, reason: string): void {
    const { presence, reason: before } = this.#agent(agent);
    if (reason.length === 0) throw failed['not-ready-reason-missing']({ reason: 'it must not be empty' });
    if (presence === 'offline') throw failed['agent-not-signed-in']({ agent });
    if (presence !== 'not-ready' || before !== reason) this.#holder.give({ type: 'not-ready', agent, reason });
  }

  decline(agent: AgentId, offer: OfferId): void {
    if (!this.#acting.decline(agent, offer)) throw failed['offer-unknown']({ agent, offer });
  }

  wrapUpDone(agent: AgentId, interaction: InteractionId): void {
    this.#holder.give({ type: 'wrap-up-done', agent, work: this.#wrapUp(agent, interaction).id });
  }

  extendWrapUp(agent: AgentId, interaction: InteractionId, byMs: number): void {
    const { id: work } = this.#wrapUp(agent, interaction);
    const refused = refusalOf(this.#holder.give({ type: 'extend-wrap-up', agent, work, byMs }));
    if (refused) throw failed['wrap-up-limit']({ interaction });
  }

  disposed(agent: AgentId, interaction: InteractionId): void {
    for (const work of this.#agent(agent).work.values()) {
      if (work.contact !== interaction || (work.state !== 'connected' && work.state !== 'wrap-up')) continue;
      this.#holder.give({ type: 'disposed', agent, work: work.id });
      return;
    }
    throw failed['contact-unknown']({ interaction });
  }

  /**
   * @throws contact-unknown, contact-not-waiting, queue-unknown, agent-unknown; queue-closed, queue-full, queue-unstaffed,
   * agent-away where it would not wait there: it stays where it is
   */
  move(interaction: InteractionId, to: { queue: QueueId } | { agent: AgentId }): void {
    const contact = this.#holder.state.contacts.get(interaction);
    if (!contact) throw failed['contact-unknown']({ interaction });
    if (contact.state === 'connected') throw failed['contact-not-waiting']({ interaction });
    const { queue, priority, skills } = contact;
    const demand = 'queue' in to ? { queue: to.queue, skills } : { queue, skills, agent: { id: to.agent } };
    this.#mustTake(contact, to);
    const refused = refusalOf(
      this.#holder.give({ type: 'move', contact: interaction, keepAge: true, priority, ...demand }),
    );
    if (refused === 'queue-unknown') throw notThere['queue-unknown'](to);
    if (refused) throw notThere['agent-unknown'](to);
    if ('queue' in to && to.queue !== queue) this.#acting.bindings.get(interaction)?.target.queueChanged?.(to.queue);
  }

  /** Who is in the queue already may stay there, whatever it takes of others; unknown names are told by the router. */
  #mustTake({ queue, channel }: Contact, to: { queue: QueueId } | { agent: AgentId }): void {
    if ('agent' in to) {
      if (!this.#holder.state.agents.has(to.agent)) return;
      const only = { queue, only: to.agent };
      throwRefusal(this.refuses(channel, only), only);
    } else if (to.queue !== queue) throwRefusal(this.refuses(channel, to), to);
  }

  /** New priority or skills of a contact that waits. @throws contact-unknown, contact-not-waiting */
  change(interaction: InteractionId, to: { priority?: number | undefined; skills?: SkillDemand[] | undefined }): void {
    const contact = this.#holder.state.contacts.get(interaction);
    if (!contact) throw failed['contact-unknown']({ interaction });
    if (contact.state === 'connected') throw failed['contact-not-waiting']({ interaction });
    this.#holder.give({ type: 'change', contact: interaction, ...to });
  }

  raise(interaction: InteractionId, priority: number): void {
    const contact = this.#holder.state.contacts.get(interaction);
    if (!contact || contact.state === 'connected' || contact.priority >= priority) return;
    this.#holder.give({ type: 'change', contact: interaction, priority });
  }

  explain(interaction: InteractionId, language: Language = 'en'): Explanation[] {
    return explanations(this.#journal.ofInteraction(interaction), language);
  }

  // Acting

  #actOn(events: AcdEvent[]): void {
    for (const event of events) {
      try {
        this.#acting.act(event);
      } catch (error) {
        this.#holder.defect(error, event.type);
      }
    }
    this.#telling.changed(events);
  }

  #queueLive(queue: QueueId): QueueLive | undefined {
    const now = this.#clock.now();
    return queueLive(this.#holder.state, queue, this.#day.figures(queue, this.#variant, now), now);
  }

  #agent(agent: AgentId): Agent {
    const known = this.#holder.state.agents.get(agent);
    if (!known) throw notThere['agent-unknown']({ agent });
    return known;
  }

  #wrapUp(agent: AgentId, interaction: InteractionId): Work {
    for (const work of this.#agent(agent).work.values()) {
      if (work.contact === interaction && work.state === 'wrap-up') return work;
    }
    throw failed['contact-not-in-wrap-up']({ agent, interaction });
  }
}
