// Takes away what was kept long enough: once a day, by the rules of retention.json; and the recordings of erased people.
import { readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Database } from 'better-sqlite3';
import type { Logger } from 'pino';
import type { Clock } from '../../values/index.ts';
import { interactionsForgotten, type PersonIds, type PersonRecords } from '../customers/index.ts';
import { type Journal, newEvent, type Reader } from '../journal/index.ts';
import { due } from './due.ts';
import { failed } from './errors.ts';
import { retained } from './events.ts';
import { Holds } from './holds.ts';
import { checkPolicy, type Kind, type Rule } from './policy.ts';

/** At one go, so that calls come in between. */
const batch = 200;
const dayMs = 86_400_000;

export interface RetentionReport {
  rule: string;
  kind: Kind;
  days: number;
  /** Taken away; with `dryRun`, what would be. */
  count: number;
}

export interface RetentionOptions {
  database: Database;
  reader: Reader;
  journal: Journal & {
    eraseInteractions(interactions: readonly string[], by: string, types?: string): Promise<number>;
  };
  clock: Clock;
  logger: Logger;
  /** Where the recordings lie; undefined where another engine has them: those are kept there, and not touched. */
  recordings: string | undefined;
  /** retention.json; undefined: everything is kept. */
  policy: string | undefined;
  /** Every id that one customer has, merged ones included. */
  idsOf: (customer: string) => readonly string[];
  /** Takes away messages and attachments of these interactions. */
  conversations: Pick<PersonRecords, 'erase'>;
}

export class Retention {
  readonly holds: Holds;
  readonly #given: RetentionOptions;
  readonly #rules: readonly Rule[];
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<RetentionReport[]> | undefined;

  /** @throws retention-policy-invalid */
  constructor(given: RetentionOptions) {
    this.#given = given;
    this.holds = new Holds(given);
    this.#rules = given.policy === undefined ? [] : readPolicy(given.policy);
  }

  /** Recordings go with erased people. */
  readonly records: PersonRecords = {
    name: 'removedRecordings',
    erase: (who) => this.#eraseRecordings(who),
    export: () => [],
  };

  /** Every day at that many milliseconds after the start; the first time after an hour, when the morning's calls are over. */
  start(everyMs = dayMs, firstMs = 3_600_000): void {
    if (this.#rules.length === 0) return;
    const again = () => {
      this.run({ by: 'retention' }).catch((error: unknown) =>
        this.#given.logger.error({ err: error }, 'retention did not come to its end; tried again tomorrow'),
      );
      this.#timer = setTimeout(again, everyMs).unref();
    };
    this.#timer = setTimeout(again, firstMs).unref();
  }

  async stop(): Promise<void> {
    clearTimeout(this.#timer);
    await this.#running?.catch((error: unknown) => this.#given.logger.warn({ err: error }, 'retention was cut off'));
  }

  /** Applies every rule, one run at a time. */
  run({ dryRun = false, by }: { dryRun?: boolean; by: string }): Promise<RetentionReport[]> {
    if (dryRun) return this.#apply(true, by);
    this.#running ??= this.#apply(false, by).finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async #apply(dryRun: boolean, by: string): Promise<RetentionReport[]> {
    const now = this.#given.clock.now();
    const report: RetentionReport[] = [];
    for (const rule of inOrder(this.#rules)) {
      if (rule.kind === 'recordings' && this.#given.recordings === undefined) {
        this.#given.logger.warn({ rule: rule.name }, 'recordings are with another engine: the rule has nothing to do');
        continue;
      }
      let count = 0;
      for (let after = ''; ; ) {
        const ids = due(this.#given.database, {
          rule,
          rules: this.#rules,
          heldCustomers: this.#held(),
          now,
          limit: batch,
          after,
        });
        if (ids.length === 0) break;
        count += ids.length;
        after = ids.at(-1)!;
        if (!dryRun) await this.#remove(rule, ids, now, by);
        await nextTurn();
      }
      report.push({ rule: rule.name, kind: rule.kind, days: rule.days, count });
    }
    return report;
  }

  async #remove({ name, kind, days }: Rule, ids: string[], at: number, by: string): Promise<void> {
    const { journal, conversations } = this.#given;
    const said = newEvent(retained, at, { kind, rule: name, days, count: ids.length, ids, by });
    const mark = (db: Database) => markRemoved(db, kind, ids, at, name);
    const words = () => conversations.erase({ customers: [], interactions: ids });
    if (kind === 'recordings') {
      await journal.append([said], mark);
      await this.#removeFiles(ids);
    } else if (kind === 'messages') {
      await journal.append([said], (db) => {
        mark(db);
        words();
      });
      await journal.eraseInteractions(ids, `rule ${name}`, 'message.');
    } else if (kind === 'personal') {
      // What was written in a contact says who it was with, too.
      await journal.append([said], (db) => {
        mark(db);
        words();
      });
      await journal.eraseInteractions(ids, `rule ${name}`);
    } else {
      await journal.eraseInteractions(ids, `rule ${name}`);
      await journal.append([said, newEvent(interactionsForgotten, at, { interactions: ids })], (db) => {
        // At once, so that the next look finds them gone; the projector does the same where it makes the records again.
        const all = JSON.stringify(ids);
        db.prepare('DELETE FROM interactions WHERE id IN (SELECT value FROM json_each(?))').run(all);
      });
    }
  }

  /** In the transaction of the erasure. */
  #eraseRecordings({ interactions }: PersonIds): void {
    const { database, clock, journal, logger } = this.#given;
    const ids = database
      .prepare<[string], string>('SELECT id FROM recordings WHERE interaction IN (SELECT value FROM json_each(?))')
      .pluck()
      .all(JSON.stringify(interactions));
    if (ids.length === 0 || this.#given.recordings === undefined) return;
    const at = clock.now();
    const said = newEvent(retained, at, { kind: 'recordings', rule: 'erasure', count: ids.length, ids, by: 'erasure' });
    journal
      .append([said], (db) => markRemoved(db, 'recordings', ids, at, 'erasure'))
      .then(() => this.#removeFiles(ids))
      .catch((error: unknown) => logger.error({ err: error }, 'recordings of an erased person are still there'));
  }

  async #removeFiles(ids: readonly string[]): Promise<void> {
    const { recordings } = this.#given;
    if (recordings === undefined) return;
    for (const id of ids) await rm(join(recordings, `${id}.wav`), { force: true });
  }

  #held(): string[] {
    return this.holds
      .list()
      .filter(({ kind }) => kind === 'customer')
      .flatMap(({ subject }) => [subject, ...this.#given.idsOf(subject)]);
  }
}

/** @throws retention-policy-invalid */
export function readPolicy(file: string): Rule[] {
  const { findings, rules } = checkPolicy(readFileSync(file, 'utf8'));
  const [first] = findings;
  if (first) throw failed['retention-policy-invalid']({ file, line: first.line, reason: first.sentence });
  return rules;
}

/** Records of contacts last: all else is found by them. */
function inOrder(rules: readonly Rule[]): Rule[] {
  return [...rules].sort((a, b) => Number(a.kind === 'interactions') - Number(b.kind === 'interactions'));
}

function markRemoved(db: Database, kind: Kind, ids: readonly string[], at: number, rule: string): void {
  const insert = db.prepare('INSERT OR IGNORE INTO removals (kind, id, at, rule) VALUES (?, ?, ?, ?)');
  for (const id of ids) insert.run(kind, id, at, rule);
}
