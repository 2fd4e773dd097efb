// All calls: takes those that come in, places agents' own, and does what desk and API ask (CallControl).
import { EventEmitter } from 'node:events';
import {
  type InteractionId,
  newId,
  notThere,
  type Offer,
  type OfferId,
  type OfferOutcome,
  type PopContent,
} from '../../values/index.ts';
import type {
  AgentRecord,
  CallControl,
  CallControlEvents,
  CallingBack,
  CallView,
  DialBack,
  DialRequest,
  MonitorMode,
  TransferTarget,
} from '../ports/index.ts';
import { type Destination, type PhoneTarget, resolveDialled } from '../signaling/index.ts';
import { type Adopted, adoptCalls } from './adoption.ts';
import { obeys } from './auto-answer.ts';
import { Call, type CallKeeper } from './call.ts';
import { noteOf } from './call-note.ts';
import type { CallTools } from './call-tools.ts';
import { callerOf } from './caller-id.ts';
import type { ConsultContact } from './consult-contact.ts';
import { dialBack } from './dial-back.ts';
import { dialOut } from './dial-out.ts';
import { callErrors } from './errors.ts';
import { IncomingCalls } from './incoming-calls.ts';
import { endLost, sealLost } from './lost-calls.ts';
import { OfferedRings } from './offered-rings.ts';
import { hasEnded, moveOpenCursor, unended } from './open-interactions.ts';
import { Parking } from './parking.ts';
import { isReplaced, type Replaces } from './replaces.ts';
import type { Ringing } from './ringing.ts';
import { VisitorCalls } from './visitor-calls.ts';

export class Calls extends EventEmitter<CallControlEvents> implements CallControl, CallKeeper, CallingBack {
  /** Those of visitors of web pages. */
  readonly visitors: VisitorCalls;
  readonly #tools: CallTools;
  readonly #calls = new Map<InteractionId, Call>();
  /** Notes to be written in this turn of the event loop. */
  readonly #renote = new Set<Call>();
  readonly #occupied = new Map<string, number>();
  readonly #consultations = new Set<ConsultContact>();
  readonly #offered = new OfferedRings();
  readonly #parking: Parking;

  readonly #cursorTimer: NodeJS.Timeout;

  constructor(tools: CallTools) {
    super();
    this.#tools = tools;
    this.#parking = new Parking(tools, this, this.#calls);
    this.visitors = new VisitorCalls(tools, this);
    const incoming = new IncomingCalls(tools, this, this.#parking, this.#calls);
    tools.signaling.tools.media.on('restored', () => {
      for (const call of [...this.#calls.values()]) call.restored();
    });
    this.#cursorTimer = setInterval(() => this.#moveCursor(), 10_000);
    this.#cursorTimer.unref();
    tools.signaling.on('call', (call, admitted) => incoming.take(call, admitted));
    tools.signaling.on('reachable', (agent, reachable) => tools.queueing.phoneReachable(agent, reachable));
  }

  /** Takes up the calls that an earlier server has left in the edge. Once, before `start` and before new calls come. */
  async adopt(): Promise<Adopted> {
    const { journal, logger, callbacks } = this.#tools;
    const { interactions, recordings } = unended(journal);
    const adopted = await adoptCalls(this.#tools, this);
    const consulted = new Set([...this.#consultations].map(({ interaction }) => interaction));
    for (const [interaction, started] of interactions) {
      if (consulted.has(interaction)) continue;
      const call = this.#calls.get(interaction);
      if (call) call.log.startedSeq = started.seq;
      if (call || callbacks?.has(interaction) || hasEnded(journal, interaction)) continue;
      endLost(this.#tools, interaction, started);
    }
    const goOn = new Set([...this.#calls.values()].map(({ talk }) => talk.part?.talk.recordingId));
    for (const [recording, began] of recordings) {
      if (!goOn.has(recording)) void sealLost(this.#tools, recording, began);
    }
    if (adopted.calls + adopted.released + adopted.ended > 0) logger.info({ ...adopted }, 'calls of the server before');
    return adopted;
  }

  /** Ends all calls, with BYE to everybody. */
  async endAll(cause: string): Promise<void> {
    const legs = [...this.#calls.values()].flatMap((call) => [
      call.customer,
      call.talk.part?.other,
      ...[...call.guests.all].map(({ leg }) => leg),
    ]);
    for (const call of [...this.#calls.values()]) call.finish('system', cause);
    await Promise.all(legs.map((leg) => leg?.released));
  }

  /** This server goes; calls stay in the edge as they are, for the next. */
  close(): void {
    clearInterval(this.#cursorTimer);
    this.#writeNotes();
    for (const call of this.#calls.values()) call.abandon();
    this.#calls.clear();
  }

  /** Tells routing which phones can be rung now. Once, after routing has its agents. */
  start(): void {
    for (const agent of this.#tools.directory.agents.list()) {
      this.#tools.queueing.phoneReachable(agent.id, this.#tools.signaling.reachable(agent));
    }
  }

  // ── CallKeeper ────────────────────────────────────────────────────────────────────────────────────────────────────

  changed(call: Call): void {
    if (!call.over && this.listenerCount('changed') > 0) this.emit('changed', call.view());
  }

  over(call: Call): void {
    this.#calls.delete(call.interaction);
    if (this.listenerCount('ended') > 0) this.emit('ended', call.view());
  }

  renote(call: Call): void {
    if (!this.#tools.signaling.sip.canAdopt) return;
    if (this.#renote.size === 0) setImmediate(() => this.#writeNotes());
    this.#renote.add(call);
  }

  occupied(agent: string, by: 1 | -1): void {
    const count = Math.max(0, (this.#occupied.get(agent) ?? 0) + by);
    if (count === 0) this.#occupied.delete(agent);
    else this.#occupied.set(agent, count);
    this.#tools.queueing.occupied(agent, 'voice', count);
  }

  consulting(contact: ConsultContact, on: boolean): void {
    if (on) this.#consultations.add(contact);
    else this.#consultations.delete(contact);
  }

  rings(offer: Offer, ringing: Ringing): void {
    this.#offered.add(offer, ringing);
  }

  callOf(replaces: Replaces): Call | undefined {
    for (const call of this.#calls.values()) {
      const dialog = call.talk.part?.other.dialog;
      if (dialog && isReplaced(dialog, replaces)) return call;
    }
    return undefined;
  }

  phones(agent: AgentRecord): PhoneTarget[] {
    return this.#tools.signaling.phonesOf(agent, (number) => {
      const destination = resolveDialled(this.#tools.directory, number);
      return destination.kind === 'number' ? this.#tools.signaling.overTrunk(destination) : undefined;
    });
  }

  /** A call begins: known from now on. */
  add(call: Call): void {
    this.#calls.set(call.interaction, call);
  }

  // ── CallControl ───────────────────────────────────────────────────────────────────────────────────────────────────

  list(): CallView[] {
    return [...this.#calls.values()].map((call) => call.view());
  }

  /** Places of agents in queues, for those who ask a queue: contacts of routing beside the calls. */
  *consultations(): Iterable<{ interaction: InteractionId } & ConsultContact['reality']> {
    for (const { interaction, reality } of this.#consultations) yield { interaction, ...reality };
  }

  /** Whether routing gave the agent her part in it, or holds that for her. */
  isRouted(interaction: InteractionId): boolean {
    return this.#calls.get(interaction)?.talk.part?.facts.acd === true;
  }

  get(interaction: InteractionId): CallView | undefined {
    return this.#calls.get(interaction)?.view();
  }

  async answer(agent: string, offer: OfferId): Promise<void> {
    const record = this.#tools.directory.agents.get(agent);
    if (!record) throw callErrors['phone-cannot-auto-answer']({ agent });
    await this.#offered.answer(record, offer);
  }

  async hold(agent: string, interaction: InteractionId): Promise<void> {
    await this.#hers(agent, interaction).talk.hold();
  }

  async resume(agent: string, interaction: InteractionId): Promise<void> {
    await this.#hers(agent, interaction).talk.resume();
  }

  async transfer(agent: string, interaction: InteractionId, to: TransferTarget): Promise<void> {
    this.#hers(agent, interaction).transfer.blind(to, this.#destination(to, agent));
  }

  async consult(agent: string, interaction: InteractionId, to: TransferTarget): Promise<string> {
    return this.#hers(agent, interaction).consultation.consult(agent, to, this.#destination(to, agent));
  }

  async swap(agent: string, interaction: InteractionId): Promise<void> {
    this.#hers(agent, interaction).consultation.swap();
  }

  async merge(agent: string, interaction: InteractionId): Promise<void> {
    this.#hers(agent, interaction).consultation.merge();
  }

  async complete(agent: string, interaction: InteractionId): Promise<void> {
    this.#hers(agent, interaction).consultation.complete();
  }

  async retract(agent: string, interaction: InteractionId): Promise<void> {
    this.#hers(agent, interaction).consultation.retract();
  }

  async invite(agent: string, interaction: InteractionId, to: { agent: string } | { number: string }): Promise<string> {
    return this.#hers(agent, interaction).guests.invite(agent, to, this.#destination(to, agent));
  }

  async drop(agent: string, interaction: InteractionId, party: string): Promise<void> {
    this.#hers(agent, interaction).guests.drop(party);
  }

  async leave(agent: string, interaction: InteractionId): Promise<void> {
    this.#hers(agent, interaction).guests.leave();
  }

  async monitor(supervisor: string, interaction: InteractionId, mode: MonitorMode): Promise<void> {
    this.#call(interaction).supervision.monitor(this.#agent(supervisor), mode);
  }

  async unmonitor(supervisor: string, interaction: InteractionId): Promise<void> {
    this.#call(interaction).supervision.unmonitor(supervisor);
  }

  async takeOver(supervisor: string, interaction: InteractionId): Promise<void> {
    this.#call(interaction).supervision.takeOver(supervisor);
  }

  async park(agent: string, interaction: InteractionId): Promise<string> {
    return this.#parking.park(agent, this.#hers(agent, interaction));
  }

  async unpark(agent: string, slot: string): Promise<InteractionId> {
    return this.#parking.unpark(this.#agent(agent), slot);
  }

  async dial(agent: string, { to, queue }: DialRequest): Promise<InteractionId> {
    const record = this.#agent(agent);
    const { directory, customers, clock } = this.#tools;
    if (queue !== undefined && !directory.queues.get(queue)) throw notThere['queue-unknown']({ queue });
    const resolved = this.#destination(to, agent);
    const destination =
      resolved?.kind === 'number' ? resolved : { kind: 'agent' as const, agent: (to as { agent: string }).agent };
    for (const call of this.#calls.values()) {
      if (call.has(agent) || call.placedBy(agent)) throw callErrors['agent-in-call']({ agent });
    }
    if (this.#tools.draining?.() && !(destination.kind === 'number' && destination.emergency))
      throw callErrors['calls-draining']();
    const dialled = 'number' in to ? to.number : to.agent;
    const number = resolved?.kind === 'number' ? (resolved.e164 ?? dialled) : dialled;
    const interaction = newId('int');
    const call = new Call(this.#tools, this, {
      interaction,
      callId: interaction,
      direction: 'agent' in to ? 'internal' : 'out',
      from: callerOf(directory, agent, 'number' in to).user,
      to: number,
      toDialled: dialled,
      language: record.language,
      startedAt: clock.now(),
      customer: 'number' in to ? customers.byNumber(number) : undefined,
    });
    this.add(call);
    try {
      dialOut(this.#tools, this, call, { agent: record, destination, queue: queue ?? record.queues[0] });
    } catch (error) {
      this.#calls.delete(interaction);
      throw error;
    }
    return interaction;
  }

  async dialBack(offer: Offer, request: DialBack, signal: AbortSignal): Promise<OfferOutcome> {
    const { directory, customers, clock, logger } = this.#tools;
    const { interaction, agent: id } = offer;
    const agent = directory.agents.get(id);
    if (!agent) return 'unreachable';
    try {
      const destination = this.#destination({ number: request.number }, id);
      if (destination?.kind !== 'number') return 'withdrawn';
      const number = destination.e164 ?? request.number;
      const call = new Call(this.#tools, this, {
        interaction,
        callId: interaction,
        direction: 'out',
        from: callerOf(directory, id, true).user,
        to: number,
        toDialled: request.number,
        language: request.language,
        startedAt: clock.now(),
        customer: customers.byNumber(number),
      });
      const begin = () => this.add(call);
      return await dialBack(
        this.#tools,
        this,
        call,
        offer,
        { agent, destination, queue: request.queue, wanted: () => request.wanted(), begin },
        signal,
      );
    } catch (error) {
      // Nothing of it is the agent's fault.
      logger.error({ err: error, interaction, agent: id }, 'a customer could not be called back');
      return 'withdrawn';
    }
  }

  content(interaction: InteractionId): PopContent | undefined {
    return this.#calls.get(interaction)?.pop();
  }

  async detour(agent: string, interaction: InteractionId, flow: string): Promise<Record<string, string>> {
    const call = this.#hers(agent, interaction);
    const set = this.#tools.flows.current();
    if (!set.flows.has(flow)) throw notThere['flow-unknown']({ flow });
    return call.talk.detour(set, flow);
  }

  async hangup(agent: string, interaction: InteractionId): Promise<void> {
    const call = this.#call(interaction);
    if (call.placedBy(agent)) call.finish('agent', 'panel', 487);
    else if (call.guests.goes(agent)) return;
    else this.#hers(agent, interaction).finish('agent', 'panel');
  }

  async sendDtmf(agent: string, interaction: InteractionId, digits: string): Promise<void> {
    if (!/^[0-9*#A-D]{1,64}$/.test(digits)) throw callErrors['digits-invalid']();
    const call = this.#hers(agent, interaction);
    await (call.guests.private ?? call.customer)?.endpoint.sendDtmf(digits);
  }

  pauseRecording(agent: string, interaction: InteractionId): void {
    const call = this.#hers(agent, interaction);
    call.talk.part?.pauseRecording();
    call.moved();
  }

  resumeRecording(agent: string, interaction: InteractionId): void {
    const call = this.#hers(agent, interaction);
    call.talk.part?.resumeRecording();
    call.moved();
  }

  canAnswer(agent: string): boolean {
    const record = this.#tools.directory.agents.get(agent);
    return record !== undefined && obeys(record);
  }

  async end(interaction: InteractionId, by: string): Promise<void> {
    for (const contact of this.#consultations) {
      if (contact.interaction !== interaction) continue;
      contact.fail();
      return;
    }
    this.#call(interaction).finish('system', `ended by ${by}`);
  }

  #moveCursor(): void {
    let oldest: number | undefined;
    for (const { log } of this.#calls.values()) {
      if (log.startedSeq === undefined) return; // not committed yet: next time
      oldest = oldest === undefined ? log.startedSeq : Math.min(oldest, log.startedSeq);
    }
    moveOpenCursor(this.#tools.journal, oldest);
  }

  #writeNotes(): void {
    const { sip } = this.#tools.signaling;
    const calls = [...this.#renote];
    this.#renote.clear();
    for (const call of calls) {
      if (call.over) continue;
      for (const [dialog, note] of noteOf(call)) sip.note(dialog, note);
    }
  }

  /** @throws agent-unknown */
  #agent(agent: string): AgentRecord {
    const record = this.#tools.directory.agents.get(agent);
    if (!record) throw notThere['agent-unknown']({ agent });
    return record;
  }

  /** The way to a number, by her class of service. @throws queue-unknown, agent-unknown, number-not-allowed */
  #destination(to: TransferTarget, by: string): Destination | undefined {
    const { directory } = this.#tools;
    if ('queue' in to && !directory.queues.get(to.queue)) throw notThere['queue-unknown']({ queue: to.queue });
    if ('agent' in to && !directory.agents.get(to.agent)) throw notThere['agent-unknown']({ agent: to.agent });
    const destination = 'number' in to ? resolveDialled(directory, to.number, directory.agents.get(by)) : undefined;
    if (destination && destination.kind !== 'number') {
      throw notThere['number-not-allowed']({ why: destination.kind === 'refused' ? destination.why : 'internal' });
    }
    return destination;
  }

  #call(interaction: InteractionId): Call {
    const call = this.#calls.get(interaction);
    if (!call) throw callErrors['call-unknown']({ interaction });
    return call;
  }

  #hers(agent: string, interaction: InteractionId): Call {
    const call = this.#call(interaction);
    if (!call.has(agent)) throw callErrors['call-not-yours']({ agent, interaction });
    return call;
  }
}
