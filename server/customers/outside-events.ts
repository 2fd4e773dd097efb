// What happened to customers outside, as other systems tell it: once each, by the key that the system gives.
import type { Database, Statement } from 'better-sqlite3';
import { type Clock, type CustomerId, type Millis, newId } from '../../values/index.ts';
import { type Journal, newEvent } from '../journal/index.ts';
import { customerEvent } from './customer-events.ts';

/** Plain facts: what a condition can compare. */
export type EventData = Record<string, string | number | boolean | null>;

export interface OutsideEvent {
  id: string;
  key: string;
  customer: CustomerId;
  at: Millis;
  /** `payment-failed` */
  name: string;
  data?: EventData | undefined;
}

export interface NewOutsideEvent extends Omit<OutsideEvent, 'id'> {
  team?: string | undefined;
}

/** Keys whose rows wait for the disk, at most. */
const mostComing = 50_000;

export class OutsideEvents {
  readonly #journal: Pick<Journal, 'append'>;
  readonly #clock: Clock;
  readonly #known: Statement<[string], string>;
  readonly #add: Statement;
  readonly #remove: Statement<[string]>;
  readonly #of: Statement<
    [string, string, number],
    { id: string; key: string; at: number; name: string; data: string | null }
  >;
  /** Keys on their way to the disk. */
  readonly #coming = new Map<string, Promise<string>>();

  constructor(database: Database, journal: Pick<Journal, 'append'>, clock: Clock) {
    this.#journal = journal;
    this.#clock = clock;
    this.#known = database.prepare<[string], string>('SELECT id FROM customer_events WHERE key = ?').pluck();
    this.#add = database.prepare(
      'INSERT INTO customer_events (id, key, customer, at, name, data) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING',
    );
    this.#remove = database.prepare('DELETE FROM customer_events WHERE customer = ?');
    this.#of = database.prepare(
      'SELECT id, key, at, name, data FROM customer_events WHERE customer = ? AND id > ? ORDER BY id LIMIT ?',
    );
  }

  /** @returns its id where that key was taken before */
  known(key: string): string | undefined {
    return this.#known.get(key);
  }

  /** Resolves with its id when it is on the disk. The same key again: with the first one's. */
  take({ key, customer, at, name, data, team }: NewOutsideEvent, by: string): Promise<string> {
    const before = this.#known.get(key);
    if (before !== undefined) return Promise.resolve(before);
    const coming = this.#coming.get(key);
    if (coming) return coming;
    const id = newId('evt', this.#clock.now());
    const facts = { by, event: id, key, name, ...(data === undefined ? {} : { data }) };
    const saved = this.#journal
      .append([newEvent(customerEvent, at, facts, { customer, team })], () => {
        this.#add.run(id, key, customer, at, name, data === undefined ? null : JSON.stringify(data));
      })
      .then(({ durable }) => {
        // While the disk refuses, only this knows the key.
        if (durable) this.#coming.delete(key);
        return id;
      });
    this.#coming.set(key, saved);
    if (this.#coming.size > mostComing) {
      for (const oldest of this.#coming.keys()) {
        this.#coming.delete(oldest);
        break;
      }
    }
    return saved;
  }

  /** In a transaction. */
  remove(customer: CustomerId): void {
    this.#remove.run(customer);
  }

  /** All of a customer, page by page. */
  *of(customer: CustomerId): Generator<OutsideEvent> {
    let after = '';
    for (;;) {
      const page = this.#of.all(customer, after, 500);
      for (const { data, ...event } of page) {
        yield { ...event, customer, data: data === null ? undefined : (JSON.parse(data) as EventData) };
      }
      const last = page.at(-1);
      if (last === undefined || page.length < 500) return;
      after = last.id;
    }
  }
}
