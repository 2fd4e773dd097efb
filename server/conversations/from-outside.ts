// What is done in a thread by who has no conversation there: a supervisor who answers a public post herself, puts it into a
// queue or takes it, and who has a message sent again. What is over goes on in a new conversation of the same thread.
import type { Content } from '../../connector/index.ts';
import { type AgentId, type InteractionId, newId, notThere, type QueueId } from '../../values/index.ts';
import type { ConversationView, MessageView } from '../ports/index.ts';
import type { Attachments } from './attachments.ts';
import { Conversation } from './conversation.ts';
import { newConversation, type Unanswered } from './conversation-data.ts';
import type { ConversationTools } from './conversation-tools.ts';
import { failed } from './errors.ts';
import type { InboundKeeper } from './inbound.ts';
import type { OutsideRows } from './outside-rows.ts';
import { mustBeOpen } from './reply-window.ts';
import { sendable } from './sendable.ts';

export interface FromOutsideOptions {
  tools: ConversationTools;
  keeper: InboundKeeper;
  rows: OutsideRows;
  attachments: Pick<Attachments, 'get'>;
  /** The message that was made under that key, also one that waits for the disk. */
  known: (via: string, key: string) => MessageView | undefined;
}

export class FromOutside {
  readonly #options: FromOutsideOptions;

  constructor(options: FromOutsideOptions) {
    this.#options = options;
  }

  /**
   * Into that queue, from another, from the bot, or anew where it is over.
   * @throws conversation-unknown, conversation-wrong-phase (somebody has it), queue-unknown, conversation-queue
   */
  async queue(interaction: InteractionId, queue: QueueId): Promise<ConversationView> {
    const { tools } = this.#options;
    if (!tools.directory.queues.get(queue)) throw notThere['queue-unknown']({ queue });
    const under = this.#underWay(interaction);
    const conversation = under ?? this.#anew(interaction, 'in');
    const { data, place, bot } = conversation;
    if (!(data.phase === 'queued' && data.queue === queue)) {
      if (data.phase !== 'bot') {
        place.endOffer('withdrawn');
        conversation.step('exit');
        tools.queueing.leave(conversation.interaction, 'flow');
      }
      bot.stop();
      data.flow = undefined;
      data.place = undefined;
      data.queue = queue;
      if (!place.enter(queue)) place.tryLater();
    }
    await tools.journal.append([]);
    return conversation.view();
  }

  /** She has it now. @throws conversation-unknown, conversation-wrong-phase, conversation-queue (she has no room) */
  async take(interaction: InteractionId, agent: AgentId): Promise<ConversationView> {
    const { tools } = this.#options;
    const under = this.#underWay(interaction, agent);
    if (under?.data.agent === agent && under.data.phase === 'active') return under.view();
    const conversation = under ?? this.#anew(interaction, 'in');
    const { data, record } = conversation;
    const queue = data.queue ?? (record && 'queue' in record.to ? record.to.queue : undefined);
    const own = queue ?? tools.directory.agents.get(agent)?.queues[0];
    if (own === undefined || !conversation.talk.take(agent, own)) {
      if (!under) conversation.finish('system', 'agent-not-free');
      throw failed['conversation-queue']({ agent, queue: own ?? '' });
    }
    conversation.answers.begin(conversation.now());
    await tools.journal.append([]);
    return conversation.view();
  }

  /**
   * Answers by herself; the contact then is over, unless somebody has it.
   * @param key the same one is one message
   * @param how `approval`: a second person reads it in any case; else where the channel wants that
   * @throws conversation-unknown, conversation-wrong-phase (somebody has it), window-closed, quota-spent, message-content
   */
  async answer(
    by: AgentId,
    interaction: InteractionId,
    content: Content,
    key: string,
    how: { approval?: boolean } = {},
  ): Promise<MessageView> {
    const { tools, keeper, attachments, known } = this.#options;
    const { via, thread } = this.#placeOf(interaction);
    const full = `out ${interaction} ${key}`;
    const before = known(via, full);
    if (before) return before;
    const under = this.#underWay(interaction);
    const checked = sendable(content, attachments);
    mustBeOpen(keeper.threads.get(via, thread).window, checked, tools.clock.now());
    const conversation = under ?? this.#anew(interaction, 'out');
    const { data, record } = conversation;
    const waits = how.approval === true || (data.public && record?.approval === true);
    const message = waits
      ? keeper.post.submitted(conversation, { agent: by }, checked, full)
      : keeper.post.sent(conversation, { author: 'agent', content: checked, agent: by, key: full });
    if (!waits) conversation.answers.answered();
    conversation.finish('agent', waits ? 'answer-submitted' : 'answered');
    await tools.journal.append([]);
    return message;
  }

  /**
   * What could not be sent is sent once more, as a new message; asked again it is the same one.
   * @throws message-unknown, message-not-failed, channel-disabled, window-closed, quota-spent
   */
  async sendAgain(message: string): Promise<MessageView> {
    const { tools, keeper, known } = this.#options;
    const place = keeper.rows.message(message);
    if (!place) throw failed['message-unknown']({ message });
    const { view, via, thread } = place;
    const { author, state, content, agent, interaction } = view;
    const full = `again ${message}`;
    const before = known(via, full);
    if (before) return before;
    if (state !== 'failed' || view.failed?.code === 'sent-back' || author === 'customer' || author === 'note')
      throw failed['message-not-failed']({ message });
    if (tools.directory.channels.get(via)?.disabled) throw failed['channel-disabled']({ channel: via });
    mustBeOpen(keeper.threads.get(via, thread).window, content, tools.clock.now());
    const under = keeper.open(via, thread);
    const conversation = under ?? this.#anew(interaction, 'out');
    const again = keeper.post.sent(conversation, { author, content, agent, key: full });
    if (!under) conversation.finish('system', 'sent-again');
    await tools.journal.append([]);
    return again;
  }

  /** No answer went out after all: she waits on where something is under way there, else in a queue again. */
  waitsOn(interaction: InteractionId, unanswered: Unanswered): void {
    const { via, thread } = this.#placeOf(interaction);
    const under = this.#options.keeper.open(via, thread);
    const conversation = under ?? this.#anew(interaction, 'in');
    conversation.answers.resume(unanswered);
    if (!under) conversation.place.retry();
  }

  #placeOf(interaction: InteractionId): { via: string; thread: string } {
    const { keeper } = this.#options;
    const place = keeper.get(interaction)?.data ?? keeper.rows.placeOf(interaction);
    if (!place) throw failed['conversation-unknown']({ interaction });
    return place;
  }

  /** The conversation in that thread; undefined: all are over. @param mine may have it already */
  #underWay(interaction: InteractionId, mine?: AgentId): Conversation | undefined {
    const { via, thread } = this.#placeOf(interaction);
    const under = this.#options.keeper.open(via, thread);
    if (under?.data.phase === 'active' && under.data.agent !== mine)
      throw failed['conversation-wrong-phase']({ phase: under.data.phase });
    return under;
  }

  /** What was over goes on. */
  #anew(interaction: InteractionId, direction: 'in' | 'out'): Conversation {
    const { tools, keeper, rows } = this.#options;
    const before = rows.conversation(interaction);
    if (!before || before.erased) throw failed['conversation-unknown']({ interaction });
    const { via, channel, thread, customer, name, from, language, queue, replyTo, subject } = before;
    const data = newConversation({
      interaction: newId('int', tools.clock.now()),
      via,
      channel,
      thread,
      direction,
      startedAt: tools.clock.now(),
      customer,
      name,
      from,
      language,
      queue,
    });
    Object.assign(data, { replyTo, subject, public: before.public });
    const conversation = new Conversation(tools, keeper, data);
    keeper.add(conversation);
    conversation.begin(customer === undefined ? undefined : 'channel');
    conversation.learn({ origin: interaction });
    return conversation;
  }
}
