// Work that waits in a table, done in order within a lane and side by side across lanes. A row that is to be tried later
// holds up its own lane and no other. Memory is bounded: so many rows are loaded, the rest waits in the table.
import type { Logger } from 'pino';
import type { Clock } from '../values/index.ts';
import type { Pace } from './pace.ts';

export interface LaneRow {
  id: number;
  lane: string;
  dueAt: number;
}

export interface LanesOptions<Row extends LaneRow> {
  /** Waiting rows after that id, by id. */
  load(after: number, limit: number): Row[];
  /** @returns undefined: it is done; else when it is tried again */
  work(row: Row): Promise<number | undefined>;
  clock: Clock;
  logger: Logger;
  /** Lanes that are worked on at the same time. */
  atOnce: number;
  mostLoaded?: number;
  /** Begins work when its turn comes; absent: at once. */
  pace?: Pick<Pace, 'run'> | undefined;
}

/** After what nobody expects (the disk refuses, a row that cannot be read): then once more. */
const againMs = 5_000;

interface Lane<Row> {
  name: string;
  rows: Row[];
}

export class Lanes<Row extends LaneRow> {
  readonly #options: LanesOptions<Row>;
  readonly #lanes = new Map<string, Lane<Row>>();
  /** Lanes whose first row can be worked on now. */
  #ready: Lane<Row>[] = [];
  readonly #later = new Map<Lane<Row>, number>();
  readonly #most: number;
  #loadedTo = 0;
  #loaded = 0;
  #busy = 0;
  #more = true;
  #stopped = false;
  #timer: NodeJS.Timeout | undefined;
  #timerAt = Number.POSITIVE_INFINITY;
  #idle: (() => void) | undefined;

  constructor(options: LanesOptions<Row>) {
    this.#options = options;
    this.#most = options.mostLoaded ?? 5_000;
  }

  /** There may be new rows in the table. */
  kick(): void {
    this.#more = true;
    this.#pump();
  }

  /** Rows that were just committed, by id; all of the table come here in their order, or are followed by a `kick`. */
  offer(rows: readonly Row[]): void {
    // With unknown ones before them in the table they come from there as well.
    if (!this.#more) {
      for (const row of rows) {
        if (row.id <= this.#loadedTo) continue;
        this.#more = this.#loaded >= this.#most;
        if (this.#more) break;
        this.#take(row);
      }
    }
    this.#pump();
  }

  /** Rows that are in memory. */
  get loaded(): number {
    return this.#loaded;
  }

  /** Begins nothing any more; resolves when what is under way is over. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    if (this.#busy > 0) await new Promise<void>((done) => (this.#idle = done));
  }

  #pump(): void {
    if (this.#stopped) return;
    this.#load();
    while (this.#busy < this.#options.atOnce) {
      const lane = this.#ready.shift();
      if (lane === undefined) break;
      this.#busy++;
      const begin = () => void this.#work(lane);
      if (this.#options.pace) this.#options.pace.run(begin);
      else begin();
    }
  }

  #load(): void {
    if (!this.#more || this.#loaded > this.#most / 2) return;
    let rows: Row[];
    try {
      rows = this.#options.load(this.#loadedTo, this.#most - this.#loaded);
    } catch (error) {
      const { logger, clock } = this.#options;
      logger.error({ err: error }, 'waiting rows could not be loaded; tried later');
      this.#wakeAt(clock.now() + againMs);
      return;
    }
    this.#more = rows.length === this.#most - this.#loaded;
    for (const row of rows) this.#take(row);
  }

  #take(row: Row): void {
    this.#loadedTo = row.id;
    this.#loaded++;
    const lane = this.#lanes.get(row.lane);
    if (lane) {
      lane.rows.push(row);
      return;
    }
    const fresh = { name: row.lane, rows: [row] };
    this.#lanes.set(row.lane, fresh);
    if (row.dueAt > this.#options.clock.now()) this.#wait(fresh, row.dueAt);
    else this.#ready.push(fresh);
  }

  async #work(lane: Lane<Row>): Promise<void> {
    const row = lane.rows[0] as Row;
    const again = this.#stopped ? undefined : await this.#try(row);
    this.#busy--;
    if (this.#stopped) {
      if (this.#busy === 0) this.#idle?.();
      return;
    }
    if (again !== undefined) this.#wait(lane, again);
    else {
      lane.rows.shift();
      this.#loaded--;
      if (lane.rows.length === 0) this.#lanes.delete(lane.name);
      else this.#ready.push(lane);
    }
    this.#pump();
  }

  async #try(row: Row): Promise<number | undefined> {
    const { work, clock, logger } = this.#options;
    try {
      return await work(row);
    } catch (error) {
      logger.error({ err: error }, 'a row could not be worked on; tried later');
      return clock.now() + againMs;
    }
  }

  #wait(lane: Lane<Row>, at: number): void {
    this.#later.set(lane, at);
    this.#wakeAt(at);
  }

  /** One timer for all lanes: for the one that is due first. */
  #wakeAt(at: number): void {
    if (at >= this.#timerAt) return;
    clearTimeout(this.#timer);
    this.#timerAt = at;
    const ms = Math.min(Math.max(0, at - this.#options.clock.now()), 2 ** 31 - 1);
    this.#timer = setTimeout(() => this.#wake(), ms);
  }

  #wake(): void {
    this.#timerAt = Number.POSITIVE_INFINITY;
    const now = this.#options.clock.now();
    let next = Number.POSITIVE_INFINITY;
    for (const [lane, at] of this.#later) {
      if (at <= now) {
        this.#later.delete(lane);
        this.#ready.push(lane);
      } else next = Math.min(next, at);
    }
    if (next < Number.POSITIVE_INFINITY) this.#wakeAt(next);
    this.#pump();
  }
}
