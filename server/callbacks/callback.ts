// A callback: whom to call back, when, and what came of it so far.
import type { AgentId, CustomerId, InteractionId, Language, Millis, QueueId } from '../../values/index.ts';
import { machine } from '../../values/index.ts';

/**
 * ```
 *  scheduled ──due──► queued ──she is there──► dialling ──answered──► done
 *    │  ▲  ▲            │ │                       │
 *    │  │  └──exit of───┘ │ (window over)         ├── not reached, attempts left ──► scheduled
 *    │  │     the queue   ▼                       └── not reached, none left ──► failed
 *    │  └─────────────  expired
 *    ├── cancelled (also from queued)
 *    └── window over ──► expired
 * ```
 */
export type CallbackState = 'scheduled' | 'queued' | 'dialling' | 'done' | 'failed' | 'expired' | 'cancelled';

export type CallbackStep = 'due' | 'agent-there' | 'again' | 'reached' | 'use-up' | 'expire' | 'cancel';

export const callbackMachine = machine<CallbackState, CallbackStep>('callback', {
  scheduled: { due: 'queued', expire: 'expired', cancel: 'cancelled' },
  queued: { 'agent-there': 'dialling', again: 'scheduled', expire: 'expired', cancel: 'cancelled', 'use-up': 'failed' },
  dialling: { reached: 'done', again: 'scheduled', 'use-up': 'failed', expire: 'expired' },
  done: {},
  failed: {},
  expired: {},
  cancelled: {},
});

export interface Callback {
  id: string;
  site: string;
  team?: string | undefined;
  queue: QueueId;
  /** Absent once the person was erased. */
  number?: string | undefined;
  name?: string | undefined;
  note?: string | undefined;
  customer?: CustomerId | undefined;
  language: Language;
  /** Asked first, for a minute. */
  preferred?: AgentId | undefined;
  /** Not before, and not begun after. */
  from: Millis;
  until: Millis;
  /** Since when it counts for its place in the queue: a caller who gave up waiting for it keeps hers. */
  since?: Millis | undefined;
  /** The contact in which it was agreed. */
  origin?: InteractionId | undefined;
  /** The first contact of the thread that it goes on with. */
  thread?: InteractionId | undefined;
  mostAttempts: number;
  retryMs: number;
  state: CallbackState;
  /** When it is due next, while it is scheduled. */
  nextAt: Millis;
  /** Of the attempt under way, or the last one. */
  interaction?: InteractionId | undefined;
  attempts: { at: Millis; interaction: InteractionId; outcome: 'reached' | 'not-reached' | 'queue-exit' | 'lost' }[];
  at: Millis;
  by: string;
}

export const isOver = (state: CallbackState): boolean => !['scheduled', 'queued', 'dialling'].includes(state);

/** As it was given, else the customer's. @param known whose number it is now */
export function nameIn(
  { name, customer }: Pick<Callback, 'name' | 'customer'>,
  known: { id: CustomerId; name?: string | undefined } | undefined,
): string | undefined {
  return name ?? (known !== undefined && known.id === customer ? known.name : undefined);
}
