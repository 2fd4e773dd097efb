// Whether an agent wants contacts. What she does with each contact is a state of its own (work.ts).
import { machine } from '../../values/index.ts';

/**
 * ```
 *            sign-in                ready
 *  offline ──────────► not-ready ◄──────────► ready
 *     ▲  ▲   sign-out   │    ▲    not-ready     │
 *     │  └──────────────┘    │ not-ready        │ sign-out with contacts at work
 *     │                      ▼                  ▼
 *     └───────────────────────── leaving ◄──────┘      (ready again: she changed her mind)
 *          last contact done
 * ```
 * An agent signed out who turns out to have a contact (`adopted`) is `leaving` until that is done.
 */
export type Presence = 'offline' | 'not-ready' | 'ready' | 'leaving';

export type PresenceStep = 'sign-in' | 'ready' | 'not-ready' | 'leave' | 'gone' | 'adopted';

export const presenceMachine = machine<Presence, PresenceStep>('acd-presence', {
  offline: { 'sign-in': 'not-ready', adopted: 'leaving' },
  'not-ready': { ready: 'ready', 'not-ready': 'not-ready', leave: 'leaving', gone: 'offline' },
  ready: { 'not-ready': 'not-ready', leave: 'leaving', gone: 'offline' },
  leaving: { ready: 'ready', 'not-ready': 'not-ready', gone: 'offline' },
});

/** Reasons that the router itself gives; desks and administrators add their own. */
export const systemReasons = [
  'signed-in',
  'rona',
  'declined',
  'phone-unreachable',
  'panel-lost',
  'disposition-missing',
] as const;
