import { type Machine, machine } from '../../values/index.ts';
import type { ConversationPhase } from '../ports/index.ts';

/**
 * ```
 *   (first word) ──► bot ──enqueue──► queued ──offer──► offered ──accept──► active
 *                     ▲ ▲               │  ▲ │               │ │              │ │
 *                     │ └────exit───────┘  │ │◄──offer-over──┘ │              │ │
 *                     │ └────exit──────────┴─│─────────────────┘              │ │
 *                     │                      └── take (a person takes it) ──►  │ │
 *                     ├───────────────transfer (and on into the next queue)────┘ │
 *                     └───────────────back (the flow wants her back)─────────────┘
 *   (we write first) ─► bot ──take──► active                 any ──end──► closed
 * ```
 * `bot`: the flow answers; or nobody yet, where the channel's queue is closed or full: it is tried again.
 */
export type ConversationStep =
  | 'enqueue'
  | 'offer'
  | 'accept'
  | 'offer-over'
  | 'exit'
  | 'take'
  | 'transfer'
  | 'back'
  | 'end';

export const conversationMachine: Machine<ConversationPhase, ConversationStep> = machine('conversation', {
  bot: { enqueue: 'queued', take: 'active', end: 'closed' },
  queued: { offer: 'offered', exit: 'bot', take: 'active', end: 'closed' },
  offered: { accept: 'active', 'offer-over': 'queued', exit: 'bot', take: 'active', end: 'closed' },
  active: { transfer: 'bot', back: 'bot', take: 'active', end: 'closed' },
  closed: {},
});

/** Where the contact was, in the words of its record. */
export const recordPlace = {
  bot: 'ivr',
  queued: 'queue',
  offered: 'ringing',
  active: 'talk',
  closed: 'before',
} as const satisfies Record<ConversationPhase, string>;
