// One kind of record: all in memory for reads, each change validated, journaled and stored in one transaction.
import type { Database, Statement } from 'better-sqlite3';
import { z } from 'zod';
import type { Clock } from '../../values/index.ts';
import { type Journal, type NewEvent, newEvent } from '../journal/index.ts';
import type { Table } from '../ports/index.ts';
import { failed } from './errors.ts';
import { directoryEvents, type Kind } from './events.ts';
import { fromCells, type Layout, putSql, toCell } from './table-layout.ts';

export interface TableContext {
  database: Database;
  journal: Journal;
  clock: Clock;
  /** Runs changes one after the other, so that references are checked against what is really there. */
  inTurn<T>(change: () => Promise<T>): Promise<T>;
}

export interface TableDefinition<Row extends object> {
  kind: Kind;
  schema: z.ZodType<Row>;
  layout: Layout;
  key(row: Row): string;
  /** @throws unknown-reference */
  check(row: Row): void;
  /** What still uses the record, as a phrase: `agent 1001`. */
  usedBy(key: string): string | undefined;
  /** The record as it is stored, by field of the layout. */
  store(row: Row): Record<string, unknown>;
  load?(stored: Record<string, unknown>): unknown;
  /** The record for the journal: no secrets; personal fields apart. */
  journaled(row: Row): { record: Record<string, unknown>; person?: Record<string, unknown> };
  changed(keys: string[]): void;
}

/** A change of one table that is checked and not made yet. */
export interface Plan {
  keys: string[];
  events: NewEvent[];
  /** In the transaction of the events. */
  write(): void;
  /** After it: what is read from now on. */
  apply(): void;
}

export class DirectoryTable<Row extends object> implements Table<Row> {
  readonly #context: TableContext;
  readonly #definition: TableDefinition<Row>;
  readonly #rows = new Map<string, Row>();
  readonly #put: Statement;
  readonly #remove: Statement;
  #list: readonly Row[] | undefined;

  constructor(context: TableContext, definition: TableDefinition<Row>) {
    this.#context = context;
    this.#definition = definition;
    const { database } = context;
    const { layout } = definition;
    this.#put = database.prepare(putSql(layout));
    this.#remove = database.prepare(`DELETE FROM ${layout.table} WHERE ${layout.columns[0]![0]} = ?`);
    for (const cells of database.prepare<[], Record<string, unknown>>(`SELECT * FROM ${layout.table}`).all()) {
      const stored = fromCells(cells, layout);
      const row = this.#parse(definition.load?.(stored) ?? stored);
      this.#rows.set(definition.key(row), row);
    }
  }

  get(key: string): Row | undefined {
    return this.#rows.get(key);
  }

  list(): readonly Row[] {
    this.#list ??= [...this.#rows.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
    return this.#list;
  }

  put(given: Row, by: string): Promise<void> {
    return this.#context.inTurn(async () => {
      const plan = this.plan([given], by);
      await this.#commit(plan.keys[0] ?? '', plan.events, plan.write);
      plan.apply();
    });
  }

  /**
   * Changes that are checked and not made yet, so that several tables can change in one transaction.
   * Call it, and what it answers, within one turn of the context.
   * @throws invalid-field, unknown-reference
   */
  plan(given: readonly Row[], by: string): Plan {
    const { kind, layout, key: keyOf, check, store, journaled, changed } = this.#definition;
    const rows = given.map((one) => {
      const row = this.#parse(one);
      check(row);
      return { key: keyOf(row), row, stored: store(row) };
    });
    const at = this.#context.clock.now();
    return {
      keys: rows.map(({ key }) => key),
      events: rows.map(({ key, row }) => {
        const data = { key, by, ...journaled(row), ...this.#before(key) };
        const scope = { ...('team' in row ? { team: row.team as string } : {}), ...this.#scope(key) };
        return newEvent(directoryEvents[kind].put, at, data, scope);
      }),
      write: () => {
        for (const { stored } of rows)
          this.#put.run(...layout.columns.map(([, field, as]) => toCell(stored[field], as)));
      },
      apply: () => {
        for (const { key, row } of rows) this.#rows.set(key, row);
        this.#list = undefined;
        changed(rows.map(({ key }) => key));
      },
    };
  }

  remove(key: string, by: string): Promise<boolean> {
    return this.#context.inTurn(async () => {
      const { kind, usedBy, changed } = this.#definition;
      if (!this.#rows.has(key)) return false;
      const user = usedBy(key);
      if (user !== undefined) throw failed['still-referenced']({ kind, name: key, by: user });
      const data = { key, by, ...this.#before(key) };
      const event = newEvent(directoryEvents[kind].removed, this.#context.clock.now(), data, this.#scope(key));
      await this.#commit(key, [event], () => this.#remove.run(key));
      this.#rows.delete(key);
      this.#list = undefined;
      changed([key]);
      return true;
    });
  }

  /** The record as it is until this change, for the audit. */
  #before(key: string): { before?: Record<string, unknown>; personBefore?: Record<string, unknown> | undefined } {
    const row = this.#rows.get(key);
    if (row === undefined) return {};
    const { record, person } = this.#definition.journaled(row);
    return { before: record, ...(person === undefined ? {} : { personBefore: person }) };
  }

  #scope(key: string): { agent?: string; queue?: string } {
    if (this.#definition.kind === 'agent') return { agent: key };
    return this.#definition.kind === 'queue' ? { queue: key } : {};
  }

  async #commit(key: string, events: NewEvent[], rows: () => void): Promise<void> {
    const commit = await this.#context.journal.append(events, rows);
    // Where the disk refuses for a while, event and row are written together later, and the change holds already.
    if (commit.undone) throw failed['directory-not-saved']({ kind: this.#definition.kind, name: key });
  }

  #parse(given: unknown): Row {
    const result = this.#definition.schema.safeParse(given);
    if (result.success) return result.data;
    throw invalidField(result.error);
  }
}

/** The first thing wrong, as an error that names the field; all of them are in the details. */
export function invalidField(error: z.ZodError): Error {
  const issues = error.issues.map((issue) => ({ field: z.core.toDotPath(issue.path), reason: issue.message }));
  const first = issues[0] ?? { field: '', reason: 'not valid' };
  return failed['invalid-field']({ field: first.field || '(whole)', reason: first.reason, issues }, { cause: error });
}
