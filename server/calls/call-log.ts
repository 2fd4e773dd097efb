// A call's hand at the journal: every fact of it as an event, with the scope that it belongs to.
import type { Quality, SealedRecording } from '../../media/media-server.ts';
import type { AgentId, OfferId, QueueId } from '../../values/index.ts';
import {
  interactionAnswered,
  interactionEnded,
  interactionFlowEntered,
  interactionHeld,
  interactionIdentified,
  interactionParked,
  interactionParty,
  interactionQuality,
  interactionResumed,
  interactionRetrieved,
  interactionStarted,
  interactionStep,
  interactionTalkEnded,
  interactionTransferred,
  recordingEnded,
  recordingStarted,
} from '../customers/index.ts';
import { type EventScope, type EventType, newEvent } from '../journal/index.ts';
import { type MonitorMode, type TransferTarget, teamOf } from '../ports/index.ts';
import type { Leg, LegEnding } from '../signaling/index.ts';
import type { CallFacts, PathStep } from './call-facts.ts';
import { type CallState, recordPlace } from './call-states.ts';
import type { CallTools } from './call-tools.ts';
import {
  callAdopted,
  callAnswered,
  callDetourEnded,
  callFlowFaulted,
  callLegEnded,
  callMonitored,
  callRang,
  callRecordingPaused,
  callRecordingResumed,
  callTransferFailed,
} from './events.ts';
import { type Guest, type GuestState, targetOf } from './guest.ts';

export type EndedBy = 'customer' | 'agent' | 'flow' | 'system' | 'network';

export class CallLog {
  readonly #tools: Pick<CallTools, 'journal' | 'clock' | 'directory'>;
  readonly #facts: CallFacts;
  /** Who is on the call now, for the scope. */
  agent: AgentId | undefined;
  queue: QueueId | undefined;
  /** Number of the event that began the contact, once it is committed. */
  startedSeq: number | undefined;

  constructor(tools: Pick<CallTools, 'journal' | 'clock' | 'directory'>, facts: CallFacts) {
    this.#tools = tools;
    this.#facts = facts;
  }

  started(): void {
    const { direction, callId, from, fromDialled, fromName, to, toDialled, trunk, did, language, customer } =
      this.#facts;
    const at = this.#facts.startedAt;
    const scope = this.#scope();
    const events = [
      newEvent(
        interactionStarted,
        at,
        {
          channel: 'voice' as const,
          direction,
          callId,
          trunk,
          did,
          language,
          from,
          fromDialled,
          fromName,
          to,
          toDialled,
        },
        scope,
      ),
    ];
    if (customer) events.push(newEvent(interactionIdentified, at, { by: 'number' as const }, scope));
    this.#tools.journal.append(events).then(({ seq }) => {
      if (seq !== undefined) this.startedSeq = seq - events.length + 1;
    });
  }

  answered(leg: Leg): void {
    this.#append(callAnswered, { leg: leg.id, setupMs: Math.max(0, this.#now() - this.#facts.startedAt) });
  }

  flowEntered(flow: string, version: string, why: 'start' | 'detour'): void {
    this.#append(interactionFlowEntered, { flow, version, why });
  }

  step(step: PathStep, flow: string): void {
    const { node, type, label, value } = step;
    this.#append(interactionStep, { flow, node, type, label, value });
  }

  flowFaulted(flow: string, node: string, code: string, sentence: string): void {
    this.#append(callFlowFaulted, { flow, node, code, sentence });
  }

  rang(offer: OfferId | undefined, phones: number, ringMs: number, status: number | undefined, agent?: AgentId): void {
    this.#append(callRang, { offer, phones, ringMs, status }, agent);
  }

  connected(offer: OfferId | undefined, waitMs: number | undefined): void {
    this.#append(interactionAnswered, { offer, waitMs });
  }

  held(): void {
    this.#append(interactionHeld, {});
  }

  resumed(): void {
    this.#append(interactionResumed, {});
  }

  transferred(to: TransferTarget | { flow: string }): void {
    const [kind, name] = Object.entries(to)[0] as ['queue' | 'agent' | 'number' | 'flow', string];
    this.#append(interactionTransferred, { kind, to: name });
  }

  transferFailed(how: 'busy' | 'no-answer' | 'failed', status: number | undefined): void {
    this.#append(callTransferFailed, { how, status });
  }

  talkEnded(why: 'customer' | 'agent' | 'transferred' | 'detour' | 'failed'): void {
    this.#append(interactionTalkEnded, { why });
  }

  party({ facts }: Guest, state: GuestState | 'has-it', why?: string): void {
    const { id: party, as, agent: who, by } = facts;
    const data = { party, as, ...targetOf(facts.to), who, by, state, why: why && withoutNumbers(why) };
    this.#append(interactionParty, data);
  }

  /** @param of whose talk it is */
  monitored(
    by: AgentId,
    mode: MonitorMode,
    what: 'asked' | 'began' | 'changed' | 'took-over' | 'ended',
    of: AgentId | undefined,
  ): void {
    this.#append(callMonitored, { by, mode, what }, of);
  }

  parked(slot: string, by: AgentId): void {
    this.#append(interactionParked, { slot, by });
  }

  retrieved(slot: string, how: 'agent' | 'timeout', ms: number): void {
    this.#append(interactionRetrieved, { slot, how, ms });
  }

  detourEnded(flow: string, result: string, ms: number): void {
    this.#append(callDetourEnded, { flow, result, ms });
  }

  recordingStarted(recording: string): void {
    this.#append(recordingStarted, { recording });
  }

  recordingPaused(recording: string): void {
    this.#append(callRecordingPaused, { recording });
  }

  recordingResumed(recording: string): void {
    this.#append(callRecordingResumed, { recording });
  }

  recordingEnded(recording: string, { ms, bytes, sha256 }: SealedRecording): void {
    this.#append(recordingEnded, { recording, ms, bytes, sha256 });
  }

  adopted(phase: Exclude<CallState, 'setup' | 'ended'>): void {
    this.#append(callAdopted, { phase });
  }

  legEnded(leg: Leg, ending: LegEnding): void {
    this.#append(
      callLegEnded,
      {
        leg: leg.id,
        role: leg.role,
        sipCallId: leg.sipCallId,
        by: ending.by,
        cause: withoutNumbers(ending.cause),
        status: ending.status,
      },
      leg.agent,
    );
  }

  /** Comes after the end of the leg, and often after the end of the call. */
  quality(leg: Leg, party: 'customer' | 'agent' | 'other', quality: Quality): void {
    const { codec, received, lost, jitterMs, rttMs, mos } = quality;
    this.#append(interactionQuality, { leg: leg.id, party, codec, received, lost, jitterMs, rttMs, mos }, leg.agent);
  }

  ended(state: CallState, by: EndedBy, cause: string, sipStatus: number | undefined, at = this.#now()): void {
    const event = newEvent(
      interactionEnded,
      at,
      { where: recordPlace[state], by, cause: withoutNumbers(cause), sipStatus },
      this.#scope(),
    );
    void this.#tools.journal.append([event]);
  }

  /** @param agent whose fact it is; absent: of whoever is on the call */
  #append<Data extends object>(type: EventType<Data>, data: Data, agent?: AgentId): void {
    // Never rejects: a full disk raises an alarm in the journal, and ends no call.
    void this.#tools.journal.append([newEvent(type, this.#now(), data, this.#scope(agent))]);
  }

  #scope(agent = this.agent): EventScope {
    const { interaction, customer, did } = this.#facts;
    const { queue } = this;
    const team = teamOf(this.#tools.directory, { queue, agent: this.agent, did });
    return { interaction, agent, queue, customer: customer?.id, team };
  }

  #now(): number {
    return this.#tools.clock.now();
  }
}

/** A far side's reason phrase is its own text: short, and without a number that nobody could erase from the journal again. */
function withoutNumbers(cause: string): string {
  if (cause.length < 7) return cause;
  return cause.startsWith('ended by ') ? cause : cause.slice(0, 100).replace(/\+?\d{7,}/g, '…');
}
