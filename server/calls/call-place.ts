// A call in a queue: what the caller hears there, and the offers to agents, whose phones are rung.
import type { Offer, OfferOutcome } from '../../values/index.ts';
import type { AgentRecord, QueueExit, QueueRequest } from '../ports/index.ts';
import type { Leg } from '../signaling/index.ts';
import type { Call, CallKeeper } from './call.ts';
import type { CallTools } from './call-tools.ts';
import { Ringing, type RingResult } from './ringing.ts';
import { Waiting, type WaitingOptions } from './waiting.ts';

/** A place in a queue; plain data, so that it can be noted. */
export interface Place {
  id: string;
  since: number;
  /** The flow wants the caller back after the talk. */
  afterTalk: boolean;
  request: QueueRequest;
  hears: Omit<WaitingOptions, 'place' | 'chosen'>;
  /** The agent who gave it away: it comes back to her where nobody takes it and no flow goes on with it. */
  giver?: string | undefined;
}

/** Where a call for one agent counts, and what becomes of it where she does not take it. */
interface ForOneAgent {
  ringMs?: number | undefined;
  queue?: string | undefined;
  fallback?: string | undefined;
  giver?: string | undefined;
}

/** How long a call that comes back waits for her who gave it away. */
const returnMs = 60_000;

export class CallPlace {
  readonly #call: Call;
  readonly #tools: CallTools;
  readonly #keeper: CallKeeper;
  #place: Place | undefined;
  #waiting: Waiting | undefined;
  #ringing: Ringing | undefined;
  #offer: Offer | undefined;
  #fallback: string | undefined;

  constructor(call: Call, tools: CallTools, keeper: CallKeeper) {
    this.#call = call;
    this.#tools = tools;
    this.#keeper = keeper;
  }

  /** Stays while she talks, so that it is known which queue she came from. */
  get now(): Readonly<Place> | undefined {
    return this.#place;
  }
  get offer(): Offer | undefined {
    return this.#offer;
  }

  enter(request: QueueRequest, hears: Place['hears'], afterTalk: boolean, giver?: string): void {
    if (!this.#call.step('enqueued')) return;
    const since = request.since ?? this.#tools.clock.now();
    this.#place = { id: request.queue, since, afterTalk, request, hears, giver };
    this.#call.log.queue = request.queue;
    this.#listen();
    this.#enqueue(request);
    this.#call.moved();
  }

  /**
   * A queue with its own settings: transfers, and phones that dial a queue.
   * @param not who gives it away @returns false where there is no such queue
   */
  enterAs(queue: string, not?: string): boolean {
    const record = this.#tools.directory.queues.get(queue);
    if (!record) return false;
    const { language } = this.#call;
    const { music, announceEveryMs: everyMs } = record;
    this.enter({ queue, language, not }, { music, language, everyMs, position: true, wait: true, prompts: [] }, false);
    return true;
  }

  /**
   * For one agent alone, by the ACD, so that she is asked only when she is free.
   * @param how `queue`: where the call counts, else where it was, else hers. `fallback`: that queue takes the call where she
   * does not. `giver`: who gave it away
   * @returns false where there is no such queue
   */
  enterFor(agent: AgentRecord, { ringMs, queue: wanted, fallback, giver }: ForOneAgent = {}): boolean {
    const queue = this.#tools.directory.queues.get(this.queueFor(agent, wanted ?? fallback) ?? '');
    if (!queue) return false;
    this.#fallback = fallback;
    const { language } = this.#call;
    this.enter(
      { queue: queue.id, only: agent.id, language, ringMs, maxWaitMs: ringMs },
      { music: queue.music, language, everyMs: 0, position: false, wait: false, prompts: [] },
      false,
      giver,
    );
    return true;
  }

  /** Where a call for her alone counts. */
  queueFor(agent: AgentRecord, wanted?: string): string | undefined {
    return this.#place?.id ?? wanted ?? agent.queues[0];
  }

  /** Back to whom gave it away. @param queue where it was @returns false where she does not take calls now */
  comeBack(giver: string | undefined, queue: string | undefined): boolean {
    const { directory, queueing } = this.#tools;
    const agent = giver === undefined ? undefined : directory.agents.get(giver);
    const at = agent && this.queueFor(agent, queue);
    if (!agent || at === undefined || queueing.refuses('voice', { queue: at, only: agent.id })) return false;
    return this.enterFor(agent, { ringMs: returnMs, queue: at });
  }

  /** Somebody moved it in its queue's stead to another. */
  queueChanged(queue: string): void {
    const place = this.#place;
    if (!place || place.id === queue) return;
    this.#place = { ...place, id: queue, request: { ...place.request, queue } };
    this.#call.log.queue = queue;
    this.#call.moved();
  }

  /** After a restart: she waited; routing is asked what it knows. */
  takeUp(place: Place): void {
    const { queueing } = this.#tools;
    this.#place = place;
    this.#listen();
    const known = queueing.attach(this.#call, (how) => this.left(how));
    if (known.state === 'waiting') {
      this.queueChanged(known.queue);
      return;
    }
    if (known.state === 'connected') queueing.finished(this.#call.interaction, known.agent, 'failed');
    this.#enqueue({ ...place.request, since: place.since });
  }

  /** After a restart: where she came from. */
  remember(place: Place | undefined): void {
    this.#place = place;
  }

  #enqueue(request: QueueRequest): void {
    try {
      this.#tools.queueing.enqueue(this.#call, request, (how) => this.left(how));
    } catch (error) {
      this.#tools.logger.error({ err: error, interaction: this.#call.interaction }, 'queue did not take the call');
      this.left('removed');
    }
  }

  #listen(): void {
    const leg = this.#call.customer;
    if (!leg || leg.over || !this.#place) return;
    this.quiet();
    this.#waiting = new Waiting(this.#tools, leg.endpoint, {
      ...this.#place.hears,
      place: () => this.#tools.queueing.place(this.#call.interaction),
      chosen: () => this.#callBack(),
    });
  }

  /** No more music. */
  quiet(): void {
    this.#waiting?.stop();
    this.#waiting = undefined;
  }

  /** The queue gives the call back. */
  left(how: QueueExit): void {
    if (!this.#place || !this.#call.can('queue-exit')) return;
    this.#ringing?.abort();
    this.quiet();
    this.#call.step('queue-exit');
    const { id, giver } = this.#place;
    this.#place = undefined;
    const fallback = this.#fallback;
    this.#fallback = undefined;
    if (fallback !== undefined && this.enterAs(fallback)) return;
    if (this.#call.flow.leftQueue(how) || this.comeBack(giver, id)) return;
    this.#call.finish('system', `queue-${how}`);
  }

  /** She would rather be called back: she leaves the queue, and what stands there in her place has waited as long. */
  #callBack(): void {
    const place = this.#place;
    const call = this.#call;
    const { callbacks, clock, logger, queueing } = this.#tools;
    const wish = place?.hears.callback;
    if (!place || !wish || !callbacks || !call.can('queue-exit')) return;
    const { interaction, facts } = call;
    this.#ringing?.abort();
    queueing.leave(interaction, 'callback');
    call.step('queue-exit');
    this.#place = undefined;
    const { id: queue, since, hears } = place;
    const { number, afterSeconds } = wish;
    const from = clock.now() + afterSeconds * 1_000;
    const { fromName: name, flow = '' } = facts;
    const customer = number === facts.from ? facts.customer?.id : undefined;
    // In the same commit as her leaving: whatever happens to this process, she is in the queue or will be called.
    callbacks
      .schedule(
        { queue, number, language: hears.language, name, customer, from, since, origin: interaction },
        `flow:${flow}`,
      )
      .then(
        () => call.flow.calledBack(true),
        (error: unknown) => {
          logger.error({ err: error, interaction, queue }, 'callback could not be noted');
          call.flow.calledBack(false);
        },
      )
      .catch((error: unknown) => call.failed(error));
    call.moved();
  }

  /** Nothing of a queue matters any more. */
  forget(): void {
    this.#place = undefined;
  }

  restored(): void {
    this.#waiting?.restored();
  }

  abandon(): void {
    this.#waiting?.abandon();
  }

  /** Stops ringing and music: the call is over. */
  stop(): void {
    this.quiet();
    this.#ringing?.abort();
  }

  async take(offer: Offer, signal: AbortSignal): Promise<OfferOutcome> {
    const call = this.#call;
    const agent = this.#tools.directory.agents.get(offer.agent);
    const leg = call.customer;
    if (signal.aborted) return aborted(signal);
    if (!leg || leg.over || !call.step('offered')) return 'withdrawn';
    if (!agent) {
      call.step('offer-over');
      return 'unreachable';
    }
    this.#offer = offer;
    const result = await this.#ring(agent, offer, leg, signal);
    const mine = this.#offer === offer;
    if (mine) this.#offer = undefined;
    if (call.over || !mine || !call.can('accepted')) {
      result.answered?.end();
      return 'withdrawn';
    }
    call.log.rang(offer.id, result.phones, result.ringMs, result.answered ? 200 : result.status, agent.id);
    if (!result.answered) {
      call.step('offer-over');
      return result.how === 'aborted' ? aborted(signal) : result.how;
    }
    call.step('accepted');
    this.quiet();
    this.#connect(agent, offer, leg, result.answered);
    return 'accepted';
  }

  async #ring(agent: AgentRecord, offer: Offer, leg: Leg, signal: AbortSignal): Promise<RingResult> {
    const { from, fromName } = this.#call.facts;
    const ringing = new Ringing(this.#tools.signaling.tools, {
      interaction: this.#call.interaction,
      targets: this.#keeper.phones(agent),
      role: 'agent',
      agent: agent.id,
      from: { user: from ?? 'anonymous', name: fromName },
      headers: { 'X-Switchroom-Interaction': offer.interaction },
      near: leg.endpointId,
      silentMs: agent.phone.kind === 'number' ? 0 : (this.#tools.silentPhoneMs ?? 3_000),
    });
    this.#ringing = ringing;
    this.#keeper.rings(offer, ringing);
    const abort = () => ringing.abort();
    signal.addEventListener('abort', abort, { once: true });
    const result = await ringing.result;
    signal.removeEventListener('abort', abort);
    if (this.#ringing === ringing) this.#ringing = undefined;
    return result;
  }

  #connect(agent: AgentRecord, offer: Offer, customer: Leg, leg: Leg): void {
    const place = this.#place;
    const queue = place && this.#tools.directory.queues.get(place.id);
    const waitMs = place && Math.max(0, this.#tools.clock.now() - place.since);
    const facts = {
      agent: agent.id,
      offer: offer.id,
      queue: place?.id,
      acd: true,
      record: queue?.record ?? false,
      music: queue?.music,
    };
    void this.#call.talk.begin(facts, customer, leg, { waitMs, announce: agent.announceNumber ? agent.id : undefined });
  }
}

function aborted(signal: AbortSignal): OfferOutcome {
  return signal.reason === 'missed' ? 'missed' : 'withdrawn';
}
