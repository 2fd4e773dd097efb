// An agent asks a queue: this is what waits there in her place, is offered to her colleagues and rings the one who is
// free. An interaction of its own, so that wait, offers and talk of the colleague are told as any other's.

import type { PopContent } from '../../values/index.ts';
import { type InteractionId, newId, type Offer, type OfferOutcome, type OfferTarget } from '../../values/index.ts';
import type { AgentRecord } from '../ports/index.ts';
import type { Leg } from '../signaling/index.ts';
import { autoAnswer } from './auto-answer.ts';
import type { Call, CallKeeper } from './call.ts';
import type { CallFacts } from './call-facts.ts';
import { CallLog, type EndedBy } from './call-log.ts';
import type { CallTools } from './call-tools.ts';
import { Ringing } from './ringing.ts';

export interface ConsultOwner {
  /** Whether she is in the call already. */
  consultHas(agent: string): boolean;
  /** Whether somebody waits for that still. */
  consultWanted(leg: Leg): boolean;
  consultAnswered(agent: AgentRecord, leg: Leg): void;
  /** The queue gave it up. */
  consultFailed(): void;
}

/** For notes: of a consultation that an agent has taken. */
export interface ConsultFacts {
  facts: CallFacts;
  queue: string;
  agent: string;
}

type State = 'waiting' | 'ringing' | 'talking' | 'over';

export class ConsultContact implements OfferTarget {
  readonly channel = 'voice' as const;
  readonly queue: string;
  readonly #facts: CallFacts;
  readonly #tools: CallTools;
  readonly #keeper: CallKeeper;
  readonly #call: Call;
  readonly #owner: ConsultOwner;
  readonly #log: CallLog;
  #ringing: Ringing | undefined;
  #state: State = 'waiting';
  #agent: string | undefined;

  constructor(
    tools: CallTools,
    keeper: CallKeeper,
    call: Call,
    owner: ConsultOwner,
    queue: string,
    by: string,
    known?: ConsultFacts,
  ) {
    this.#tools = tools;
    this.#keeper = keeper;
    this.#call = call;
    this.#owner = owner;
    this.queue = queue;
    this.#facts = known?.facts ?? {
      interaction: newId('int'),
      callId: call.facts.callId,
      direction: 'internal',
      from: by,
      to: queue,
      toDialled: queue,
      language: call.language,
      startedAt: tools.clock.now(),
    };
    this.#log = new CallLog(tools, this.#facts);
    this.#log.queue = queue;
    if (!known) return;
    this.#state = 'talking';
    this.#agent = known.agent;
    this.#log.agent = known.agent;
  }

  get interaction(): InteractionId {
    return this.#facts.interaction;
  }
  get note(): ConsultFacts | undefined {
    return this.#agent === undefined ? undefined : { facts: this.#facts, queue: this.queue, agent: this.#agent };
  }
  /** For whoever compares routing with what is so. */
  get reality(): {
    state: 'waiting' | 'ringing' | 'connected';
    agent: string | undefined;
    held: { channel: 'voice'; queue: string };
  } {
    const state = this.#state === 'talking' ? 'connected' : this.#state === 'ringing' ? 'ringing' : 'waiting';
    return { state, agent: this.#agent, held: { channel: 'voice', queue: this.queue } };
  }

  /** @throws queue-unknown */
  begin(): void {
    this.#log.started();
    this.#keeper.consulting(this, true);
    try {
      this.#tools.queueing.enqueue(this, { queue: this.queue, language: this.#facts.language }, () => this.fail());
    } catch (error) {
      this.end('system', 'queue-removed');
      throw error;
    }
  }

  /** After a restart: its agent has it, whatever routing knows. @returns whether routing holds it for her */
  takeUp(): boolean {
    this.#keeper.consulting(this, true);
    const agent = this.#agent;
    return agent !== undefined && this.#tools.queueing.take(this, agent, { queue: this.queue });
  }

  pop(): PopContent {
    const content = this.#call.pop();
    return { ...content, interaction: this.interaction, queue: this.queue, direction: 'internal' };
  }

  async offer(offer: Offer, signal: AbortSignal): Promise<OfferOutcome> {
    const agent = this.#tools.directory.agents.get(offer.agent);
    const near = this.#call.customer?.endpointId;
    if (this.#state !== 'waiting' || signal.aborted) return 'withdrawn';
    if (!agent) return 'unreachable';
    // With room for two contacts, whoever asks may be the next in her own queue.
    if (this.#owner.consultHas(agent.id)) return 'withdrawn';
    this.#state = 'ringing';
    this.#agent = agent.id;
    const by = this.#facts.from ?? '';
    const ringing = new Ringing(this.#tools.signaling.tools, {
      interaction: this.#call.interaction,
      targets: this.#keeper.phones(agent),
      role: 'agent',
      agent: agent.id,
      from: { user: by, name: this.#tools.directory.agents.get(by)?.name },
      headers: { 'X-Switchroom-Interaction': this.interaction, ...(agent.autoAnswer ? autoAnswer : {}) },
      near,
      silentMs: agent.phone.kind === 'number' ? 0 : (this.#tools.silentPhoneMs ?? 3_000),
    });
    this.#ringing = ringing;
    this.#keeper.rings(offer, ringing);
    const abort = () => ringing.abort();
    signal.addEventListener('abort', abort, { once: true });
    const result = await ringing.result;
    signal.removeEventListener('abort', abort);
    this.#ringing = undefined;
    this.#agent = undefined;
    if (this.#over) {
      result.answered?.end();
      return 'withdrawn';
    }
    this.#log.rang(offer.id, result.phones, result.ringMs, result.answered ? 200 : result.status, agent.id);
    if (!result.answered) {
      this.#state = 'waiting';
      if (result.how !== 'aborted') return result.how;
      return signal.reason === 'missed' ? 'missed' : 'withdrawn';
    }
    if (!this.#owner.consultWanted(result.answered)) {
      // Over before routing has heard of the answer: for it, this was an offer that was taken back.
      result.answered.end();
      this.fail();
      return 'withdrawn';
    }
    this.#state = 'talking';
    this.#agent = agent.id;
    this.#log.agent = agent.id;
    this.#log.connected(offer.id, Math.max(0, this.#tools.clock.now() - this.#facts.startedAt));
    this.#owner.consultAnswered(agent, result.answered);
    return 'accepted';
  }

  /** Over, once. @param routed what routing is told of its talk; false: it has been told already (`take`) */
  end(by: EndedBy, cause: string, routed: 'agent' | 'failed' | false = 'agent'): void {
    if (this.#over) return;
    const talked = this.#state === 'talking';
    this.#state = 'over';
    this.#ringing?.abort();
    this.#keeper.consulting(this, false);
    if (talked && this.#agent !== undefined) {
      this.#log.talkEnded(routed === false ? 'transferred' : 'agent');
      if (routed !== false) this.#tools.queueing.finished(this.interaction, this.#agent, routed);
    } else this.#tools.queueing.leave(this.interaction, 'failed');
    this.#log.ended(talked ? 'talking' : 'queued', by, cause, undefined);
  }

  /** This server goes. */
  abandon(): void {
    this.#state = 'over';
  }

  /** The queue gives it up, or somebody ends it from outside. */
  fail(): void {
    if (this.#over) return;
    this.end('system', 'queue-exit');
    this.#owner.consultFailed();
  }

  get #over(): boolean {
    return this.#state === 'over';
  }
}
