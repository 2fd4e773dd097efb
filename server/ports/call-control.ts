// What the desk and the API ask of calls. Implemented by server/calls.
import type { EventEmitter } from 'node:events';
import type {
  AgentId,
  Direction,
  InteractionId,
  Language,
  Millis,
  OfferId,
  PopContent,
  QueueId,
} from '../../values/index.ts';

/**
 * `ivr`: in a flow; `queued`: waiting; `ringing`: an agent's phone, or the far side of an agent's own call; `talking`; `held`;
 * `consulting`: the agent asks somebody while the customer hears music; `conference`: more than two talk; `detour`: sent into a
 * flow by the agent; `parked`: waits at a slot.
 */
export type CallPhase =
  | 'ivr'
  | 'queued'
  | 'ringing'
  | 'talking'
  | 'held'
  | 'consulting'
  | 'conference'
  | 'detour'
  | 'transferring'
  | 'parked'
  | 'ended';

/** How a supervisor is in a talk: hears it; speaks to the agent alone; speaks to all. */
export type MonitorMode = 'listen' | 'whisper' | 'barge';

/** Somebody in a call beside the customer and the agent. */
export interface PartyView {
  party: string;
  /** Asked by the agent, added to the talk, or a supervisor. */
  as: 'consult' | 'add' | 'monitor';
  /** `calling`: rings, or waits in a queue; `private`: talks with the agent alone; `aside`: hears music; `in`: in the talk. */
  state: 'calling' | 'private' | 'aside' | 'in';
  kind: 'queue' | 'agent' | 'number';
  /** Queue, agent or number as asked for. */
  to: string;
  /** The agent who it is, once known. */
  agent?: AgentId | undefined;
  mode?: MonitorMode | undefined;
  /** Of the state. */
  since: Millis;
}

export interface CallView {
  interaction: InteractionId;
  callId: string;
  direction: Direction;
  phase: CallPhase;
  since: Millis;
  startedAt: Millis;
  from?: string | undefined;
  to: string;
  trunk?: string | undefined;
  did?: string | undefined;
  flow?: string | undefined;
  node?: string | undefined;
  queue?: QueueId | undefined;
  agent?: AgentId | undefined;
  language: Language;
  recording: 'on' | 'paused' | 'off';
  variables: Record<string, string>;
  parties?: PartyView[] | undefined;
  /** Where it waits, while it is parked: the slot, who parked it, and until when. */
  park?: { slot: string; by: AgentId; until: Millis } | undefined;
  /** How a detour ended that began before a restart of the server: by itself, or cut short (`result: 'interrupted'`). */
  detourEnded?: { flow: string; result: Record<string, string> } | undefined;
}

/** A call that an agent asks for: to a colleague or a number; a queue to which it counts. */
export interface DialRequest {
  to: { agent: AgentId } | { number: string };
  /** Default: the first of her queues. */
  queue?: QueueId | undefined;
}

export type TransferTarget = { queue: QueueId } | { agent: AgentId } | { number: string };

export interface CallControlEvents {
  changed: [CallView];
  ended: [CallView];
}

/**
 * All take the agent who asks; she must be on that call.
 * @throws call-unknown, call-not-yours, call-wrong-phase and what is said at each
 */
export interface CallControl extends EventEmitter<CallControlEvents> {
  list(): CallView[];
  get(interaction: InteractionId): CallView | undefined;
  /** Makes her ringing phone answer (`Answer-Mode`/`Call-Info` and a talk event), where enabled. @throws phone-cannot-auto-answer */
  answer(agent: AgentId, offer: OfferId): Promise<void>;
  hold(agent: AgentId, interaction: InteractionId): Promise<void>;
  resume(agent: AgentId, interaction: InteractionId): Promise<void>;
  /** Blind. @throws queue-unknown, agent-unknown, number-not-allowed */
  transfer(agent: AgentId, interaction: InteractionId, to: TransferTarget): Promise<void>;
  /**
   * Asks an agent, a number or a queue while the customer hears music. Resolves when it rings, or waits in the queue.
   * @returns the new party @throws queue-unknown, agent-unknown, number-not-allowed, call-too-many-parties
   */
  consult(agent: AgentId, interaction: InteractionId, to: TransferTarget): Promise<string>;
  /** To the other of customer and consulted party and back. */
  swap(agent: AgentId, interaction: InteractionId): Promise<void>;
  /** Customer, agent and consulted party talk together. */
  merge(agent: AgentId, interaction: InteractionId): Promise<void>;
  /** The customer goes over to the consulted party; her own part is over. While it rings: a blind transfer to it. */
  complete(agent: AgentId, interaction: InteractionId): Promise<void>;
  /** Lets the consulted party go and takes the customer back. */
  retract(agent: AgentId, interaction: InteractionId): Promise<void>;
  /** Calls somebody into the talk, which goes on meanwhile. @returns the new party @throws as consult */
  invite(agent: AgentId, interaction: InteractionId, to: { agent: AgentId } | { number: string }): Promise<string>;
  /** Takes a party out that was consulted or added. @throws party-unknown */
  drop(agent: AgentId, interaction: InteractionId, party: string): Promise<void>;
  /** She leaves a conference, and the others go on. */
  leave(agent: AgentId, interaction: InteractionId): Promise<void>;
  /** The customer waits at a slot until somebody retrieves her, or comes back after a time. @returns the slot @throws park-full */
  park(agent: AgentId, interaction: InteractionId): Promise<string>;
  /** Rings her phone and gives her the parked call. @throws park-slot-empty, phone-unreachable */
  unpark(agent: AgentId, slot: string): Promise<InteractionId>;
  /** Rings her phone, then who was asked for. @throws agent-unknown, queue-unknown, number-not-allowed, phone-unreachable */
  dial(agent: AgentId, request: DialRequest): Promise<InteractionId>;
  /**
   * Rings the supervisor's phone and puts her into the talk; where she is in it already, changes how.
   * Whether she may is the caller's to know. @throws call-unknown, call-wrong-phase, phone-unreachable
   */
  monitor(supervisor: AgentId, interaction: InteractionId, mode: MonitorMode): Promise<void>;
  /** Ends listening. @throws party-unknown */
  unmonitor(supervisor: AgentId, interaction: InteractionId): Promise<void>;
  /** Who listens takes the customer; the agent's part is over. @throws party-unknown where she is not in the talk */
  takeOver(supervisor: AgentId, interaction: InteractionId): Promise<void>;
  /** What her screen shows of a call. */
  content(interaction: InteractionId): PopContent | undefined;
  /**
   * Sends the caller into a flow; the agent waits and gets the caller back with the flow's `result`, and the variables that it
   * set. @throws flow-unknown
   */
  detour(agent: AgentId, interaction: InteractionId, flow: string): Promise<Record<string, string>>;
  /** Ends the call for everybody, also her own call that still rings; who is only a party of it goes out, or declines. */
  hangup(agent: AgentId, interaction: InteractionId): Promise<void>;
  /** To the customer's side, or to whom she asks alone. */
  sendDtmf(agent: AgentId, interaction: InteractionId, digits: string): Promise<void>;
  pauseRecording(agent: AgentId, interaction: InteractionId): void;
  resumeRecording(agent: AgentId, interaction: InteractionId): void;
  /** Whose phones can be made to answer by the panel. */
  canAnswer(agent: AgentId): boolean;
  /** Ends every call of an engine or trunk that is drained, or one call by a supervisor. */
  end(interaction: InteractionId, by: string): Promise<void>;
}
