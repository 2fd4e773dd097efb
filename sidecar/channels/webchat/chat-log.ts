// What was said in each conversation, numbered, so that a browser that comes back gets what it missed. SQLite in the channel's
// folder; texts are sealed. `synchronous = NORMAL`: a power cut can lose the last second of this log, never what the inbox has.
import { chmodSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import Sqlite, { type Database } from 'better-sqlite3';
import type { Content } from '../../../connector/index.ts';
import { GroupCommit } from '../../group-commit.ts';
import { Seal } from '../../seal.ts';
import type { Conversing } from './protocol.ts';

export interface Entry {
  /** The browser's or the server's; unique in its conversation. */
  id: string;
  at: number;
  from: 'visitor' | 'agent' | 'bot' | 'system';
  name?: string | undefined;
  content: Content;
}

export interface Logged extends Entry {
  seq: number;
}

export interface ConversationRow {
  id: string;
  account: string | null;
  state: Conversing['state'];
  agentName: string | null;
  position: number | null;
  /** Number of the last message; 0: none. */
  last: number;
  seenAt: number;
}

const schema = readFileSync(new URL('../../../sql/webchat/chat-log.sql', import.meta.url), 'utf8');

export class ChatLog {
  readonly #database: Database;
  readonly #commit: GroupCommit;
  readonly #seal: Seal;
  readonly #statements;

  constructor(folder: string, key: Buffer) {
    const file = join(folder, 'chat.sqlite');
    this.#database = new Sqlite(file);
    chmodSync(file, 0o600);
    this.#database.pragma('journal_mode = WAL');
    this.#database.pragma('synchronous = NORMAL');
    this.#database.pragma('secure_delete = ON');
    this.#database.exec(schema);
    this.#commit = new GroupCommit(this.#database);
    this.#seal = new Seal(key);
    this.#statements = prepare(this.#database);
  }

  conversation(id: string): ConversationRow | undefined {
    return this.#statements.conversation.get(id);
  }

  ofAccount(account: string): ConversationRow | undefined {
    return this.#statements.ofAccount.get(account);
  }

  begin(id: string, account: string | undefined, now: number): Promise<void> {
    return this.#commit.run(() => {
      this.#statements.begin.run(id, account ?? null, now);
    });
  }

  /** The conversation of a stranger becomes the one of an account that has none. */
  bind(id: string, account: string): Promise<void> {
    return this.#commit.run(() => {
      this.#statements.bind.run(account, id);
    });
  }

  seen(id: string, now: number): Promise<void> {
    return this.#commit.run(() => {
      this.#statements.seen.run(now, id);
    });
  }

  /** The same id is the same message. A conversation that was forgotten begins anew. @returns its number, and whether it is new */
  add(conversation: string, entry: Entry): Promise<{ seq: number; fresh: boolean }> {
    const { id, at, ...rest } = entry;
    const body = this.#seal.close(JSON.stringify(rest));
    return this.#commit.run(() => {
      const known = this.#statements.seqOf.get(conversation, id);
      if (known !== undefined) return { seq: known, fresh: false };
      this.#statements.begin.run(conversation, null, at);
      const seq = this.#statements.next.get(at, conversation) ?? 1;
      this.#statements.add.run(conversation, seq, id, at, body);
      return { seq, fresh: true };
    });
  }

  /** The first ones after that number. */
  after(conversation: string, seq: number, limit: number): Logged[] {
    return this.#statements.after.all(conversation, seq, limit).map(({ body, ...row }) => ({
      ...row,
      ...(JSON.parse(this.#seal.open(body)) as Omit<Entry, 'id' | 'at'>),
    }));
  }

  state(conversation: string, { state, agentName, position }: Conversing, now: number): Promise<void> {
    return this.#commit.run(() => {
      this.#statements.begin.run(conversation, null, now);
      this.#statements.state.run(state, agentName ?? null, position ?? null, conversation);
    });
  }

  /** The browser has everything up to there. @returns the server's messages that were not known to be there yet */
  got(conversation: string, seq: number): Promise<string[]> {
    return this.#commit.run(() => {
      const fresh = this.#statements.ungot.all(conversation, seq).map(({ id, body }) => {
        const { from } = JSON.parse(this.#seal.open(body)) as Entry;
        return from === 'visitor' ? undefined : id;
      });
      this.#statements.got.run(seq, conversation);
      return fresh.filter((one) => one !== undefined);
    });
  }

  /** Forgets conversations that nobody has seen since. @returns how many */
  forget(before: number, limit: number): Promise<number> {
    return this.#commit.run(() => {
      const ids = this.#statements.old.all(before, limit);
      for (const id of ids) {
        this.#statements.forgetMessages.run(id);
        this.#statements.forget.run(id);
      }
      return ids.length;
    });
  }

  close(): void {
    this.#commit.close();
  }
}

/** How a conversation stands, as browsers are told. */
export function conversing({ state, agentName, position }: ConversationRow): Conversing {
  return { state, ...(agentName ? { agentName } : {}), ...(position ? { position } : {}) };
}

function prepare(database: Database) {
  const columns = 'id, account, state, agent_name AS agentName, position, last, seen_at AS seenAt';
  return {
    conversation: database.prepare<[string], ConversationRow>(`SELECT ${columns} FROM conversations WHERE id = ?`),
    ofAccount: database.prepare<[string], ConversationRow>(`SELECT ${columns} FROM conversations WHERE account = ?`),
    begin: database.prepare<[string, string | null, number]>(
      'INSERT INTO conversations (id, account, seen_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING',
    ),
    bind: database.prepare<[string, string]>('UPDATE OR IGNORE conversations SET account = ? WHERE id = ?'),
    seen: database.prepare<[number, string]>('UPDATE conversations SET seen_at = ? WHERE id = ?'),
    seqOf: database
      .prepare<[string, string], number>('SELECT seq FROM messages WHERE conversation = ? AND id = ?')
      .pluck(),
    next: database
      .prepare<[number, string], number>(
        'UPDATE conversations SET last = last + 1, seen_at = max(seen_at, ?) WHERE id = ? RETURNING last',
      )
      .pluck(),
    add: database.prepare<[string, number, string, number, Buffer]>(
      'INSERT INTO messages (conversation, seq, id, at, body) VALUES (?, ?, ?, ?, ?)',
    ),
    after: database.prepare<[string, number, number], { seq: number; id: string; at: number; body: Buffer }>(
      'SELECT seq, id, at, body FROM messages WHERE conversation = ? AND seq > ? ORDER BY seq LIMIT ?',
    ),
    state: database.prepare<[string, string | null, number | null, string]>(
      'UPDATE conversations SET state = ?, agent_name = ?, position = ? WHERE id = ?',
    ),
    ungot: database.prepare<[string, number], { id: string; body: Buffer }>(
      `SELECT m.id, m.body FROM messages m JOIN conversations c ON c.id = m.conversation
       WHERE m.conversation = ? AND m.seq > c.got AND m.seq <= ? ORDER BY m.seq LIMIT 200`,
    ),
    got: database.prepare<[number, string]>('UPDATE conversations SET got = max(got, min(?, last)) WHERE id = ?'),
    old: database
      .prepare<[number, number], string>('SELECT id FROM conversations WHERE seen_at < ? ORDER BY seen_at LIMIT ?')
      .pluck(),
    forgetMessages: database.prepare<[string]>('DELETE FROM messages WHERE conversation = ?'),
    forget: database.prepare<[string]>('DELETE FROM conversations WHERE id = ?'),
  };
}
