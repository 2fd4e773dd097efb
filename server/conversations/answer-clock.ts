// How long the customer waits for a person's answer, when it is due, and what is done before it is late.
import type { Millis } from '../../values/index.ts';
import type { QueueRequest } from '../ports/index.ts';
import type { ConversationData, Unanswered } from './conversation-data.ts';
import { conversationAnswered, conversationDueSoon, conversationOverdue } from './events.ts';
import type { KeptConversation } from './kept-conversation.ts';

/** Where the channel is gone. */
const anHourMs = 3_600_000;
/** Of the time allowed, the alarm is that much before its end. */
const warnShare = 1 / 3;
const raisedBy = 2;
const highest = 100;

/** How soon she was answered. */
export function answerFacts(
  { via, answered }: Pick<ConversationData, 'via' | 'answered'>,
  { since, due }: Unanswered,
  now: Millis,
): { via: string; ms: Millis; dueMs: Millis; inTime: boolean; first: boolean } {
  const ms = Math.max(0, now - since);
  const dueMs = due - since;
  return { via, ms, dueMs, inTime: ms <= dueMs, first: !answered };
}

/**
 * ```
 *  (answered) ──her word──► waiting ──warnMs before──► due soon: alarm, higher priority ──due──► overdue: alarm
 *      ▲                       └──────────────────────────────┴─────────────── a person answers ──┘
 *      └────────────────────────────────────────────────────────────────────────────────────────┘
 * ```
 */
export class AnswerClock {
  readonly #of: KeptConversation;

  constructor(of: KeptConversation) {
    this.#of = of;
  }

  /** A person is to answer; who waits already goes on waiting since then. */
  begin(since: number): void {
    const { data } = this.#of;
    data.unanswered ??= { since, due: since + this.#withinMs() };
  }

  /** It is in another queue, which may allow another time. */
  moved(): void {
    const { unanswered } = this.#of.data;
    if (unanswered && !unanswered.told) unanswered.due = unanswered.since + this.#withinMs();
  }

  /** The answer did not go out after all. */
  resume(unanswered: Unanswered): void {
    this.#of.data.unanswered = unanswered;
    this.#of.changed();
  }

  /** A person answered. */
  answered(): void {
    const { data } = this.#of;
    const { unanswered } = data;
    if (!unanswered) return;
    this.#of.append(conversationAnswered, answerFacts(data, unanswered, this.#of.now()));
    data.unanswered = undefined;
    data.answered = true;
    this.#of.changed();
  }

  /** The priority with which it is to wait: higher where its answer is late soon. */
  priority({ queue, priority }: Pick<QueueRequest, 'queue' | 'priority'>): number | undefined {
    const { data, record, tools } = this.#of;
    if (!data.unanswered?.warned) return priority;
    const own = priority ?? tools.directory.queues.get(queue)?.priority ?? 0;
    return Math.max(own, Math.min(highest, own + (record?.lateRaise ?? raisedBy)));
  }

  /** When something is to be done next; Infinity: not by time. */
  get next(): number {
    const { unanswered } = this.#of.data;
    if (!unanswered || unanswered.told) return Infinity;
    return unanswered.warned ? unanswered.due : this.#warnAt(unanswered);
  }

  due(now: number): void {
    const { data } = this.#of;
    const { unanswered, via, answered } = data;
    if (!unanswered || unanswered.told) return;
    const { since, due } = unanswered;
    if (!unanswered.warned && this.#warnAt(unanswered) <= now) {
      unanswered.warned = true;
      const priority = this.#raise();
      const raised = priority === undefined ? {} : { priority };
      this.#of.append(conversationDueSoon, { via, since, due, first: !answered, ...raised });
      this.#of.changed();
    }
    if (due > now) return;
    unanswered.told = true;
    this.#of.append(conversationOverdue, { via, since, first: !answered });
    this.#of.changed();
  }

  /** @returns the new priority, where it waits in a queue */
  #raise(): number | undefined {
    const { data, interaction, tools } = this.#of;
    if (!data.place || (data.phase !== 'queued' && data.phase !== 'offered')) return undefined;
    const priority = this.priority(data.place.request);
    if (priority !== undefined) tools.queueing.raise(interaction, priority);
    return priority;
  }

  #warnAt({ since, due }: { since: number; due: number }): number {
    const within = due - since;
    return due - Math.min(within, this.#of.record?.warnMs ?? Math.round(within * warnShare));
  }

  /** The queue's own time for this kind of channel, else the digital channel's. */
  #withinMs(): number {
    const { data, record, tools } = this.#of;
    const queue = data.queue === undefined ? undefined : tools.directory.queues.get(data.queue);
    return queue?.firstAnswerMs?.[data.channel] ?? record?.firstAnswerMs ?? anHourMs;
  }
}
