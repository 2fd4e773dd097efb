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
  | 'consulted'
  | 'consult-over'
  | 'customer-back'
  | 'joined'
  | 'party-left'
  | 'handed'
  | 'parked'
  | 'retrieved'
  | 'over';

/**
 * ```
 *   setup ──answered──▶ ivr ──enqueued──▶ queued ⇄ ringing ──accepted──▶ talking ⇄ held
 *     │                  ▲ ◀──queue-exit──┘ ▲                             │  ⇅
 *     │                  ├───────────agent-left (flow goes on)────────────┤ detour
 *     │                  └──dial-failed── transferring ◀──dialling────────┘
 *     └──connected (own call)──▶ talking ◀──connected──┘      every state ──over──▶ ended
 *
 *   talking, held ──consulted──▶ consulting ──customer-back (swapped, taken back)──▶ talking
 *                                    │  ├──consult-over (gone, declined)──▶ held
 *                                    │  └──joined──▶ conference ◀──joined── talking
 *                                    ▼                  ├──party-left──▶ talking
 *                                 talking ◀──handed─────┘        (handed: the agent is out, another has her part)
 *
 *   talking, held ──parked──▶ parked ──retrieved──▶ talking
 *                               └──enqueued (nobody came for her)──▶ queued
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
    consulted: 'consulting',
    joined: 'conference',
    handed: 'talking',
    parked: 'parked',
    enqueued: 'queued',
    dialling: 'transferring',
    'agent-left': 'ivr',
    over: 'ended',
  },
  held: {
    resumed: 'talking',
    detoured: 'detour',
    consulted: 'consulting',
    handed: 'talking',
    parked: 'parked',
    enqueued: 'queued',
    dialling: 'transferring',
    'agent-left': 'ivr',
    over: 'ended',
  },
  consulting: {
    'consult-over': 'held',
    'customer-back': 'talking',
    joined: 'conference',
    handed: 'talking',
    enqueued: 'queued',
    dialling: 'transferring',
    'agent-left': 'ivr',
    over: 'ended',
  },
  conference: {
    joined: 'conference',
    'party-left': 'talking',
    handed: 'talking',
    enqueued: 'queued',
    dialling: 'transferring',
    'agent-left': 'ivr',
    over: 'ended',
  },
  detour: { 'detour-over': 'talking', 'agent-left': 'ivr', over: 'ended' },
  transferring: { connected: 'talking', 'dial-failed': 'ivr', enqueued: 'queued', over: 'ended' },
  parked: { retrieved: 'talking', enqueued: 'queued', over: 'ended' },
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
  consulting: 'talk',
  conference: 'talk',
  detour: 'detour',
  transferring: 'transfer',
  parked: 'park',
  ended: 'talk',
} as const satisfies Record<CallState, string>;
