// A conversation's place in a queue: how it comes in, is offered, and comes out again.
import type { AgentId, Offer, OfferOutcome, QueueId } from '../../values/index.ts';
import { exitInFlow, type QueueExit, type QueueRequest } from '../ports/index.ts';
import type { Conversation } from './conversation.ts';
import type { Place } from './conversation-data.ts';

/** A conversation that no flow limits waits as good as for ever. */
const longestWaitMs = 20 * 86_400_000;
/** Where a queue is closed, full or gone, it is tried again. */
const retryMs = 60_000;
/** An agent whom a colleague chose has so long to take it, before her queue gets it. */
const onlyMs = 120_000;

export class QueuePlace {
  readonly #of: Conversation;
  #offer: { offer: Offer; resolve: (outcome: OfferOutcome) => void } | undefined;

  constructor(of: Conversation) {
    this.#of = of;
  }

  /** What is offered now. */
  get offered(): Offer | undefined {
    return this.#offer?.offer;
  }

  /** With the channel's own demands. @returns false where there is no such queue, or no such agent */
  enter(queue: QueueId, who: Pick<QueueRequest, 'preferred' | 'not'> = {}): boolean {
    if (!this.#known(queue)) return false;
    return this.request({
      request: { ...this.#demands(queue), ...who, maxWaitMs: longestWaitMs },
      afterTalk: false,
    });
  }

  /** For one agent alone, as soon as she has room; then for the queue. @param not who gives it to her */
  enterFor(agent: AgentId, queue: QueueId, not: AgentId): boolean {
    const { language } = this.#of;
    return this.request({
      request: { queue, only: agent, not, language, maxWaitMs: onlyMs },
      afterTalk: false,
      fallback: queue,
    });
  }

  /** @returns false where the queue does not take it */
  request({ request, afterTalk, fallback }: Omit<Place, 'since'>): boolean {
    const of = this.#of;
    const { data } = of;
    if (!of.can('enqueue')) return false;
    const since = request.since ?? of.now();
    const before = { place: data.place, queue: data.queue };
    data.place = { since, request, afterTalk, fallback };
    data.queue = request.queue;
    try {
      const asked = { ...request, priority: of.answers.priority(request) };
      of.tools.queueing.enqueue(of, asked, (how) => this.left(how));
    } catch (error) {
      of.tools.logger.warn({ err: error, interaction: of.interaction }, 'queue did not take the conversation');
      Object.assign(data, before);
      return false;
    }
    of.step('enqueue');
    data.retryAt = undefined;
    data.askedUntil = undefined;
    // Who comes from an agent who had answered, or from the bot, waits from now on.
    of.answers.begin(data.last?.author === 'customer' ? data.heardAt : of.now());
    of.answers.moved();
    of.tellState();
    return true;
  }

  /** The queue gives it back. */
  left(how: QueueExit): void {
    const of = this.#of;
    const { data, bot } = of;
    if (!of.can('exit')) return;
    this.endOffer('withdrawn');
    const { fallback, request } = data.place ?? {};
    of.step('exit');
    data.place = undefined;
    if (fallback !== undefined && this.enter(fallback, { not: request?.not })) return;
    const waiting = bot.state?.waiting;
    if (waiting === 'queue') bot.advance({ on: 'queue', how: exitInFlow[how] });
    else if (waiting === 'transfer') bot.advance({ on: 'transfer', how: 'no-answer' });
    else this.tryLater();
  }

  /** Nobody can take it now. */
  tryLater(afterMs = retryMs): void {
    this.#of.data.retryAt = this.#of.now() + afterMs;
    this.#of.changed();
  }

  /** What could not be taken a while ago. */
  retry(): void {
    const { data, record } = this.#of;
    data.retryAt = undefined;
    if (data.queue === undefined) {
      this.#of.route();
      return;
    }
    // Where its queue is gone, the channel's own.
    const own = record && 'queue' in record.to ? record.to.queue : data.queue;
    const queue = this.#known(data.queue) ? data.queue : own;
    const request = { ...this.#demands(queue), since: data.unanswered?.since, maxWaitMs: longestWaitMs };
    if (!this.#known(queue) || !this.request({ request, afterTalk: false })) this.tryLater();
  }

  /** In its queue anew, with its age. */
  again(): void {
    const { data } = this.#of;
    const { place } = data;
    const queue = place?.request.queue ?? data.queue;
    data.phase = 'bot';
    const request = place?.request ?? (queue === undefined ? undefined : { queue, maxWaitMs: longestWaitMs });
    const anew = request && { ...request, preferred: undefined, since: place?.since };
    if (!anew || !this.request({ request: anew, afterTalk: place?.afterTalk ?? false, fallback: place?.fallback }))
      this.tryLater();
  }

  // ── offers ────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** As `OfferTarget.offer`. */
  offer(offer: Offer, signal: AbortSignal): Promise<OfferOutcome> {
    const of = this.#of;
    const stopped = (): OfferOutcome => (signal.reason === 'missed' ? 'missed' : 'withdrawn');
    if (signal.aborted) return Promise.resolve(stopped());
    const agent = of.tools.directory.agents.get(offer.agent);
    if (!of.step('offer')) return Promise.resolve('withdrawn');
    if (!agent) {
      of.step('offer-over');
      return Promise.resolve('unreachable');
    }
    const { promise, resolve } = Promise.withResolvers<OfferOutcome>();
    const abort = () => this.endOffer(stopped());
    signal.addEventListener('abort', abort, { once: true });
    this.#offer = {
      offer,
      resolve: (outcome) => {
        signal.removeEventListener('abort', abort);
        resolve(outcome);
      },
    };
    of.changed();
    const { phone } = agent;
    if (phone.kind === 'panel' && phone.answers === 'at-once') this.accept();
    return promise;
  }

  /** She takes what is offered. */
  accept(): void {
    const pending = this.#offer;
    if (!pending || !this.#of.step('accept')) return;
    this.#offer = undefined;
    const { agent, id } = pending.offer;
    this.#of.talk.connect(agent, id);
    pending.resolve('accepted');
  }

  /** The offer is over, and nobody took it. */
  endOffer(outcome: OfferOutcome): void {
    const pending = this.#offer;
    if (!pending) return;
    this.#offer = undefined;
    if (this.#of.can('offer-over')) this.#of.step('offer-over');
    pending.resolve(outcome);
  }

  #demands(queue: QueueId): QueueRequest {
    const { record, language } = this.#of;
    return { queue, language, priority: record?.priority, skills: record?.skills };
  }

  #known(queue: QueueId): boolean {
    return this.#of.tools.directory.queues.get(queue) !== undefined;
  }
}
