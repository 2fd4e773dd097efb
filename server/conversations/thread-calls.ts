// Calls that go on from a thread of messages: who asked in a chat to be called back. While such a call is under way, what the
// customer writes there is the agent's who talks with her, and after it she has it first; so voice and writing are one thread.
//
//   chat ──escalated, or "call me back"──► callback ──interaction.started (thread)──► call ──answered──► the chat is hers, too
import type { Database, Statement } from 'better-sqlite3';
import type { AgentId, InteractionId } from '../../values/index.ts';
import { interactionAnswered, interactionEnded, interactionStarted } from '../customers/index.ts';
import { type JournalEvent, newEvent } from '../journal/index.ts';
import type { Conversation } from './conversation.ts';
import type { ConversationRows } from './conversation-rows.ts';
import type { ConversationTools } from './conversation-tools.ts';
import { conversationJoined } from './events.ts';
import type { OpenConversations } from './open-conversations.ts';
import type { Threads } from './threads.ts';

interface ThreadCall {
  interaction: InteractionId;
  via: string;
  thread: string;
  /** Who talks in it. */
  agent: AgentId | null;
}

export interface ThreadCallsOptions {
  database: Database;
  tools: Pick<ConversationTools, 'journal' | 'clock' | 'logger' | 'directory'>;
  rows: ConversationRows;
  threads: Threads;
  open: OpenConversations;
}

export class ThreadCalls {
  readonly #options: ThreadCallsOptions;
  readonly #calls = new Map<InteractionId, ThreadCall>();
  readonly #put: Statement;
  readonly #drop: Statement;
  #stop: (() => void) | undefined;

  constructor(options: ThreadCallsOptions) {
    this.#options = options;
    const { database } = options;
    this.#put = database.prepare(
      'INSERT OR REPLACE INTO thread_calls (interaction, via, thread, agent) VALUES (?, ?, ?, ?)',
    );
    this.#drop = database.prepare('DELETE FROM thread_calls WHERE interaction = ?');
  }

  start(): void {
    const { database, tools } = this.#options;
    const rows = database.prepare<[], ThreadCall>('SELECT interaction, via, thread, agent FROM thread_calls').all();
    for (const row of rows) this.#calls.set(row.interaction, row);
    this.#stop = tools.journal.follow((events) => {
      for (const event of events) this.#hear(event);
    });
  }

  stop(): void {
    this.#stop?.();
    this.#stop = undefined;
  }

  /** Who talks with the customer of that thread just now. */
  agentAt(via: string, thread: string): AgentId | undefined {
    for (const call of this.#calls.values()) {
      if (call.agent !== null && call.via === via && call.thread === thread) return call.agent;
    }
    return undefined;
  }

  /**
   * Where a call goes on from, also one that is over, whether the agent talked in it, and whether it ended so long ago that
   * what the customer writes there comes to her no more.
   * @returns undefined where it goes on from no thread of messages
   */
  placeOf(call: InteractionId, agent: AgentId) {
    const { tools, rows } = this.#options;
    const events = tools.journal.ofInteraction(call);
    const chain = events.find(({ type }) => type === interactionStarted.name)?.data.thread as string | undefined;
    const place = chain === undefined ? undefined : rows.placeOf(chain);
    if (!place || chain === undefined) return undefined;
    const answered = events.filter((event) => event.type === interactionAnswered.name && event.agent === agent);
    const endedAt = events.findLast(({ type }) => type === interactionEnded.name)?.at;
    const returnMs = tools.directory.channels.get(place.via)?.returnMs ?? 0;
    const longOver = endedAt !== undefined && tools.clock.now() - endedAt > returnMs;
    return { ...place, chain, hers: answered.length > 0, longOver, queue: answered.at(-1)?.queue };
  }

  /** It becomes hers, or she reads and writes along with who has it. @returns whether she is in it */
  bring(conversation: Conversation, agent: AgentId): boolean {
    if (conversation.has(agent)) return true;
    const { data, talk, thread } = conversation;
    if (data.phase !== 'active') return talk.take(agent, data.queue ?? thread.queue);
    data.joined = [...data.joined, agent];
    conversation.changed();
    const { journal, clock } = this.#options.tools;
    const scope = { ...conversation.scope(), agent };
    void journal.append([newEvent(conversationJoined, clock.now(), { by: agent }, scope)]);
    return true;
  }

  #hear({ type, interaction, data, agent, queue }: JournalEvent): void {
    if (interaction === undefined) return;
    if (type === interactionStarted.name) {
      if (data.channel === 'voice' && typeof data.thread === 'string') this.#began(interaction, data.thread);
      return;
    }
    if (type !== interactionAnswered.name && type !== interactionEnded.name) return;
    const call = this.#calls.get(interaction);
    if (!call) return;
    if (type === interactionEnded.name) this.#ended(call);
    else if (agent !== undefined) this.#answered(call, agent, queue);
  }

  #began(interaction: InteractionId, chain: string): void {
    const place = this.#options.rows.placeOf(chain);
    if (!place) return;
    const call: ThreadCall = { interaction, ...place, agent: null };
    this.#calls.set(interaction, call);
    this.#save(call);
  }

  #answered(call: ThreadCall, agent: AgentId, queue: string | undefined): void {
    const { open, threads, tools } = this.#options;
    const { via, thread, interaction } = call;
    call.agent = agent;
    this.#save(call);
    const known = threads.get(via, thread);
    Object.assign(known, { agent, queue: queue ?? known.queue, endedAt: tools.clock.now() });
    void tools.journal.append([], threads.saving(known));
    const conversation = open.at(via, thread);
    if (!conversation) return;
    open.guard(conversation, () => {
      if (!this.bring(conversation, agent))
        tools.logger.warn({ interaction, agent }, 'the agent of a call could not have the conversation before it');
    });
  }

  #ended({ interaction, via, thread, agent }: ThreadCall): void {
    const { threads, tools } = this.#options;
    this.#calls.delete(interaction);
    const drop = () => this.#drop.run(interaction);
    void tools.journal.append([], drop);
    if (agent === null) return;
    const known = threads.get(via, thread);
    known.endedAt = tools.clock.now();
    void tools.journal.append([], threads.saving(known));
  }

  #save({ interaction, via, thread, agent }: ThreadCall): void {
    void this.#options.tools.journal.append([], () => this.#put.run(interaction, via, thread, agent));
  }
}
