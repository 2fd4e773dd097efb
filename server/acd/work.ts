// What an agent does with one contact. A work item has the id of the offer that began it (an own call: its own id),
// because one contact can come back to the same agent while she still wraps up its first part.
import { machine } from '../../values/index.ts';

/**
 * ```
 *  offered ──accepted──► connected ──ended, moved──► wrap-up ──done, deadline──► (gone)
 *     │  ▲                    ▲          └── no wrap-up ──► (gone)
 *     │  │ deadline,          │ accepted after all
 *     │  │ withdrawn          │
 *     ▼                       │
 *  withdrawing ───────────────┘
 *     └──confirmed, grace over──► (gone)        offered ──declined, missed, unreachable──► (gone)
 *
 *  own ──released──► (gone)
 * ```
 * `offered`, `withdrawing` and `wrap-up` have a deadline; `connected` and `own` are owned by live legs and compared
 * with them by the reconciler.
 */
export type WorkState = 'offered' | 'withdrawing' | 'connected' | 'wrap-up' | 'own' | 'gone';

export type WorkStep = 'accept' | 'withdraw' | 'end' | 'wrap-up';

export const workMachine = machine<WorkState, WorkStep>('acd-work', {
  offered: { accept: 'connected', withdraw: 'withdrawing', end: 'gone' },
  withdrawing: { accept: 'connected', end: 'gone' },
  connected: { 'wrap-up': 'wrap-up', end: 'gone' },
  'wrap-up': { end: 'gone' },
  own: { end: 'gone' },
  gone: {},
});

/**
 * Where a contact is. It is in the state from `enqueue` to its end and never lost in between.
 * ```
 *  waiting ──offer──► offered ──accepted──► connected
 *     ▲  └─────overflow, left──► (gone)        │   └──left──► (gone)
 *     └──────not accepted──┘                   │
 *     └──────────moved to a queue or agent─────┘
 * ```
 * `waiting` has a deadline (the queue's longest wait), `offered` the offer's, `connected` is owned by the agent.
 */
export type ContactState = 'waiting' | 'offered' | 'connected' | 'gone';

export type ContactStep = 'offer' | 'accept' | 'requeue' | 'leave';

export const contactMachine = machine<ContactState, ContactStep>('acd-contact', {
  waiting: { offer: 'offered', requeue: 'waiting', accept: 'connected', leave: 'gone' },
  offered: { accept: 'connected', requeue: 'waiting', leave: 'gone' },
  connected: { requeue: 'waiting', accept: 'connected', leave: 'gone' },
  gone: {},
});
