// One voice contact at run time: from the INVITE to the last leg's end. It drives the flow, waits in queues, is offered
// to agents, talks, is held, transferred and detoured; whatever happens in whatever order, it ends once and leaves nothing.

import type { Bridge, Recording } from '../../media/media-server.ts';
import type { InteractionId, Language, Offer, OfferOutcome, OfferTarget, PopContent } from '../../values/index.ts';
import type { Effect, FlowSet, FlowState } from '../ivr/index.ts';
import type { AgentRecord, CallPhase, CallView, QueueExit, QueueRequest, TransferTarget } from '../ports/index.ts';
import {
  type Destination,
  type Leg,
  type LegEnding,
  type LegOwner,
  type PhoneTarget,
  type Referral,
  resolveDialled,
  userOf,
} from '../signaling/index.ts';
import type { CallFacts, PathStep } from './call-facts.ts';
import { CallLog, type EndedBy } from './call-log.ts';
import type { CustomerNote } from './call-note.ts';
import { type CallEvent, type CallState, callStates } from './call-states.ts';
import type { CallTools } from './call-tools.ts';
import { Detour, type DetourOwner } from './detour.ts';
import { callErrors } from './errors.ts';
import { type FlowOwner, FlowRun, type QueueEffect, type TransferEffect } from './flow-run.ts';
import { Part, type PartFacts } from './part.ts';
import { Ringing, type RingResult } from './ringing.ts';
import { Waiting, type WaitingOptions } from './waiting.ts';

/** Who keeps all calls. */
export interface CallKeeper {
  changed(call: Call): void;
  /** Once; after it the call is forgotten. */
  over(call: Call): void;
  /** What a later server needs has changed. */
  renote(call: Call): void;
  /** Her own calls, one more or less. */
  occupied(agent: string, by: 1 | -1): void;
  /** The way to a number or an agent's phones, ready to ring. */
  phones(agent: AgentRecord): PhoneTarget[];
}

interface Queued {
  id: string;
  since: number;
  afterTalk: boolean;
  request: QueueRequest;
  hears: Omit<WaitingOptions, 'place'>;
  exit: (exit: QueueExit) => void;
}

const autoAnswer = {
  'Call-Info': '<sip:localhost>;answer-after=0',
  'Alert-Info': '<http://localhost>;info=alert-autoanswer;delay=0',
  'Answer-Mode': 'Auto',
};

export class Call implements OfferTarget, LegOwner, FlowOwner, DetourOwner {
  readonly channel = 'voice' as const;
  readonly facts: CallFacts;
  readonly log: CallLog;
  readonly path: PathStep[] = [];
  readonly #tools: CallTools;
  readonly #keeper: CallKeeper;
  #state: CallState = 'setup';
  #since: number;
  #customer: Leg | undefined;
  #run: FlowRun | undefined;
  #queued: Queued | undefined;
  #waiting: Waiting | undefined;
  #ringing: Ringing | undefined;
  #offer: Offer | undefined;
  #part: Part | undefined;
  #detour: Detour | undefined;
  #detourResult: PromiseWithResolvers<Record<string, string>> | undefined;
  /** Whom to end with: the leg of an agent who waits for the far side of her own call. */
  #caller: Leg | undefined;
  /** Called once at the end. */
  onover: (() => void) | undefined;

  constructor(tools: CallTools, keeper: CallKeeper, facts: CallFacts) {
    this.#tools = tools;
    this.#keeper = keeper;
    this.facts = facts;
    this.log = new CallLog(tools, facts);
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
  get customer(): Leg | undefined {
    return this.#customer;
  }
  get part(): Part | undefined {
    return this.#part;
  }
  get run(): FlowRun | undefined {
    return this.#run;
  }
  get queued(): Readonly<Pick<Queued, 'id' | 'since' | 'afterTalk' | 'request' | 'hears'>> | undefined {
    return this.#queued;
  }
  get offered(): Offer | undefined {
    return this.#offer;
  }
  get language(): Language {
    return this.#run?.state?.language ?? this.facts.language;
  }
  /** Of the flow, without what the call's own numbers are. */
  get variables(): Record<string, string> {
    const { from: _from, to: _to, ...rest } = this.#run?.state?.variables ?? {};
    return rest;
  }

  view(): CallView {
    const phase: CallPhase =
      this.#state === 'setup' ? (this.facts.direction === 'in' ? 'ivr' : 'ringing') : this.#state;
    const frame = this.#run?.state?.frames.at(-1);
    return {
      interaction: this.interaction,
      callId: this.facts.callId,
      direction: this.facts.direction,
      phase,
      since: this.#since,
      startedAt: this.facts.startedAt,
      from: this.facts.from,
      to: this.facts.to,
      trunk: this.facts.trunk,
      did: this.facts.did,
      flow: this.#detour?.flow ?? frame?.flow ?? this.facts.flow,
      node: this.#detour?.node ?? frame?.node,
      queue: this.#queued?.id ?? this.log.queue,
      agent: this.#part?.agent ?? this.#offer?.agent,
      language: this.language,
      recording: this.#part?.talk.recording ?? 'off',
      variables: this.variables,
    };
  }

  // ── in a flow ─────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Answers a call that came in and sends it into its flow. */
  async begin(leg: Leg, set: FlowSet, flow: string): Promise<void> {
    if (await this.#answer(leg)) this.#enterFlow(leg, set, flow);
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
      this.#finish('system', code ?? 'media', code === 'media-sdp-rejected' ? 488 : 503);
      return false;
    }
    if (this.over) return false;
    this.#step('answered');
    this.log.answered(leg);
    return true;
  }

  #enterFlow(leg: Leg, set: FlowSet, flow: string): void {
    const { customer, from, to, language } = this.facts;
    this.log.flowEntered(flow, set.flows.get(flow)?.version ?? set.version, 'start');
    this.#run = new FlowRun(this.#tools, leg.endpoint, set, this);
    this.#run.begin(flow, {
      language: customer?.language ?? language,
      tags: customer?.tags ?? [],
      from,
      to,
      timeZone: this.#tools.directory.site.timeZone,
    });
  }

  flowNoted({ node, type, label, value }: Extract<Effect, { do: 'note' }>): void {
    const step: PathStep = { at: this.#tools.clock.now(), node, type, label, value };
    this.path.push(step);
    this.log.step(step, this.#detour?.flow ?? this.#run?.state?.frames.at(-1)?.flow ?? '');
  }

  flowFaulted({ node, code, sentence }: Extract<Effect, { do: 'finding' }>): void {
    const flow = this.#run?.state?.frames.at(-1)?.flow ?? this.facts.flow ?? '';
    this.#tools.logger.warn({ interaction: this.interaction, flow, node, code, sentence }, 'flow faulted');
    this.log.flowFaulted(flow, node, code, sentence);
  }

  flowMoved(_state: FlowState): void {
    this.#keeper.renote(this);
    this.#keeper.changed(this);
  }

  flowOver(_how: 'hangup' | 'return', why: string): void {
    this.#finish('flow', why);
  }

  flowQueues(effect: QueueEffect): void {
    const queue = this.#tools.directory.queues.get(effect.queue);
    if (!queue) {
      this.#run?.advance({ on: 'queue', how: 'failed' });
      return;
    }
    const { announce } = effect;
    const request: QueueRequest = {
      queue: effect.queue,
      // 0 is every queue's own.
      priority: effect.priority > 0 ? effect.priority : undefined,
      skills: effect.skills,
      language: effect.language,
      maxWaitMs: effect.maxWaitSeconds * 1_000,
      ringMs: effect.ringSeconds === undefined ? undefined : effect.ringSeconds * 1_000,
    };
    const hears = {
      music: effect.music ?? queue.music,
      language: effect.language,
      everyMs: announce ? announce.everySeconds * 1_000 : queue.announceEveryMs,
      position: announce?.position ?? true,
      wait: announce?.wait ?? true,
      prompts: announce?.prompts ?? [],
    };
    this.#enqueue(request, hears, effect.afterTalk, (exit) => this.#exited(exit));
  }

  flowTransfers(effect: TransferEffect): void {
    this.log.transferred(effect.to);
    const failed = (how: 'busy' | 'no-answer' | 'failed') => this.#run?.advance({ on: 'transfer', how });
    if ('agent' in effect.to) {
      const agent = this.#tools.directory.agents.get(effect.to.agent);
      if (!agent) failed('failed');
      else this.#enqueueFor(agent, effect.ringSeconds * 1_000, () => failed('no-answer'));
      return;
    }
    const destination = resolveDialled(this.#tools.directory, effect.to.number);
    if (destination.kind === 'number') void this.#dial(destination, effect.ringSeconds * 1_000, failed);
    else failed('failed');
  }

  /** A phone of ours dialled a queue. */
  async beginInQueue(leg: Leg, queue: string): Promise<void> {
    leg.owner = this;
    if (await this.#answer(leg)) this.#requeue(queue);
  }

  // ── in a queue ────────────────────────────────────────────────────────────────────────────────────────────────────

  #enqueue(
    request: QueueRequest,
    hears: Omit<WaitingOptions, 'place'>,
    afterTalk: boolean,
    exit: (exit: QueueExit) => void,
  ): void {
    if (!this.#step('enqueued')) return;
    const since = request.since ?? this.#tools.clock.now();
    this.#queued = { id: request.queue, since, afterTalk, request, hears, exit };
    this.log.queue = request.queue;
    this.#wait();
    try {
      this.#tools.queueing.enqueue(this, request, (how) => this.queueExit(how));
    } catch (error) {
      this.#tools.logger.error({ err: error, interaction: this.interaction }, 'queue did not take the call');
      this.queueExit('removed');
      return;
    }
    this.#keeper.renote(this);
  }

  /** For one agent alone, by the ACD, so that she is asked only when she is free. */
  #enqueueFor(agent: AgentRecord, ringMs: number | undefined, failed: () => void): void {
    const queue = this.#queued?.id ?? agent.queues[0];
    const record = queue === undefined ? undefined : this.#tools.directory.queues.get(queue);
    if (!record) {
      failed();
      return;
    }
    const { language } = this;
    this.#enqueue(
      { queue: record.id, only: agent.id, language, ringMs, maxWaitMs: ringMs },
      { music: record.music, language, everyMs: 0, position: false, wait: false, prompts: [] },
      false,
      failed,
    );
  }

  #wait(): void {
    const leg = this.#customer;
    if (!leg || leg.over || !this.#queued) return;
    this.#waiting?.stop();
    this.#waiting = new Waiting(this.#tools, leg.endpoint, {
      ...this.#queued.hears,
      place: () => this.#tools.queueing.place(this.interaction),
    });
  }

  /** The queue gives the call back. */
  queueExit(how: QueueExit): void {
    const queued = this.#queued;
    if (!queued || !callStates.can(this.#state, 'queue-exit')) return;
    this.#ringing?.abort();
    this.#unwait();
    this.#step('queue-exit');
    this.#queued = undefined;
    if (this.#run) queued.exit(how);
    else this.#finish('system', `queue-${how}`);
  }

  #unwait(): void {
    this.#waiting?.stop();
    this.#waiting = undefined;
  }

  pop(): PopContent {
    const { facts } = this;
    return {
      interaction: facts.interaction,
      channel: 'voice',
      direction: facts.direction,
      queue: this.#queued?.id,
      from: facts.from,
      fromName: facts.fromName,
      to: facts.to,
      language: this.language,
      enteredQueueAt: this.#queued?.since,
      path: this.path,
      variables: this.variables,
      customer: facts.customer && { id: facts.customer.id, name: facts.customer.name, tags: facts.customer.tags },
      earlier: (facts.customer ? this.#tools.customers.earlier(facts.customer.id) : []).filter(
        ({ interaction }) => interaction !== facts.interaction,
      ),
    };
  }

  async offer(offer: Offer, signal: AbortSignal): Promise<OfferOutcome> {
    const agent = this.#tools.directory.agents.get(offer.agent);
    const leg = this.#customer;
    if (signal.aborted) return aborted(signal);
    if (!leg || leg.over || !this.#step('offered')) return 'withdrawn';
    if (!agent) {
      this.#step('offer-over');
      return 'unreachable';
    }
    this.#offer = offer;
    const result = await this.#ring(agent, offer, leg, signal);
    if (this.over || this.#offer !== offer) {
      result.answered?.end();
      return 'withdrawn';
    }
    this.#offer = undefined;
    this.log.rang(offer.id, 1, result.ringMs, result.answered ? 200 : result.status, agent.id);
    if (!result.answered) {
      this.#step('offer-over');
      return result.how === 'aborted' ? aborted(signal) : result.how;
    }
    this.#connectAgent(agent, offer, leg, result.answered);
    return 'accepted';
  }

  async #ring(agent: AgentRecord, offer: Offer, leg: Leg, signal: AbortSignal): Promise<RingResult> {
    const ringing = new Ringing(this.#tools.signaling.tools, {
      targets: this.#keeper.phones(agent),
      role: 'agent',
      agent: agent.id,
      from: { user: this.facts.from ?? 'anonymous', name: this.facts.fromName },
      headers: { 'X-Switchroom-Interaction': offer.interaction },
      near: leg.endpointId,
      silentMs: agent.phone.kind === 'number' ? 0 : (this.#tools.silentPhoneMs ?? 3_000),
    });
    this.#ringing = ringing;
    const abort = () => ringing.abort();
    signal.addEventListener('abort', abort, { once: true });
    const result = await ringing.result;
    signal.removeEventListener('abort', abort);
    if (this.#ringing === ringing) this.#ringing = undefined;
    return result;
  }

  /** Makes the ringing phone of that offer answer. @throws phone-cannot-auto-answer */
  answerByPanel(agent: AgentRecord): void {
    if (!agent.autoAnswer || !this.#ringing || this.#offer?.agent !== agent.id) {
      throw callErrors['phone-cannot-auto-answer']({ agent: agent.id });
    }
    this.#ringing.again(autoAnswer);
  }

  #connectAgent(agent: AgentRecord, offer: Offer, customer: Leg, leg: Leg): void {
    const queue = this.#queued;
    const record = queue && this.#tools.directory.queues.get(queue.id);
    this.#step('accepted');
    this.#unwait();
    const facts: PartFacts = {
      agent: agent.id,
      offer: offer.id,
      queue: queue?.id,
      acd: true,
      record: record?.record ?? false,
      music: record?.music,
    };
    const waitMs = queue ? Math.max(0, this.#tools.clock.now() - queue.since) : undefined;
    void this.#talk(facts, customer, leg, waitMs, agent.announceNumber ? agent.id : undefined);
  }

  // ── talking ───────────────────────────────────────────────────────────────────────────────────────────────────────

  async #talk(facts: PartFacts, customer: Leg, other: Leg, waitMs?: number, announce?: string): Promise<void> {
    const part = new Part(this.#tools, this.log, facts, customer, other);
    this.#part = part;
    this.log.agent = facts.agent;
    other.owner = this;
    if (other.over) {
      this.#otherGone(part, { by: 'remote', cause: 'BYE' });
      return;
    }
    try {
      if (announce !== undefined) {
        const audio = await this.#tools.prompts.audio([{ say: 'agent', language: this.language, number: announce }]);
        if (this.#part !== part || customer.over) return;
        if (audio.length > 0) await customer.endpoint.play(audio).ended;
        if (this.#part !== part) return;
      }
      await part.start();
    } catch (error) {
      if (this.#part !== part || customer.over || other.over) return;
      this.#tools.logger.error({ err: error, interaction: this.interaction }, 'the two sides could not be joined');
      this.#finish('system', 'media');
      return;
    }
    if (this.#part !== part) return;
    this.log.connected(facts.offer, waitMs);
    this.#keeper.renote(this);
    this.#keeper.changed(this);
  }

  /** Whether the agent talks on this call. */
  has(agent: string): boolean {
    return this.#part?.agent === agent;
  }

  async hold(): Promise<void> {
    this.#must('held');
    await this.#part?.hold();
  }

  async resume(): Promise<void> {
    this.#must('resumed');
    await this.#part?.resume();
  }

  /** Blind. The agent's part is over at once. @throws call-wrong-phase */
  transfer(to: TransferTarget, destination: Destination | undefined): void {
    const customer = this.#customer;
    if (!customer || !callStates.can(this.#state, 'dialling'))
      throw callErrors['call-wrong-phase']({ phase: this.#state });
    this.log.transferred(to);
    this.#endPart('transferred');
    const failed = () => this.#finish('system', 'transfer-failed');
    if ('queue' in to) this.#requeue(to.queue);
    else if ('agent' in to) {
      const agent = this.#tools.directory.agents.get(to.agent);
      if (agent) this.#enqueueFor(agent, undefined, failed);
      else failed();
    } else if (destination?.kind === 'number') {
      const back = this.#queued?.id;
      void this.#dial(destination, 60_000, () => {
        if (back === undefined) failed();
        else this.#requeue(back);
      });
    } else failed();
  }

  #requeue(queue: string): void {
    const record = this.#tools.directory.queues.get(queue);
    if (!record) {
      this.#finish('system', 'queue-removed');
      return;
    }
    const { language } = this;
    const hears = {
      music: record.music,
      language,
      everyMs: record.announceEveryMs,
      position: true,
      wait: true,
      prompts: [],
    };
    // What the flow would do with a caller who comes back from its queue, it does here too.
    const exit = (how: QueueExit) => this.#exited(how);
    this.#enqueue({ queue, language }, hears, false, exit);
  }

  async #dial(
    destination: Extract<Destination, { kind: 'number' }>,
    ringMs: number,
    failed: (how: 'busy' | 'no-answer' | 'failed') => void,
  ): Promise<void> {
    const customer = this.#customer;
    if (!customer || customer.over || !this.#step('dialling')) return;
    const target = this.#tools.signaling.overTrunk(destination);
    const ringing = new Ringing(this.#tools.signaling.tools, {
      targets: target ? [target] : [],
      role: 'far',
      // A trunk takes only numbers that are ours.
      from: { user: this.facts.did ?? this.facts.to },
      near: customer.endpointId,
      silentMs: 0,
    });
    this.#ringing = ringing;
    const ringback = customer.endpoint.play(ringbackTone, { times: Number.POSITIVE_INFINITY });
    const timer = setTimeout(() => ringing.abort(), ringMs);
    const result = await ringing.result;
    clearTimeout(timer);
    ringback.stop();
    if (this.#ringing === ringing) this.#ringing = undefined;
    if (this.over) {
      result.answered?.end();
      return;
    }
    this.log.rang(undefined, 1, result.ringMs, result.answered ? 200 : result.status);
    if (result.answered) {
      this.#step('connected');
      this.#unqueue();
      await this.#talk({ agent: undefined, acd: false, record: false }, customer, result.answered);
      return;
    }
    const how = result.how === 'declined' ? 'busy' : result.how === 'aborted' ? 'no-answer' : 'failed';
    this.log.transferFailed(how, result.status);
    this.#step('dial-failed');
    failed(how);
  }

  /** @throws call-wrong-phase, flow-unknown */
  async detour(set: FlowSet, flow: string): Promise<Record<string, string>> {
    const customer = this.#customer;
    const part = this.#part;
    if (!customer || !part || !callStates.can(this.#state, 'detoured')) {
      throw callErrors['call-wrong-phase']({ phase: this.#state });
    }
    if (this.#state === 'held') await this.resume();
    this.#must('detoured');
    const result = Promise.withResolvers<Record<string, string>>();
    this.#detourResult = result;
    this.log.flowEntered(flow, set.flows.get(flow)?.version ?? set.version, 'detour');
    if (part.talk.recording === 'on') part.pauseRecording();
    await part.talk.leave();
    if (this.#detourResult !== result) return result.promise;
    const detour = new Detour(this.#tools, customer.endpoint, set, flow, this);
    this.#detour = detour;
    const { customer: known, from, to } = this.facts;
    detour.begin({ language: this.language, variables: this.variables, tags: known?.tags ?? [], from, to });
    this.#keeper.changed(this);
    return result.promise;
  }

  detourDone(result: Record<string, string>): void {
    const detour = this.#detour;
    const part = this.#part;
    const waiter = this.#detourResult;
    this.#detour = undefined;
    this.#detourResult = undefined;
    if (detour) {
      this.log.detourEnded(detour.flow, result.result ?? '', Math.max(0, this.#tools.clock.now() - detour.since));
    }
    if (!part) {
      // The agent has left meanwhile (a rating after the talk): the flow's end is the call's.
      this.#finish('flow', 'detour-over');
      return;
    }
    this.#step('detour-over');
    if (part.talk.recording === 'paused') part.resumeRecording();
    part.talk.comeBack().then(
      () => waiter?.resolve(result),
      (error: unknown) => {
        this.#tools.logger.error({ err: error, interaction: this.interaction }, 'caller could not be brought back');
        waiter?.resolve(result);
        this.#finish('system', 'media');
      },
    );
  }

  detourHungUp(): void {
    this.#finish('flow', 'detour');
  }

  // ── an agent's own call ───────────────────────────────────────────────────────────────────────────────────────────

  /** The agent's phone waits for the far side; ends with it. */
  placing(caller: Leg, ringing: Ringing): void {
    this.#caller = caller;
    caller.owner = this;
    this.#ringing = ringing;
    this.log.agent = caller.agent;
    this.log.started();
    this.#keeper.changed(this);
  }

  /** Both sides of her own call are there. */
  placed(caller: Leg, far: Leg): void {
    this.#ringing = undefined;
    this.#customer = far;
    far.owner = this;
    this.#caller = undefined;
    this.#step('connected');
    void this.#talk({ agent: caller.agent, acd: false, record: false }, far, caller);
  }

  /** The far side of her own call was not reached. */
  notPlaced(status: number): void {
    this.#ringing = undefined;
    this.#finish('system', String(status), status);
  }

  // ── after a restart ───────────────────────────────────────────────────────────────────────────────────────────────

  /** Goes on where an earlier server was. */
  takeUp(
    note: CustomerNote,
    path: PathStep[],
    customer: Leg,
    other: Leg | undefined,
    bridge: Bridge | undefined,
    recording: Recording | undefined,
  ): void {
    this.path.push(...path);
    this.#customer = customer;
    customer.owner = this;
    this.#state = note.state as CallState;
    const { queued, part, flow } = note;
    this.log.queue = queued?.id;
    if (flow) {
      const set = this.#tools.flows.version(flow.set) ?? this.#tools.flows.current();
      this.#run = new FlowRun(this.#tools, customer.endpoint, set, this);
      this.#run.restore(flow);
    }
    if (queued) this.#queued = { ...queued, exit: (exit) => this.#exited(exit) };
    if (part && other && bridge) this.#takeUpTalk(part, customer, other, bridge, recording);
    else {
      other?.end();
      if (part) this.#lostPart(part);
      else if (queued && (note.state === 'queued' || note.state === 'ringing')) this.#takeUpPlace(queued);
      else this.#takeUpFlow();
    }
    if (this.over) return;
    this.log.adopted(this.#state === 'setup' || this.#state === 'ended' ? 'ivr' : this.#state);
    this.#keeper.renote(this);
    this.#keeper.changed(this);
  }

  #takeUpTalk(
    { facts, since, paused, bridge: bridgeId }: NonNullable<CustomerNote['part']>,
    customer: Leg,
    other: Leg,
    bridge: Bridge,
    recording: Recording | undefined,
  ): void {
    const part = new Part(this.#tools, this.log, facts, customer, other, bridgeId, since);
    part.talk.adopt(bridge, recording, { paused });
    this.#part = part;
    this.log.agent = facts.agent;
    other.owner = this;
    if (facts.acd) this.#tools.queueing.attach(this, () => undefined);
    else if (facts.agent !== undefined) this.#occupy(facts.agent);
    if (this.#state === 'held') part.talk.holdMusic(facts.music);
    else if (this.#state !== 'talking') {
      // A detour, or a step into or out of the talk: both sides are brought together.
      this.#state = 'talking';
      part.talk.comeBack().catch((error: unknown) => {
        this.#tools.logger.error({ err: error, interaction: this.interaction }, 'caller could not be brought back');
        this.#finish('system', 'media');
      });
    }
  }

  /** The agent's leg went in the gap and the customer's did not. */
  #lostPart({ facts }: NonNullable<CustomerNote['part']>): void {
    if (facts.agent !== undefined) {
      this.log.agent = facts.agent;
      this.log.talkEnded('failed');
      if (facts.acd) this.#tools.queueing.finished(this.interaction, facts.agent, 'failed');
    }
    this.#state = 'talking';
    this.#finish('network', 'other-leg-lost');
  }

  #takeUpPlace(queued: NonNullable<CustomerNote['queued']>): void {
    this.#state = 'queued';
    this.#wait();
    const known = this.#tools.queueing.attach(this, (how) => this.queueExit(how));
    if (known.state === 'waiting') return;
    if (known.state === 'connected') this.#tools.queueing.finished(this.interaction, known.agent, 'failed');
    const request = { ...queued.request, since: queued.since };
    this.#tools.queueing.enqueue(this, request, (how) => this.queueExit(how));
  }

  #takeUpFlow(): void {
    const state = this.#run?.state;
    if (!this.#run || !state || state.waiting === 'ended') {
      this.#finish('system', 'restart');
      return;
    }
    this.#state = 'ivr';
    this.#run.resume(state);
  }

  #occupy(agent: string): void {
    this.#keeper.occupied(agent, 1);
    this.onover = () => this.#keeper.occupied(agent, -1);
  }

  /** A queue's exit after a restart, when the closure that knew is gone: the flow waits at the effect that it answers. */
  #exited(how: QueueExit): void {
    const waiting = this.#run?.state?.waiting;
    if (waiting === 'transfer') this.#run?.advance({ on: 'transfer', how: 'no-answer' });
    else this.#run?.advance({ on: 'queue', how: queueInputs[how] });
  }

  // ── legs ──────────────────────────────────────────────────────────────────────────────────────────────────────────

  legEnded(leg: Leg, ending: LegEnding): void {
    this.log.legEnded(leg, ending);
    const party = leg === this.#customer ? 'customer' : leg.role === 'far' ? 'other' : 'agent';
    leg.released.then((quality) => {
      if (quality) this.log.quality(leg, party, quality);
    });
    if (this.over) return;
    if (leg === this.#customer)
      this.#finish(ending.by === 'remote' ? 'customer' : 'network', ending.cause, ending.status);
    else if (leg === this.#caller) this.#finish('agent', ending.cause, ending.status);
    else if (this.#part?.other === leg) this.#otherGone(this.#part, ending);
  }

  legHeld(leg: Leg, held: boolean): void {
    // The customer's own hold key plays us her music; nothing is to be done.
    if (leg !== this.#part?.other) return;
    const work = held ? this.hold() : this.resume();
    work.catch((error: unknown) => {
      this.#tools.logger.info(
        { err: error, interaction: this.interaction },
        "the phone's hold key came at a wrong moment",
      );
    });
  }

  legReferred(leg: Leg, referral: Referral): void {
    if (leg !== this.#part?.other || this.#part.agent === undefined) {
      referral.refuse(403);
      return;
    }
    const { uri, replaces } = referredTo(referral.referTo);
    if (replaces) {
      referral.refuse(501);
      return;
    }
    const destination = resolveDialled(this.#tools.directory, userOf(uri));
    const to = asTarget(destination);
    if (!to || !callStates.can(this.#state, 'dialling')) {
      referral.refuse(destination.kind === 'refused' && destination.why === 'not-allowed' ? 403 : 404);
      return;
    }
    referral.accept();
    referral.progress(100, 'Trying');
    referral.progress(200, 'OK');
    this.transfer(to, destination);
  }

  #otherGone(part: Part, ending: LegEnding): void {
    if (this.#part !== part) return;
    const isAgent = part.agent !== undefined;
    const afterTalk = this.#queued?.afterTalk ?? false;
    this.#endPart('agent');
    if (this.#state === 'detour') {
      // She hangs up and the caller stays in the flow (rating).
      this.#detourResult?.resolve({});
      return;
    }
    if (isAgent && afterTalk && this.#run && !this.#customer?.over) {
      this.#step('agent-left');
      this.#queued = undefined;
      this.#run.advance({ on: 'queue', how: 'talked' });
      return;
    }
    const by: EndedBy = ending.by === 'remote' ? (isAgent ? 'agent' : 'customer') : 'network';
    this.#finish(by, ending.cause, ending.status);
  }

  #endPart(why: 'customer' | 'agent' | 'transferred' | 'failed'): void {
    const part = this.#part;
    if (!part) return;
    this.#part = undefined;
    part.end(why);
    const { agent, acd } = part.facts;
    if (agent === undefined) return;
    this.log.agent = undefined;
    if (acd) this.#tools.queueing.finished(this.interaction, agent, why);
  }

  #unqueue(): void {
    this.#queued = undefined;
  }

  /** Ends everything, from whatever state, once. */
  end(by: EndedBy, cause: string): void {
    this.#finish(by, cause);
  }

  #finish(by: EndedBy, cause: string, status?: number): void {
    if (this.over) return;
    const before = this.#state;
    this.#run?.stop();
    this.#detour?.stop();
    this.#unwait();
    const agent = this.log.agent;
    this.#step('over');
    this.#ringing?.abort();
    if (before === 'queued' || before === 'ringing') {
      this.#tools.queueing.leave(this.interaction, by === 'customer' ? 'abandoned' : by === 'flow' ? 'flow' : 'failed');
    }
    this.#endPart(by === 'agent' ? 'agent' : by === 'customer' ? 'customer' : 'failed');
    this.log.agent = agent;
    this.#detourResult?.resolve({});
    this.#customer?.end('BYE', status);
    this.#caller?.end('BYE', status);
    this.log.ended(before, by, cause, status);
    this.onover?.();
    this.#keeper.over(this);
  }

  #must(event: CallEvent): void {
    if (!callStates.can(this.#state, event)) throw callErrors['call-wrong-phase']({ phase: this.#state });
    this.#step(event);
  }

  #step(event: CallEvent): boolean {
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
}

/** What the flow is told. */
const queueInputs = {
  overflow: 'overflow',
  empty: 'empty',
  closed: 'empty',
  removed: 'failed',
} as const satisfies Record<QueueExit, string>;

const ringbackTone = [
  { kind: 'tone' as const, hz: [450], ms: 1_000 },
  { kind: 'silence' as const, ms: 4_000 },
];

function aborted(signal: AbortSignal): OfferOutcome {
  return signal.reason === 'missed' ? 'missed' : 'withdrawn';
}

/** The target of a REFER; with Replaces it is an attended transfer. */
function referredTo(referTo: string): { uri: string; replaces: boolean } {
  const open = referTo.indexOf('<');
  const close = referTo.indexOf('>', open);
  const uri = open < 0 ? (referTo.split(';', 1)[0] ?? '') : referTo.slice(open + 1, close);
  return { uri: uri.trim(), replaces: /[?&]replaces=/i.test(uri) };
}

function asTarget(destination: Destination): TransferTarget | undefined {
  if (destination.kind === 'agent') return { agent: destination.agent };
  if (destination.kind === 'queue') return { queue: destination.queue };
  if (destination.kind === 'number') return { number: destination.dialled };
  return undefined;
}
