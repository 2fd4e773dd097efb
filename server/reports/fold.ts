// From the journal to figures: takes events one after the other, keeps what is open, and says what is to be added where.
// Pure: the same events give the same figures, however they are cut into batches.

import type { AgentId, Channel, InteractionId, Millis, OfferId, QueueId } from '../../values/index.ts';
import type { AcdEvent } from '../acd/index.ts';
import type { JournalEvent } from '../journal/index.ts';
import type { AgentFigure, QueueFigure, TimeFigure } from './figures.ts';
import { slotOf, split } from './intervals.ts';

export interface QueueState {
  team?: string | undefined;
  thresholdMs: number;
}

export interface ContactState {
  queue: QueueId;
  channel: Channel;
}

export interface WorkState {
  contact: InteractionId;
  queue: QueueId;
  channel: Channel;
  state: 'offered' | 'connected' | 'wrap-up';
  heldSince?: Millis | undefined;
  heldMs: number;
}

export interface AgentState {
  team?: string | undefined;
  presence: 'offline' | 'not-ready' | 'ready' | 'leaving';
  reason?: string | undefined;
  /** Up to when her time is counted. */
  since: Millis;
  works: Map<OfferId, WorkState>;
  /** Her own contacts. */
  own: Partial<Record<Channel, number>>;
}

/** Where figures go. */
export interface Sink {
  queue(slot: Millis, team: string, queue: QueueId, channel: Channel, figure: QueueFigure, amount: number): void;
  /** The longest wait of the answered and abandoned. */
  longest(slot: Millis, team: string, queue: QueueId, channel: Channel, ms: number): void;
  agent(slot: Millis, team: string, agent: AgentId, figure: AgentFigure, amount: number): void;
  reason(slot: Millis, team: string, agent: AgentId, reason: string, ms: number): void;
}

const overflowFigure = {
  'max-wait': 'overflowed',
  'queue-full': 'full',
  'no-agents': 'empty',
  'agent-unavailable': 'empty',
  closed: 'closed',
  'queue-removed': 'removed',
} as const satisfies Record<Extract<AcdEvent, { type: 'contact-overflowed' }>['reason'], QueueFigure>;

const outcomeFigure = { missed: 'missed', declined: 'declined', unreachable: 'unreachable' } as const;

/** What is open. `dirty` names what changed since somebody emptied it: `agent 1001`. */
export class ReportFold {
  readonly queues = new Map<QueueId, QueueState>();
  readonly agents = new Map<AgentId, AgentState>();
  readonly contacts = new Map<InteractionId, ContactState>();
  readonly dirty = new Set<string>();
  readonly #sink: Sink;

  constructor(sink: Sink) {
    this.#sink = sink;
  }

  take(event: JournalEvent): void {
    const { type, data, at } = event;
    switch (type) {
      case 'routing.decided':
        for (const decided of data.events as AcdEvent[]) this.#decided(decided);
        return;
      case 'routing.rebuilt':
        this.#rebuilt(at);
        return;
      case 'directory.queue-put':
        this.#putQueue(data.key as QueueId, data.record as { team?: string; serviceLevelMs?: number });
        return;
      case 'directory.agent-put':
        this.#putAgent(data.key as AgentId, (data.record as { team?: string }).team, at);
        return;
      case 'interaction.held':
      case 'interaction.resumed':
        this.#hold(event);
        return;
      case 'interaction.transferred':
        this.#transferred(event);
        return;
      default:
        return;
    }
  }

  /** Adds what an agent has done up to now, as if something had just happened to her. */
  accrue(id: AgentId, until: Millis): void {
    const agent = this.agents.get(id);
    if (!agent || until <= agent.since) return;
    this.dirty.add(`agent ${id}`);
    this.#accrue(id, agent, until);
  }

  #accrue(id: AgentId, agent: AgentState, until: Millis): void {
    if (until <= agent.since) return;
    const figure = timeFigureOf(agent);
    const team = agent.team ?? '';
    if (figure) {
      split(agent.since, until, (slot, ms) => {
        this.#sink.agent(slot, team, id, figure, ms);
        if (figure === 'not_ready_ms') this.#sink.reason(slot, team, id, agent.reason ?? agent.presence, ms);
      });
    }
    agent.since = until;
  }

  #decided(event: AcdEvent): void {
    const { at } = event;
    switch (event.type) {
      case 'contact-queued': {
        const { contact, queue, channel, from } = event;
        this.contacts.set(contact, { queue, channel });
        this.dirty.add(`contact ${contact}`);
        if (from === queue) return;
        this.#count(at, queue, channel, 'offered');
        if (from !== undefined) this.#count(at, from, channel, 'moved');
        return;
      }
      case 'contact-overflowed':
        this.#count(at, event.queue, this.#gone(event.contact), overflowFigure[event.reason]);
        return;
      case 'contact-left':
        this.#left(event);
        return;
      case 'presence-changed': {
        const agent = this.#agent(event.agent, at);
        agent.presence = event.to;
        agent.reason = event.reason;
        return;
      }
      case 'occupied': {
        this.#agent(event.agent, at).own[event.channel] = event.count;
        return;
      }
      case 'agent-removed':
        this.accrue(event.agent, at);
        this.agents.delete(event.agent);
        this.dirty.add(`agent ${event.agent}`);
        return;
      case 'offer-made': {
        const { contact, queue, offer } = event;
        const channel = this.contacts.get(contact)?.channel ?? 'voice';
        this.#work(event.agent, offer, at, { contact, queue, channel, state: 'offered', heldMs: 0 });
        this.#count(at, queue, channel, 'offers');
        this.#countAgent(at, event.agent, 'offers');
        return;
      }
      case 'offer-ended': {
        const { agent: id, queue, offer, outcome } = event;
        const channel = this.#drop(id, offer, at)?.channel ?? 'voice';
        if (outcome === 'withdrawn') return;
        this.#count(at, queue, channel, outcomeFigure[outcome]);
        this.#countAgent(at, id, outcomeFigure[outcome]);
        return;
      }
      case 'offer-accepted': {
        const { agent: id, contact, queue, offer, waitedMs } = event;
        const channel = this.contacts.get(contact)?.channel ?? 'voice';
        this.#work(id, offer, at, { contact, queue, channel, state: 'connected', heldMs: 0 });
        this.#count(at, queue, channel, 'answered');
        this.#countAgent(at, id, 'answered');
        if (waitedMs <= this.#thresholdOf(queue)) this.#count(at, queue, channel, 'answered_in_time');
        this.#count(at, queue, channel, 'wait_ms', waitedMs);
        this.#sink.longest(slotOf(at), this.#teamOf(queue), queue, channel, waitedMs);
        return;
      }
      case 'contact-adopted': {
        const { agent: id, contact, queue, work } = event;
        const channel =
          ('channel' in event ? event.channel : undefined) ?? this.contacts.get(contact)?.channel ?? 'voice';
        this.contacts.set(contact, { queue, channel });
        this.dirty.add(`contact ${contact}`);
        this.#work(id, work, at, { contact, queue, channel, state: 'connected', heldMs: 0 });
        return;
      }
      case 'work-ended': {
        const { agent: id, queue, work: name, connectedMs, wrapUpUntil } = event;
        const agent = this.#agent(id, at);
        const work = agent.works.get(name);
        const channel = work?.channel ?? 'voice';
        const held = Math.min(connectedMs, work ? heldOf(work, at) : 0);
        const talked = connectedMs - held;
        this.#count(at, queue, channel, 'talk_ms', talked);
        this.#countAgent(at, id, 'contact_talk_ms', talked);
        this.#count(at, queue, channel, 'hold_ms', held);
        this.#countAgent(at, id, 'contact_hold_ms', held);
        this.#count(at, queue, channel, 'handled');
        this.#countAgent(at, id, 'handled');
        if (work && wrapUpUntil !== undefined) {
          work.state = 'wrap-up';
          work.heldSince = undefined;
        } else agent.works.delete(name);
        return;
      }
      case 'wrap-up-ended': {
        const { agent: id, queue, work, wrapUpMs, missing } = event;
        const channel = this.#drop(id, work, at)?.channel ?? 'voice';
        this.#count(at, queue, channel, 'wrap_up_ms', wrapUpMs);
        this.#countAgent(at, id, 'contact_wrap_up_ms', wrapUpMs);
        if (!missing) return;
        this.#count(at, queue, channel, 'dispositions_missing');
        this.#countAgent(at, id, 'dispositions_missing');
        return;
      }
      default:
        return;
    }
  }

  #left({ at, contact, queue, reason, state, waitedMs }: Extract<AcdEvent, { type: 'contact-left' }>): void {
    const channel = this.#gone(contact);
    if (state === 'connected') return;
    if (reason === 'flow') this.#count(at, queue, channel, 'to_flow');
    else if (reason === 'callback') this.#count(at, queue, channel, 'to_callback');
    else if (reason === 'answered') this.#count(at, queue, channel, 'answered_aside');
    else if (reason !== 'abandoned') this.#count(at, queue, channel, 'failed');
    else {
      this.#count(at, queue, channel, 'abandoned');
      if (waitedMs <= this.#thresholdOf(queue)) this.#count(at, queue, channel, 'abandoned_in_time');
      this.#count(at, queue, channel, 'abandoned_wait_ms', waitedMs);
      this.#sink.longest(slotOf(at), this.#teamOf(queue), queue, channel, waitedMs);
    }
  }

  #hold({ type, at, agent: id, interaction }: JournalEvent): void {
    const known = id === undefined ? undefined : this.agents.get(id);
    const work = known && talkIn(known, interaction);
    if (id === undefined || !work) return;
    this.#agent(id, at);
    if (type === 'interaction.held') {
      work.heldSince ??= at;
      return;
    }
    work.heldMs = heldOf(work, at);
    work.heldSince = undefined;
  }

  #transferred({ at, agent, interaction }: JournalEvent): void {
    if (agent === undefined || interaction === undefined) return;
    this.#countAgent(at, agent, 'transferred');
    const contact = this.contacts.get(interaction);
    if (contact) this.#count(at, contact.queue, contact.channel, 'transferred');
  }

  #rebuilt(at: Millis): void {
    for (const id of this.agents.keys()) {
      const agent = this.#agent(id, at);
      agent.works.clear();
      agent.own = {};
      agent.presence = 'offline';
    }
    for (const contact of this.contacts.keys()) this.dirty.add(`contact ${contact}`);
    this.contacts.clear();
  }

  #putQueue(id: QueueId, { team, serviceLevelMs = 20_000 }: { team?: string; serviceLevelMs?: number }): void {
    this.queues.set(id, { team, thresholdMs: serviceLevelMs });
    this.dirty.add(`queue ${id}`);
  }

  #putAgent(id: AgentId, team: string | undefined, at: Millis): void {
    this.#agent(id, at).team = team;
  }

  /** Her state, with her time counted up to now, about to be changed. */
  #agent(id: AgentId, at: Millis): AgentState {
    const known = this.agents.get(id);
    this.dirty.add(`agent ${id}`);
    if (known) {
      this.#accrue(id, known, at);
      return known;
    }
    const made: AgentState = { presence: 'offline', since: at, works: new Map(), own: {} };
    this.agents.set(id, made);
    return made;
  }

  #work(id: AgentId, name: OfferId, at: Millis, work: WorkState): void {
    this.#agent(id, at).works.set(name, work);
  }

  #drop(id: AgentId, name: OfferId, at: Millis): WorkState | undefined {
    const agent = this.#agent(id, at);
    const work = agent.works.get(name);
    agent.works.delete(name);
    return work;
  }

  /** @returns the channel of a contact, which is forgotten */
  #gone(contact: InteractionId): Channel {
    const channel = this.contacts.get(contact)?.channel ?? 'voice';
    this.contacts.delete(contact);
    this.dirty.add(`contact ${contact}`);
    return channel;
  }

  #count(at: Millis, queue: QueueId, channel: Channel, figure: QueueFigure, amount = 1): void {
    if (amount !== 0) this.#sink.queue(slotOf(at), this.#teamOf(queue), queue, channel, figure, amount);
  }

  #countAgent(at: Millis, agent: AgentId, figure: AgentFigure, amount = 1): void {
    if (amount !== 0) this.#sink.agent(slotOf(at), this.agents.get(agent)?.team ?? '', agent, figure, amount);
  }

  #teamOf(queue: QueueId): string {
    return this.queues.get(queue)?.team ?? '';
  }

  #thresholdOf(queue: QueueId): number {
    return this.queues.get(queue)?.thresholdMs ?? 20_000;
  }
}

/** Her talk on that contact. */
function talkIn({ works }: AgentState, interaction: InteractionId | undefined): WorkState | undefined {
  for (const work of works.values()) if (work.contact === interaction && work.state === 'connected') return work;
  return undefined;
}

function heldOf(work: WorkState, at: Millis): number {
  return work.heldMs + (work.heldSince === undefined ? 0 : Math.max(0, at - work.heldSince));
}

/** What counts of her time now; undefined where she is signed out. */
export function timeFigureOf({ presence, works, own }: AgentState): TimeFigure | undefined {
  let held = false;
  let wrapping = false;
  let ringing = false;
  for (const { state, heldSince } of works.values()) {
    if (state === 'connected' && heldSince === undefined) return 'talk_ms';
    held ||= state === 'connected';
    wrapping ||= state === 'wrap-up';
    ringing ||= state === 'offered';
  }
  if (held) return 'hold_ms';
  if (wrapping) return 'wrap_up_ms';
  if (ringing) return 'ring_ms';
  for (const channel in own) if ((own[channel as Channel] ?? 0) > 0) return 'own_ms';
  if (presence === 'ready') return 'available_ms';
  return presence === 'offline' ? undefined : 'not_ready_ms';
}
