// Legal holds: what they cover stays, whatever rules say and whoever asks.
import type { Database } from 'better-sqlite3';
import { type Clock, newId } from '../../values/index.ts';
import { type Journal, newEvent } from '../journal/index.ts';
import { failed } from './errors.ts';
import { holdPlaced, holdReleased } from './events.ts';

export interface Hold {
  id: string;
  kind: 'customer' | 'interaction' | 'queue';
  subject: string;
  reason: string;
  at: number;
  by: string;
}

export class Holds {
  readonly #database: Database;
  readonly #journal: Journal;
  readonly #clock: Clock;

  constructor({ database, journal, clock }: { database: Database; journal: Journal; clock: Clock }) {
    this.#database = database;
    this.#journal = journal;
    this.#clock = clock;
  }

  list(): Hold[] {
    return this.#database.prepare<[], Hold>('SELECT * FROM holds ORDER BY at, id').all();
  }

  async place(what: Pick<Hold, 'kind' | 'subject' | 'reason'>, by: string): Promise<Hold> {
    const at = this.#clock.now();
    const hold: Hold = { id: newId('hold', at), ...what, at, by };
    await this.#journal.append([newEvent(holdPlaced, at, { hold: hold.id, ...what, by })], (db) => {
      db.prepare(
        'INSERT INTO holds (id, kind, subject, reason, at, by) VALUES (:id, :kind, :subject, :reason, :at, :by)',
      ).run(hold);
    });
    return hold;
  }

  /** @throws hold-unknown */
  async release(id: string, by: string): Promise<void> {
    const hold = this.list().find((one) => one.id === id);
    if (!hold) throw failed['hold-unknown']({ hold: id });
    const { kind, subject } = hold;
    await this.#journal.append([newEvent(holdReleased, this.#clock.now(), { hold: id, kind, subject, by })], (db) => {
      db.prepare('DELETE FROM holds WHERE id = ?').run(id);
    });
  }

  /** @throws under-hold where one covers the person, one of her contacts, or a queue that they ended in */
  mayErase({ customers, interactions }: { customers: readonly string[]; interactions: readonly string[] }): void {
    const hold = this.#database
      .prepare<{ customers: string; interactions: string }, Hold>(
        `SELECT * FROM holds h WHERE (kind = 'customer' AND subject IN (SELECT value FROM json_each(:customers)))
           OR (kind = 'interaction' AND subject IN (SELECT value FROM json_each(:interactions)))
           OR (kind = 'queue' AND EXISTS (SELECT 1 FROM interactions i, json_each(:interactions) j
                 WHERE i.id = j.value AND i.queue = h.subject))
         ORDER BY at LIMIT 1`,
      )
      .get({ customers: JSON.stringify(customers), interactions: JSON.stringify(interactions) });
    if (!hold) return;
    const { id, kind, subject, reason } = hold;
    throw failed['under-hold']({ hold: id, kind, subject, reason });
  }
}
