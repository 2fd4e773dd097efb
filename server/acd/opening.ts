// Opening times of a queue: plain UTC spans, so that the router needs no calendar.
import type { Millis } from '../../values/index.ts';
import type { QueueConfig } from './configuration.ts';

export function isOpen(queue: QueueConfig, at: Millis): boolean {
  return !queue.hours || queue.hours.some((time) => time.opens <= at && at < time.closes);
}

/** The next time at which the queue opens or closes; undefined where there is none. */
export function nextBoundary(queue: QueueConfig, at: Millis): Millis | undefined {
  let next: Millis | undefined;
  for (const { opens, closes } of queue.hours ?? []) {
    for (const boundary of [opens, closes]) {
      if (boundary > at && (next === undefined || boundary < next)) next = boundary;
    }
  }
  return next;
}
