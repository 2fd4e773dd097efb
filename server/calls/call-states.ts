// The states of a call, for all of its life.

import { machine } from '../../values/index.ts';
import type { CallPhase } from '../ports/index.ts';

/** `setup`: not answered yet, or an agent's own call that rings at the far side; else as CallPhase. */
export type CallState = 'setup' | CallPhase;

export type CallEvent =
  | 'answered'
  | 'enqueued'
  | 'offered'
  | 'offer-over'
  | 'accepted'
  | 'queue-exit'
  | 'held'
  | 'resumed'
  | 'detoured'
  | 'detour-over'
  | 'agent-left'
  | 'dialling'
  | 'dial-failed'
  | 'connected'
  | 'over';

/**
 * ```
 *   setup ──answered──▶ ivr ──enqueued──▶ queued ⇄ ringing ──accepted──▶ talking ⇄ held
 *     │                  ▲ ◀──queue-exit──┘                               │  ⇅
 *     │                  ├───────────agent-left (flow goes on)────────────┤ detour
 *     │                  └──dial-failed── transferring ◀──dialling────────┘
 *     └──connected (own call)──▶ talking ◀──connected──┘      every state ──over──▶ ended
 * ```
 */
export const callStates = machine<CallState, CallEvent>('call', {
  setup: { answered: 'ivr', connected: 'talking', over: 'ended' },
  ivr: { enqueued: 'queued', dialling: 'transferring', over: 'ended' },
  queued: { offered: 'ringing', 'queue-exit': 'ivr', enqueued: 'queued', over: 'ended' },
  ringing: { accepted: 'talking', 'offer-over': 'queued', 'queue-exit': 'ivr', over: 'ended' },
  talking: {
    held: 'held',
    detoured: 'detour',
    enqueued: 'queued',
    dialling: 'transferring',
    'agent-left': 'ivr',
    over: 'ended',
  },
  held: {
    resumed: 'talking',
    detoured: 'detour',
    enqueued: 'queued',
    dialling: 'transferring',
    'agent-left': 'ivr',
    over: 'ended',
  },
  detour: { 'detour-over': 'talking', 'agent-left': 'ivr', over: 'ended' },
  transferring: { connected: 'talking', 'dial-failed': 'ivr', enqueued: 'queued', over: 'ended' },
  ended: {},
});

/** Where the record says that the call ended. */
export const recordPlace = {
  setup: 'before',
  ivr: 'ivr',
  queued: 'queue',
  ringing: 'ringing',
  talking: 'talk',
  held: 'talk',
  detour: 'detour',
  transferring: 'transfer',
  ended: 'talk',
} as const satisfies Record<CallState, string>;
