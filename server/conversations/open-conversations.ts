// The conversations under way: found by their interaction and by their place, and written, with everything of one turn of the
// event loop, in one commit.
import type { Logger } from 'pino';
import type { InteractionId } from '../../values/index.ts';
import type { ConversationView } from '../ports/index.ts';
import type { Conversation } from './conversation.ts';
import type { ConversationRows } from './conversation-rows.ts';
import type { ConversationTools } from './conversation-tools.ts';
import type { Threads } from './threads.ts';

export interface OpenConversationsOptions {
  tools: Pick<ConversationTools, 'directory' | 'journal'> & { logger: Logger };
  rows: ConversationRows;
  threads: Threads;
  /** Told when it is committed. */
  told: (view: ConversationView, over: boolean) => void;
}

export class OpenConversations {
  readonly #options: OpenConversationsOptions;
  readonly #open = new Map<InteractionId, Conversation>();
  readonly #byThread = new Map<string, Conversation>();
  /** Rows to be written in this turn of the event loop. */
  readonly #dirty = new Set<Conversation>();

  constructor(options: OpenConversationsOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#open.size;
  }

  /** One that ends while they are gone through leaves the map: its iterator bears that. */
  [Symbol.iterator](): Iterator<Conversation> {
    return this.#open.values();
  }

  get(interaction: InteractionId): Conversation | undefined {
    return this.#open.get(interaction);
  }

  at(via: string, thread: string): Conversation | undefined {
    return this.#byThread.get(keyOf(via, thread));
  }

  add(conversation: Conversation): void {
    const { interaction, data } = conversation;
    this.#open.set(interaction, conversation);
    this.#byThread.set(keyOf(data.via, data.thread), conversation);
  }

  over(conversation: Conversation): void {
    const { interaction, data } = conversation;
    const key = keyOf(data.via, data.thread);
    this.#open.delete(interaction);
    if (this.#byThread.get(key) === conversation) this.#byThread.delete(key);
  }

  changed(conversation: Conversation): void {
    if (this.#dirty.size === 0) queueMicrotask(() => this.write());
    this.#dirty.add(conversation);
  }

  /** In the same commit as the facts of this turn. */
  write(): void {
    if (this.#dirty.size === 0) return;
    const { tools, rows, threads, told } = this.#options;
    const saves: (() => void)[] = [];
    const changed = [...this.#dirty];
    this.#dirty.clear();
    for (const conversation of changed) {
      const { data, over } = conversation;
      const { team } = conversation.scope();
      const { interaction, via, thread, customer, startedAt } = data;
      const row = { interaction, via, thread, customer, startedAt, site: tools.directory.site.name, team };
      const text = conversation.text();
      saves.push(() => rows.save({ ...row, open: !over }, text));
      saves.push(threads.saving(conversation.thread));
    }
    const work = () => {
      for (const save of saves) save();
    };
    void tools.journal.append([], work).then(() => {
      for (const conversation of changed) told(conversation.view(), conversation.over);
    });
  }

  /** A defect costs its own conversation, never a customer who waits for ever. */
  guard(conversation: Conversation, work: () => void): void {
    try {
      work();
    } catch (error) {
      const { interaction } = conversation;
      this.#options.tools.logger.error({ err: error, interaction }, 'conversation failed');
      conversation.finish('system', 'defect');
    }
  }
}

function keyOf(via: string, thread: string): string {
  return `${via} ${thread}`;
}
