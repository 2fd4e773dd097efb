// Whom a call is told to: the agent who has it, and whoever else is in it; parked calls to everybody who may retrieve them.
import type { AgentId, InteractionId } from '../../values/index.ts';
import { type CallView, servesTeam, teamOf } from '../ports/index.ts';
import { Dialled } from './dialled.ts';
import type { DeskOptions } from './options.ts';
import type { Seats } from './seats.ts';
import type { DialledNumber, ParkedCall } from './views.ts';

/** Of a call in its flow or its queue. */
const nobody: ReadonlySet<AgentId> = new Set();

export class CallTelling {
  readonly #options: DeskOptions;
  readonly #seats: Seats;
  /** Who is told of each call now. */
  readonly #audience = new Map<InteractionId, ReadonlySet<AgentId>>();
  readonly #parked = new Map<InteractionId, { call: ParkedCall; did: string | undefined }>();
  readonly #dialled: Dialled;
  /** Ends of detours that were told. */
  readonly #told = new WeakSet<object>();

  /** Takes up the calls of an earlier server; nobody is told of what she knows. */
  constructor(options: DeskOptions, seats: Seats) {
    this.#options = options;
    this.#seats = seats;
    this.#dialled = new Dialled(options.journal, options.database);
    for (const call of options.callControl.list()) {
      this.#audience.set(call.interaction, audienceOf(call));
      const parked = parkedCall(call);
      if (parked) this.#parked.set(call.interaction, { call: parked, did: call.did });
      this.#detourEnded(call);
    }
  }

  /** A call changed, or ended. */
  follow(call: CallView): void {
    const { interaction, phase } = call;
    const before = this.#audience.get(interaction) ?? nobody;
    const now = audienceOf(call);
    for (const agent of before) {
      if (!now.has(agent)) this.#seats.get(agent)?.tell('call-gone', { interaction });
    }
    if (phase === 'ended' || now.size === 0) this.#audience.delete(interaction);
    else this.#audience.set(interaction, now);
    for (const agent of now) {
      if (!before.has(agent)) this.#began(agent, call);
      this.#seats.get(agent)?.tell('call', this.seenBy(agent, call));
    }
    this.#detourEnded(call);
    this.#park(call);
  }

  /** Calls on her screen: hers, and those that she is in. */
  callsOf(agent: AgentId): CallView[] {
    const calls = this.#options.callControl.list();
    return calls
      .filter((call) => call.phase !== 'ended' && audienceOf(call).has(agent))
      .map((call) => this.seenBy(agent, call));
  }

  /** Supervisors who listen are seen by themselves, and by the agent where the queue says so. */
  seenBy(agent: AgentId, call: CallView): CallView {
    if (call.parties === undefined || !call.parties.some(({ as }) => as === 'monitor')) return call;
    const queue = call.queue === undefined ? undefined : this.#options.directory.queues.get(call.queue);
    if (queue?.tellMonitored) return call;
    return { ...call, parties: call.parties.filter((party) => party.as !== 'monitor' || party.agent === agent) };
  }

  /** Parked calls of this moment that she may retrieve. */
  parked(agent: AgentId): ParkedCall[] {
    const { directory } = this.#options;
    const record = directory.agents.get(agent);
    if (record === undefined) return [];
    return [...this.#parked.values()].flatMap(({ call, did }) => {
      const team = teamOf(directory, { queue: call.queue, agent: call.by, did });
      return servesTeam(record, team) ? [call] : [];
    });
  }

  /** The latest first. */
  dialled(agent: AgentId): DialledNumber[] {
    return this.#dialled.list(agent);
  }

  #began(agent: AgentId, call: CallView): void {
    if (call.agent === agent && call.direction !== 'in' && call.phase === 'ringing') {
      this.#dialled.add(agent, call);
    }
    const party = call.parties?.find((one) => one.agent === agent);
    if (!party || party.as === 'monitor') return;
    const { party: id, as } = party;
    const content = this.#options.callControl.content(call.interaction);
    if (content) this.#seats.get(agent)?.tell('asked', { party: id, as, by: call.agent, content });
  }

  #detourEnded(call: CallView): void {
    const { detourEnded, agent, interaction } = call;
    if (detourEnded === undefined || agent === undefined || this.#told.has(detourEnded)) return;
    this.#told.add(detourEnded);
    this.#seats.get(agent)?.tell('detour-ended', { interaction, ...detourEnded });
  }

  #park(call: CallView): void {
    const parked = call.phase === 'ended' ? undefined : parkedCall(call);
    if (this.#parked.has(call.interaction) === (parked !== undefined)) return;
    if (parked) this.#parked.set(call.interaction, { call: parked, did: call.did });
    else this.#parked.delete(call.interaction);
    for (const seat of this.#seats.all.values()) seat.tell('parked', { calls: this.parked(seat.agent) });
  }
}

function audienceOf({ agent, parties }: CallView): ReadonlySet<AgentId> {
  if (agent === undefined && parties === undefined) return nobody;
  const audience = new Set<AgentId>();
  if (agent !== undefined) audience.add(agent);
  for (const party of parties ?? []) if (party.agent !== undefined) audience.add(party.agent);
  return audience;
}

function parkedCall({ interaction, from, queue, park }: CallView): ParkedCall | undefined {
  return park && { interaction, from, queue, ...park };
}
