// Whom a conversation is told to: the agent who has it, and colleagues who have joined it.
import type { AgentId, InteractionId } from '../../values/index.ts';
import type { ConversationControl, ConversationView, MessageView } from '../ports/index.ts';
import type { DeskConversation } from './conversation-protocol.ts';
import { lastWords } from './last-words.ts';
import type { Seats } from './seats.ts';

/** Messages that a panel gets when a conversation becomes hers; it asks for older ones. */
const lastMessages = 50;

export class ConversationTelling {
  readonly #control: ConversationControl;
  readonly #seats: Seats;
  readonly #audience = new Map<InteractionId, Set<AgentId>>();

  constructor(control: ConversationControl, seats: Seats) {
    this.#control = control;
    this.#seats = seats;
    for (const view of control.list()) this.#audience.set(view.interaction, audienceOf(view));
    control.on('changed', this.#onChanged);
    control.on('ended', this.#onChanged);
    control.on('message', this.#onMessage);
    control.on('typing', this.#onTyping);
    control.on('reviewed', this.#onReviewed);
  }

  close(): void {
    this.#control.off('changed', this.#onChanged);
    this.#control.off('ended', this.#onChanged);
    this.#control.off('message', this.#onMessage);
    this.#control.off('typing', this.#onTyping);
    this.#control.off('reviewed', this.#onReviewed);
  }

  /** Conversations on her screen. */
  of(agent: AgentId): DeskConversation[] {
    return this.#control
      .list()
      .filter((view) => audienceOf(view).has(agent))
      .map((view) => this.#whole(view));
  }

  #whole(view: ConversationView): DeskConversation {
    const messages = this.#control.messages(view.interaction, { limit: lastMessages });
    // The port's channel says more than a conversation ever is.
    return { view: view as DeskConversation['view'], messages };
  }

  readonly #onChanged = (view: ConversationView): void => {
    const { interaction } = view;
    const before = this.#audience.get(interaction) ?? new Set();
    const now = audienceOf(view);
    for (const agent of before) {
      // Her wrap-up still shows what was written.
      if (!now.has(agent) && view.phase !== 'closed')
        this.#seats.get(agent)?.tell('conversation-gone', { interaction });
    }
    for (const agent of view.phase === 'closed' ? new Set([...before, ...now]) : now) {
      const seat = this.#seats.get(agent);
      if (!seat) continue;
      const told = { view: view as DeskConversation['view'] };
      seat.tell('conversation', before.has(agent) ? told : this.#whole(view));
    }
    if (view.phase === 'closed') this.#audience.delete(interaction);
    else this.#audience.set(interaction, now);
  };

  readonly #onMessage = ({ interaction, phase }: ConversationView, message: MessageView): void => {
    if (phase === 'offered' && message.author === 'customer') this.#freshen(interaction);
    for (const agent of this.#audience.get(interaction) ?? [])
      this.#seats.get(agent)?.tell('message', { interaction, message });
  };

  /** Its writer hears of it, wherever the conversation is by then. */
  readonly #onReviewed = (message: MessageView, approved: boolean): void => {
    const { agent } = message;
    if (agent !== undefined) this.#seats.get(agent)?.tell('answer-reviewed', { message, approved });
  };

  /** She writes on while she is offered: the pop shows it. */
  #freshen(interaction: InteractionId): void {
    for (const seat of this.#seats.all.values()) {
      for (const { view } of seat.pops.values()) {
        if (view.content.interaction !== interaction || view.outcome !== undefined) continue;
        view.words = lastWords(this.#control, interaction);
        seat.tell('pop', view);
      }
    }
  }

  readonly #onTyping = ({ interaction }: ConversationView): void => {
    const text = JSON.stringify({ live: 'typing', with: { interaction } });
    for (const agent of this.#audience.get(interaction) ?? [])
      for (const panel of this.#seats.get(agent)?.panels ?? []) if (!panel.isSlow) panel.send(text);
  };
}

function audienceOf({ agent, joined, phase }: ConversationView): Set<AgentId> {
  return new Set([...(agent === undefined || phase !== 'active' ? [] : [agent]), ...joined]);
}
