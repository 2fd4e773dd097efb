// Pairs of customers who may be one person, until somebody decides; and those whom somebody took apart, whom no rule merges
// again.
import type { Database, Statement } from 'better-sqlite3';
import type { CustomerId, Millis } from '../../values/index.ts';

export interface Suggestion {
  /** The pair, in the order of their ids. */
  customer: CustomerId;
  other: CustomerId;
  /** `said`, `proved`, `parted` (merged once, and undone), `by-hand`. */
  why: string;
  /** Of the identity that both have to do with. */
  kind?: string | undefined;
  since: Millis;
  by: string;
}

interface Cells {
  customer: string;
  other: string;
  why: string;
  kind: string | null;
  since: number;
  by: string;
  state: string;
}

/** `open`: somebody should look. */
export type SuggestionState = 'open' | 'dismissed' | 'merged';

export class SuggestionRows {
  readonly #get: Statement<[string, string], { state: SuggestionState; parted: number }>;
  readonly #add: Statement;
  readonly #close: Statement;
  readonly #part: Statement;
  readonly #list: Statement<[object], Cells>;
  readonly #of: Statement<[string, string], Cells>;
  readonly #remove: Statement;

  constructor(database: Database) {
    this.#get = database.prepare('SELECT state, parted FROM customer_suggestions WHERE customer = ? AND other = ?');
    this.#add = database.prepare(
      `INSERT INTO customer_suggestions (customer, other, why, kind, since, by, state) VALUES (?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (customer, other) DO UPDATE SET why = excluded.why, kind = excluded.kind, since = excluded.since,
         by = excluded.by, state = excluded.state`,
    );
    this.#close = database.prepare(
      'UPDATE customer_suggestions SET state = ?, by = ? WHERE customer = ? AND other = ?',
    );
    this.#part = database.prepare(
      `INSERT INTO customer_suggestions (customer, other, why, since, by, state, parted)
       VALUES (?, ?, 'parted', ?, ?, 'dismissed', 1)
       ON CONFLICT (customer, other) DO UPDATE SET state = excluded.state, by = excluded.by, parted = 1`,
    );
    this.#list = database.prepare(
      `SELECT s.* FROM customer_suggestions AS s JOIN customers AS c ON c.id = s.customer
       WHERE s.state = 'open' AND s.since < @before AND (@team IS NULL OR c.team IS NULL OR c.team = @team)
       ORDER BY s.since DESC LIMIT @limit`,
    );
    this.#of = database.prepare(
      `SELECT * FROM customer_suggestions WHERE state = 'open' AND customer = ?
       UNION SELECT * FROM customer_suggestions WHERE state = 'open' AND other = ? ORDER BY since DESC LIMIT 50`,
    );
    this.#remove = database.prepare('DELETE FROM customer_suggestions WHERE customer = ? OR other = ?');
  }

  /** Undefined: nobody ever thought of it. */
  state(a: CustomerId, b: CustomerId): SuggestionState | undefined {
    return this.#get.get(...inOrder(a, b))?.state;
  }

  /** Whether a person took them apart. */
  parted(a: CustomerId, b: CustomerId): boolean {
    return this.#get.get(...inOrder(a, b))?.parted === 1;
  }

  open({ customer, other, why, kind, since, by }: Suggestion): void {
    this.#add.run(...inOrder(customer, other), why, kind ?? null, since, by, 'open');
  }

  close(a: CustomerId, b: CustomerId, state: Exclude<SuggestionState, 'open'>, by: string): void {
    this.#close.run(state, by, ...inOrder(a, b));
  }

  part(a: CustomerId, b: CustomerId, at: Millis, by: string): void {
    this.#part.run(...inOrder(a, b), at, by);
  }

  /** Newest first. */
  list(page: { limit: number; before?: Millis | undefined; team?: string | undefined }): Suggestion[] {
    const { limit, before = Number.MAX_SAFE_INTEGER, team = null } = page;
    return this.#list.all({ limit, before, team }).map(suggestionOf);
  }

  of(customer: CustomerId): Suggestion[] {
    return this.#of.all(customer, customer).map(suggestionOf);
  }

  remove(customer: CustomerId): void {
    this.#remove.run(customer, customer);
  }
}

function inOrder(a: CustomerId, b: CustomerId): [CustomerId, CustomerId] {
  return a < b ? [a, b] : [b, a];
}

function suggestionOf({ customer, other, why, kind, since, by }: Cells): Suggestion {
  return { customer, other, why, kind: kind ?? undefined, since, by };
}
