// What the desk and the API ask of calls. Implemented by server/calls.
import type { EventEmitter } from 'node:events';
import type { AgentId, Direction, InteractionId, Language, Millis, OfferId, QueueId } from '../../values/index.ts';

/** `ivr`: in a flow; `queued`: waiting; `ringing`: an agent's phone; `talking`; `held`; `detour`: sent into a flow by the agent. */
export type CallPhase = 'ivr' | 'queued' | 'ringing' | 'talking' | 'held' | 'detour' | 'transferring' | 'ended';

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
  /** Sends the caller into a flow; the agent waits and gets the caller back with the flow's result. @throws flow-unknown */
  detour(agent: AgentId, interaction: InteractionId, flow: string): Promise<Record<string, string>>;
  hangup(agent: AgentId, interaction: InteractionId): Promise<void>;
  sendDtmf(agent: AgentId, interaction: InteractionId, digits: string): Promise<void>;
  pauseRecording(agent: AgentId, interaction: InteractionId): void;
  resumeRecording(agent: AgentId, interaction: InteractionId): void;
  /** Whose phones can be made to answer by the panel. */
  canAnswer(agent: AgentId): boolean;
  /** Ends every call of an engine or trunk that is drained, or one call by a supervisor. */
  end(interaction: InteractionId, by: string): Promise<void>;
}
