// Rows of conversations, threads, messages and keys. Writes run inside the journal's commits, reads are synchronous.
import type { Database, Statement } from 'better-sqlite3';
import type { Content } from '../../connector/index.ts';
import { type AgentId, type InteractionId, type Millis, newId, type Scope } from '../../values/index.ts';
import type { MessageState, MessageView } from '../ports/index.ts';
import type { ConversationData, ThreadData } from './conversation-data.ts';

interface MessageCells {
  id: string;
  interaction: string;
  number: number;
  at: number;
  author: MessageView['author'];
  agent: string | null;
  state: MessageState;
  content: string;
  failed: string | null;
}

interface PlaceCells extends MessageCells {
  via: string;
  thread: string;
  reply_to: string | null;
  written_by: string | null;
}

export interface NewMessage {
  id: string;
  via: string;
  thread: string;
  number: number;
  interaction: InteractionId;
  at: Millis;
  author: MessageView['author'];
  agent?: AgentId | undefined;
  /** Who wrote it in the agent's name, where it was not herself. */
  writtenBy?: string | undefined;
  state: MessageState;
  content: Content;
  failed?: MessageView['failed'];
  replyTo?: string | undefined;
}

/** Where a message stands, for what becomes of it. */
export interface MessagePlace {
  view: MessageView;
  via: string;
  thread: string;
  replyTo?: string | undefined;
  /** As in `NewMessage`. */
  writtenBy?: string | undefined;
}

const columns = 'id, interaction, number, at, author, agent, state, content, failed';
const placeColumns = `${columns}, via, thread, reply_to, written_by`;

export class ConversationRows {
  readonly #db: Database;
  readonly #save: Statement;
  readonly #saveThread: Statement;
  readonly #thread: Statement<[string, string], { data: string; public: number }>;
  readonly #insert: Statement;
  readonly #update: Statement;
  readonly #key: Statement;
  readonly #known: Statement<[string, string], { interaction: string; message: string | null }>;
  readonly #page: Statement<[string, string, number, number], MessageCells>;
  readonly #lastNumber: Statement<[string, string, string], number>;
  readonly #message: Statement<[string], PlaceCells>;
  readonly #place: Statement<[string], { via: string; thread: string }>;
  readonly #read: Statement<[string, string, number], MessageCells>;

  constructor(db: Database) {
    this.#db = db;
    this.#save = db.prepare(
      `INSERT INTO conversations (interaction, via, thread, site, team, customer, started_at, open, data)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (interaction) DO UPDATE SET
         team = excluded.team, customer = excluded.customer, open = excluded.open, data = excluded.data`,
    );
    this.#saveThread = db.prepare(
      `INSERT INTO threads (via, thread, data) VALUES (?, ?, ?)
         ON CONFLICT (via, thread) DO UPDATE SET data = excluded.data`,
    );
    // Threads of an earlier version do not say themselves whether everybody can read them.
    this.#thread = db.prepare(
      `SELECT data, coalesce(data ->> '$.public', EXISTS (SELECT 1 FROM conversations c
         WHERE c.via = t.via AND c.thread = t.thread AND c.data ->> '$.public')) AS public
         FROM threads t WHERE via = ? AND thread = ?`,
    );
    this.#insert = db.prepare(
      `INSERT INTO messages (id, via, thread, number, interaction, at, author, agent, state, content, failed, reply_to,
         written_by) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    this.#update = db.prepare('UPDATE messages SET state = ?, failed = ? WHERE id = ?');
    this.#key = db.prepare('INSERT OR IGNORE INTO message_keys (via, key, interaction, message) VALUES (?, ?, ?, ?)');
    this.#known = db.prepare('SELECT interaction, message FROM message_keys WHERE via = ? AND key = ?');
    this.#page = db.prepare(
      `SELECT ${columns} FROM messages WHERE via = ? AND thread = ? AND number < ? ORDER BY number DESC LIMIT ?`,
    );
    this.#lastNumber = db
      .prepare<[string, string, string], number>(
        'SELECT number FROM messages WHERE via = ? AND thread = ? AND interaction <= ? ORDER BY number DESC LIMIT 1',
      )
      .pluck();
    this.#message = db.prepare(`SELECT ${placeColumns} FROM messages WHERE id = ?`);
    this.#place = db.prepare('SELECT via, thread FROM conversations WHERE interaction = ?');
    this.#read = db.prepare(
      `UPDATE messages SET state = 'read' WHERE via = ? AND thread = ? AND number <= ? AND author <> 'customer'
         AND state IN ('sent', 'delivered') RETURNING *`,
    );
  }

  /** @param text the conversation as JSON, of the moment at which its change was decided */
  save(
    row: Pick<ConversationData, 'interaction' | 'via' | 'thread' | 'customer' | 'startedAt'> & {
      site: string;
      team: string | undefined;
      open: boolean;
    },
    text: string,
  ): void {
    const { interaction, via, thread, site, team, customer, startedAt, open } = row;
    this.#save.run(interaction, via, thread, site, team ?? null, customer ?? null, startedAt, open ? 1 : 0, text);
  }

  open(): ConversationData[] {
    return this.#db
      .prepare<[], string>('SELECT data FROM conversations WHERE open = 1 ORDER BY interaction')
      .pluck()
      .all()
      .map((text) => JSON.parse(text) as ConversationData);
  }

  scopeOf(interaction: InteractionId): Scope | undefined {
    const row = this.#db
      .prepare<[string], { site: string; team: string | null }>(
        'SELECT site, team FROM conversations WHERE interaction = ?',
      )
      .get(interaction);
    return row && { site: row.site, team: row.team ?? undefined };
  }

  saveThread({ via, thread }: ThreadData, text: string): void {
    this.#saveThread.run(via, thread, text);
  }

  thread(via: string, thread: string): ThreadData | undefined {
    const row = this.#thread.get(via, thread);
    return row && { ...(JSON.parse(row.data) as ThreadData), public: row.public === 1 };
  }

  insert(message: NewMessage): void {
    const { id, via, thread, number, interaction, at, author, agent, state, content, failed, replyTo, writtenBy } =
      message;
    const why = failed ? JSON.stringify(failed) : null;
    const text = JSON.stringify(content);
    this.#insert.run(
      id,
      via,
      thread,
      number,
      interaction,
      at,
      author,
      agent ?? null,
      state,
      text,
      why,
      replyTo ?? null,
      writtenBy ?? null,
    );
  }

  update(message: string, state: MessageState, failed?: MessageView['failed']): void {
    this.#update.run(state, failed ? JSON.stringify(failed) : null, message);
  }

  key(via: string, key: string, interaction: InteractionId, message: string | undefined): void {
    this.#key.run(via, key, interaction, message ?? null);
  }

  known(via: string, key: string): { interaction: InteractionId; message: string | undefined } | undefined {
    const row = this.#known.get(via, key);
    return row && { interaction: row.interaction, message: row.message ?? undefined };
  }

  /** The oldest first. */
  page(via: string, thread: string, before: number, limit: number): MessageView[] {
    return this.#page.all(via, thread, before, limit).reverse().map(messageOf);
  }

  /** Of the last message of that conversation, or of one before it; 0: there is none. */
  lastNumber(via: string, thread: string, interaction: InteractionId): number {
    // Ids sort by time.
    return this.#lastNumber.get(via, thread, interaction) ?? 0;
  }

  message(id: string): MessagePlace | undefined {
    const row = this.#message.get(id);
    return row && messagePlaceOf(row);
  }

  /** Where an interaction, also one that is over, has its messages. */
  placeOf(interaction: InteractionId): { via: string; thread: string } | undefined {
    return this.#place.get(interaction);
  }

  /** @returns the messages that became read by it */
  readUpTo(via: string, thread: string, number: number): MessageView[] {
    return this.#read.all(via, thread, number).map(messageOf);
  }

  /** Threads of these customers in which nobody else reads, and which are no work items: the latest first. */
  placesOf(customers: readonly string[]): { via: string; thread: string }[] {
    return this.#db
      .prepare<[string], { via: string; thread: string }>(
        `SELECT via, thread FROM conversations WHERE customer IN (SELECT value FROM json_each(?))
           AND data ->> '$.channel' <> 'work' AND data ->> '$.erased' IS NULL
         GROUP BY via, thread HAVING max(coalesce(data ->> '$.public', 0)) = 0 ORDER BY max(started_at) DESC LIMIT 20`,
      )
      .all(JSON.stringify(customers));
  }

  awaitingApproval(limit: number): MessagePlace[] {
    return this.#db
      .prepare<[number], PlaceCells>(
        `SELECT ${placeColumns} FROM messages WHERE state = 'approval' ORDER BY at, via, thread, number LIMIT ?`,
      )
      .all(limit)
      .map(messagePlaceOf);
  }

  /** Whether another answer of that conversation waits for a second person. */
  awaitsAlso(interaction: InteractionId, message: string): boolean {
    const sql = `SELECT 1 FROM messages WHERE interaction = ? AND state = 'approval' AND id <> ? LIMIT 1`;
    return this.#db.prepare<[string, string]>(sql).get(interaction, message) !== undefined;
  }

  /** Nothing is unanswered any more in a conversation that is over. Inside a commit. @param answered by a person */
  settle(interaction: InteractionId, answered: boolean): void {
    const now = answered ? `json_set(data, '$.answered', json('true'))` : 'data';
    const sql = `UPDATE conversations SET data = json_remove(${now}, '$.unsettled') WHERE interaction = ?`;
    this.#db.prepare(sql).run(interaction);
  }

  /** Every message of these customers and interactions, conversation by conversation. */
  *ofPerson(subjects: readonly string[]): Iterable<unknown> {
    const all = JSON.stringify(subjects);
    const conversations = this.#db
      .prepare<{ all: string }, { interaction: string; via: string }>(
        `SELECT interaction, via FROM conversations WHERE customer IN (SELECT value FROM json_each(:all))
           OR interaction IN (SELECT value FROM json_each(:all)) ORDER BY interaction`,
      )
      .all({ all });
    const messages = this.#db.prepare<[string], MessageCells>(
      `SELECT ${columns} FROM messages WHERE interaction = ? AND author <> 'note' ORDER BY number`,
    );
    for (const { interaction, via } of conversations) {
      for (const row of messages.all(interaction)) yield { via, ...messageOf(row) };
    }
  }

  /**
   * What a person and her contacts said is gone for good; and with the last contact of a place its name, which may be her
   * number.
   * @param subjects customers and interactions
   */
  erase(subjects: readonly string[]): void {
    const all = JSON.stringify(subjects);
    const theirs = `SELECT interaction FROM conversations WHERE customer IN (SELECT value FROM json_each(:all))
      OR interaction IN (SELECT value FROM json_each(:all))`;
    const run = (sql: string) => this.#db.prepare(sql).run({ all });
    run(`UPDATE messages SET content = '{"type":"text","text":""}', failed = NULL WHERE interaction IN (${theirs})`);
    run(`UPDATE reviews SET why = NULL WHERE interaction IN (${theirs})`);
    // Her chat is still to hear that it is over.
    run(
      `DELETE FROM outbound WHERE interaction IN (${theirs}) AND NOT (coalesce(item ->> '$.state', '') = 'closed'
         AND EXISTS (SELECT 1 FROM conversations c
           WHERE c.interaction = outbound.interaction AND c.data ->> '$.channel' = 'chat'))`,
    );
    run(
      `UPDATE threads SET data = json_remove(data, '$.name', '$.customer') WHERE EXISTS (SELECT 1 FROM conversations c
         WHERE c.via = threads.via AND c.thread = threads.thread AND c.interaction IN (${theirs}))`,
    );
    run(
      `UPDATE conversations SET data = json_set(json_remove(data, '$.name', '$.from', '$.subject', '$.last', '$.flow', '$.place'),
         '$.variables', json('{}'), '$.path', json('[]'), '$.erased', json('true'))
         WHERE interaction IN (${theirs}) AND open = 0`,
    );
    // The name of a work item says nothing of a person.
    const places = this.#db
      .prepare<{ all: string }, { via: string; thread: string }>(
        `SELECT DISTINCT via, thread FROM conversations c WHERE interaction IN (${theirs})
           AND data ->> '$.channel' <> 'work' AND thread NOT GLOB 'erased_*' AND NOT EXISTS (SELECT 1 FROM conversations other
             WHERE other.via = c.via AND other.thread = c.thread AND other.data ->> '$.erased' IS NULL)`,
      )
      .all({ all });
    for (const { via, thread } of places) this.#rename(via, thread, newId('erased'));
  }

  /** A place at a provider, in every table, so that what belongs together still does. */
  #rename(via: string, thread: string, name: string): void {
    for (const table of ['messages', 'thread_calls'])
      this.#db.prepare(`UPDATE ${table} SET thread = ? WHERE via = ? AND thread = ?`).run(name, via, thread);
    for (const table of ['conversations', 'threads']) {
      const named = `thread = :name, data = json_set(data, '$.thread', :name)`;
      this.#db.prepare(`UPDATE ${table} SET ${named} WHERE via = :via AND thread = :thread`).run({ via, thread, name });
    }
  }
}

function messagePlaceOf(row: PlaceCells): MessagePlace {
  const { via, thread, reply_to, written_by } = row;
  return { view: messageOf(row), via, thread, replyTo: reply_to ?? undefined, writtenBy: written_by ?? undefined };
}

function messageOf(row: MessageCells): MessageView {
  const { id, interaction, number, at, author, agent, state, content, failed } = row;
  return {
    id,
    interaction,
    number,
    at,
    author,
    agent: agent ?? undefined,
    content: JSON.parse(content) as Content,
    state,
    failed: failed === null ? undefined : (JSON.parse(failed) as { code: string; reason: string }),
  };
}
