import type { Database, Statement } from 'better-sqlite3';
import type { CustomerId, Millis } from '../../values/index.ts';
import { MomentLog } from './moment-log.ts';
import type { Action } from './schema.ts';
import { dueOf, isEmpty, type MomentState } from './state.ts';
import type { Fact } from './template.ts';

/** A moment that fired, as long as something may still come of it. */
export interface OpenFiring {
  id: string;
  moment: string;
  customer: CustomerId;
  at: Millis;
  /** When what made it fire happened. */
  since: Millis;
  class: 'seconds' | 'minutes' | 'later';
  purpose: string;
  actions: Action[];
  /** How many of the actions are done, in order. */
  done: number;
  message?: string | undefined;
  callback?: string | undefined;
  reachedAt?: Millis | undefined;
  answeredAt?: Millis | undefined;
  /** Of the event, those that its texts name. */
  facts?: Record<string, Fact> | undefined;
}

export interface MomentFigure {
  day: string;
  moment: string;
  /** `fired`, `restrained`, `acted`, `reached`, `answered`. */
  what: string;
  /** Why it was restrained; which action, and with what result; how she was reached. */
  detail: string;
  count: number;
}

export class MomentRows {
  readonly log: MomentLog;
  readonly #get: Statement<[string], string>;
  readonly #put: Statement;
  readonly #remove: Statement<[string]>;
  readonly #due: Statement<[number], string>;
  readonly #next: Statement<[], number | null>;
  readonly #putFiring: Statement;
  readonly #openFirings: Statement<[number], string>;
  readonly #sweep: Statement<[number]>;
  readonly #forgetFirings: Statement<[string]>;
  readonly #count: Statement;
  readonly #figures: Statement<[string, string], MomentFigure>;

  constructor(database: Database) {
    this.log = new MomentLog(database);
    this.#get = database.prepare<[string], string>('SELECT data FROM moment_states WHERE customer = ?').pluck();
    this.#put = database.prepare('INSERT OR REPLACE INTO moment_states (customer, due, data) VALUES (?, ?, ?)');
    this.#remove = database.prepare('DELETE FROM moment_states WHERE customer = ?');
    this.#due = database
      .prepare<[number], string>('SELECT customer FROM moment_states WHERE due <= ? ORDER BY due LIMIT 500')
      .pluck();
    this.#next = database
      .prepare<[], number | null>('SELECT min(due) FROM moment_states WHERE due IS NOT NULL')
      .pluck();
    this.#putFiring = database.prepare(
      'INSERT OR REPLACE INTO moment_firings (id, customer, at, data) VALUES (?, ?, ?, ?)',
    );
    this.#openFirings = database
      .prepare<[number], string>('SELECT data FROM moment_firings WHERE at > ? ORDER BY at')
      .pluck();
    this.#sweep = database.prepare('DELETE FROM moment_firings WHERE at <= ?');
    this.#forgetFirings = database.prepare('DELETE FROM moment_firings WHERE customer = ?');
    this.#count = database.prepare(
      `INSERT INTO moment_figures (day, moment, what, detail, count) VALUES (?, ?, ?, ?, 1)
       ON CONFLICT (day, moment, what, detail) DO UPDATE SET count = count + 1`,
    );
    this.#figures = database.prepare(
      'SELECT * FROM moment_figures WHERE day >= ? AND day <= ? ORDER BY day, moment, what, detail',
    );
  }

  state(customer: CustomerId): MomentState | undefined {
    const text = this.#get.get(customer);
    return text === undefined ? undefined : (JSON.parse(text) as MomentState);
  }

  put(customer: CustomerId, state: MomentState): void {
    if (isEmpty(state)) this.#remove.run(customer);
    else this.#put.run(customer, dueOf(state) ?? null, JSON.stringify(state));
  }

  remove(customer: CustomerId): void {
    this.#remove.run(customer);
    this.#forgetFirings.run(customer);
    this.log.forget(customer);
  }

  due(now: Millis): CustomerId[] {
    return this.#due.all(now);
  }

  next(): Millis | undefined {
    return this.#next.get() ?? undefined;
  }

  putFiring(firing: OpenFiring): void {
    this.#putFiring.run(firing.id, firing.customer, firing.at, JSON.stringify(firing));
  }

  /** Those younger than that; older ones are let go of. */
  firings(after: Millis): OpenFiring[] {
    return this.#openFirings.all(after).map((text) => JSON.parse(text) as OpenFiring);
  }

  sweep(before: Millis): void {
    this.#sweep.run(before);
  }

  count(day: string, moment: string, what: string, detail: string): void {
    this.#count.run(day, moment, what, detail);
  }

  /** @param from local days, both inclusive: 2026-01-05 */
  figures(from: string, until: string): MomentFigure[] {
    return this.#figures.all(from, until);
  }
}
