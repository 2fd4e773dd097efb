// How long the customer waits for a person's answer, and when it is due.
import { conversationAnswered, conversationOverdue } from './events.ts';
import type { KeptConversation } from './kept-conversation.ts';

/** Where the channel is gone. */
const anHourMs = 3_600_000;

export class AnswerClock {
  readonly #of: KeptConversation;

  constructor(of: KeptConversation) {
    this.#of = of;
  }

  /** A person is to answer; who waits already goes on waiting since then. */
  begin(since: number): void {
    const { data, record } = this.#of;
    if (data.unanswered) return;
    data.unanswered = { since, due: since + (record?.firstAnswerMs ?? anHourMs) };
  }

  /** A person answered. */
  answered(): void {
    const { data } = this.#of;
    const { unanswered, via, answered } = data;
    if (!unanswered) return;
    const ms = Math.max(0, this.#of.now() - unanswered.since);
    const dueMs = unanswered.due - unanswered.since;
    this.#of.append(conversationAnswered, { via, ms, dueMs, inTime: ms <= dueMs, first: !answered });
    data.unanswered = undefined;
    data.answered = true;
    this.#of.changed();
  }

  /** When something is to be done next; Infinity: not by time. */
  get next(): number {
    const { unanswered } = this.#of.data;
    return unanswered && !unanswered.told ? unanswered.due : Infinity;
  }

  due(now: number): void {
    const { data } = this.#of;
    const { unanswered } = data;
    if (!unanswered || unanswered.told || unanswered.due > now) return;
    unanswered.told = true;
    this.#of.append(conversationOverdue, { via: data.via, since: unanswered.since, first: !data.answered });
    this.#of.changed();
  }
}
