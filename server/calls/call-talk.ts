// A call in talk: the agent's part in it, hold, detour.
import type { EffectOf, FlowSet } from '../ivr/index.ts';
import type { TransferTarget } from '../ports/index.ts';
import type { Leg, LegEnding } from '../signaling/index.ts';
import type { Call } from './call.ts';
import type { CustomerNote } from './call-note.ts';
import type { CallTools } from './call-tools.ts';
import { Detour, type DetourOwner } from './detour.ts';
import { callErrors } from './errors.ts';
import { Part, type PartFacts } from './part.ts';

/** Who takes an agent's place. */
export interface Successor {
  leg: Leg;
  agent: string | undefined;
  to: TransferTarget;
  /** The contact of a consultation over a queue. */
  instead?: string | undefined;
  why: 'transferred' | 'left' | 'taken-over';
}

export class CallTalk implements DetourOwner {
  readonly #call: Call;
  readonly #tools: CallTools;
  #part: Part | undefined;
  #detour: Detour | undefined;
  #detourResult: PromiseWithResolvers<Record<string, string>> | undefined;
  #pausedByDetour = false;
  #detourEnded: { flow: string; result: Record<string, string> } | undefined;

  constructor(call: Call, tools: CallTools) {
    this.#call = call;
    this.#tools = tools;
  }

  get part(): Part | undefined {
    return this.#part;
  }
  /** How a detour ended that began before a restart; whoever began it does not wait any more. */
  get detourEnded(): { flow: string; result: Record<string, string> } | undefined {
    return this.#detourEnded;
  }
  get detourNote(): CustomerNote['detour'] {
    const detour = this.#detour;
    return detour && { flow: detour.flow, since: detour.since, state: detour.plainState };
  }
  get detourPlace(): { flow: string; node: string | undefined } | undefined {
    return this.#detour && { flow: this.#detour.flow, node: this.#detour.node };
  }

  /** Joins customer and other side; the agent's number is spoken to the customer before, where wanted. */
  async begin(
    facts: PartFacts,
    customer: Leg,
    other: Leg,
    { waitMs, announce }: { waitMs?: number | undefined; announce?: string | undefined } = {},
  ): Promise<void> {
    const call = this.#call;
    const part = new Part(this.#tools, call.log, facts, customer, other);
    this.#hold(part);
    if (other.over) {
      this.otherGone(part, { by: 'remote', cause: 'BYE' });
      return;
    }
    try {
      if (announce !== undefined) await this.#announce(customer, announce);
      if (this.#part !== part || customer.over) return;
      await part.start();
    } catch (error) {
      if (this.#part !== part || customer.over || other.over) return;
      this.#tools.logger.error({ err: error, interaction: call.interaction }, 'the two sides could not be joined');
      call.finish('system', 'media');
      return;
    }
    if (this.#part !== part) return;
    call.guests.rejoin(part);
    call.log.connected(facts.offer, waitMs);
    call.moved();
  }

  /** Another leg takes the place of the agent's, who is out; customer and everybody else stay. */
  handOver({ leg, agent, to, instead, why }: Successor): void {
    const call = this.#call;
    const { customer } = call;
    const part = this.#part;
    if (!part || !customer || !call.step('handed')) return;
    const { agent: before, acd, record, music } = part.facts;
    const queue = part.facts.queue ?? call.place.now?.id;
    if (why !== 'left') call.log.transferred(to);
    call.guests.handedOver(why);
    this.#part = undefined;
    part.end('transferred');
    call.log.agent = undefined;
    const routed = acd && agent !== undefined && this.#tools.queueing.take(call, agent, { queue, instead });
    if (instead !== undefined && !routed && agent !== undefined) {
      this.#tools.queueing.finished(instead, agent, 'transferred');
      call.occupy(agent);
    }
    if (before !== undefined) {
      if (acd && !routed) this.#tools.queueing.finished(call.interaction, before, 'transferred');
      if (!acd) call.release(before);
    }
    if (routed) call.release(agent);
    void this.begin({ agent, queue, acd: routed, record: record && agent !== undefined, music }, customer, leg);
  }

  async #announce(customer: Leg, number: string): Promise<void> {
    const { language } = this.#call;
    const audio = await this.#tools.prompts.audio([{ say: 'agent', language, number }]);
    if (audio.length > 0 && !customer.over) await customer.endpoint.play(audio).ended;
  }

  /**
   * After a restart: the caller goes on in the flow, or, where that cannot be known again, the agent gets her back.
   * @param part absent: the agent has left her there (a rating after the talk), and the flow's end is the call's
   */
  takeUpDetour(part: Part | undefined, note: NonNullable<CustomerNote['detour']>, pausedBefore: boolean): void {
    const call = this.#call;
    const { customer } = call;
    const { flow, since, state } = note;
    const set = state && this.#tools.flows.version(state.set);
    if (part) this.#hold(part);
    this.#pausedByDetour = pausedBefore;
    if (!customer || !state || !set) {
      this.#detourEnded = { flow, result: { result: 'interrupted' } };
      call.log.detourEnded(flow, 'interrupted', Math.max(0, this.#tools.clock.now() - since));
      if (!part) {
        call.finish('flow', 'detour-over');
        return;
      }
      call.step('detour-over');
      if (pausedBefore) part.resumeRecording();
      this.#pausedByDetour = false;
      this.#bringBack(part);
      return;
    }
    const detour = new Detour(this.#tools, customer.endpoint, set, flow, this, since);
    this.#detour = detour;
    detour.takeUp(state);
  }

  /** An adopted part. */
  takeUp(part: Part, state: 'talking' | 'held' | 'consulting' | 'between'): void {
    this.#hold(part);
    if (state === 'consulting') void part.talk.aside(part.facts.music);
    else if (state === 'held') part.talk.holdMusic(part.facts.music);
    else if (state === 'between') this.#bringBack(part);
  }

  #hold(part: Part): void {
    this.#part = part;
    this.#call.log.agent = part.agent;
    part.other.owner = this.#call;
  }

  /** @throws call-wrong-phase */
  async hold(): Promise<void> {
    this.#joined('held');
    this.#call.must('held');
    this.#call.moved();
    await this.#part?.hold();
  }

  /** Whoever is not in the talk yet (her agent's number is being said) cannot be taken out of it. @throws call-wrong-phase */
  #joined(event: 'held' | 'detoured'): Part {
    const part = this.#part;
    if (!part?.joined || !this.#call.can(event)) throw callErrors['call-wrong-phase']({ phase: this.#call.state });
    return part;
  }

  /** @throws call-wrong-phase */
  async resume(): Promise<void> {
    this.#call.must('resumed');
    this.#call.moved();
    await this.#part?.resume();
  }

  // ── detour ────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** @throws call-wrong-phase, flow-unknown */
  async detour(set: FlowSet, flow: string): Promise<Record<string, string>> {
    const call = this.#call;
    const { customer } = call;
    const part = this.#joined('detoured');
    if (!customer) throw callErrors['call-wrong-phase']({ phase: call.state });
    if (call.state === 'held') {
      await this.resume();
      if (this.#part !== part) throw callErrors['call-wrong-phase']({ phase: call.state });
    }
    call.must('detoured');
    const result = Promise.withResolvers<Record<string, string>>();
    this.#detourResult = result;
    call.log.flowEntered(flow, set.flows.get(flow)?.version ?? set.version, 'detour');
    // What she paused herself stays paused when the caller is back.
    this.#pausedByDetour = part.talk.recording === 'on';
    if (this.#pausedByDetour) part.pauseRecording();
    try {
      await part.talk.leave();
      // Over meanwhile, or she has hung up: then the caller alone goes into the flow.
      if (call.over) return result.promise;
      const detour = new Detour(this.#tools, customer.endpoint, set, flow, this);
      this.#detour = detour;
      const { customer: known, from, to } = call.facts;
      const { language } = call;
      detour.begin({ language, variables: call.flow.variables, tags: known?.tags ?? [], from, to });
    } catch (error) {
      if (call.over) return result.promise;
      // Nobody stays in a detour that has not begun: back to the agent, or, where she is gone, the end.
      this.#tools.logger.error({ err: error, interaction: call.interaction, flow }, 'detour could not begin');
      this.detourDone({ result: 'failed' });
      throw error;
    }
    call.moved();
    return result.promise;
  }

  flowNoted({ node, type, label, value }: EffectOf<'note'>): void {
    this.#call.flow.note({ at: this.#tools.clock.now(), node, type, label, value }, this.#detour?.flow ?? '');
  }

  flowFaulted({ node, code, sentence }: EffectOf<'finding'>): void {
    this.#call.flow.fault(this.#detour?.flow ?? '', node, code, sentence);
  }

  detourDone(result: Record<string, string>): void {
    const call = this.#call;
    const detour = this.#detour;
    const part = this.#part;
    const waiter = this.#detourResult;
    const changed = this.#changed(result);
    this.#detour = undefined;
    this.#detourResult = undefined;
    if (detour) {
      if (!waiter) this.#detourEnded = { flow: detour.flow, result: changed };
      call.log.detourEnded(detour.flow, result.result ?? '', Math.max(0, this.#tools.clock.now() - detour.since));
    }
    if (!part) {
      // The agent has left meanwhile (a rating after the talk): the flow's end is the call's.
      call.finish('flow', 'detour-over');
      return;
    }
    call.step('detour-over');
    if (this.#pausedByDetour && part.talk.recording === 'paused') part.resumeRecording();
    this.#pausedByDetour = false;
    // Not before: screens are told of the recording, too.
    call.moved();
    this.#bringBack(part, () => waiter?.resolve(changed));
  }

  /** What the flow found out: without what was known of the call before. */
  #changed(result: Record<string, string>): Record<string, string> {
    const before: Record<string, string> = this.#call.flow.variables;
    const isNew = ([name, value]: [string, string]) => name !== 'from' && name !== 'to' && before[name] !== value;
    return Object.fromEntries(Object.entries(result).filter(isNew));
  }

  detourFailed(error: unknown): void {
    this.#tools.logger.error({ err: error, interaction: this.#call.interaction }, 'detour failed');
    this.detourDone({ result: 'failed' });
  }

  detourMoved(): void {
    this.#call.moved();
  }

  detourHungUp(): void {
    this.#call.finish('flow', 'detour');
  }

  #bringBack(part: Part, then?: () => void): void {
    part.talk
      .comeBack()
      .catch((error: unknown) => {
        if (this.#part !== part) return;
        this.#tools.logger.error(
          { err: error, interaction: this.#call.interaction },
          'caller could not be brought back',
        );
        this.#call.finish('system', 'media');
      })
      .then(then);
  }

  // ── the end ───────────────────────────────────────────────────────────────────────────────────────────────────────

  /** The other side's leg is over. */
  otherGone(part: Part, ending: LegEnding): void {
    if (this.#part !== part) return;
    const call = this.#call;
    if (call.guests.agentGone()) return;
    const isAgent = part.agent !== undefined;
    const afterTalk = call.place.now?.afterTalk ?? false;
    this.end('agent');
    if (call.state === 'detour') {
      // She hangs up, and the caller stays in the flow (rating).
      this.#detourResult?.resolve({});
      return;
    }
    if (isAgent && afterTalk && !call.customer?.over) {
      call.step('agent-left');
      call.place.forget();
      if (call.flow.talked()) return;
    }
    const by = ending.by === 'remote' ? (isAgent ? 'agent' : 'customer') : 'network';
    call.finish(by, ending.cause, ending.status);
  }

  /** The part is over: her leg is released, routing is told. */
  end(why: 'customer' | 'agent' | 'transferred' | 'failed'): void {
    const part = this.#part;
    if (!part) return;
    this.#part = undefined;
    this.#call.guests.dismissAll(why);
    part.end(why);
    const { agent, acd } = part.facts;
    if (agent === undefined) return;
    this.#call.log.agent = undefined;
    if (!acd) this.#call.release(agent);
    // A later server must not look for her.
    if (!this.#call.over) this.#call.moved();
    if (acd) this.#tools.queueing.finished(this.#call.interaction, agent, why);
  }

  restored(): void {
    this.#detour?.restored();
  }

  abandon(): void {
    this.#detour?.abandon();
    this.#call.guests.abandon();
    this.#part = undefined;
  }

  /** The call is over. */
  stop(): void {
    this.#detour?.stop();
    this.#detourResult?.resolve({});
    this.#detourResult = undefined;
  }
}
