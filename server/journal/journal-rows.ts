// The journal's statements, prepared once.
import type { Database, Statement } from 'better-sqlite3';
import type { Millis } from '../../values/index.ts';
import { filterSql } from './filter.ts';
import { type ChainedRow, rowHash } from './hash-chain.ts';
import type { Prepared } from './prepared-event.ts';
import type { EventFilter, JournalEvent } from './types.ts';

export interface StoredRow extends ChainedRow {
  personal: string | null;
  salt: Buffer | null;
  hash: Buffer;
}

const columns = 'seq, at, site, team, type, version, interaction, agent, queue, customer, data, personal';

type ReadRow = Omit<ChainedRow, 'subject' | 'digest'> & { personal: string | null };

export class JournalRows {
  readonly #db: Database;
  readonly #insert: Statement;
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
    this.#insert = db.prepare(
      `INSERT INTO journal (seq, at, site, team, type, version, interaction, agent, queue, customer, data,
         personal, subject, salt, digest, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
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
    this.#begin.run();
  }

  commit(): void {
    this.#commit.run();
  }

  end(): { seq: number; at: Millis; hash: Buffer } | undefined {
    return this.#end.get();
  }

  /** @returns the hash of the new row */
  insert(seq: number, site: string, event: Prepared, previous: Buffer): Buffer {
    const team = event.team ?? null;
    const interaction = event.interaction ?? null;
    const agent = event.agent ?? null;
    const queue = event.queue ?? null;
    const customer = event.customer ?? null;
    const { at, type, version, text: data, personal, subject, salt, digest } = event;
    const row = { seq, at, site, team, type, version, interaction, agent, queue, customer, data, subject, digest };
    const hash = rowHash(previous, row);
    this.#insert.run(
      seq,
      at,
      site,
      team,
      type,
      version,
      interaction,
      agent,
      queue,
      customer,
      data,
      personal,
      subject,
      salt,
      digest,
      hash,
    );
    return hash;
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
