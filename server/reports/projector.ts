// Keeps the report tables up to date: a reader of the journal with its own cursor, written with its rows in one commit.
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Database } from 'better-sqlite3';
import type { Logger } from 'pino';
import type { Journal, JournalEvent } from '../journal/index.ts';
import { ReportFold } from './fold.ts';
import { Gathered, ReportRows, readState, stateOf } from './report-rows.ts';

const reader = 'reports';
const chunk = 1_000;
/** A contact that comes and goes within this time leaves nothing open to be written. */
const gatherMs = 5_000;

/** What reports are made of. Others are not even looked at, so that a rebuild is quick. */
const types = [
  'routing.decided',
  'routing.rebuilt',
  'directory.queue-put',
  'directory.agent-put',
  'interaction.held',
  'interaction.resumed',
  'interaction.transferred',
];
const wanted = new Set(types);

export class ReportProjector {
  readonly #journal: Journal;
  readonly #rows: ReportRows;
  readonly #logger: Logger;
  #gathered = new Gathered();
  #fold: ReportFold;
  #seen: number;
  #timer: NodeJS.Timeout | undefined;
  #busy: Promise<void> = Promise.resolve();
  #stop: (() => void) | undefined;
  #rebuilding: Promise<void> | undefined;
  /** Events heard while the journal is read; they are in what is read. */
  #catching = false;

  constructor(journal: Journal, database: Database, logger: Logger) {
    this.#journal = journal;
    this.#rows = new ReportRows(database);
    this.#logger = logger;
    this.#seen = journal.cursor(reader);
    this.#fold = this.#newFold();
    readState(database, this.#fold);
  }

  /** Catches up with the journal, then follows it. */
  async start(): Promise<void> {
    await this.#catchUp();
    this.#stop ??= this.#journal.follow((events) => {
      if (this.#catching) return;
      this.#take(events);
      this.#timer ??= setTimeout(() => this.#write(), gatherMs);
    });
    await this.#catchUp();
  }

  /** Resolves when all that is committed now is in the tables. */
  async settled(): Promise<void> {
    await this.#catchUp();
    this.#write();
    await this.#busy;
  }

  async stop(): Promise<void> {
    this.#stop?.();
    this.#stop = undefined;
    await this.settled();
  }

  /** Throws the tables away and makes them again from the journal alone. */
  rebuild(): Promise<void> {
    this.#rebuilding ??= this.#rebuild().finally(() => {
      this.#rebuilding = undefined;
    });
    return this.#rebuilding;
  }

  async #rebuild(): Promise<void> {
    await this.settled();
    this.#catching = true;
    this.#fold = this.#newFold();
    this.#seen = 0;
    this.#journal.moveCursor(reader, 0);
    await this.#journal.append([], () => this.#rows.clear());
    await this.settled();
  }

  #newFold(): ReportFold {
    this.#gathered = new Gathered();
    // What is gathered is exchanged at each write.
    return new ReportFold({
      queue: (...given) => this.#gathered.queue(...given),
      longest: (...given) => this.#gathered.longest(...given),
      agent: (...given) => this.#gathered.agent(...given),
      reason: (...given) => this.#gathered.reason(...given),
    });
  }

  async #catchUp(): Promise<void> {
    this.#catching = true;
    while (this.#seen < this.#journal.last) {
      const until = this.#journal.last;
      const events = this.#journal.read(this.#seen, { limit: chunk, filter: { types } });
      this.#take(events);
      if (events.length < chunk) this.#seen = Math.max(this.#seen, until);
      this.#write();
      await this.#busy;
      await nextTurn();
    }
    this.#catching = false;
  }

  #take(events: readonly JournalEvent[]): void {
    for (const event of events) {
      if (event.seq <= this.#seen) continue;
      this.#seen = event.seq;
      if (!wanted.has(event.type)) continue;
      try {
        this.#fold.take(event);
      } catch (error) {
        this.#logger.error({ err: error, seq: event.seq, type: event.type }, 'an event could not be counted');
      }
    }
  }

  #write(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const { dirty } = this.#fold;
    if (this.#gathered.empty && dirty.size === 0) {
      this.#journal.moveCursor(reader, this.#seen);
      return;
    }
    const gathered = this.#gathered;
    this.#gathered = new Gathered();
    const state = stateOf(this.#fold, dirty);
    dirty.clear();
    this.#journal.moveCursor(reader, this.#seen);
    this.#busy = this.#journal
      .append([], () => this.#rows.write(gathered, state))
      .then(({ undone }) => {
        if (undone)
          this.#logger.error({ until: this.#seen }, 'figures of reports were not written; rebuild the reports');
      });
  }
}
