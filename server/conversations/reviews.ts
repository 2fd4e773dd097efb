// Public answers that a second person reads before they go out.
import type { InteractionId } from '../../values/index.ts';
import { newEvent } from '../journal/index.ts';
import type { MessageView } from '../ports/index.ts';
import { answerFacts } from './answer-clock.ts';
import type { ConversationData, Unanswered } from './conversation-data.ts';
import type { ConversationRows } from './conversation-rows.ts';
import { failed } from './errors.ts';
import { conversationAnswered } from './events.ts';
import type { FromOutside } from './from-outside.ts';
import type { Messages } from './messages.ts';
import type { OpenConversations } from './open-conversations.ts';
import type { OutsideRows } from './outside-rows.ts';
import { mustBeOpen } from './reply-window.ts';
import type { Threads } from './threads.ts';

export interface ReviewsOptions {
  rows: ConversationRows;
  threads: Threads;
  post: Messages;
  open: OpenConversations;
  outsideRows: Pick<OutsideRows, 'reviewed' | 'conversation'>;
  outside: Pick<FromOutside, 'waitsOn'>;
  now: () => number;
}

export class Reviews {
  readonly #options: ReviewsOptions;
  /** Messages on which somebody decides just now. */
  readonly #under = new Set<string>();
  /** Conversations that are over and in which somebody decides just now on what was unanswered at the end. */
  readonly #settling = new Set<InteractionId>();

  constructor(options: ReviewsOptions) {
    this.#options = options;
  }

  /** The oldest first. */
  waiting(limit: number): MessageView[] {
    return this.#options.rows.awaitingApproval(limit).map(({ view }) => view);
  }

  /** @throws message-unknown, message-not-pending, approval-own, window-closed, quota-spent */
  async decide(by: string, message: string, yes: boolean, why?: string): Promise<MessageView> {
    const { rows, threads, post, open, outsideRows, outside, now } = this.#options;
    const place = rows.message(message);
    if (!place) throw failed['message-unknown']({ message });
    const { view } = place;
    if (view.state !== 'approval' || this.#under.has(message)) throw failed['message-not-pending']({ message });
    // Who wrote it in a colleague's name is no second person either.
    if (view.agent === by || place.writtenBy === by) throw failed['approval-own']();
    const conversation = open.get(view.interaction);
    if (yes) mustBeOpen(threads.get(place.via, place.thread).window, view.content, now());
    const { interaction, agent: writer = '' } = view;
    const left = conversation ? undefined : this.#left(view, yes);
    this.#under.add(message);
    if (left) this.#settling.add(interaction);
    try {
      const { agent } = view;
      const scope = conversation?.scope() ?? { interaction, agent, team: rows.scopeOf(interaction)?.team };
      const at = now();
      const answered =
        left && yes
          ? [newEvent(conversationAnswered, at, answerFacts(left, left.unsettled, at), { ...scope, queue: left.queue })]
          : [];
      const kept = () => {
        outsideRows.reviewed({ message, interaction, at, writer, by, approved: yes, why });
        if (left) rows.settle(interaction, yes);
      };
      const reviewed = await post.reviewed(place, scope, { by, approved: yes, why }, kept, answered);
      if (yes) conversation?.answers.answered();
      else if (left) outside.waitsOn(interaction, left.unsettled);
      return reviewed;
    } finally {
      this.#under.delete(message);
      if (left) this.#settling.delete(interaction);
    }
  }

  /** A conversation that was over before its answer was read, with what was unanswered then and is decided on now. */
  #left({ interaction, id }: MessageView, yes: boolean): (ConversationData & { unsettled: Unanswered }) | undefined {
    const { rows, outsideRows } = this.#options;
    const data = outsideRows.conversation(interaction);
    if (data?.unsettled === undefined || data.erased || this.#settling.has(interaction)) return undefined;
    // As long as another answer of it waits for a second person, that one may answer it.
    if (!yes && rows.awaitsAlso(interaction, id)) return undefined;
    return { ...data, unsettled: data.unsettled };
  }
}
