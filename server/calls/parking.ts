// Slots where calls are parked: who is where, and how an agent gets her.
import type { InteractionId } from '../../values/index.ts';
import { type AgentRecord, servesTeam, teamOf } from '../ports/index.ts';
import { type IncomingCall, Leg } from '../signaling/index.ts';
import { answersOwnCalls } from './auto-answer.ts';
import type { Call, CallKeeper } from './call.ts';
import type { CallTools } from './call-tools.ts';
import { callErrors } from './errors.ts';
import { Ringing } from './ringing.ts';

/** A phone dials `*` and the number. */
const parkSlots = Array.from({ length: 99 }, (_, i) => String(701 + i));
/** How long the phone of who retrieves a parked call may ring. */
const unparkRingMs = 30_000;

export class Parking {
  readonly #tools: CallTools;
  readonly #keeper: CallKeeper;
  readonly #calls: ReadonlyMap<InteractionId, Call>;

  constructor(tools: CallTools, keeper: CallKeeper, calls: ReadonlyMap<InteractionId, Call>) {
    this.#tools = tools;
    this.#keeper = keeper;
    this.#calls = calls;
  }

  /** Who is parked there, where she may have to do with whose call it is. */
  at(slot: string, agent: AgentRecord): Call | undefined {
    for (const call of this.#calls.values()) {
      const { now } = call.park;
      if (now?.slot !== slot) continue;
      const { queue } = call.view();
      const team = teamOf(this.#tools.directory, { queue, agent: now.by, did: call.facts.did });
      return servesTeam(agent, team) ? call : undefined;
    }
    return undefined;
  }

  /** @returns the slot @throws park-full, call-wrong-phase */
  park(agent: string, call: Call): string {
    const taken = new Set([...this.#calls.values()].map(({ park }) => park.now?.slot));
    const slot = parkSlots.find((free) => !taken.has(free));
    if (slot === undefined) throw callErrors['park-full']();
    call.park.begin(agent, slot);
    return slot;
  }

  /** Rings her phone, and joins her with who is parked there. @throws park-slot-empty (also where the call is another team's), phone-unreachable */
  unpark(record: AgentRecord, slot: string): InteractionId {
    const { id: agent } = record;
    const call = this.at(slot, record);
    if (!call) throw callErrors['park-slot-empty']({ slot });
    const targets = this.#keeper.phones(record);
    if (targets.length === 0) throw callErrors['phone-unreachable']({ who: agent });
    call.occupy(agent);
    const ringing = new Ringing(this.#tools.signaling.tools, {
      interaction: call.interaction,
      targets,
      role: 'agent',
      agent,
      from: { user: call.facts.from ?? 'anonymous', name: call.facts.fromName },
      headers: { 'X-Switchroom-Interaction': call.interaction, ...answersOwnCalls(record) },
      near: call.customer?.endpointId,
      silentMs: record.phone.kind === 'number' ? 0 : (this.#tools.silentPhoneMs ?? 3_000),
    });
    call.park.rings(ringing);
    const timer = setTimeout(() => ringing.abort(), unparkRingMs);
    void ringing.result.then(({ answered }) => {
      clearTimeout(timer);
      if (answered) call.park.retrieve(agent, answered);
      // Who asked twice may have her by the other phone call.
      else if (!call.has(agent)) call.release(agent);
    });
    return call.interaction;
  }

  /** Her phone dialled a slot: she gets who is parked there. */
  async dialled(incoming: IncomingCall, agent: AgentRecord, call: Call): Promise<void> {
    const leg = new Leg(this.#tools.signaling.tools, 'agent', call, incoming);
    leg.agent = agent.id;
    leg.belongs(call.interaction);
    call.occupy(agent.id);
    try {
      await leg.open(call.customer?.endpointId);
      await leg.answer();
    } catch (error) {
      if (!call.has(agent.id)) call.release(agent.id);
      if (leg.over) return;
      this.#tools.logger.warn({ err: error, interaction: call.interaction }, 'parked call could not be retrieved');
      leg.end('media', 503);
      return;
    }
    call.park.retrieve(agent.id, leg);
  }
}
