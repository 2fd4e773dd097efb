import type { Database } from 'better-sqlite3';
import type { Millis } from '../../values/index.ts';
import type { WorkItemState } from './states.ts';
import type { Comment, WorkItem } from './work-item.ts';

export interface Filter {
  site: string;
  servedTeam?: string | undefined;
  /** Agent whose own are in it too, of whatever team. */
  orOf?: string | undefined;
  states?: readonly WorkItemState[] | undefined;
  priority?: string | undefined;
  via?: string | undefined;
  /** A part of its subject. */
  text?: string | undefined;
  owner?: string | undefined;
  customer?: string | undefined;
  overdue?: boolean | undefined;
  limit: number;
}

type Cells = { data: string };
const open = `state IN ('new', 'open')`;

export class WorkItemRows {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  get(id: string): WorkItem | undefined {
    return this.#one('id = ?', id);
  }

  byKey(via: string, key: string): WorkItem | undefined {
    return this.#one('via = ? AND key = ?', via, key);
  }

  /** @param offerAt when it enters its queue; null: it does not by itself */
  save(item: WorkItem, offerAt: Millis | null): void {
    this.#database
      .prepare(
        `INSERT INTO work_items (id, site, team, via, key, state, owner, customer, due, overdue, offer_at, data)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (id) DO UPDATE SET state = excluded.state, owner = excluded.owner, customer = excluded.customer,
           due = excluded.due, overdue = excluded.overdue, offer_at = excluded.offer_at, data = excluded.data`,
      )
      .run(
        ...[item.id, item.site, item.team ?? null, item.via, item.key ?? null, item.state, item.owner ?? null],
        ...[item.customer ?? null, item.due, item.overdue ? 1 : 0, offerAt, JSON.stringify(item)],
      );
  }

  offerAt(id: string): Millis | null {
    const sql = 'SELECT offer_at FROM work_items WHERE id = ?';
    return this.#database.prepare<[string], Millis | null>(sql).pluck().get(id) ?? null;
  }

  /** The most urgent first: by the agreed time. */
  list({ site, servedTeam, orOf, states, priority, via, text, owner, customer, overdue, limit }: Filter): WorkItem[] {
    const where = ['site = ?'];
    const values: (string | number)[] = [site];
    const add = (sql: string, value: string | number | undefined) => {
      if (value === undefined) return;
      where.push(sql);
      values.push(value);
    };
    if (servedTeam !== undefined) {
      where.push('(team IS NULL OR team = ? OR owner = ?)');
      values.push(servedTeam, orOf ?? '');
    }
    add('state IN (SELECT value FROM json_each(?))', states && JSON.stringify(states));
    add("json_extract(data, '$.priority') = ?", priority);
    add('via = ?', via);
    add("instr(lower(json_extract(data, '$.subject')), lower(?)) > 0", text);
    if (owner === '') where.push('owner IS NULL');
    add('owner = ?', owner === '' ? undefined : owner);
    add('customer = ?', customer);
    add('overdue = ?', overdue === undefined ? undefined : overdue ? 1 : 0);
    const sql = `SELECT data FROM work_items WHERE ${where.join(' AND ')} ORDER BY due, id LIMIT ?`;
    return this.#database
      .prepare<(string | number)[], Cells>(sql)
      .all(...values, limit)
      .map(itemOf);
  }

  toOffer(now: Millis, limit: number): WorkItem[] {
    const sql = 'SELECT data FROM work_items WHERE offer_at <= ? ORDER BY offer_at LIMIT ?';
    return this.#database.prepare<[number, number], Cells>(sql).all(now, limit).map(itemOf);
  }

  justOverdue(now: Millis, limit: number): WorkItem[] {
    const sql = `SELECT data FROM work_items WHERE ${open} AND overdue = 0 AND due <= ? ORDER BY due LIMIT ?`;
    return this.#database.prepare<[number, number], Cells>(sql).all(now, limit).map(itemOf);
  }

  addComment(item: string, { number, at, by, internal, text }: Comment): void {
    this.#database
      .prepare('INSERT INTO work_item_comments (item, number, at, by, internal, text) VALUES (?, ?, ?, ?, ?, ?)')
      .run(item, number, at, by, internal ? 1 : 0, text);
  }

  comments(item: string): Comment[] {
    const sql = 'SELECT number, at, by, internal, text FROM work_item_comments WHERE item = ? ORDER BY number';
    return this.#database
      .prepare<[string], Omit<Comment, 'internal'> & { internal: number }>(sql)
      .all(item)
      .map((row) => ({ ...row, internal: row.internal === 1 }));
  }

  *ofCustomers(customers: readonly string[]): Generator<WorkItem & { written: Comment[] }> {
    for (const customer of customers) {
      const rows = this.#database
        .prepare<[string], Cells>('SELECT data FROM work_items WHERE customer = ?')
        .all(customer);
      for (const item of rows.map(itemOf)) yield { ...item, written: this.comments(item.id) };
    }
  }

  /** Words and the person go; that there was something to do, and when it was done, stays. */
  erase(customers: readonly string[]): void {
    for (const item of [...this.ofCustomers(customers)]) {
      const { written: _, customer: __, ...rest } = item;
      this.#database.prepare(`UPDATE work_item_comments SET text = '' WHERE item = ?`).run(item.id);
      this.save({ ...rest, subject: '', links: [] }, this.offerAt(item.id));
    }
  }

  #one(where: string, ...values: string[]): WorkItem | undefined {
    const row = this.#database.prepare<string[], Cells>(`SELECT data FROM work_items WHERE ${where}`).get(...values);
    return row && itemOf(row);
  }
}

function itemOf({ data }: Cells): WorkItem {
  return JSON.parse(data) as WorkItem;
}
