// What the journal is told of a callback.
import type { CustomerId, InteractionId, Millis } from '../../values/index.ts';
import { interactionIdentified, interactionStarted } from '../customers/index.ts';
import { type EventScope, type NewEvent, newEvent } from '../journal/index.ts';
import { type Callback, nameIn } from './callback.ts';
import { callbackAttempted, callbackDue, callbackEnded, callbackScheduled } from './events.ts';

export function scopeOf({ queue, customer, team }: Callback): EventScope {
  return { queue, customer, team };
}

export function scheduledFact(callback: Callback, by: string, now: Millis): NewEvent {
  const { id, from, until, preferred, mostAttempts: attempts, number = '', name, note, origin } = callback;
  const data = { callback: id, by, from, until, preferred, attempts, number, name, note };
  return newEvent(callbackScheduled, now, data, { ...scopeOf(callback), interaction: origin });
}

/** It enters its queue, as a contact of its own. @param known whose number it is */
export function begunFacts(
  callback: Callback,
  interaction: InteractionId,
  known: { id: CustomerId; name?: string | undefined } | undefined,
  now: Millis,
): NewEvent[] {
  const { number = '', language, id, thread } = callback;
  const name = nameIn(callback, known);
  const scope = { ...scopeOf(callback), interaction };
  const started = {
    channel: 'voice' as const,
    direction: 'out' as const,
    language,
    to: number,
    toDialled: number,
    ...(name === undefined ? {} : { fromName: name }),
    ...(thread === undefined ? {} : { thread }),
  };
  const events: NewEvent[] = [newEvent(interactionStarted, now, started, scope)];
  if (callback.customer !== undefined)
    events.push(newEvent(interactionIdentified, now, { by: 'number' as const }, scope));
  events.push(newEvent(callbackDue, now, { callback: id, attempt: callback.attempts.length + 1 }, scope));
  return events;
}

/** @param attempt.next when it is tried again */
export function attemptedFact(
  callback: Callback,
  attempt: {
    interaction: InteractionId;
    outcome: Callback['attempts'][number]['outcome'];
    cause?: string | undefined;
    next?: Millis | undefined;
  },
  now: Millis,
): NewEvent {
  const { interaction, outcome, cause, next } = attempt;
  const data = {
    callback: callback.id,
    attempt: callback.attempts.length,
    outcome,
    ...(cause === undefined ? {} : { cause }),
    ...(next === undefined ? {} : { next }),
  };
  return newEvent(callbackAttempted, now, data, { ...scopeOf(callback), interaction });
}

export function endedFact(
  callback: Callback,
  how: 'done' | 'failed' | 'expired' | 'cancelled',
  by: string | undefined,
  now: Millis,
): NewEvent {
  const data = { callback: callback.id, how, ...(by === undefined ? {} : { by }) };
  return newEvent(callbackEnded, now, data, scopeOf(callback));
}
