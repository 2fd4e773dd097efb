// Draining: nothing new is taken while what is under way ends. It is kept in the database, so that a restart in between does not
// open the doors again.
import type { Database } from 'better-sqlite3';
import { z } from 'zod';
import type { Clock } from '../values/index.ts';
import type { Draining as DrainingView } from './api/index.ts';
import { defineEvent, type Journal, newEvent } from './journal/index.ts';

export const drainBegan = defineEvent(
  'server.drain-began',
  1,
  { by: z.string() },
  { about: 'From now on no new calls are taken, but emergency calls.' },
);

export const drainCancelled = defineEvent(
  'server.drain-cancelled',
  1,
  { by: z.string() },
  { about: 'New calls are taken again.' },
);

const counter = 'draining-since';

export class Draining {
  /** Hear of its begin and its end. */
  readonly #listeners: (() => void)[] = [];
  #since: number | undefined;
  readonly #journal: Journal;
  readonly #clock: Clock;

  constructor({ database, journal, clock }: { database: Database; journal: Journal; clock: Clock }) {
    this.#journal = journal;
    this.#clock = clock;
    this.#since = database.prepare<[string], number>('SELECT value FROM counters WHERE name = ?').pluck().get(counter);
  }

  /** Since when; undefined: everything is taken. */
  get since(): number | undefined {
    return this.#since;
  }

  onChanged(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** For /ready. */
  reasons(): string[] {
    if (this.#since === undefined) return [];
    return [`draining since ${new Date(this.#since).toISOString()}: no new calls are taken`];
  }

  async begin(by: string): Promise<void> {
    if (this.#since !== undefined) return;
    const at = this.#clock.now();
    this.#since = at;
    await this.#journal.append([newEvent(drainBegan, at, { by })], (db) => {
      db.prepare('INSERT OR REPLACE INTO counters (name, value) VALUES (?, ?)').run(counter, at);
    });
    for (const listener of this.#listeners) listener();
  }

  async cancel(by: string): Promise<void> {
    if (this.#since === undefined) return;
    this.#since = undefined;
    await this.#journal.append([newEvent(drainCancelled, this.#clock.now(), { by })], (db) => {
      db.prepare('DELETE FROM counters WHERE name = ?').run(counter);
    });
    for (const listener of this.#listeners) listener();
  }

  /** As the API shows it. */
  over(underWay: () => { calls: number; conversations: number }): DrainingView {
    return {
      status: () => ({ since: this.#since, ...underWay() }),
      begin: (by) => this.begin(by),
      cancel: (by) => this.cancel(by),
    };
  }
}
