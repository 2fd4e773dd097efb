// One voice contact at run time, from the INVITE to the last leg's end: in a flow (call-flow.ts), in a queue
// (call-place.ts), in talk (call-talk.ts), given away (call-transfer.ts). Here is what holds these together: the state, the legs, and the one end.
import type { InteractionId, Language, Offer, OfferOutcome, OfferTarget, PopContent } from '../../values/index.ts';
import type { FlowSet } from '../ivr/index.ts';
import type { AgentRecord, CallPhase, CallView } from '../ports/index.ts';
import type { Leg, LegEnding, LegOwner, PhoneTarget, Referral } from '../signaling/index.ts';
import type { CallFacts } from './call-facts.ts';
import { CallFlow } from './call-flow.ts';
import { CallGuests } from './call-guests.ts';
import { CallLog, type EndedBy } from './call-log.ts';
import { CallPark } from './call-park.ts';
import { CallPlace } from './call-place.ts';
import { type CallEvent, type CallState, callStates } from './call-states.ts';
import { CallTalk } from './call-talk.ts';
import type { CallTools } from './call-tools.ts';
import { CallTransfer } from './call-transfer.ts';
import type { ConsultContact } from './consult-contact.ts';
import { Consultation } from './consultation.ts';
import { callErrors } from './errors.ts';
import type { Replaces } from './replaces.ts';
import type { Ringing } from './ringing.ts';
import { Supervision } from './supervision.ts';

/** Who keeps all calls. */
export interface CallKeeper {
  changed(call: Call): void;
  /** Once; after it the call is forgotten. */
  over(call: Call): void;
  /** What a later server needs has changed. */
  renote(call: Call): void;
  /** Her own calls, one more or less. */
  occupied(agent: string, by: 1 | -1): void;
  /** A consultation waits in a queue, or is over. */
  consulting(contact: ConsultContact, on: boolean): void;
  /** Her phones ring for an offer; her panel may make them answer. */
  rings(offer: Offer, ringing: Ringing): void;
  /** The call that a phone's Replaces names. */
  callOf(replaces: Replaces): Call | undefined;
  /** An agent's phones, ready to ring. */
  phones(agent: AgentRecord): PhoneTarget[];
}

export class Call implements OfferTarget, LegOwner {
  readonly channel = 'voice' as const;
  readonly facts: CallFacts;
  readonly log: CallLog;
  readonly flow: CallFlow;
  readonly place: CallPlace;
  readonly talk: CallTalk;
  readonly transfer: CallTransfer;
  readonly guests: CallGuests;
  readonly park: CallPark;
  /** Agents whom this call keeps busy although routing did not give it to them. */
  readonly #occupied = new Set<string>();
  readonly #tools: CallTools;
  readonly #keeper: CallKeeper;
  #state: CallState = 'setup';
  #since: number;
  #customer: Leg | undefined;
  /** The agent's leg of her own call, as long as the far side has not answered. */
  #caller: Leg | undefined;
  #ringing: Ringing | undefined;
  #abandoned = false;
  #dialled: { agent: string; queue: string | undefined; routed: boolean } | undefined;

  constructor(tools: CallTools, keeper: CallKeeper, facts: CallFacts) {
    this.#tools = tools;
    this.#keeper = keeper;
    this.facts = facts;
    this.log = new CallLog(tools, facts);
    this.flow = new CallFlow(this, tools);
    this.place = new CallPlace(this, tools, keeper);
    this.talk = new CallTalk(this, tools);
    this.transfer = new CallTransfer(this, tools, keeper);
    this.guests = new CallGuests(this, tools, keeper);
    this.park = new CallPark(this, tools);
    this.#since = facts.startedAt;
  }

  get interaction(): InteractionId {
    return this.facts.interaction;
  }
  get state(): CallState {
    return this.#state;
  }
  get over(): boolean {
    return this.#state === 'ended';
  }
  /** The leg of the customer: of who called, or of the far side of an agent's own call. */
  get customer(): Leg | undefined {
    return this.#customer;
  }
  get language(): Language {
    return this.flow.state?.language ?? this.facts.language;
  }

  /** Whether the agent talks on this call. */
  has(agent: string): boolean {
    return this.talk.part?.agent === agent;
  }
  /** Whether it is her own call, which still rings. */
  placedBy(agent: string): boolean {
    return this.#state === 'setup' && this.log.agent === agent;
  }

  view(): CallView {
    const { facts } = this;
    const { part, detourPlace } = this.talk;
    const where = detourPlace ?? this.flow.place;
    const setup: CallPhase = facts.direction === 'in' ? 'ivr' : 'ringing';
    return {
      interaction: facts.interaction,
      callId: facts.callId,
      direction: facts.direction,
      phase: this.#state === 'setup' ? setup : this.#state,
      since: this.#since,
      startedAt: facts.startedAt,
      from: facts.from,
      to: facts.to,
      trunk: facts.trunk,
      did: facts.did,
      flow: where?.flow ?? facts.flow,
      node: where?.node,
      queue: this.place.now?.id ?? this.log.queue,
      agent: part?.agent ?? this.place.offer?.agent ?? (this.#state === 'setup' ? this.log.agent : undefined),
      language: this.language,
      recording: part?.talk.recording ?? 'off',
      variables: this.flow.variables,
      parties: this.guests.views(),
      park: this.park.now && { slot: this.park.now.slot, by: this.park.now.by, until: this.park.now.until },
      detourEnded: this.talk.detourEnded,
    };
  }

  pop(): PopContent {
    const { facts } = this;
    const { customer } = facts;
    const earlier = customer ? this.#tools.customers.earlier(customer.id) : [];
    return {
      interaction: facts.interaction,
      channel: 'voice',
      direction: facts.direction,
      queue: this.place.now?.id,
      from: facts.from,
      fromName: facts.fromName,
      to: facts.to,
      language: this.language,
      enteredQueueAt: this.place.now?.since,
      customer: customer && { id: customer.id, name: customer.name, tags: customer.tags },
      path: this.flow.path,
      variables: this.flow.variables,
      earlier: earlier.filter(({ interaction }) => interaction !== facts.interaction),
    };
  }

  async offer(offer: Offer, signal: AbortSignal): Promise<OfferOutcome> {
    try {
      return await this.place.take(offer, signal);
    } catch (error) {
      this.#tools.logger.error({ err: error, interaction: this.interaction, offer: offer.id }, 'offer failed');
      if (this.can('offer-over')) this.step('offer-over');
      return 'unreachable';
    }
  }

  /** Somebody moved it to another queue while it waited. */
  queueChanged(queue: string): void {
    this.place.queueChanged(queue);
  }

  // ── how it begins ─────────────────────────────────────────────────────────────────────────────────────────────────

  /** Answers a call that came in and sends it into its flow. */
  async begin(leg: Leg, set: FlowSet, flow: string): Promise<void> {
    if (await this.#answer(leg)) this.#guard(() => this.flow.begin(leg, set, flow));
  }

  /** A phone of ours dialled a queue. */
  async beginInQueue(leg: Leg, queue: string): Promise<void> {
    leg.owner = this;
    // While she waits there herself, she is asked for nobody, least of all for herself.
    if (leg.agent !== undefined) this.occupy(leg.agent);
    if (!(await this.#answer(leg))) return;
    this.#guard(() => {
      if (!this.place.enterAs(queue)) this.finish('system', 'queue-removed');
    });
  }

  async #answer(leg: Leg): Promise<boolean> {
    this.#customer = leg;
    this.log.started();
    this.#keeper.changed(this);
    try {
      await leg.open();
      await leg.answer();
    } catch (error) {
      // Where the caller has gone meanwhile, legEnded has told it all.
      if (leg.over) return false;
      const code = (error as { code?: string }).code;
      this.#tools.logger.warn({ err: error, interaction: this.interaction }, 'call could not be answered');
      this.finish('system', code ?? 'media', code === 'media-sdp-rejected' ? 488 : 503);
      return false;
    }
    if (this.over) return false;
    this.step('answered');
    this.log.answered(leg);
    return true;
  }

  /** A defect costs its own call, never a caller who hears nothing for ever. */
  #guard(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.failed(error);
    }
  }

  /** What must not happen did. */
  failed(error: unknown): void {
    this.#tools.logger.error({ err: error, interaction: this.interaction, state: this.#state }, 'call failed');
    this.finish('system', 'defect');
  }

  /** An agent's own call: her phone waits for the far side, and ends with it. */
  placing(caller: Leg): void {
    this.#caller = caller;
    caller.owner = this;
    this.log.agent = caller.agent;
    this.log.started();
    this.#keeper.changed(this);
  }

  /** She has asked for this call by her panel; her phone rings. @param queue where it counts, where it is a contact */
  dialling(agent: string, queue: string | undefined): void {
    this.log.agent = agent;
    this.log.queue = queue;
    this.log.started();
    const routed = queue !== undefined && this.#tools.queueing.take(this, agent, { queue });
    if (!routed) this.occupy(agent);
    this.#dialled = { agent, queue, routed };
    this.#keeper.changed(this);
  }

  /** After a restart: her phone is there, and the far side is rung anew. */
  dialsAgain(agent: string, queue: string | undefined, routed: boolean): void {
    this.log.agent = agent;
    this.log.queue = queue;
    this.#dialled = { agent, queue, routed };
    if (!routed) this.occupy(agent);
    this.#keeper.changed(this);
  }

  /** Her phone has answered. */
  callerThere(caller: Leg): void {
    this.#caller = caller;
    caller.owner = this;
    this.moved();
  }

  /** Her own call that waits for the far side. */
  get dialled(): { agent: string; queue: string | undefined; routed: boolean } | undefined {
    return this.#state === 'setup' ? this.#dialled : undefined;
  }
  /** Her phone, while the far side rings. */
  get caller(): Leg | undefined {
    return this.#caller;
  }

  /** The far side of her own call rings; stopped where she hangs up. */
  dials(ringing: Ringing): void {
    this.#ringing = ringing;
  }

  /** Both sides of her own call are there, unless the far side has gone while her phone was answered. */
  placed(caller: Leg, far: Leg): void {
    this.#ringing = undefined;
    if (far.over) {
      this.finish('customer', 'BYE');
      return;
    }
    this.#caller = undefined;
    this.#customer = far;
    far.owner = this;
    this.step('connected');
    const { queue, routed = false } = this.#dialled ?? {};
    const record = queue === undefined ? undefined : this.#tools.directory.queues.get(queue);
    const facts = { agent: caller.agent, queue, acd: routed, record: record?.record ?? false, music: record?.music };
    void this.talk.begin(facts, far, caller);
  }

  /** The far side of her own call was not reached. */
  notPlaced(status: number): void {
    this.#ringing = undefined;
    this.finish('system', String(status), status);
  }

  /** After a restart: in that state, with that leg. */
  assume(state: CallState, customer: Leg): void {
    this.#state = state;
    this.#customer = customer;
    customer.owner = this;
  }

  /** The media engine is back after it was out of reach. */
  restored(): void {
    this.flow.restored();
    this.place.restored();
    this.park.restored();
    this.talk.restored();
  }

  // ── its legs ──────────────────────────────────────────────────────────────────────────────────────────────────────

  legEnded(leg: Leg, ending: LegEnding): void {
    if (this.#abandoned) return;
    this.log.legEnded(leg, ending);
    const party = leg === this.#customer ? 'customer' : leg.role === 'far' ? 'other' : 'agent';
    leg.released.then((quality) => {
      if (quality) this.log.quality(leg, party, quality);
    });
    if (this.over) return;
    const { part } = this.talk;
    if (leg === this.#customer) {
      this.finish(ending.by === 'remote' ? 'customer' : 'network', ending.cause, ending.status);
    } else if (leg === this.#caller) this.finish('agent', ending.cause, ending.status);
    else if (part?.other === leg) this.talk.otherGone(part, ending);
    else this.guests.legEnded(leg, ending);
  }

  legHeld(leg: Leg, held: boolean): void {
    // The customer's own hold key plays us her music; nothing is to be done.
    if (leg !== this.talk.part?.other) return;
    const work = held ? this.talk.hold() : this.talk.resume();
    work.catch((error: unknown) => {
      this.#tools.logger.info(
        { err: error, interaction: this.interaction },
        "a phone's hold key came at a wrong moment",
      );
    });
  }

  legReferred(leg: Leg, referral: Referral): void {
    this.transfer.referred(leg, referral);
  }

  // ── its state ─────────────────────────────────────────────────────────────────────────────────────────────────────

  can(event: CallEvent): boolean {
    return callStates.can(this.#state, event);
  }

  /** @returns false, counted and logged, where the state knows no such event */
  step(event: CallEvent): boolean {
    const next = callStates.next(this.#state, event);
    if (next === undefined) {
      this.#tools.logger.warn(
        { interaction: this.interaction, state: this.#state, event },
        'impossible event in a call',
      );
      return false;
    }
    this.#state = next;
    this.#since = this.#tools.clock.now();
    this.#keeper.changed(this);
    return true;
  }

  /** @throws call-wrong-phase */
  must(event: CallEvent): void {
    if (!this.can(event)) throw callErrors['call-wrong-phase']({ phase: this.#state });
    this.step(event);
  }

  /** What the agent does with somebody whom she asks. */
  get consultation(): Consultation {
    return new Consultation(this, this.guests);
  }
  /** What supervisors do. */
  get supervision(): Supervision {
    return new Supervision(this, this.guests);
  }

  /** She is busy with this call until it, or her part in it, is over. */
  occupy(agent: string): void {
    if (this.#occupied.has(agent)) return;
    this.#occupied.add(agent);
    this.#keeper.occupied(agent, 1);
  }

  release(agent: string): void {
    if (this.#occupied.delete(agent)) this.#keeper.occupied(agent, -1);
  }

  /** Two are in talk, and another leg may take the agent's place. */
  get canHandOver(): boolean {
    return this.can('handed') && this.talk.part?.joined === true && this.#customer?.over === false;
  }

  /** The far side of her own call goes to another call, and this one is over. */
  giveAway(): Leg | undefined {
    const leg = this.#customer;
    if (!leg || leg.over) return undefined;
    this.#customer = undefined;
    this.finish('agent', 'transferred');
    return leg;
  }

  /** Something that a later server or a screen wants to know has changed. */
  moved(): void {
    this.#keeper.renote(this);
    this.#keeper.changed(this);
  }

  /** This server goes and the call stays in the edge for the next one: nothing is done or written any more. */
  abandon(): void {
    this.#abandoned = true;
    this.flow.abandon();
    this.place.abandon();
    this.park.abandon();
    this.talk.abandon();
  }

  /** Ends everything, from whatever state, once. */
  finish(by: EndedBy, cause: string, status?: number): void {
    if (this.over || this.#abandoned) return;
    const before = this.#state;
    const { agent } = this.log;
    this.step('over');
    this.#ringing?.abort();
    // Whatever fails here, nobody is left on the line, and the record has its end.
    this.#ending(() => this.flow.stop());
    this.#ending(() => this.place.stop());
    this.#ending(() => this.park.stop());
    this.#ending(() => this.talk.stop());
    this.#ending(() => this.transfer.stop());
    if (before === 'setup' && this.#dialled?.routed) {
      const { agent: dialler } = this.#dialled;
      this.#ending(() => this.#tools.queueing.finished(this.interaction, dialler, 'failed'));
    }
    if (before === 'queued' || before === 'ringing') {
      const why = by === 'customer' ? 'abandoned' : by === 'flow' ? 'flow' : 'failed';
      this.#ending(() => this.#tools.queueing.leave(this.interaction, why));
    }
    this.#ending(() => this.talk.end(by === 'agent' || by === 'customer' ? by : 'failed'));
    // The end belongs to the agent who was on the call.
    this.log.agent = agent;
    this.#customer?.end('BYE', status);
    this.#caller?.end('BYE', status);
    this.log.ended(before, by, cause, status);
    this.#ending(() => this.guests.dismissAll(cause));
    for (const busy of [...this.#occupied]) this.release(busy);
    this.#keeper.over(this);
  }

  #ending(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#tools.logger.error({ err: error, interaction: this.interaction }, 'a step of the end of a call failed');
    }
  }
}
