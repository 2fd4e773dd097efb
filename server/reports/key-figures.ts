// From counts to key figures, by their published definitions. Undefined where a denominator is 0.
import type { AgentFigure, QueueFigure } from './figures.ts';
import { type ServiceLevelVariant, serviceLevel, share } from './service-level.ts';

export type QueueCounts = Record<QueueFigure | 'longest_wait_ms', number>;
export type AgentCounts = Record<AgentFigure, number>;

export interface QueueKeyFigures {
  offered: number;
  answered: number;
  answeredInTime: number;
  abandoned: number;
  abandonedInTime: number;
  /** Left without an answer for other reasons than giving up. */
  left: Record<
    'overflow' | 'empty' | 'closed' | 'full' | 'removed' | 'moved' | 'flow' | 'callback' | 'answered' | 'failed',
    number
  >;
  offers: number;
  /** Offers that no agent took (agent non-response), by how. */
  notTaken: Record<'missed' | 'declined' | 'unreachable', number>;
  handled: number;
  transferred: number;
  dispositionsMissing: number;
  /** In the variant that was asked for, 0 to 1. */
  serviceLevel: number | undefined;
  /** All variants: a answered ≤ T / answered, b / (answered + abandoned), c with the abandoned ≤ T / offered, d / (offered − abandoned ≤ T). */
  serviceLevels: Record<ServiceLevelVariant, number | undefined>;
  /** Abandoned / offered. A contact that chose to be called back did not abandon. */
  abandonRate: number | undefined;
  /** ASA: wait of the answered / answered. */
  averageAnswerMs: number | undefined;
  averageAbandonMs: number | undefined;
  longestWaitMs: number;
  /** AHT: (talk + hold + wrap-up) / handled. */
  averageHandleMs: number | undefined;
  talkMs: number;
  holdMs: number;
  wrapUpMs: number;
  transferRate: number | undefined;
}

export function queueKeyFigures(counts: QueueCounts, variant: ServiceLevelVariant): QueueKeyFigures {
  const level = {
    offered: counts.offered,
    answered: counts.answered,
    answeredInTime: counts.answered_in_time,
    abandoned: counts.abandoned,
    abandonedInTime: counts.abandoned_in_time,
  };
  const serviceLevels = {
    a: serviceLevel('a', level),
    b: serviceLevel('b', level),
    c: serviceLevel('c', level),
    d: serviceLevel('d', level),
  };
  return {
    ...level,
    left: {
      overflow: counts.overflowed,
      empty: counts.empty,
      closed: counts.closed,
      full: counts.full,
      removed: counts.removed,
      moved: counts.moved,
      flow: counts.to_flow,
      callback: counts.to_callback,
      answered: counts.answered_aside,
      failed: counts.failed,
    },
    offers: counts.offers,
    notTaken: { missed: counts.missed, declined: counts.declined, unreachable: counts.unreachable },
    handled: counts.handled,
    transferred: counts.transferred,
    dispositionsMissing: counts.dispositions_missing,
    serviceLevel: serviceLevels[variant],
    serviceLevels,
    abandonRate: share(counts.abandoned, counts.offered),
    averageAnswerMs: share(counts.wait_ms, counts.answered),
    averageAbandonMs: share(counts.abandoned_wait_ms, counts.abandoned),
    longestWaitMs: counts.longest_wait_ms,
    averageHandleMs: share(counts.talk_ms + counts.hold_ms + counts.wrap_up_ms, counts.handled),
    talkMs: counts.talk_ms,
    holdMs: counts.hold_ms,
    wrapUpMs: counts.wrap_up_ms,
    transferRate: share(counts.transferred, counts.handled),
  };
}

export interface AgentKeyFigures {
  signedInMs: number;
  availableMs: number;
  ringMs: number;
  talkMs: number;
  holdMs: number;
  wrapUpMs: number;
  ownMs: number;
  notReadyMs: number;
  /** Of the time not ready, by reason, with its share of the time signed in. */
  reasons: { reason: string; ms: number; share: number | undefined }[];
  /** (Talk + hold + wrap-up) / (talk + hold + wrap-up + available). */
  occupancy: number | undefined;
  /** (Talk + hold + wrap-up + ringing + own calls) / signed in. */
  utilisation: number | undefined;
  offers: number;
  answered: number;
  missed: number;
  declined: number;
  unreachable: number;
  handled: number;
  transferred: number;
  dispositionsMissing: number;
  /** Over her contacts, which may lie beside each other: (talk + hold + wrap-up) / handled. */
  averageHandleMs: number | undefined;
  averageTalkMs: number | undefined;
  averageWrapUpMs: number | undefined;
  /** Missed / offers. */
  missedRate: number | undefined;
}

export function agentKeyFigures(counts: AgentCounts, reasons: ReadonlyMap<string, number>): AgentKeyFigures {
  const { talk_ms: talkMs, hold_ms: holdMs, wrap_up_ms: wrapUpMs, available_ms: availableMs } = counts;
  const { ring_ms: ringMs, own_ms: ownMs, not_ready_ms: notReadyMs } = counts;
  const handling = talkMs + holdMs + wrapUpMs;
  const signedInMs = handling + ringMs + ownMs + notReadyMs + availableMs;
  const contacts = counts.contact_talk_ms + counts.contact_hold_ms + counts.contact_wrap_up_ms;
  return {
    signedInMs,
    availableMs,
    ringMs,
    talkMs,
    holdMs,
    wrapUpMs,
    ownMs,
    notReadyMs,
    reasons: [...reasons]
      .map(([reason, ms]) => ({ reason, ms, share: share(ms, signedInMs) }))
      .sort((one, other) => other.ms - one.ms || (one.reason < other.reason ? -1 : 1)),
    occupancy: share(handling, handling + availableMs),
    utilisation: share(handling + ringMs + ownMs, signedInMs),
    offers: counts.offers,
    answered: counts.answered,
    missed: counts.missed,
    declined: counts.declined,
    unreachable: counts.unreachable,
    handled: counts.handled,
    transferred: counts.transferred,
    dispositionsMissing: counts.dispositions_missing,
    averageHandleMs: share(contacts, counts.handled),
    averageTalkMs: share(counts.contact_talk_ms, counts.handled),
    averageWrapUpMs: share(counts.contact_wrap_up_ms, counts.handled),
    missedRate: share(counts.missed, counts.offers),
  };
}
