// The four transaction machines of RFC 3261 §17 with the corrections of RFC 6026, as tables.
import { type Machine, machine } from '../../../values/index.ts';

export type InviteClientState = 'calling' | 'proceeding' | 'completed' | 'accepted' | 'terminated';
export type InviteClientEvent =
  | 'provisional'
  | 'success'
  | 'failure'
  /** Timer A. */
  | 'retransmit'
  /** Timer B; after a CANCEL also its 64·T1 (RFC 3261 §9.1). */
  | 'timeout'
  /** Timer D. */
  | 'absorbed'
  /** Timer M. */
  | 'forks-over'
  | 'transport-error';

/**
 *             ┌─A─┐
 *             ▼   │  1xx                      B, error
 *           calling ─────► proceeding ──┐  calling, proceeding ─────► terminated
 *             │  │           │   │      │1xx
 *       ≥300  │  └────2xx────┼─┐ │◄─────┘
 *             ▼      ≥300    │ ▼ ▼ 2xx
 *         completed ◄────────┘ accepted      (2xx again, 1xx: stays; handed up as `again`)
 *             │ D  (≥300 again: ACK again)   │ M
 *             └────────► terminated ◄────────┘
 */
export const inviteClient: Machine<InviteClientState, InviteClientEvent> = machine('invite-client', {
  calling: {
    retransmit: 'calling',
    provisional: 'proceeding',
    success: 'accepted',
    failure: 'completed',
    timeout: 'terminated',
    'transport-error': 'terminated',
  },
  proceeding: {
    provisional: 'proceeding',
    success: 'accepted',
    failure: 'completed',
    timeout: 'terminated',
    'transport-error': 'terminated',
  },
  completed: {
    provisional: 'completed',
    success: 'completed',
    failure: 'completed',
    absorbed: 'terminated',
    'transport-error': 'completed',
  },
  accepted: {
    provisional: 'accepted',
    success: 'accepted',
    failure: 'accepted',
    'forks-over': 'terminated',
    'transport-error': 'accepted',
  },
  terminated: {},
});

export type NonInviteClientState = 'trying' | 'proceeding' | 'completed' | 'terminated';
export type NonInviteClientEvent =
  | 'provisional'
  | 'final'
  /** Timer E. */
  | 'retransmit'
  /** Timer F. */
  | 'timeout'
  /** Timer K. */
  | 'absorbed'
  | 'transport-error';

/**
 *   ┌─E─┐        ┌─E, 1xx─┐
 *   ▼   │  1xx   ▼        │  final            K
 *   trying ────► proceeding ──────► completed ────► terminated
 *     └──────────final────────────────►▲                ▲
 *   trying, proceeding ──F, error───────────────────────┘
 */
export const nonInviteClient: Machine<NonInviteClientState, NonInviteClientEvent> = machine('non-invite-client', {
  trying: {
    retransmit: 'trying',
    provisional: 'proceeding',
    final: 'completed',
    timeout: 'terminated',
    'transport-error': 'terminated',
  },
  proceeding: {
    retransmit: 'proceeding',
    provisional: 'proceeding',
    final: 'completed',
    timeout: 'terminated',
    'transport-error': 'terminated',
  },
  completed: {
    provisional: 'completed',
    final: 'completed',
    absorbed: 'terminated',
    'transport-error': 'completed',
  },
  terminated: {},
});

export type InviteServerState = 'proceeding' | 'completed' | 'confirmed' | 'accepted' | 'terminated';
export type InviteServerEvent =
  | 'request'
  | 'ack'
  | 'provisional'
  | 'success'
  | 'failure'
  /** Timer G. */
  | 'retransmit'
  /** Timer H. */
  | 'timeout'
  /** Timer I. */
  | 'absorbed'
  /** Timer L. */
  | 'acks-over'
  | 'transport-error';

/**
 *    ┌─INVITE again, 1xx─┐
 *    ▼                   │  2xx                    L
 *   proceeding ───────────────► accepted ────────────────► terminated
 *    │                           (INVITE again: absorbed)    ▲  ▲
 *    │ ≥300         ACK                I                     │  │
 *    └──► completed ────► confirmed ─────────────────────────┘  │
 *         (G, INVITE again: response again)                     │
 *   completed ──H──► · proceeding, completed ──error────────────┘
 */
export const inviteServer: Machine<InviteServerState, InviteServerEvent> = machine('invite-server', {
  proceeding: {
    request: 'proceeding',
    provisional: 'proceeding',
    success: 'accepted',
    failure: 'completed',
    'transport-error': 'terminated',
  },
  completed: {
    request: 'completed',
    retransmit: 'completed',
    ack: 'confirmed',
    timeout: 'terminated',
    'transport-error': 'terminated',
  },
  confirmed: { request: 'confirmed', ack: 'confirmed', absorbed: 'terminated', 'transport-error': 'confirmed' },
  accepted: { request: 'accepted', ack: 'accepted', 'acks-over': 'terminated', 'transport-error': 'accepted' },
  terminated: {},
});

export type NonInviteServerState = 'trying' | 'proceeding' | 'completed' | 'terminated';
export type NonInviteServerEvent =
  | 'request'
  | 'provisional'
  | 'final'
  /** Nobody answered in 64·T1: the client's timer F has run out (not in the RFC, which would wait for ever). */
  | 'abandoned'
  /** Timer J. */
  | 'absorbed'
  | 'transport-error';

/**
 *            1xx              final             J
 *   trying ──────► proceeding ──────► completed ────► terminated
 *     └───────────────final─────────────►▲              ▲
 *   trying, proceeding ──abandoned, error───────────────┘
 *   (request again: trying nothing, else the last response again)
 */
export const nonInviteServer: Machine<NonInviteServerState, NonInviteServerEvent> = machine('non-invite-server', {
  trying: {
    request: 'trying',
    provisional: 'proceeding',
    final: 'completed',
    abandoned: 'terminated',
    'transport-error': 'terminated',
  },
  proceeding: {
    request: 'proceeding',
    provisional: 'proceeding',
    final: 'completed',
    abandoned: 'terminated',
    'transport-error': 'terminated',
  },
  completed: { request: 'completed', absorbed: 'terminated', 'transport-error': 'terminated' },
  terminated: {},
});
