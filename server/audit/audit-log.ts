// The audit log: a list of the journal's audited events, so that the newest can be read without walking the journal. The
// events themselves, with what was before and after, stay where they are: in the journal, under its hash chain.
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Database, Statement } from 'better-sqlite3';
import type { Logger } from 'pino';
import type { Millis } from '../../values/index.ts';
import type { Journal, JournalEvent } from '../journal/index.ts';
import { actorOf, isAudited, subjectOf } from './audited.ts';

const reader = 'audit';
const chunk = 1_000;

export interface AuditEntry {
  /** Number of its event. */
  seq: number;
  at: Millis;
  type: string;
  by: string | undefined;
  subject: string | undefined;
  /** The event's data; without its personal fields where the person was erased. */
  data: Record<string, unknown>;
}

export interface AuditQuery {
  by?: string | undefined;
  subject?: string | undefined;
  /** A type, or a prefix with *. */
  type?: string | undefined;
  from?: Millis | undefined;
  until?: Millis | undefined;
  /** Older than that event. */
  before?: number | undefined;
  limit: number;
}

interface Row {
  seq: number;
  at: number;
  type: string;
  by: string | null;
  subject: string | null;
}

export class AuditLog {
  readonly #database: Database;
  readonly #journal: Journal;
  readonly #logger: Logger;
  readonly #insert: Statement;
  readonly #after: Statement<[number, number], Row>;
  readonly #listeners = new Set<() => void>();
  #seen: number;
  #stop: (() => void) | undefined;
  #work: Promise<void> = Promise.resolve();

  constructor({ database, journal, logger }: { database: Database; journal: Journal; logger: Logger }) {
    this.#database = database;
    this.#journal = journal;
    this.#logger = logger;
    this.#insert = database.prepare('INSERT OR IGNORE INTO audit (seq, at, type, by, subject) VALUES (?, ?, ?, ?, ?)');
    this.#after = database.prepare<[number, number], Row>('SELECT * FROM audit WHERE seq > ? ORDER BY seq LIMIT ?');
    this.#seen = journal.cursor(reader);
  }

  /** Catches up with the journal, then follows it. */
  async start(): Promise<void> {
    const until = this.#journal.last;
    while (this.#seen < until) {
      const events = this.#journal.read(this.#seen, { limit: chunk });
      await this.#take(events.filter(({ seq }) => seq <= until));
      await nextTurn();
    }
    this.#stop = this.#journal.follow((events) => {
      this.#work = this.#take(events);
    });
    // What was committed since the last read.
    if (this.#seen < this.#journal.last) await this.#take(this.#journal.read(this.#seen, { limit: chunk }));
  }

  stop(): void {
    this.#stop?.();
    this.#stop = undefined;
  }

  /** Resolves when what it was told of until now can be found: a commit after the events themselves. */
  settled(): Promise<void> {
    return this.#work;
  }

  /** Newest first. */
  find({ by, subject, type, from, until, before, limit }: AuditQuery): AuditEntry[] {
    const parts: string[] = [];
    const values: (string | number)[] = [];
    const add = (condition: string, ...given: (string | number)[]) => {
      parts.push(condition);
      values.push(...given);
    };
    if (by !== undefined) add('by = ?', by);
    if (subject !== undefined) add('subject = ?', subject);
    if (type?.endsWith('*')) add('substr(type, 1, ?) = ?', type.length - 1, type.slice(0, -1));
    else if (type !== undefined) add('type = ?', type);
    if (from !== undefined) add('at >= ?', from);
    if (until !== undefined) add('at < ?', until);
    if (before !== undefined) add('seq < ?', before);
    const where = parts.length === 0 ? '' : `WHERE ${parts.join(' AND ')}`;
    const rows = this.#database
      .prepare<unknown[], Row>(`SELECT * FROM audit ${where} ORDER BY seq DESC LIMIT ?`)
      .all(...values, limit);
    return rows.map((row) => this.#whole(row));
  }

  /** Oldest first, for those who copy it. */
  after(seq: number, limit: number): AuditEntry[] {
    return this.#after.all(seq, limit).map((row) => this.#whole(row));
  }

  /** Hears that there is something new. @returns how to stop */
  onMore(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #whole({ seq, at, type, by, subject }: Row): AuditEntry {
    const [event] = this.#journal.read(seq - 1, { limit: 1 });
    const data = event?.seq === seq ? event.data : {};
    return { seq, at, type, by: by ?? undefined, subject: subject ?? undefined, data };
  }

  async #take(events: readonly JournalEvent[]): Promise<void> {
    const last = events.at(-1)?.seq ?? 0;
    if (last <= this.#seen) return;
    const fresh = events.filter((event) => event.seq > this.#seen && isAudited(event));
    this.#seen = last;
    this.#journal.moveCursor(reader, last);
    if (fresh.length === 0) return;
    const commit = await this.#journal.append([], () => {
      for (const event of fresh) {
        this.#insert.run(event.seq, event.at, event.type, actorOf(event) ?? null, subjectOf(event) ?? null);
      }
    });
    if (commit.undone) this.#logger.error({ from: fresh[0]?.seq }, 'rows of the audit log broke a rule of the schema');
    for (const listener of this.#listeners) listener();
  }
}
