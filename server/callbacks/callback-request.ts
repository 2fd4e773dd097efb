// What is asked for when a callback is scheduled, and the callback that it makes.
import {
  type AgentId,
  type CustomerId,
  type InteractionId,
  type Language,
  type Millis,
  newId,
  type QueueId,
} from '../../values/index.ts';
import type { Callback } from './callback.ts';
import { failed } from './errors.ts';

export interface CallbackRequest {
  queue: QueueId;
  number: string;
  name?: string | undefined;
  note?: string | undefined;
  customer?: CustomerId | undefined;
  language?: Language | undefined;
  preferred?: AgentId | undefined;
  /** Default: now. */
  from?: Millis | undefined;
  /** Default: a day after `from`. */
  until?: Millis | undefined;
  since?: Millis | undefined;
  origin?: InteractionId | undefined;
  /** The first contact of the thread that it goes on with. */
  thread?: InteractionId | undefined;
  /** Default 3. */
  attempts?: number | undefined;
  /** Default 15 minutes. */
  retryMs?: number | undefined;
}

const dayMs = 86_400_000;

/** @throws callback-window */
export function newCallback(
  request: CallbackRequest,
  { site, team, by, now }: { site: string; team: string | undefined; by: string; now: Millis },
): Callback {
  const from = Math.max(now, request.from ?? now);
  const until = request.until ?? from + dayMs;
  if (until <= from) throw failed['callback-window']({ reason: 'it ends before it begins' });
  if (until > now + 366 * dayMs) throw failed['callback-window']({ reason: 'more than a year ahead' });
  const { queue, number, name, note, customer, preferred, since, origin, thread } = request;
  return {
    id: newId('cbk', now),
    site,
    team,
    queue,
    number,
    name,
    note,
    customer,
    language: request.language ?? 'en',
    preferred,
    from,
    until,
    since,
    origin,
    thread,
    mostAttempts: request.attempts ?? 3,
    retryMs: request.retryMs ?? 900_000,
    state: 'scheduled',
    nextAt: from,
    attempts: [],
    at: now,
    by,
  };
}
