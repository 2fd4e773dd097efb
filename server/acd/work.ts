// What an agent does with one contact. A work item has the id of the offer that began it, because one contact can come back to the same agent while she still wraps up its first part.
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
 * ```
 * `offered`, `withdrawing` and `wrap-up` have a deadline; `connected` is owned by live legs and compared with them by the
 * reconciler. Two steps (withdraw, confirm) because she may answer at the moment of the deadline: the contact is not
 * offered elsewhere before ringing has ended.
 */
export type WorkState = 'offered' | 'withdrawing' | 'connected' | 'wrap-up' | 'gone';

export type WorkStep = 'accept' | 'withdraw' | 'end' | 'wrap-up';

export const workMachine = machine<WorkState, WorkStep>('acd-work', {
  offered: { accept: 'connected', withdraw: 'withdrawing', end: 'gone' },
  withdrawing: { accept: 'connected', end: 'gone' },
  connected: { 'wrap-up': 'wrap-up', end: 'gone' },
  'wrap-up': { end: 'gone' },
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
 * `adopt` (reality wins) leads from every state to `connected`. `waiting` has a deadline (the queue's longest wait), `offered` the offer's, `connected` is owned by the agent.
 */
export type ContactState = 'waiting' | 'offered' | 'connected' | 'gone';

export type ContactStep = 'offer' | 'accept' | 'requeue' | 'adopt' | 'leave';

export const contactMachine = machine<ContactState, ContactStep>('acd-contact', {
  waiting: { offer: 'offered', requeue: 'waiting', adopt: 'connected', leave: 'gone' },
  offered: { accept: 'connected', requeue: 'waiting', adopt: 'connected', leave: 'gone' },
  connected: { requeue: 'waiting', adopt: 'connected', leave: 'gone' },
  gone: {},
});
