// Callbacks at work: each waits for its time, then stands in its queue as a contact, is offered to an agent, and calls the
// customer back; what comes of that is read from the journal, so that a restart changes nothing.
import { EventEmitter } from 'node:events';
import type { Database } from 'better-sqlite3';
import type { Logger } from 'pino';
import {
  type AgentId,
  type Clock,
  type CustomerId,
  type InteractionId,
  type Millis,
  newId,
  notThere,
  type Offer,
  type OfferTarget,
  type PopContent,
  type QueueId,
} from '../../values/index.ts';
import { type EndedWhere, interactionEnded } from '../customers/index.ts';
import { type Journal, type JournalEvent, journalErased, type NewEvent, newEvent } from '../journal/index.ts';
import type { CallingBack, Directory, Queueing } from '../ports/index.ts';
import { type Callback, type CallbackState, type CallbackStep, callbackMachine, isOver } from './callback.ts';
import { attemptedFact, begunFacts, endedFact, scheduledFact, scopeOf } from './callback-facts.ts';
import { checkLimits } from './callback-limits.ts';
import { popOf } from './callback-pop.ts';
import { type CallbackRequest, newCallback } from './callback-request.ts';
import { CallbackRows, type CallbacksOfAgent } from './callback-rows.ts';
import { failed } from './errors.ts';
import { QueueOpenings } from './queue-openings.ts';

export interface CallbacksOptions {
  database: Database;
  journal: Journal;
  directory: Directory;
  queueing: Queueing;
  calls: CallingBack;
  /** What her screen shows of earlier contacts. */
  earlier: (customer: CustomerId) => PopContent['earlier'];
  customerOf: (number: string) => { id: CustomerId; name?: string | undefined; tags: string[] } | undefined;
  /** Nothing new is begun: what is due waits until that is over. */
  draining?: (() => boolean) | undefined;
  clock: Clock;
  logger: Logger;
}

export interface CallbackEvents {
  changed: [Callback];
}

/** What one waits for in the queue: as routing and the reconciler know it. */
export interface WaitingCallback {
  interaction: InteractionId;
  state: 'waiting' | 'ringing' | 'moving';
  agent?: AgentId | undefined;
}

const preferredMs = 60_000;
/** setTimeout takes no more. */
const longestTimerMs = 2_147_483_647;

export class Callbacks extends EventEmitter<CallbackEvents> {
  readonly #options: CallbacksOptions;
  readonly #rows: CallbackRows;
  readonly #openings: QueueOpenings;
  /** Everything that is not over, by id, and those under way by their interaction. */
  readonly #open = new Map<string, Callback>();
  readonly #byInteraction = new Map<InteractionId, Callback>();
  readonly #ringing = new Map<InteractionId, AgentId>();
  #timer: NodeJS.Timeout | undefined;
  #stop: (() => void) | undefined;
  readonly #directoryChanged = (kind: string): void => {
    if (kind !== 'hours' && kind !== 'queues') return;
    this.#lookAnew();
    this.#arm();
  };

  constructor(options: CallbacksOptions) {
    super();
    this.#options = options;
    this.#rows = new CallbackRows(options.database);
    this.#openings = new QueueOpenings(options.directory);
    for (const callback of this.#rows.open()) {
      this.#open.set(callback.id, callback);
      if (callback.interaction !== undefined && callback.state !== 'scheduled') {
        this.#byInteraction.set(callback.interaction, callback);
      }
    }
  }

  /** Takes up what is open; those that waited in a queue, or were being dialled, are bound again. Call it when calls are adopted. */
  start(): void {
    this.#stop = this.#options.journal.follow((events) => {
      for (const event of events) this.#hear(event);
    });
    this.#options.directory.on('changed', this.#directoryChanged);
    for (const callback of [...this.#byInteraction.values()]) this.#takeUp(callback);
    this.#lookAnew();
    this.drainChanged();
  }

  /** Draining began: those that wait for an agent go back, and keep their place. Or it is over: what is due begins. */
  drainChanged(): void {
    if (this.#options.draining?.()) {
      for (const [interaction, callback] of [...this.#byInteraction])
        if (callback.state === 'queued' && !this.#ringing.has(interaction)) this.#putBack(callback, interaction);
    }
    this.#arm();
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#options.directory.off('changed', this.#directoryChanged);
    this.#stop?.();
    this.#stop = undefined;
  }

  /** @throws queue-unknown, agent-unknown, callback-window, callback-number-many, callback-person-many */
  async schedule(request: CallbackRequest, by: string): Promise<Callback> {
    const { directory, clock, customerOf } = this.#options;
    const { queue, number, preferred } = request;
    const record = directory.queues.get(queue);
    if (!record) throw notThere['queue-unknown']({ queue });
    if (preferred !== undefined && !directory.agents.get(preferred))
      throw notThere['agent-unknown']({ agent: preferred });
    checkLimits(this.#open.values(), number, { id: by, isAgent: directory.agents.get(by) !== undefined });
    const now = clock.now();
    const known = request.customer === undefined ? customerOf(number) : undefined;
    // Her name is asked for when it is wanted: who makes the callback reads it here, and may be of another team.
    const whole = { ...request, customer: request.customer ?? known?.id };
    const callback = newCallback(whole, { site: directory.site.name, team: record.team, by, now });
    this.#open.set(callback.id, callback);
    await this.#write(callback, [scheduledFact(callback, by, now)]);
    this.#arm();
    return callback;
  }

  /** @throws callback-unknown, callback-over */
  async cancel(id: string, by: string): Promise<Callback> {
    const callback = this.get(id);
    if (!callbackMachine.can(callback.state, 'cancel')) throw failed['callback-over']({ callback: id });
    this.#leaveQueue(callback);
    await this.#end(callback, 'cancel', 'cancelled', by);
    return callback;
  }

  /** @throws callback-unknown */
  get(id: string): Callback {
    const callback = this.#open.get(id) ?? this.#rows.get(id);
    if (!callback) throw failed['callback-unknown']({ callback: id });
    return callback;
  }

  /** By the time they are due, the latest first. */
  list(filter: {
    site: string;
    servedTeam?: string | undefined;
    state?: CallbackState | undefined;
    queue?: QueueId | undefined;
    customer?: CustomerId | undefined;
    hers?: CallbacksOfAgent | undefined;
    limit: number;
  }): Callback[] {
    return this.#rows.list(filter);
  }

  /** Whether that contact is one of theirs, in its queue or dialled; known before `start`, too. */
  has(interaction: InteractionId): boolean {
    return this.#byInteraction.has(interaction);
  }

  /** Those in a queue, for the reconciler. What is dialled is a call. */
  *waiting(): Iterable<WaitingCallback> {
    for (const [interaction, { state }] of this.#byInteraction) {
      const agent = this.#ringing.get(interaction);
      if (agent !== undefined) yield { interaction, state: 'ringing', agent };
      else if (state === 'queued') yield { interaction, state: 'waiting' };
    }
  }

  /** Routing cannot serve it. @returns whether it is one of these */
  giveUp(interaction: InteractionId): boolean {
    const callback = this.#byInteraction.get(interaction);
    if (callback?.state !== 'queued') return false;
    this.#exited(callback, interaction, 'lost');
    return true;
  }

  // ── its time has come ─────────────────────────────────────────────────────────────────────────────────────────────

  #arm(): void {
    clearTimeout(this.#timer);
    if (this.#options.draining?.()) return;
    let next = Infinity;
    for (const { state, nextAt } of this.#open.values()) if (state === 'scheduled') next = Math.min(next, nextAt);
    if (next === Infinity) return;
    const wait = Math.min(longestTimerMs, Math.max(0, next - this.#options.clock.now()));
    this.#timer = setTimeout(() => this.#due(), wait).unref();
  }

  #due(): void {
    const now = this.#options.clock.now();
    // After a drain many are due at once, and who enters first gets the agent who is free.
    const place = ({ since, nextAt }: Callback) => since ?? nextAt;
    const due = [...this.#open.values()].filter(({ state, nextAt }) => state === 'scheduled' && nextAt <= now);
    for (const callback of due.sort((a, b) => place(a) - place(b))) {
      if (now >= callback.until || callback.number === undefined) void this.#end(callback, 'expire', 'expired');
      else if (!this.#waitsForOpening(callback, now)) this.#enter(callback, now);
    }
    this.#arm();
  }

  /** @returns whether its queue is closed now: then it is due when that opens */
  #waitsForOpening(callback: Callback, now: Millis): boolean {
    const opening = this.#openings.of(callback.queue, now);
    if (!opening || opening.opens <= now) return false;
    callback.nextAt = Math.min(opening.opens, callback.until);
    void this.#write(callback, []);
    return true;
  }

  /** Hours are others now: what waits for an opening is due as if there were none, and looks again. */
  #lookAnew(): void {
    for (const callback of this.#open.values()) {
      if (callback.state !== 'scheduled') continue;
      const { from, retryMs, attempts } = callback;
      const last = attempts.at(-1);
      callback.nextAt = Math.min(callback.nextAt, last ? Math.max(from, last.at + retryMs) : from);
    }
  }

  #enter(callback: Callback, now: Millis): void {
    const interaction = newId('int', now);
    callback.interaction = interaction;
    this.#step(callback, 'due');
    this.#byInteraction.set(interaction, callback);
    const known = callback.number === undefined ? undefined : this.#options.customerOf(callback.number);
    void this.#write(callback, begunFacts(callback, interaction, known, now));
    this.#queue(callback, interaction);
  }

  #queue(callback: Callback, interaction: InteractionId): void {
    const { queueing, directory, clock, logger } = this.#options;
    const { queue, language, preferred = '', since } = callback;
    // Whoever left us since is not waited for: no queue would take it then.
    const first = directory.agents.get(preferred)?.disabled === false;
    // Nor does the queue keep it beyond its time, or its own.
    const now = clock.now();
    const leftMs = Math.max(0, Math.min(callback.until, this.#openings.of(queue, now)?.closes ?? Infinity) - now);
    const isShort = leftMs < (directory.queues.get(queue)?.maxWaitMs ?? 0);
    try {
      queueing.enqueue(
        this.#target(callback, interaction),
        {
          queue,
          language,
          ...(first && { preferred: { agent: preferred, forMs: preferredMs } }),
          ...(since !== undefined && { since }),
          ...(isShort && { maxWaitMs: leftMs }),
        },
        () => this.#exited(callback, interaction, 'queue-exit'),
      );
    } catch (error) {
      logger.warn({ err: error, callback: callback.id, queue }, 'a callback could not enter its queue');
      this.#exited(callback, interaction, 'queue-exit');
    }
  }

  #target(callback: Callback, interaction: InteractionId): OfferTarget {
    const { customerOf, earlier } = this.#options;
    return {
      interaction,
      channel: 'voice',
      pop: () => {
        const { number, customer } = callback;
        const known = number === undefined ? undefined : customerOf(number);
        return popOf(callback, interaction, known, customer === undefined ? [] : earlier(customer));
      },
      offer: async (offer, signal) => {
        const { number } = callback;
        const wanted = () => callback.interaction === interaction && callback.state === 'queued';
        if (number === undefined || !wanted()) return 'withdrawn';
        this.#ringing.set(interaction, offer.agent);
        const { queue, language, customer } = callback;
        const request = { number, queue, language, customer, wanted };
        const dialled = this.#options.calls.dialBack(offer, request, signal);
        const outcome = await dialled.finally(() => this.#ringing.delete(interaction));
        if (outcome === 'accepted') this.#there(callback, offer);
        // No way to that number just now: another offer at once would come to the same, again and again.
        if (outcome === 'withdrawn' && !signal.aborted && this.#byInteraction.get(interaction) === callback) {
          this.#options.queueing.leave(interaction, 'failed');
          this.#exited(callback, interaction, 'lost');
        }
        return outcome;
      },
    };
  }

  #there(callback: Callback, offer: Offer): void {
    // The customer may have been told already that it failed: then the journal was quicker than we.
    if (callback.interaction !== offer.interaction || callback.state !== 'queued') return;
    this.#step(callback, 'agent-there');
    void this.#write(callback, []);
  }

  // ── what came of it ───────────────────────────────────────────────────────────────────────────────────────────────

  #hear(event: JournalEvent): void {
    if (event.type === journalErased.name) {
      this.#erase(event.data.subjects as string[]);
      return;
    }
    const callback = event.interaction === undefined ? undefined : this.#byInteraction.get(event.interaction);
    if (!callback || event.interaction === undefined) return;
    if (event.type === 'interaction.answered') this.#reached(callback, event.interaction);
    else if (event.type === 'interaction.ended' && callback.state === 'dialling') {
      const { cause } = event.data as { cause?: string };
      this.#attempted(callback, event.interaction, 'not-reached', cause);
    }
  }

  #reached(callback: Callback, interaction: InteractionId): void {
    if (callback.state === 'queued') this.#step(callback, 'agent-there');
    this.#note(callback, interaction, 'reached');
    this.#byInteraction.delete(interaction);
    const event = attemptedFact(callback, { interaction, outcome: 'reached' }, this.#options.clock.now());
    void this.#end(callback, 'reached', 'done', undefined, [event]);
  }

  /** The queue gave it back: no attempt on the customer's side, but the contact is over. */
  #exited(callback: Callback, interaction: InteractionId, outcome: 'queue-exit' | 'lost'): void {
    if (callback.interaction !== interaction || callback.state !== 'queued') return;
    this.#endInteraction(callback, interaction, 'queue', outcome);
    this.#attempted(callback, interaction, outcome);
  }

  /** Tries again later, unless the attempts or the time are used up. Only the customer's side uses attempts up. */
  #attempted(
    callback: Callback,
    interaction: InteractionId,
    outcome: 'not-reached' | 'queue-exit' | 'lost',
    cause?: string,
  ): void {
    const now = this.#options.clock.now();
    this.#note(callback, interaction, outcome);
    this.#byInteraction.delete(interaction);
    const tried = callback.attempts.filter((attempt) => attempt.outcome === 'not-reached').length;
    const next = now + callback.retryMs;
    const again = tried < callback.mostAttempts && next < callback.until && callback.number !== undefined;
    const event = attemptedFact(callback, { interaction, outcome, cause, next: again ? next : undefined }, now);
    if (!again) {
      const used = tried >= callback.mostAttempts;
      void this.#end(callback, used ? 'use-up' : 'expire', used ? 'failed' : 'expired', undefined, [event]);
      return;
    }
    callback.nextAt = next;
    // Whoever was not reached does not keep the place of the caller that she was.
    if (outcome === 'not-reached') callback.since = undefined;
    this.#step(callback, 'again');
    void this.#write(callback, [event]);
    this.#arm();
  }

  #note(callback: Callback, interaction: InteractionId, outcome: Callback['attempts'][number]['outcome']): void {
    callback.attempts.push({ at: this.#options.clock.now(), interaction, outcome });
  }

  #endInteraction(callback: Callback, interaction: InteractionId, where: EndedWhere, cause: string): void {
    const { clock, journal } = this.#options;
    const data = { where, by: 'system' as const, cause };
    void journal.append([newEvent(interactionEnded, clock.now(), data, { ...scopeOf(callback), interaction })]);
  }

  async #end(
    callback: Callback,
    step: CallbackStep,
    how: 'done' | 'failed' | 'expired' | 'cancelled',
    by?: string,
    before: NewEvent[] = [],
  ): Promise<void> {
    this.#step(callback, step);
    this.#open.delete(callback.id);
    await this.#write(callback, [...before, endedFact(callback, how, by, this.#options.clock.now())]);
  }

  #leaveQueue(callback: Callback): void {
    const { interaction, state } = callback;
    if (state !== 'queued' || interaction === undefined) return;
    this.#byInteraction.delete(interaction);
    this.#options.queueing.leave(interaction, 'failed');
    this.#endInteraction(callback, interaction, 'queue', 'cancelled');
  }

  #putBack(callback: Callback, interaction: InteractionId): void {
    this.#byInteraction.delete(interaction);
    this.#options.queueing.leave(interaction, 'failed');
    this.#endInteraction(callback, interaction, 'queue', 'draining');
    callback.nextAt = this.#options.clock.now();
    this.#step(callback, 'again');
    void this.#write(callback, []);
  }

  /** After a restart. */
  #takeUp(callback: Callback): void {
    const { interaction = '' } = callback;
    const bound = this.#options.queueing.attach(this.#target(callback, interaction), () =>
      this.#exited(callback, interaction, 'queue-exit'),
    );
    if (bound.state === 'connected' && callback.state === 'queued') {
      // She was there, and the restart came before that was written.
      this.#step(callback, 'agent-there');
      void this.#write(callback, []);
    }
    if (callback.state === 'dialling') {
      // The call goes on, and tells; where it ended meanwhile, the journal has told already.
      const told = new Set(this.#options.journal.ofInteraction(interaction).map(({ type }) => type));
      const isGone = !this.#options.calls.get(interaction);
      if (isGone && !told.has(interactionEnded.name)) {
        // Nobody else ends a contact whose call is not there.
        this.#endInteraction(callback, interaction, 'before', 'restart');
        if (bound.state === 'connected') this.#options.queueing.finished(interaction, bound.agent, 'failed');
        else this.#options.queueing.leave(interaction, 'failed');
      }
      if (told.has('interaction.answered')) this.#reached(callback, interaction);
      else if (isGone) this.#attempted(callback, interaction, 'lost');
    } else if (bound.state === 'unknown') this.#queue(callback, interaction);
  }

  #erase(subjects: readonly string[]): void {
    // A rule of retention names contacts alone: whom is still to be called back, it does not mean.
    const isPerson = subjects.some((subject) => subject.startsWith('cus_'));
    for (const callback of this.#rows.about(subjects)) {
      const open = this.#open.get(callback.id) ?? callback;
      if (!isPerson && !isOver(open.state)) continue;
      open.number = undefined;
      open.name = undefined;
      open.note = undefined;
      if (!isOver(open.state) && open.state !== 'dialling') {
        this.#leaveQueue(open);
        void this.#end(open, 'cancel', 'cancelled', 'erasure');
      } else void this.#write(open, []);
    }
  }

  #step(callback: Callback, step: CallbackStep): void {
    const next = callbackMachine.next(callback.state, step);
    if (next) callback.state = next;
    else
      this.#options.logger.error(
        { callback: callback.id, state: callback.state, step },
        'impossible step of a callback',
      );
  }

  async #write(callback: Callback, events: NewEvent[]): Promise<void> {
    const kept = JSON.stringify(callback);
    this.emit('changed', callback);
    await this.#options.journal.append(events, () => this.#rows.put(callback, kept));
  }
}
