// Legal holds: what they cover stays, whatever rules say and whoever asks.
import type { Database } from 'better-sqlite3';
import { type Clock, newId } from '../../values/index.ts';
import { type Journal, newEvent, type Reader } from '../journal/index.ts';
import { failed } from './errors.ts';
import { holdPlaced, holdReleased } from './events.ts';
import { subjectKnown } from './subject-known.ts';

export interface Hold {
  id: string;
  kind: 'customer' | 'interaction' | 'queue';
  subject: string;
  reason: string;
  at: number;
  by: string;
}

export interface HoldsOptions {
  database: Database;
  /** A connection of its own: what stays of a queue that is gone takes a while to be found. */
  reader: Reader;
  journal: Journal;
  clock: Clock;
}

export class Holds {
  readonly #database: Database;
  readonly #reader: Reader;
  readonly #journal: Journal;
  readonly #clock: Clock;

  constructor({ database, reader, journal, clock }: HoldsOptions) {
    this.#database = database;
    this.#reader = reader;
    this.#journal = journal;
    this.#clock = clock;
  }

  list(): Hold[] {
    return this.#database.prepare<[], Hold>('SELECT * FROM holds ORDER BY at, id').all();
  }

  /** @throws hold-subject-unknown where there is no such thing, and never was */
  async place(what: Pick<Hold, 'kind' | 'subject' | 'reason'>, by: string): Promise<Hold> {
    const { kind, subject } = what;
    if (!(await this.#reader.ask(subjectKnown, { kind, subject })))
      throw failed['hold-subject-unknown']({ kind, subject });
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

  /** @throws under-hold where one covers the person, one of her contacts, or a queue that one of them was in */
  mayErase({ customers, interactions }: { customers: readonly string[]; interactions: readonly string[] }): void {
    const hold = this.#database
      .prepare<{ customers: string; interactions: string }, Hold>(
        `SELECT * FROM holds h WHERE (kind = 'customer' AND subject IN (SELECT value FROM json_each(:customers)))
           OR (kind = 'interaction' AND subject IN (SELECT value FROM json_each(:interactions)))
           OR (kind = 'queue' AND EXISTS (SELECT 1 FROM json_each(:interactions) i JOIN journal j
                 ON j.interaction = i.value WHERE j.queue = h.subject))
         ORDER BY at LIMIT 1`,
      )
      .get({ customers: JSON.stringify(customers), interactions: JSON.stringify(interactions) });
    if (!hold) return;
    const { id, kind, subject, reason } = hold;
    throw failed['under-hold']({ hold: id, kind, subject, reason });
  }
}
