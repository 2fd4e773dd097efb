// The journal's statements, prepared once.
import type { Database, Statement } from 'better-sqlite3';
import type { Millis } from '../../values/index.ts';
import { filterSql } from './filter.ts';
import { rowHash } from './hash-chain.ts';
import type { Prepared } from './prepared-event.ts';
import type { EventFilter, JournalEvent } from './types.ts';

interface ReadRow {
  seq: number;
  at: Millis;
  site: string;
  team: string | null;
  type: string;
  version: number;
  interaction: string | null;
  agent: string | null;
  queue: string | null;
  customer: string | null;
  data: string;
  personal: string | null;
}

export interface StoredRow extends ReadRow {
  subject: string | null;
  salt: Buffer | null;
  digest: Buffer | null;
  hash: Buffer;
}

const columns = 'seq, at, site, team, type, version, interaction, agent, queue, customer, data, personal';

const insertedColumns = `${columns}, subject, salt, digest, hash`;
const width = insertedColumns.split(',').length;

/** Rows of one INSERT where there are so many: a sixth cheaper than one by one; more at once gain nothing. */
const together = 8;

type Cell = string | number | Buffer | null;

export class JournalRows {
  readonly #db: Database;
  readonly #insert: Statement;
  readonly #insertTogether: Statement;
  /** Cells of the rows that are not written yet. */
  readonly #added: Cell[] = [];
  readonly #ofInteraction: Statement<[string], ReadRow>;
  readonly #chain: Statement<[number, number], StoredRow>;
  readonly #reads = new Map<string, Statement<unknown[], ReadRow>>();
  readonly #begin: Statement;
  readonly #commit: Statement;
  readonly #end: Statement<[], { seq: number; at: Millis; hash: Buffer }>;
  readonly #cursor: Statement<[string], number>;
  readonly #moveCursor: Statement<[string, number]>;
  readonly #countPersonal: Statement<[string], number>;
  readonly #erase: Statement<[string]>;
  readonly #countPersonalOf: Statement<[string, string], number>;
  readonly #eraseOf: Statement<[string, string]>;

  constructor(db: Database) {
    this.#db = db;
    this.#begin = db.prepare('BEGIN IMMEDIATE');
    this.#commit = db.prepare('COMMIT');
    const row = `(${Array(width).fill('?').join(', ')})`;
    this.#insert = db.prepare(`INSERT INTO journal (${insertedColumns}) VALUES ${row}`);
    const rows = Array(together).fill(row).join(', ');
    this.#insertTogether = db.prepare(`INSERT INTO journal (${insertedColumns}) VALUES ${rows}`);
    this.#end = db.prepare('SELECT seq, at, hash FROM journal ORDER BY seq DESC LIMIT 1');
    this.#ofInteraction = db.prepare(`SELECT ${columns} FROM journal WHERE interaction = ? ORDER BY seq`);
    this.#chain = db.prepare(
      `SELECT ${columns}, subject, salt, digest, hash FROM journal WHERE seq > ? ORDER BY seq LIMIT ?`,
    );
    this.#cursor = db.prepare<[string], number>('SELECT seq FROM cursors WHERE reader = ?').pluck();
    this.#moveCursor = db.prepare(
      'INSERT INTO cursors (reader, seq) VALUES (?, ?) ON CONFLICT (reader) DO UPDATE SET seq = excluded.seq',
    );
    this.#countPersonal = db
      .prepare<[string], number>('SELECT count(*) FROM journal WHERE subject = ? AND personal IS NOT NULL')
      .pluck();
    const course = `interaction IN (SELECT value FROM json_each(?)) AND personal IS NOT NULL AND type GLOB ? || '*'`;
    this.#countPersonalOf = db
      .prepare<[string, string], number>(`SELECT count(*) FROM journal WHERE ${course}`)
      .pluck();
    this.#eraseOf = db.prepare(`UPDATE journal SET personal = NULL, salt = NULL WHERE ${course}`);
    this.#erase = db.prepare('UPDATE journal SET personal = NULL, salt = NULL WHERE subject = ?');
  }

  begin(): void {
    this.discard();
    this.#begin.run();
  }

  commit(): void {
    this.#commit.run();
  }

  end(): { seq: number; at: Millis; hash: Buffer } | undefined {
    return this.#end.get();
  }

  /**
   * Adds a row; it is in the table after `flush` at the latest.
   * @param previous hash of the row before
   * @returns the hash of the new row, Base64
   */
  add(seq: number, site: string, event: Prepared, previous: string): string {
    const { at, type, version, data, personal, subject, salt, digest } = event;
    const hash = rowHash(previous, seq, site, event);
    this.#added.push(
      seq,
      at,
      site,
      event.team ?? null,
      type,
      version,
      event.interaction ?? null,
      event.agent ?? null,
      event.queue ?? null,
      event.customer ?? null,
      data,
      personal,
      subject,
      salt,
      digest,
      Buffer.from(hash, 'base64'),
    );
    if (this.#added.length === together * width) {
      this.#insertTogether.run(...this.#added);
      this.discard();
    }
    return hash;
  }

  /** Writes the rows that were added. */
  flush(): void {
    for (let at = 0; at < this.#added.length; at += width) this.#insert.run(...this.#added.slice(at, at + width));
    this.discard();
  }

  /** Forgets the rows that were added and are not written. */
  discard(): void {
    this.#added.length = 0;
  }

  read(after: number, limit: number, filter: EventFilter): JournalEvent[] {
    const { where, values } = filterSql(filter);
    let statement = this.#reads.get(where);
    if (statement === undefined) {
      statement = this.#db.prepare<unknown[], ReadRow>(
        `SELECT ${columns} FROM journal WHERE seq > ?${where} ORDER BY seq LIMIT ?`,
      );
      // Shapes of filters are few, but come from outside: a list of types makes one each.
      if (this.#reads.size < 100) this.#reads.set(where, statement);
    }
    return statement.all(after, ...values, limit).map(fromRow);
  }

  ofInteraction(interaction: string): JournalEvent[] {
    return this.#ofInteraction.all(interaction).map(fromRow);
  }

  chain(after: number, limit: number): StoredRow[] {
    return this.#chain.all(after, limit);
  }

  cursor(reader: string): number {
    return this.#cursor.get(reader) ?? 0;
  }

  moveCursor(reader: string, seq: number): void {
    this.#moveCursor.run(reader, seq);
  }

  countPersonal(subject: string): number {
    return this.#countPersonal.get(subject) ?? 0;
  }

  /** Of all events in the course of interactions. @param types beginning of their names */
  countPersonalOf(interactions: readonly string[], types: string): number {
    return this.#countPersonalOf.get(JSON.stringify(interactions), types) ?? 0;
  }

  eraseOf(interactions: readonly string[], types: string): void {
    this.#eraseOf.run(JSON.stringify(interactions), types);
  }

  erase(subject: string): void {
    this.#erase.run(subject);
  }
}

function fromRow(row: ReadRow): JournalEvent {
  const data = JSON.parse(row.data) as Record<string, unknown>;
  return {
    seq: row.seq,
    type: row.type,
    version: row.version,
    at: row.at,
    site: row.site,
    interaction: row.interaction ?? undefined,
    agent: row.agent ?? undefined,
    queue: row.queue ?? undefined,
    customer: row.customer ?? undefined,
    team: row.team ?? undefined,
    data: row.personal === null ? data : { ...data, ...(JSON.parse(row.personal) as object) },
  };
}
