// The journal on SQLite: group commit, followers, cursors, and what happens while the disk refuses.
import Sqlite, { type Database } from 'better-sqlite3';
import type { Logger } from 'pino';
import { type Clock, Credit, type Millis } from '../../values/index.ts';
import { newEvent } from './event-type.ts';
import { journalAlarm, journalErased, journalKindsErased, journalLost } from './events.ts';
import { genesis } from './hash-chain.ts';
import { JournalRows } from './journal-rows.ts';
import { type Prepared, prepare } from './prepared-event.ts';
import type { Commit, EventFilter, Journal, JournalEvent, NewEvent } from './types.ts';
import { type ChainReport, verifyChain } from './verify-chain.ts';

export type { ChainReport } from './verify-chain.ts';

export interface JournalOptions {
  database: Database;
  site: string;
  logger: Logger;
  clock: Clock;
  /** Check data against its schema at append (tests, development). Default false. */
  checked?: boolean;
  /** How often a disk that refused is tried again. Default 1,000 ms. */
  retryMs?: number;
  /** Events kept in memory while the disk refuses; beyond that they are dropped and counted. Default 200,000. */
  mostWaiting?: number;
}

/** For /metrics. */
export interface JournalCounters {
  events: number;
  commits: number;
  /** Commits that the disk refused. */
  refused: number;
  /** Events that wait for the disk now. */
  waiting: number;
  /** Events dropped because the disk refused for too long. */
  lost: number;
  /** Appends whose own rows broke a rule of the schema, and were undone. */
  undone: number;
  /** Longest group commit since the last reading, ms. */
  slowestCommitMs: number;
}

/** The journal with what only main.ts, the API and tests need of it. */
export interface SiteJournal extends Journal {
  readonly site: string;
  /** Time of the last event that was there when it was opened; 0 where there was none. */
  readonly openedAt: Millis;
  readonly counters: Readonly<JournalCounters>;
  /** Set while the disk refuses: shown in /ready. */
  readonly trouble: { since: number; reason: string } | undefined;
  /** Erases the personal fields of all events about these subjects (customer, interaction and agent ids). @returns how many events */
  erase(subjects: string[], by: string): Promise<number>;
  /**
   * As `erase`, of all events in the course of these interactions, whoever they are about.
   * @param types only events whose names begin so (`message.`); others are told nothing then
   * @returns how many events
   */
  eraseInteractions(interactions: readonly string[], by: string, types?: string): Promise<number>;
  /** Walks the whole chain, 1,000 rows at a time, letting others run in between. */
  verifyChain(): Promise<ChainReport>;
}

/** Commits that may follow each other turn by turn, and the distance between them under steady load. */
const mostCommitsAtOnce = 16;
const commitMs = 12;

interface Batch {
  events: Prepared[];
  rows: ((db: Database) => void) | undefined;
  resolve: (commit: Commit) => void;
  /** Whether the caller has its answer already (it waits for the disk). */
  answered: boolean;
  /** Number of its last event as written; undefined: it was undone. */
  last: number | undefined;
}

/** What SQLite says when the disk, and not the statement, is to blame. */
const diskCodes = /^SQLITE_(FULL|IOERR|READONLY|CANTOPEN|NOMEM|BUSY|LOCKED|CORRUPT|NOTADB|PROTOCOL)/;

function isDisk(error: unknown): error is Sqlite.SqliteError {
  return error instanceof Sqlite.SqliteError && diskCodes.test(error.code);
}

/** Opens the journal of a site on a database that `openDatabase` made. */
export function openJournal(options: JournalOptions): SiteJournal {
  return new SqliteJournal(options);
}

class SqliteJournal implements SiteJournal {
  readonly site: string;
  readonly openedAt: Millis;
  readonly #db: Database;
  readonly #rows: JournalRows;
  /** Does that in a savepoint, and undoes it where it throws. */
  readonly #undoable: (write: () => void) => void;
  readonly #logger: Logger;
  readonly #clock: Clock;
  readonly #checked: boolean;
  readonly #retryMs: number;
  readonly #mostWaiting: number;
  readonly #followers = new Set<(events: JournalEvent[]) => void>();
  readonly #cursors = new Map<string, number>();
  #movedCursors = new Map<string, number>();
  #pending: Batch[] = [];
  #waiting: Batch[] = [];
  #scheduled: NodeJS.Immediate | undefined;
  /** A commit that waits for more events under load. */
  #held: NodeJS.Timeout | undefined;
  readonly #credit = new Credit(mostCommitsAtOnce, commitMs);
  #retry: NodeJS.Timeout | undefined;
  #trouble: { since: number; reason: string } | undefined;
  #lostSpan: { since: number; until: number; count: number } | undefined;
  #last: number;
  /** Of the last event, Base64. */
  #hash: string;
  #slowest = 0;
  #closed = false;
  readonly #counters = { events: 0, commits: 0, refused: 0, waiting: 0, lost: 0, undone: 0 };

  constructor({
    database,
    site,
    logger,
    clock,
    checked = false,
    retryMs = 1_000,
    mostWaiting = 200_000,
  }: JournalOptions) {
    this.#db = database;
    this.#rows = new JournalRows(database);
    this.#undoable = database.transaction((write: () => void) => write());
    this.site = site;
    this.#logger = logger;
    this.#clock = clock;
    this.#checked = checked;
    this.#retryMs = retryMs;
    this.#mostWaiting = mostWaiting;
    const end = this.#rows.end();
    this.#last = end?.seq ?? 0;
    this.openedAt = end?.at ?? 0;
    this.#hash = end?.hash.toString('base64') ?? genesis;
  }

  get last(): number {
    return this.#last;
  }

  get counters(): JournalCounters {
    const slowestCommitMs = this.#slowest;
    this.#slowest = 0;
    return { ...this.#counters, slowestCommitMs };
  }

  get trouble(): { since: number; reason: string } | undefined {
    return this.#trouble;
  }

  append(events: NewEvent[], rows?: (db: Database) => void): Promise<Commit> {
    // Text is made at once, so that what the caller does to its objects later changes nothing.
    const prepared = events.map((event) => prepare(event, this.#checked));
    if (this.#closed) {
      this.#logger.error({ types: events.map((event) => event.type.name) }, 'append after the journal was closed');
      return Promise.resolve({ seq: undefined, durable: false });
    }
    const { promise, resolve } = Promise.withResolvers<Commit>();
    this.#pending.push({ events: prepared, rows, resolve, answered: false, last: undefined });
    this.#schedule();
    return promise;
  }

  read(after: number, { limit = 1_000, filter = {} }: { limit?: number; filter?: EventFilter } = {}): JournalEvent[] {
    return this.#rows.read(after, limit, filter);
  }

  ofInteraction(interaction: string): JournalEvent[] {
    return this.#rows.ofInteraction(interaction);
  }

  follow(listener: (events: JournalEvent[]) => void): () => void {
    this.#followers.add(listener);
    return () => this.#followers.delete(listener);
  }

  cursor(reader: string): number {
    const known = this.#cursors.get(reader);
    if (known !== undefined) return known;
    const stored = this.#rows.cursor(reader);
    this.#cursors.set(reader, stored);
    return stored;
  }

  moveCursor(reader: string, seq: number): void {
    this.#cursors.set(reader, seq);
    this.#movedCursors.set(reader, seq);
    this.#schedule();
  }

  async erase(subjects: string[], by: string): Promise<number> {
    let events = 0;
    for (const subject of subjects) events += this.#rows.countPersonal(subject);
    const data = { subjects, by, events };
    const commit = await this.append([newEvent(journalErased, this.#clock.now(), data)], () => {
      for (const subject of subjects) this.#rows.erase(subject);
    });
    if (!commit.durable) this.#logger.error({ subjects }, 'erasing a person waits for the disk');
    return events;
  }

  async eraseInteractions(interactions: readonly string[], by: string, types = ''): Promise<number> {
    const events = this.#rows.countPersonalOf(interactions, types);
    const data = { subjects: [...interactions], by, events };
    const now = this.#clock.now();
    const said = [
      types === '' ? newEvent(journalErased, now, data) : newEvent(journalKindsErased, now, { ...data, types }),
    ];
    const commit = await this.append(said, () => this.#rows.eraseOf(interactions, types));
    if (!commit.durable) this.#logger.error({ interactions: data.subjects }, 'erasing waits for the disk');
    return events;
  }

  verifyChain(): Promise<ChainReport> {
    return verifyChain(this.#rows);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    clearImmediate(this.#scheduled);
    clearTimeout(this.#held);
    clearTimeout(this.#retry);
    this.#commitAll();
    clearTimeout(this.#retry);
    const lost = this.#waiting.reduce((sum, batch) => sum + batch.events.length, 0);
    if (lost > 0) this.#logger.error({ lost }, 'journal closed while the disk refused: events in memory are lost');
    this.#followers.clear();
  }

  #schedule(): void {
    if (this.#held !== undefined) return;
    this.#scheduled ??= setImmediate(() => {
      this.#scheduled = undefined;
      const waitMs = this.#credit.take(performance.now());
      if (waitMs === 0) this.#commit();
      else this.#held = setTimeout(() => this.#commit(), waitMs);
    });
  }

  #commit(): void {
    this.#held = undefined;
    // While the disk refuses, only the retry timer tries it: a failing commit per turn would eat the CPU.
    if (this.#trouble === undefined) this.#commitAll();
    else this.#refuse(this.#pending.splice(0));
  }

  /** One transaction for all that waits, oldest first. */
  #commitAll(): void {
    const batches = [...this.#waiting, ...this.#pending];
    const cursors = this.#movedCursors;
    if (batches.length === 0 && cursors.size === 0) return;
    this.#pending = [];
    this.#waiting = [];
    this.#movedCursors = new Map();
    const began = performance.now();
    let written: JournalEvent[];
    try {
      written = this.#writeAll(batches, cursors);
    } catch (error) {
      if (this.#db.inTransaction) this.#db.exec('ROLLBACK');
      for (const [reader, seq] of cursors) if (!this.#movedCursors.has(reader)) this.#movedCursors.set(reader, seq);
      this.#inTrouble(error);
      this.#refuse(batches);
      return;
    }
    this.#slowest = Math.max(this.#slowest, performance.now() - began);
    this.#counters.commits++;
    this.#counters.waiting = 0;
    this.#recovered(batches.filter((batch) => batch.answered).length);
    this.#tell(written);
    for (const { answered, last, events, resolve } of batches) {
      if (answered) continue;
      if (last === undefined) resolve({ seq: undefined, durable: false, undone: true });
      else resolve({ seq: events.length === 0 ? this.#last : last, durable: true });
    }
  }

  #writeAll(batches: Batch[], cursors: Map<string, number>): JournalEvent[] {
    try {
      return this.#write(batches, cursors);
    } catch (error) {
      if (isDisk(error)) throw error;
      // An event that the table itself does not take. Tried again for ever it would keep all others out.
      if (this.#db.inTransaction) this.#db.exec('ROLLBACK');
      return this.#write(batches, cursors, true);
    }
  }

  /**
   * @param apart each batch in a savepoint, not only those with rows of their own
   * @returns the events of the batches that were not undone
   */
  #write(batches: Batch[], cursors: Map<string, number>, apart = false): JournalEvent[] {
    let seq = this.#last;
    let hash = this.#hash;
    const written: JournalEvent[] = [];
    const add = (batch: Batch): void => {
      for (const event of batch.events) {
        hash = this.#rows.add(++seq, this.site, event, hash);
        written.push(asEvent(seq, this.site, event));
      }
      batch.last = seq;
    };
    this.#rows.begin();
    for (const batch of batches) {
      if (batch.rows === undefined && !apart) {
        add(batch);
        continue;
      }
      // What came before stands outside the savepoint.
      this.#rows.flush();
      const before = { seq, hash, written: written.length };
      try {
        // A savepoint, so that one append whose rows break a rule takes no other with it.
        this.#undoable(() => {
          add(batch);
          this.#rows.flush();
          batch.rows?.(this.#db);
        });
      } catch (error) {
        if (isDisk(error) || !this.#db.inTransaction) throw error;
        ({ seq, hash } = before);
        written.length = before.written;
        batch.last = undefined;
        this.#rows.discard();
        this.#counters.undone++;
        const types = batch.events.map(({ type }) => type);
        this.#logger.error({ err: error, types }, 'rows of an append broke a rule of the schema; it was undone');
      }
    }
    this.#rows.flush();
    for (const [reader, to] of cursors) this.#rows.moveCursor(reader, to);
    this.#rows.commit();
    this.#counters.events += seq - this.#last;
    this.#last = seq;
    this.#hash = hash;
    return written;
  }

  #inTrouble(error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    this.#counters.refused++;
    if (this.#trouble === undefined) {
      this.#trouble = { since: this.#clock.now(), reason };
      this.#logger.error({ err: error }, 'the disk refuses the journal: events are kept in memory and tried again');
    }
    if (this.#closed) return;
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.#commitAll(), this.#retryMs);
    this.#retry.unref();
  }

  /** Keeps batches for later, up to the bound, and tells their callers that they are not durable. */
  #refuse(batches: Batch[]): void {
    let waiting = this.#waiting.reduce((sum, batch) => sum + batch.events.length, 0);
    for (const batch of batches) {
      if (waiting + batch.events.length > this.#mostWaiting) {
        this.#drop(batch);
      } else {
        waiting += batch.events.length;
        this.#waiting.push(batch);
      }
      if (!batch.answered) batch.resolve({ seq: undefined, durable: false });
      batch.answered = true;
    }
    this.#counters.waiting = waiting;
  }

  #drop(batch: Batch): void {
    const now = this.#clock.now();
    this.#lostSpan ??= { since: now, until: now, count: 0 };
    this.#lostSpan.until = now;
    this.#lostSpan.count += batch.events.length;
    this.#counters.lost += batch.events.length;
  }

  #recovered(kept: number): void {
    const trouble = this.#trouble;
    if (trouble === undefined) return;
    this.#trouble = undefined;
    const until = this.#clock.now();
    this.#logger.warn(
      { since: trouble.since, kept, lost: this.#lostSpan?.count ?? 0 },
      'the disk takes the journal again',
    );
    const alarms = [newEvent(journalAlarm, until, { since: trouble.since, until, reason: trouble.reason, kept })];
    if (this.#lostSpan !== undefined) alarms.push(newEvent(journalLost, until, this.#lostSpan));
    this.#lostSpan = undefined;
    // Right behind what was kept, ahead of what the followers of this very commit may append.
    void this.append(alarms);
  }

  #tell(events: JournalEvent[]): void {
    if (events.length === 0) return;
    for (const follower of this.#followers) {
      try {
        follower(events);
      } catch (error) {
        this.#logger.error({ err: error, from: events[0]?.seq }, 'a follower of the journal failed on a batch');
      }
    }
  }
}

function asEvent(seq: number, site: string, event: Prepared): JournalEvent {
  const { type, version, at, facts: data, interaction, agent, queue, customer, team } = event;
  return { seq, type, version, at, site, interaction, agent, queue, customer, team, data };
}
