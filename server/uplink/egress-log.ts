// What left the site, batch by batch, under which policy: kept so that an auditor can make the very bytes again.
import { hash } from 'node:crypto';
import { zstdDecompressSync } from 'node:zlib';
import type { Database, Statement } from 'better-sqlite3';
import type { Millis } from '../../values/index.ts';
import type { EgressPlan } from '../egress/index.ts';
import type { EgressLogRow } from './egress-archive.ts';
import { failed } from './errors.ts';
import { type NextBatch, nextBatch } from './next-batch.ts';

export interface EgressEntry {
  batch: number;
  at: Millis;
  after: number;
  upto: number;
  sent: Record<string, number>;
  kept: number;
  bytes: number;
  wire: number;
  digest: string;
  policy: string;
}

export class EgressLog {
  readonly #database: Database;
  readonly #insert: Statement;
  readonly #insertPlan: Statement;
  readonly #list: Statement<[number, number], EgressLogRow>;

  constructor(database: Database) {
    this.#database = database;
    this.#insert = database.prepare(
      `INSERT INTO egress_log (at, after, upto, sent, kept, bytes, wire, digest, policy) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    this.#insertPlan = database.prepare('INSERT OR IGNORE INTO egress_policies (id, at, plan) VALUES (?, ?, ?)');
    this.#list = database.prepare<[number, number], EgressLogRow>(
      'SELECT * FROM egress_log WHERE batch < ? ORDER BY batch DESC LIMIT ?',
    );
  }

  /** @returns whether it is new. Both writes are for a transaction of the journal. */
  keepPlan(plan: EgressPlan, at: Millis): boolean {
    return this.#insertPlan.run(plan.id, at, JSON.stringify(plan.events)).changes > 0;
  }

  knowsPlan(id: string): boolean {
    return this.#database.prepare('SELECT 1 FROM egress_policies WHERE id = ?').get(id) !== undefined;
  }

  add({ after, upto, sent, kept, bytes, body, digest }: NextBatch, policy: string, at: Millis): void {
    this.#insert.run(at, after, upto, JSON.stringify(sent), kept, bytes, body.length, digest, policy);
  }

  /** The last event that ever left; 0: none did. */
  get last(): number {
    return this.#database.prepare<[], number>('SELECT coalesce(max(upto), 0) FROM egress_log').pluck().get() ?? 0;
  }

  /** Newest first. */
  list(page: { before?: number | undefined; limit: number }): EgressEntry[] {
    return this.#list
      .all(page.before ?? Number.MAX_SAFE_INTEGER, page.limit)
      .map((row) => ({ ...row, sent: JSON.parse(row.sent) as Record<string, number> }));
  }

  /** A batch that is still in the database. */
  find(batch: number): EgressLogRow | undefined {
    return this.#database.prepare<[number], EgressLogRow>('SELECT * FROM egress_log WHERE batch = ?').get(batch);
  }

  /**
   * Makes a batch again from journal and policy, and compares. An erased person's values are gone since, so that a batch
   * with them differs: that is said apart.
   * @param row where it is not in the database any more @throws egress-batch-unknown
   */
  verify(
    batch: number,
    key: Buffer,
    row: EgressLogRow | undefined = this.find(batch),
  ): { same: boolean; erasedSince: boolean; text: string } {
    const plan =
      row &&
      this.#database.prepare<[string], string>('SELECT plan FROM egress_policies WHERE id = ?').pluck().get(row.policy);
    if (!row || plan === undefined) throw failed['egress-batch-unknown']({ batch });
    const events = JSON.parse(plan) as EgressPlan['events'];
    const args = { after: row.after, most: row.upto - row.after, plan: { id: row.policy, events }, key };
    const made = nextBatch.run(this.#database, args);
    const erased = this.#database
      .prepare<[number, number], number>(
        'SELECT count(*) FROM journal WHERE seq > ? AND seq <= ? AND digest IS NOT NULL AND personal IS NULL',
      )
      .pluck()
      .get(row.after, row.upto);
    const text = made === undefined ? '' : unpacked(made);
    return { same: hash('sha256', text, 'hex') === row.digest, erasedSince: (erased ?? 0) > 0, text };
  }
}

function unpacked({ body }: NextBatch): string {
  return zstdDecompressSync(body).toString('utf8');
}
