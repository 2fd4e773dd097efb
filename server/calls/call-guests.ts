// Who is in a call beside customer and agent, and the steps by which they come and go; consultation.ts and supervision.ts
// are made of these. The customer is never left alone with
// nothing: whoever goes, from whatever state, the others are brought together, or the call ends for all.
import type { MonitorMode, PartyView } from '../ports/index.ts';
import type { Destination, Leg, LegEnding, PhoneTarget } from '../signaling/index.ts';
import { answersOwnCalls, autoAnswer } from './auto-answer.ts';
import type { Call, CallKeeper } from './call.ts';
import type { CallTools } from './call-tools.ts';
import { callerOf } from './caller-id.ts';
import { ConsultContact, type ConsultFacts, type ConsultOwner } from './consult-contact.ts';
import { callErrors } from './errors.ts';
import { Guest, type GuestFacts, type GuestState, guestStates } from './guest.ts';
import type { Part } from './part.ts';
import { Ringing } from './ringing.ts';

/** Beside customer and agent; supervisors are not counted. */
const mostGuests = 6;
/** How long a party's phone may ring. */
const guestRingMs = 60_000;

/** A guest as kept at its dialog. */
export interface GuestNote {
  facts: GuestFacts;
  state: GuestState;
  mode?: MonitorMode | undefined;
  since: number;
  contact?: ConsultFacts | undefined;
}

export class CallGuests {
  readonly #call: Call;
  readonly #tools: CallTools;
  readonly #keeper: CallKeeper;
  readonly #guests = new Set<Guest>();
  #pausedByConsult = false;

  constructor(call: Call, tools: CallTools, keeper: CallKeeper) {
    this.#call = call;
    this.#tools = tools;
    this.#keeper = keeper;
  }

  get all(): ReadonlySet<Guest> {
    return this.#guests;
  }
  get size(): number {
    return this.#guests.size;
  }

  get pausedByConsult(): boolean {
    return this.#pausedByConsult;
  }

  views(): PartyView[] | undefined {
    if (this.#guests.size === 0) return undefined;
    return [...this.#guests].map((guest) => guest.view()).filter((view) => view !== undefined);
  }

  noteOf(guest: Guest): GuestNote {
    const { facts, state, mode, since, contact } = guest;
    return { facts, state, mode, since, contact: contact?.note };
  }

  /** Whom the agent asks now: not in the talk yet. */
  get consulted(): Guest | undefined {
    for (const guest of this.#guests) if (guest.facts.as === 'consult' && guest.state !== 'in') return guest;
    return undefined;
  }

  // ── conference ────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Rings somebody while the talk goes on, and takes her in. @throws call-wrong-phase, call-too-many-parties, phone-unreachable */
  invite(by: string, to: { agent: string } | { number: string }, destination: Destination | undefined): string {
    const call = this.#call;
    this.joinedPart();
    if (!call.can('joined') || call.state === 'consulting') throw this.wrongPhase();
    const targets = this.phones(to, destination);
    const guest = this.add({ as: 'add', to, by, agent: 'agent' in to ? to.agent : undefined }, destination);
    void this.ring(guest, targets);
    call.moved();
    return guest.facts.id;
  }

  /** @throws party-unknown */
  drop(party: string): void {
    const guest = [...this.#guests].find(({ facts }) => facts.id === party && facts.as !== 'monitor');
    if (!guest) throw callErrors['party-unknown']({ party });
    this.#lost(guest, 'dropped');
  }

  /** The agent goes, the others stay. @throws call-wrong-phase */
  leave(): void {
    this.joinedPart();
    const next = this.#successor();
    if (this.#call.state !== 'conference' || !next) throw this.wrongPhase();
    this.handTo(next, 'left');
  }

  // ── what happens ──────────────────────────────────────────────────────────────────────────────────────────────────

  /** She goes out of the call by herself, or declines while her phone rings. @returns false where she is no party of it */
  goes(agent: string): boolean {
    for (const guest of this.#guests) {
      if (guest.agent !== agent) continue;
      this.#lost(guest, 'hung-up');
      return true;
    }
    return false;
  }

  /** Whom the agent talks with alone: digits that she sends are for them. */
  get private(): Leg | undefined {
    for (const { state, leg } of this.#guests) if (state === 'private') return leg;
    return undefined;
  }

  /** A leg of a guest is over. @returns false where it is none of theirs */
  legEnded(leg: Leg, ending: LegEnding): boolean {
    for (const guest of this.#guests) {
      if (guest.leg !== leg) continue;
      this.#lost(guest, ending.cause);
      return true;
    }
    return false;
  }

  /** The agent's leg is over. @returns whether the call goes on with somebody else */
  agentGone(): boolean {
    const call = this.#call;
    if (!call.customer || call.customer.over || !call.can('handed')) return false;
    const next = this.#successor();
    if (next) {
      this.handTo(next, next.facts.as === 'consult' && next.state !== 'in' ? 'transferred' : 'left');
      return true;
    }
    const asked = this.consulted;
    if (!asked) return false;
    this.transferBlind(asked);
    return true;
  }

  /** A new part has begun: whoever was in the talk before comes into its bridge. */
  rejoin(part: Part): void {
    let others = 0;
    for (const guest of this.#guests) {
      if (guest.state !== 'in') continue;
      if (guest.facts.as !== 'monitor') others++;
      this.bringIn(part, guest);
    }
    if (others > 0) part.talk.linked(false);
  }

  /** Nobody is needed any more. */
  dismissAll(why: string): void {
    for (const guest of [...this.#guests]) this.dismiss(guest, why);
    this.#pausedByConsult = false;
  }

  abandon(): void {
    for (const { contact } of this.#guests) contact?.abandon();
    this.#guests.clear();
  }

  /** After a restart: a consultation had paused the recording. @param goes whether it goes on */
  takeUpPause(part: Part, goes: boolean): void {
    this.#pausedByConsult = true;
    if (!goes) this.#consultOver(part);
  }

  /** After a restart: a guest whose leg is still there. */
  takeUp(note: GuestNote, leg: Leg, part: Part): void {
    const guest = new Guest(note.facts, undefined, note.since);
    Object.assign(guest, { leg, mode: note.mode, state: note.state });
    leg.owner = this.#call;
    this.#guests.add(guest);
    if (guest.agent !== undefined && !note.contact) this.#call.occupy(guest.agent);
    if (note.contact) {
      const contact = this.#contactFor(guest, note.contact.queue, note.contact);
      if (contact.takeUp()) guest.contact = contact;
      else {
        contact.end('system', 'restart', false);
        if (guest.agent !== undefined) this.#call.occupy(guest.agent);
      }
    }
    if (guest.state === 'aside') this.#play(guest);
    else this.bringIn(part, guest);
  }

  // ── the steps ─────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Somebody is called. @throws call-too-many-parties, party-there */
  add(facts: Omit<GuestFacts, 'id'>, destination: Destination | undefined, mode?: MonitorMode): Guest {
    const guests = [...this.#guests].filter((guest) => guest.facts.as !== 'monitor');
    if (facts.as !== 'monitor' && guests.length >= mostGuests)
      throw callErrors['call-too-many-parties']({ mostGuests });
    const { agent } = facts;
    if (agent !== undefined && this.#has(agent)) throw callErrors['party-there']({ agent });
    const guest = new Guest(facts, destination, this.#tools.clock.now());
    guest.mode = mode;
    this.#guests.add(guest);
    if (guest.agent !== undefined) this.#call.occupy(guest.agent);
    this.#call.log.party(guest, 'calling');
    return guest;
  }

  /** @throws phone-unreachable */
  phones(to: { agent: string } | { number: string }, destination: Destination | undefined): PhoneTarget[] {
    const agent = 'agent' in to ? this.#tools.directory.agents.get(to.agent) : undefined;
    let targets: PhoneTarget[] = [];
    if (agent) targets = this.#keeper.phones(agent);
    else if (destination?.kind === 'number') {
      const target = this.#tools.signaling.overTrunk(destination);
      if (target) targets = [target];
    }
    if (targets.length === 0) throw callErrors['phone-unreachable']({ who: Object.values(to)[0] });
    return targets;
  }

  #has(agent: string): boolean {
    const { talk, customer } = this.#call;
    if (talk.part?.agent === agent || customer?.agent === agent) return true;
    for (const guest of this.#guests) if (guest.agent === agent) return true;
    return false;
  }

  /** A colleague is asked for in a queue. */
  askQueue(guest: Guest, queue: string): void {
    const contact = this.#contactFor(guest, queue);
    guest.contact = contact;
    try {
      contact.begin();
    } catch (error) {
      this.#tools.logger.warn({ err: error, interaction: this.#call.interaction, queue }, 'queue cannot be asked');
      this.#lost(guest, 'queue-unknown');
    }
  }

  #contactFor(guest: Guest, queue: string, known?: ConsultFacts): ConsultContact {
    const owner: ConsultOwner = {
      consultHas: (agent) => this.#has(agent),
      consultWanted: (leg) => guest.state === 'calling' && this.#possible(guest, leg) !== undefined,
      consultAnswered: (agent, leg) => {
        guest.facts.agent = agent.id;
        this.#answered(guest, leg);
      },
      consultFailed: () => this.#lost(guest, 'queue-exit'),
    };
    return new ConsultContact(this.#tools, this.#keeper, this.#call, owner, queue, guest.facts.by, known);
  }

  /** Rings them; what comes of it happens by itself. */
  async ring(guest: Guest, targets: PhoneTarget[]): Promise<void> {
    const { as, to, by, agent } = guest.facts;
    const record = agent === undefined ? undefined : this.#tools.directory.agents.get(agent);
    const toNumber = record === undefined || record.phone.kind === 'number';
    const { facts } = this.#call;
    const ringing = new Ringing(this.#tools.signaling.tools, {
      interaction: this.#call.interaction,
      targets,
      role: record ? 'agent' : 'far',
      agent,
      from:
        as === 'monitor'
          ? { user: this.#call.talk.part?.agent ?? facts.from ?? 'anonymous', name: as }
          : callerOf(this.#tools.directory, by, 'number' in to, facts.did),
      headers: {
        'X-Switchroom-Interaction': this.#call.interaction,
        ...(as === 'monitor' && record ? answersOwnCalls(record) : record?.autoAnswer ? autoAnswer : {}),
      },
      near: this.#call.customer?.endpointId,
      silentMs: toNumber ? 0 : (this.#tools.silentPhoneMs ?? 3_000),
    });
    guest.ringing = ringing;
    const timer = setTimeout(() => ringing.abort(), guestRingMs);
    const result = await ringing.result;
    clearTimeout(timer);
    guest.ringing = undefined;
    if (guest.state !== 'calling' || this.#call.over) {
      result.answered?.end();
      return;
    }
    this.#call.log.rang(undefined, result.phones, result.ringMs, result.answered ? 200 : result.status, agent);
    if (result.answered) this.#answered(guest, result.answered);
    else this.#lost(guest, String(result.status ?? result.how));
  }

  #answered(guest: Guest, leg: Leg): void {
    const call = this.#call;
    const part = this.#possible(guest, leg);
    guest.leg = leg;
    leg.owner = call;
    const asks = guest.facts.as === 'consult';
    if (!part) {
      this.#lost(guest, leg.over ? 'BYE' : 'too-late');
      call.moved();
      return;
    }
    this.put(guest, asks ? 'private' : 'in');
    if (asks) part.talk.quiet();
    if (guest.facts.as === 'add') {
      call.step('joined');
      part.talk.linked(false);
    }
    if (guest.facts.as === 'monitor' && guest.agent !== undefined) {
      call.log.monitored(guest.agent, guest.mode ?? 'listen', 'began', part.agent);
    }
    this.bringIn(part, guest);
    call.moved();
  }

  /** The talk that she comes into: a supervisor needs only one; who is added, one that she can be added to. */
  #possible({ facts }: Guest, leg: Leg): Part | undefined {
    const call = this.#call;
    const { part } = call.talk;
    const possible =
      facts.as === 'consult' ? call.state === 'consulting' : facts.as === 'monitor' || call.can('joined');
    return possible && part?.joined && !leg.over ? part : undefined;
  }

  /** A guest went, or was never there: those who stay are brought together. */
  #lost(guest: Guest, why: string): void {
    const call = this.#call;
    const { state } = guest;
    this.dismiss(guest, why);
    if (call.over) return;
    const { part } = call.talk;
    if (guest.facts.as === 'consult' && state !== 'in' && call.state === 'consulting' && state !== 'aside') {
      // She hears music still; the agent takes her back when she is ready to.
      part?.talk.quiet();
      call.step('consult-over');
      if (part) this.#consultOver(part);
    } else if (state === 'in' && guest.facts.as !== 'monitor' && call.state === 'conference' && !this.#othersIn()) {
      call.step('party-left');
      part?.talk.linked(true);
    }
    call.moved();
  }

  /** Out, whatever it was; the others are as they are. */
  dismiss(guest: Guest, why: string): void {
    if (!this.#guests.delete(guest) || guest.state === 'gone') return;
    const { agent, leg, contact } = guest;
    const before = guest.state;
    this.put(guest, 'gone', why);
    guest.music?.stop();
    guest.ringing?.abort();
    if (guest.facts.as === 'monitor' && before === 'in' && agent !== undefined) {
      this.#call.log.monitored(agent, guest.mode ?? 'listen', 'ended', this.#call.talk.part?.agent);
    }
    if (contact) contact.end('agent', why);
    else if (agent !== undefined) this.#call.release(agent);
    leg?.end();
  }

  /** Who goes on with the customer where the agent goes: whom she asked, then colleagues, then numbers. */
  #successor(): Guest | undefined {
    const ready = [...this.#guests].filter((guest) => guest.ready);
    return (
      ready.find(({ state }) => state === 'private' || state === 'aside') ??
      ready.find(({ agent }) => agent !== undefined) ??
      ready[0]
    );
  }

  #othersIn(): boolean {
    for (const { state, facts } of this.#guests) if (state === 'in' && facts.as !== 'monitor') return true;
    return false;
  }

  /** The guest's leg takes the place of the agent's. */
  handTo(guest: Guest, why: 'transferred' | 'left' | 'taken-over'): void {
    const { leg, contact, agent } = guest;
    if (!leg) return;
    this.#guests.delete(guest);
    guest.music?.stop();
    guest.state = 'gone';
    this.#call.log.party(guest, 'has-it', why);
    this.#call.talk.handOver({ leg, agent, to: guest.facts.to, instead: contact?.interaction, why });
    contact?.end('agent', why, false);
    this.#call.moved();
  }

  /** Somebody else has the agent's part: whoever was only called or waited aside has nobody to come to any more. */
  handedOver(why: string): void {
    for (const guest of [...this.#guests]) if (guest.state !== 'in') this.dismiss(guest, why);
    this.#pausedByConsult = false;
    if (this.#othersIn()) this.#call.step('joined');
  }

  /** She asked, and nobody has answered yet: the customer goes there by herself. */
  transferBlind(guest: Guest): void {
    const { to } = guest.facts;
    const { destination } = guest;
    this.dismiss(guest, 'transferred');
    this.#call.transfer.send(to, destination);
  }

  /** Its state, and the journal. */
  put(guest: Guest, state: Exclude<GuestState, 'calling'>, why?: string): void {
    const next = guestStates.next(guest.state, state);
    if (next === undefined) {
      const { interaction } = this.#call;
      this.#tools.logger.warn({ interaction, state: guest.state, event: state }, 'impossible event of a guest');
      return;
    }
    guest.state = next;
    guest.since = this.#tools.clock.now();
    this.#call.log.party(guest, state, why);
  }

  /** The customer goes to the music. */
  away(part: Part, held: boolean): void {
    if (!held) this.#call.log.held();
    if (part.talk.recording === 'on') {
      // What colleagues say to each other is not the customer's.
      this.#pausedByConsult = true;
      part.pauseRecording();
    }
    this.#soft(part.talk.aside(part.facts.music));
  }

  #consultOver(part: Part): void {
    if (this.#pausedByConsult && part.talk.recording === 'paused') part.resumeRecording();
    this.#pausedByConsult = false;
  }

  /** The customer comes from the music into the talk. */
  back(part: Part): void {
    part.talk.quiet();
    this.#consultOver(part);
    this.#soft(part.resume());
  }

  /** Out of the talk, to the music. */
  setAside(part: Part, guest: Guest): void {
    if (!guest.leg) return;
    this.#soft(part.talk.part(guest.leg));
    this.#play(guest);
  }

  #play(guest: Guest): void {
    if (!guest.leg || guest.leg.over) return;
    const music = this.#tools.prompts.music(this.#call.talk.part?.facts.music);
    guest.music = guest.leg.endpoint.play(music, { times: Number.POSITIVE_INFINITY });
  }

  /** Into the bridge, or another role there. */
  bringIn(part: Part, guest: Guest): void {
    const { leg } = guest;
    if (!leg) return;
    guest.music?.stop();
    guest.music = undefined;
    part.talk
      .join(leg, () => guest.role(part.other))
      .catch((error: unknown) => {
        if (leg.over || this.#call.over) return;
        this.#tools.logger.error(
          { err: error, interaction: this.#call.interaction },
          'a party could not be brought in',
        );
        this.#lost(guest, 'media');
      });
  }

  /** A step of the media engine that may meet the end of the call. */
  #soft(work: Promise<void>): void {
    const { part } = this.#call.talk;
    work.catch((error: unknown) => {
      if (this.#call.over || this.#call.talk.part !== part) return;
      this.#tools.logger.error({ err: error, interaction: this.#call.interaction }, 'a step of a consultation failed');
      this.#call.finish('system', 'media');
    });
  }

  /** @throws call-wrong-phase where nobody talks yet */
  joinedPart(): Part {
    const { part } = this.#call.talk;
    if (!part?.joined || this.#call.over) throw this.wrongPhase();
    return part;
  }

  wrongPhase(): Error {
    return callErrors['call-wrong-phase']({ phase: this.#call.state });
  }
}
