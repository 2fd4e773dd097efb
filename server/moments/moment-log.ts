// What moments did lately, one line each, for people: the journal has the same for good, in the order of all events.
import type { Database, Statement } from 'better-sqlite3';
import type { CustomerId, Millis } from '../../values/index.ts';
import type { ActionKind } from './schema.ts';

export interface MomentLine {
  /** Newer ones have greater numbers. */
  id: number;
  at: Millis;
  moment: string;
  customer: CustomerId;
  team?: string | undefined;
  /** Absent: it was restrained. */
  firing?: string | undefined;
  /** Why it did nothing at all. */
  why?: string | undefined;
  /** What it set out to do. */
  actions?: ActionKind[] | undefined;
  held?: { action: ActionKind; why: string }[] | undefined;
  /** What became of each action. */
  acted?: { action: ActionKind; result: 'done' | 'refused' | 'failed'; why?: string | undefined }[] | undefined;
  reached?: { how: string; ms: number } | undefined;
  /** How long after it fired she answered, ms. */
  answered?: number | undefined;
}

type Told = Omit<MomentLine, 'id'>;

interface Cells {
  id: number;
  at: number;
  moment: string;
  customer: string;
  team: string | null;
  firing: string | null;
  data: string;
}

/** Lines are kept so long. */
export const logMs = 30 * 86_400_000;
/** Lines between two looks at what is too old. */
const sweepEvery = 1_000;

export class MomentLog {
  readonly #insert: Statement;
  readonly #acted: Statement<[string, string]>;
  readonly #reached: Statement<[string, string]>;
  readonly #answered: Statement<[number, string]>;
  readonly #list: Statement<[object], Cells>;
  readonly #sweep: Statement<[number]>;
  readonly #forget: Statement<[string]>;
  #written = 0;

  constructor(database: Database) {
    this.#insert = database.prepare(
      'INSERT INTO moment_log (at, moment, customer, team, firing, data) VALUES (?, ?, ?, ?, ?, ?)',
    );
    // A line begins with `acted` as an empty list.
    this.#acted = database.prepare(
      `UPDATE moment_log SET data = json_insert(data, '$.acted[#]', json(?)) WHERE firing = ?`,
    );
    this.#reached = database.prepare(
      `UPDATE moment_log SET data = json_set(data, '$.reached', json(?)) WHERE firing = ?`,
    );
    this.#answered = database.prepare(`UPDATE moment_log SET data = json_set(data, '$.answered', ?) WHERE firing = ?`);
    this.#list = database.prepare(
      `SELECT * FROM moment_log WHERE id < @before AND (@moment IS NULL OR moment = @moment)
         AND (@customers IS NULL OR customer IN (SELECT value FROM json_each(@customers)))
         AND (@team IS NULL OR team IS NULL OR team = @team)
         AND (@what IS NULL OR (@what = 'fired') = (firing IS NOT NULL))
       ORDER BY id DESC LIMIT @limit`,
    );
    this.#sweep = database.prepare('DELETE FROM moment_log WHERE at < ?');
    this.#forget = database.prepare('DELETE FROM moment_log WHERE customer = ?');
  }

  write({ at, moment, customer, team, firing, ...data }: Told): void {
    this.#insert.run(
      at,
      moment,
      customer,
      team ?? null,
      firing ?? null,
      JSON.stringify(firing === undefined ? data : { ...data, acted: [] }),
    );
    if (++this.#written % sweepEvery === 0) this.sweep(at);
  }

  acted(firing: string, { action, result, why }: NonNullable<MomentLine['acted']>[number]): void {
    this.#acted.run(JSON.stringify({ action, result, why }), firing);
  }

  reached(firing: string, how: string, ms: number): void {
    this.#reached.run(JSON.stringify({ how, ms }), firing);
  }

  answered(firing: string, ms: number): void {
    this.#answered.run(ms, firing);
  }

  sweep(now: Millis): void {
    this.#sweep.run(now - logMs);
  }

  forget(customer: CustomerId): void {
    this.#forget.run(customer);
  }

  /** Newest first. @param page.before `id` of the last one of the page before @param page.customers all ids of one person */
  list(page: {
    limit: number;
    before?: number | undefined;
    moment?: string | undefined;
    customers?: readonly CustomerId[] | undefined;
    team?: string | undefined;
    what?: 'fired' | 'restrained' | undefined;
  }): MomentLine[] {
    const { limit, before = Number.MAX_SAFE_INTEGER, moment = null, customers, team = null, what = null } = page;
    const among = customers === undefined ? null : JSON.stringify(customers);
    return this.#list.all({ limit, before, moment, customers: among, team, what }).map((cells) => ({
      id: cells.id,
      at: cells.at,
      moment: cells.moment,
      customer: cells.customer,
      ...(cells.team === null ? {} : { team: cells.team }),
      ...(cells.firing === null ? {} : { firing: cells.firing }),
      ...(JSON.parse(cells.data) as Pick<MomentLine, 'why' | 'actions' | 'held' | 'acted' | 'reached' | 'answered'>),
    }));
  }
}
