// Calls that come in: from trunks into flows, from phones to numbers, colleagues, queues and slots; or refused, with a fact
// in the journal that says why.
import { type InteractionId, newId, phoneNumber } from '../../values/index.ts';
import { newEvent } from '../journal/index.ts';
import type { AgentRecord } from '../ports/index.ts';
import { type Admitted, type Destination, type IncomingCall, Leg, userOf } from '../signaling/index.ts';
import { Call, type CallKeeper } from './call.ts';
import type { CallFacts } from './call-facts.ts';
import type { CallTools } from './call-tools.ts';
import { callRefused } from './events.ts';
import { placeOwnCall } from './own-call.ts';
import type { Parking } from './parking.ts';

type Refused = 'trunk-full' | 'flow-unknown' | 'not-allowed' | 'no-route' | 'unknown' | 'draining';

/** Calls that must not be owned until the leg has one. */
const nobody = { legEnded: () => {}, legHeld: () => {}, legReferred: () => {} };

export class IncomingCalls {
  readonly #tools: CallTools;
  readonly #keeper: CallKeeper & { add(call: Call): void };
  readonly #parking: Parking;
  readonly #calls: ReadonlyMap<InteractionId, Call>;

  constructor(
    tools: CallTools,
    keeper: CallKeeper & { add(call: Call): void },
    parking: Parking,
    calls: ReadonlyMap<InteractionId, Call>,
  ) {
    this.#tools = tools;
    this.#keeper = keeper;
    this.#parking = parking;
    this.#calls = calls;
  }

  /** By who calls and what was dialled: into a flow, a queue, to a slot, or on to somebody. */
  take(call: IncomingCall, admitted: Admitted): void {
    if (this.#tools.draining?.() && !neverRefused(admitted)) {
      this.#refuse(
        call,
        503,
        'draining',
        admitted.from === 'trunk' ? admitted.trunk.name : undefined,
        admitted.dialled,
      );
      return;
    }
    if (admitted.from === 'trunk') {
      this.#fromTrunk(call, admitted);
      return;
    }
    const { destination, user, dialled } = admitted;
    const agent = user.agent === undefined ? undefined : this.#tools.directory.agents.get(user.agent);
    if (destination.kind === 'did') this.#toFlow(call, destination.did, dialled, undefined, undefined);
    else if (destination.kind === 'refused') {
      const status = destination.why === 'unknown' ? 404 : destination.why === 'no-route' ? 503 : 403;
      this.#refuse(call, status, destination.why, undefined, dialled);
    } else if (destination.kind === 'slot') this.#fromSlot(call, agent, destination.slot);
    else if (!agent && destination.kind !== 'queue') this.#refuse(call, 403, 'not-allowed', undefined, dialled);
    else this.#ownCall(call, agent, destination, dialled);
  }

  #fromTrunk(call: IncomingCall, { trunk, did, dialled }: Extract<Admitted, { from: 'trunk' }>): void {
    const { trunks } = this.#tools.signaling;
    if (!trunks.enter(trunk)) {
      this.#refuse(call, 503, 'trunk-full', trunk.name, dialled);
      return;
    }
    this.#toFlow(call, did, dialled, trunk, () => trunks.leave(trunk.name));
  }

  #toFlow(
    incoming: IncomingCall,
    did: { number: string; flow: string; language: 'en' | 'zh' },
    dialled: string,
    trunk: { name: string; country: string } | undefined,
    release: (() => void) | undefined,
  ): void {
    const set = this.#tools.flows.current();
    if (!set.flows.has(did.flow)) {
      this.#tools.logger.error({ did: did.number, flow: did.flow }, 'flow of a number is not there');
      this.#refuse(incoming, 503, 'flow-unknown', trunk?.name, dialled);
      release?.();
      return;
    }
    const country = trunk?.country ?? this.#tools.directory.site.country;
    const facts = this.#facts(incoming, country, dialled, did.language);
    const call = new Call(this.#tools, this.#keeper, {
      ...facts,
      customer: facts.from === undefined ? undefined : this.#tools.customers.byNumber(facts.from),
      direction: 'in',
      trunk: trunk?.name,
      did: did.number,
      flow: did.flow,
    });
    const leg = new Leg(this.#tools.signaling.tools, 'caller', call, incoming).belongs(call.interaction);
    leg.onover = release;
    this.#keeper.add(call);
    void call.begin(leg, set, did.flow);
  }

  #ownCall(
    incoming: IncomingCall,
    agent: AgentRecord | undefined,
    destination: Exclude<Destination, { kind: 'did' | 'refused' | 'slot' }>,
    dialled: string,
  ): void {
    const { country } = this.#tools.directory.site;
    const facts = this.#facts(incoming, country, dialled, agent?.language ?? 'en');
    const direction = destination.kind === 'number' ? 'out' : 'internal';
    const call = new Call(this.#tools, this.#keeper, { ...facts, direction });
    const leg = new Leg(
      this.#tools.signaling.tools,
      destination.kind === 'queue' ? 'caller' : 'agent',
      nobody,
      incoming,
    );
    leg.agent = agent?.id;
    leg.belongs(call.interaction);
    this.#keeper.add(call);
    if (destination.kind === 'queue') void call.beginInQueue(leg, destination.queue);
    else placeOwnCall(this.#tools, this.#keeper, call, leg, destination, this.#nearCallOf(agent?.id));
  }

  #fromSlot(incoming: IncomingCall, agent: AgentRecord | undefined, slot: string): void {
    const call = agent && this.#parking.at(slot, agent);
    if (agent && call) void this.#parking.dialled(incoming, agent, call);
    else this.#refuse(incoming, agent ? 404 : 403, agent ? 'unknown' : 'not-allowed', undefined, slot);
  }

  /** Media of her other call: what she dials beside it may be joined with it (attended transfer). */
  #nearCallOf(agent: string | undefined): string | undefined {
    if (agent === undefined) return undefined;
    for (const call of this.#calls.values()) if (call.has(agent)) return call.customer?.endpointId;
    return undefined;
  }

  #facts(
    incoming: IncomingCall,
    country: string,
    dialled: string,
    language: 'en' | 'zh',
  ): Omit<CallFacts, 'direction'> {
    const { uri, name } = incoming.from;
    const user = userOf(uri);
    const withheld = user === '' || user.toLowerCase() === 'anonymous';
    const from = withheld ? undefined : phoneNumber(user, country);
    const to = phoneNumber(dialled, country);
    const number = from?.e164 ?? from?.dialled;
    return {
      interaction: newId('int'),
      callId: incoming.callId,
      from: number,
      fromDialled: from?.dialled,
      fromName: withheld ? undefined : name,
      to: to.e164 ?? dialled,
      toDialled: dialled,
      language,
      startedAt: this.#tools.clock.now(),
    };
  }

  #refuse(call: IncomingCall, status: number, reason: Refused, trunk: string | undefined, to: string): void {
    call.reject(status, undefined, status === 503 ? { 'Retry-After': '10' } : {});
    const from = userOf(call.from.uri);
    const data = { status, reason, from, to, ...(trunk === undefined ? {} : { trunk }) };
    void this.#tools.journal.append([newEvent(callRefused, this.#tools.clock.now(), data)]);
  }
}

/** Emergency calls, and who comes for a call that is parked already. */
function neverRefused(admitted: Admitted): boolean {
  if (admitted.from === 'trunk') return false;
  const { destination } = admitted;
  return destination.kind === 'slot' || (destination.kind === 'number' && destination.emergency);
}
