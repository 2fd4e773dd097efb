import type { Database, Statement } from 'better-sqlite3';
import type { Callback, CallbackState } from './callback.ts';

type Row = { data: string };

/** What an agent made, and what is meant for her or one of her queues. */
export interface CallbacksOfAgent {
  by: string;
  agent: string;
  queues: readonly string[];
}

export class CallbackRows {
  readonly #database: Database;
  readonly #put: Statement;

  constructor(database: Database) {
    this.#database = database;
    this.#put = database.prepare(
      `INSERT OR REPLACE INTO callbacks (id, site, team, queue, customer, state, next_at, data) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    );
  }

  /** @param data the callback as JSON, of the moment at which its change was decided */
  put({ id, site, team, queue, customer }: Callback, data: string): void {
    const { state, nextAt } = JSON.parse(data) as Callback;
    this.#put.run(id, site, team ?? null, queue, customer ?? null, state, nextAt, data);
  }

  get(id: string): Callback | undefined {
    const row = this.#database.prepare<[string], Row>('SELECT data FROM callbacks WHERE id = ?').get(id);
    return row && (JSON.parse(row.data) as Callback);
  }

  open(): Callback[] {
    return this.#database
      .prepare<[], Row>("SELECT data FROM callbacks WHERE state IN ('scheduled', 'queued', 'dialling') ORDER BY id")
      .all()
      .map(({ data }) => JSON.parse(data) as Callback);
  }

  /** Made for these customers, or agreed or tried in these contacts. */
  about(subjects: readonly string[]): Callback[] {
    // Each with its index (the columns are the indexes' own expressions), and every callback once.
    return this.#database
      .prepare<[string], Row>(
        `WITH subjects AS MATERIALIZED (SELECT value FROM json_each(?))
         SELECT data FROM callbacks WHERE customer IN subjects
         UNION SELECT data FROM callbacks WHERE data ->> '$.origin' IN subjects
         UNION SELECT data FROM callbacks WHERE data ->> '$.interaction' IN subjects`,
      )
      .all(JSON.stringify(subjects))
      .map(({ data }) => JSON.parse(data) as Callback);
  }

  list(filter: {
    site: string;
    servedTeam?: string | undefined;
    state?: CallbackState | undefined;
    queue?: string | undefined;
    customer?: string | undefined;
    hers?: CallbacksOfAgent | undefined;
    limit: number;
  }): Callback[] {
    const parts = ['site = ?'];
    const values: (string | number)[] = [filter.site];
    for (const [part, value] of [
      ['(team IS NULL OR team = ?)', filter.servedTeam],
      ['state = ?', filter.state],
      ['queue = ?', filter.queue],
      ['customer = ?', filter.customer],
    ] as const) {
      if (value === undefined) continue;
      parts.push(part);
      values.push(value);
    }
    const { hers } = filter;
    if (hers !== undefined) {
      parts.push("(data ->> '$.by' = ? OR data ->> '$.preferred' = ? OR queue IN (SELECT value FROM json_each(?)))");
      values.push(hers.by, hers.agent, JSON.stringify(hers.queues));
    }
    return this.#database
      .prepare<unknown[], Row>(
        `SELECT data FROM callbacks WHERE ${parts.join(' AND ')} ORDER BY next_at DESC, id LIMIT ?`,
      )
      .all(...values, filter.limit)
      .map(({ data }) => JSON.parse(data) as Callback);
  }
}
