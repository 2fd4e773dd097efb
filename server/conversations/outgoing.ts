// Conversations that we begin: an agent writes first, or the system tells something.
import type { Content } from '../../connector/index.ts';
import { type InteractionId, newId, type QueueId } from '../../values/index.ts';
import type { ChannelRecord, MessageView } from '../ports/index.ts';
import type { Attachments } from './attachments.ts';
import { Conversation } from './conversation.ts';
import { newConversation } from './conversation-data.ts';
import type { ConversationTools } from './conversation-tools.ts';
import { failed } from './errors.ts';
import type { ConversationKeeper } from './kept-conversation.ts';
import type { OpenConversations } from './open-conversations.ts';
import { mustBeOpen } from './reply-window.ts';
import { sendable } from './sendable.ts';

export interface OutgoingOptions {
  tools: ConversationTools;
  keeper: ConversationKeeper;
  open: OpenConversations;
  attachments: Attachments;
  /** The message that was sent with that key. */
  sentAs: (via: string, key: string) => MessageView | undefined;
}

export class Outgoing {
  readonly #options: OutgoingOptions;

  constructor(options: OutgoingOptions) {
    this.#options = options;
  }

  /**
   * Writes in the system's name: in the open conversation of that thread, or in one that ends with the message.
   * @param key the same one is one message
   * @throws channel-unknown, channel-disabled, thread-public, window-closed, quota-spent
   */
  async tell(
    to: { via: string; thread: string; customer?: string | undefined },
    content: Content,
    key: string,
  ): Promise<MessageView> {
    const { tools, keeper, open, attachments, sentAs } = this.#options;
    const record = this.channel(to.via);
    if (keeper.threads.get(to.via, to.thread).public) throw failed['thread-public']();
    const full = `out system ${key}`;
    const before = sentAs(to.via, full);
    if (before) return before;
    const checked = sendable(content, attachments);
    const under = open.at(to.via, to.thread);
    if (under) mustBeOpen(under.thread.window, checked, tools.clock.now());
    const conversation = under ?? this.begin(record, to, checked);
    const message = keeper.post.sent(conversation, { author: 'system', content: checked, key: full });
    if (!under) conversation.finish('system', 'told');
    await tools.journal.append([]);
    return message;
  }

  /** @throws channel-unknown, channel-disabled */
  channel(via: string): ChannelRecord {
    const record = this.#options.tools.directory.channels.get(via);
    if (!record) throw failed['channel-unknown']({ channel: via });
    if (record.disabled) throw failed['channel-disabled']({ channel: via });
    return record;
  }

  /** @param content the first words @throws window-closed, quota-spent */
  begin(
    record: ChannelRecord,
    to: {
      thread: string;
      customer?: string | undefined;
      queue?: QueueId | undefined;
      /** The first contact of those that go on from one another. */
      chain?: InteractionId | undefined;
    },
    content: Content,
  ): Conversation {
    const { tools, keeper, open } = this.#options;
    const thread = keeper.threads.get(record.id, to.thread);
    const now = tools.clock.now();
    mustBeOpen(thread.window, content, now);
    const customer = to.customer ?? thread.customer;
    const known = customer === undefined ? undefined : tools.people.get(customer);
    const data = newConversation({
      interaction: newId('int', now),
      chain: to.chain,
      via: record.id,
      channel: record.channel,
      thread: to.thread,
      direction: 'out',
      startedAt: now,
      customer: known?.id,
      name: thread.name ?? known?.name,
      from: to.thread,
      language: known?.language ?? record.language,
      queue: to.queue,
    });
    // Where nobody wrote yet, everybody may read it.
    data.public = thread.public || (record.approval === true && thread.number === 0);
    const conversation = new Conversation(tools, keeper, data);
    open.add(conversation);
    conversation.begin(known && 'channel');
    return conversation;
  }
}
