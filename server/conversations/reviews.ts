// Public answers that a second person reads before they go out.
import type { MessageView } from '../ports/index.ts';
import type { ConversationRows } from './conversation-rows.ts';
import { failed } from './errors.ts';
import type { Messages } from './messages.ts';
import type { OpenConversations } from './open-conversations.ts';
import type { Review } from './outside-rows.ts';
import { mustBeOpen } from './reply-window.ts';
import type { Threads } from './threads.ts';

export interface ReviewsOptions {
  rows: ConversationRows;
  threads: Threads;
  post: Messages;
  open: OpenConversations;
  /** Inside a commit. */
  keep: (review: Review) => void;
  now: () => number;
}

export class Reviews {
  readonly #options: ReviewsOptions;
  /** Messages on which somebody decides just now. */
  readonly #under = new Set<string>();

  constructor(options: ReviewsOptions) {
    this.#options = options;
  }

  /** The oldest first. */
  waiting(limit: number): MessageView[] {
    return this.#options.rows.awaitingApproval(limit).map(({ view }) => view);
  }

  /** @throws message-unknown, message-not-pending, approval-own, window-closed, quota-spent */
  async decide(by: string, message: string, yes: boolean, why?: string): Promise<MessageView> {
    const { rows, threads, post, open, keep, now } = this.#options;
    const place = rows.message(message);
    if (!place) throw failed['message-unknown']({ message });
    const { view } = place;
    if (view.state !== 'approval' || this.#under.has(message)) throw failed['message-not-pending']({ message });
    // Who wrote it in a colleague's name is no second person either.
    if (view.agent === by || place.writtenBy === by) throw failed['approval-own']();
    const conversation = open.get(view.interaction);
    if (yes) mustBeOpen(threads.get(place.via, place.thread).window, view.content, now());
    this.#under.add(message);
    try {
      const scope = conversation?.scope() ?? {
        interaction: view.interaction,
        agent: view.agent,
        team: rows.scopeOf(view.interaction)?.team,
      };
      const { interaction, agent: writer = '' } = view;
      const kept = () => keep({ message, interaction, at: now(), writer, by, approved: yes, why });
      const reviewed = await post.reviewed(place, scope, { by, approved: yes, why }, kept);
      if (yes) conversation?.answers.answered();
      return reviewed;
    } finally {
      this.#under.delete(message);
    }
  }
}
