// What the router measures of its own work, and the expected wait that follows from it.
import type { Millis } from '../../values/index.ts';
import type { Contact, Queue, RouterState } from './state.ts';

/** Weight of the newest value in a moving average: about the last ten count. */
const weight = 0.15;

function average(before: number | undefined, value: number): number {
  return before === undefined ? value : before + weight * (value - before);
}

export function measureAnswer(queue: Queue | undefined, at: Millis): void {
  if (!queue) return;
  const { measure } = queue;
  // A gap says something about the rate only where somebody waited during it.
  if (measure.lastAnswerAt !== undefined && measure.waitedAfter) {
    measure.answerGapMs = average(measure.answerGapMs, at - measure.lastAnswerAt);
  }
  measure.lastAnswerAt = at;
  measure.waitedAfter = queue.waiting.size > 0;
}

export function measureHandling(queue: Queue | undefined, handledMs: number): void {
  if (queue) queue.measure.handleMs = average(queue.measure.handleMs, handledMs);
}

/**
 * Place (from 1) and expected wait of a contact.
 * The wait is place × time between answers while contacts waited; before that is known, place × handling time / staff;
 * undefined where neither is known or nobody is signed in.
 */
export function placeOf(
  state: RouterState,
  contact: Contact,
): { position: number; expectedWaitMs: number | undefined } | undefined {
  const queue = state.queues.get(contact.queue);
  if (!queue || contact.state === 'connected') return undefined;
  const position = contact.state === 'offered' ? 1 : queue.waiting.rank(contact) + 1;
  return { position, expectedWaitMs: expectedWait(queue, position) };
}

/** Expected wait at a place of the queue, ms. */
export function expectedWait(queue: Queue, position: number): number | undefined {
  if (queue.staff === 0) return undefined;
  const { answerGapMs, handleMs } = queue.measure;
  if (answerGapMs !== undefined) return Math.round(position * answerGapMs);
  return handleMs === undefined ? undefined : Math.round((position * handleMs) / queue.staff);
}
