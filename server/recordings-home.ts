// Recordings of an engine with files of its own (Asterisk, FreeSWITCH) come home: once sealed, each is brought into the recordings
// folder, compared with the checksum of its seal, and taken away from the engine. From then on backup, audit, retention and erasure
// are the same as with the edge.
//
//   sealed ──▶ away ──bring: hash as sealed──▶ home, and still there ──forget──▶ home
//                └──removed by a rule, or erased──▶ forget ──▶ gone
import { createHash } from 'node:crypto';
import { createWriteStream, existsSync, mkdirSync } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Database } from 'better-sqlite3';
import type { Logger } from 'pino';
import { z } from 'zod';
import type { MediaServer } from '../media/media-server.ts';
import type { Clock, Millis } from '../values/index.ts';
import { defineEvent, type Journal, type JournalEvent, newEvent } from './journal/index.ts';

export const recordingHome = defineEvent(
  'recording.brought-home',
  1,
  { recording: z.string(), bytes: z.number().int(), sha256: z.string() },
  {
    about:
      'A recording came from its media engine into the recordings folder, with the checksum of its seal; the engine gives up its own.',
  },
);

export interface RecordingsHomeOptions {
  database: Database;
  journal: Journal;
  media: Pick<MediaServer, 'recording' | 'forget'>;
  /** `<data>/recordings`; made where it is not there. */
  folder: string;
  clock: Clock;
  logger: Logger;
  /** First wait after an engine that is away; doubled each time, up to ten minutes. Default 5 s. */
  retryMs?: Millis;
}

const sealed = 'interaction.recording-ended';
const removed = 'retention.removed';
const page = 500;
/** Events of the journal that records may lag behind. */
const recent = 10_000;
const longestWaitMs = 600_000;

interface Sealed {
  id: string;
  sha256: string;
}

interface Away extends Sealed {
  home: number;
}

export class RecordingsHome {
  readonly #given: RecordingsHomeOptions;
  readonly #stopping = new AbortController();
  #unfollow: (() => void) | undefined;
  #running: Promise<void> | undefined;
  #wake: (() => void) | undefined;
  /** Sealed since the last look. */
  readonly #fresh: Sealed[] = [];
  #news = false;
  /** Said once of each. */
  readonly #told = new Set<string>();

  constructor(given: RecordingsHomeOptions) {
    this.#given = given;
  }

  start(): void {
    const { journal, folder } = this.#given;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    // Sealed just now, and perhaps not in the records yet.
    for (const event of journal.read(Math.max(0, journal.last - recent), {
      filter: { types: [sealed] },
      limit: recent,
    }))
      this.#hear(event);
    this.#unfollow = journal.follow((events) => {
      for (const event of events) this.#hear(event);
    });
    this.#running = this.#work();
  }

  async stop(): Promise<void> {
    this.#unfollow?.();
    this.#stopping.abort();
    this.#wake?.();
    await this.#running;
  }

  /** How many are with the engine only. */
  get away(): number {
    return (
      this.#given.database.prepare<[], number>('SELECT count(*) FROM recordings_away WHERE home = 0').pluck().get() ?? 0
    );
  }

  #hear({ type, data }: JournalEvent): void {
    const { recording: id, sha256 } = data;
    if (type === sealed && typeof id === 'string' && typeof sha256 === 'string') this.#fresh.push({ id, sha256 });
    else if (type !== removed) return;
    this.#news = true;
    this.#wake?.();
  }

  async #work(): Promise<void> {
    const { retryMs = 5_000, logger } = this.#given;
    let wait = retryMs;
    // Of all that there ever was, once: what was sealed in the moment of a crash, and before there was this.
    let after: string | undefined = '';
    while (!this.#over) {
      let left: number;
      try {
        while (after !== undefined && !this.#over) after = await this.#find(after);
        this.#news = false;
        await this.#keep(this.#fresh.splice(0));
        left = await this.#bringAll();
      } catch (error) {
        logger.error({ err: error }, 'recordings could not be brought home; tried again');
        left = 1;
      }
      if (this.#over) return;
      await this.#rest(left > 0 ? wait : undefined);
      wait = left > 0 ? Math.min(wait * 2, longestWaitMs) : retryMs;
    }
  }

  /** Sealed recordings that are not here, page by page. @returns where to go on; undefined: all were looked at */
  async #find(after: string): Promise<string | undefined> {
    const { database } = this.#given;
    const some = database
      .prepare<[string, number], Sealed>(
        `SELECT id, sha256 FROM recordings r WHERE id > ? AND sha256 IS NOT NULL
           AND NOT EXISTS (SELECT 1 FROM recordings_away a WHERE a.id = r.id)
           AND NOT EXISTS (SELECT 1 FROM removals x WHERE x.kind = 'recordings' AND x.id = r.id)
         ORDER BY id LIMIT ?`,
      )
      .all(after, page);
    await this.#keep(some);
    await nextTurn();
    return some.length < page ? undefined : some.at(-1)?.id;
  }

  async #keep(some: readonly Sealed[]): Promise<void> {
    const { journal, clock, folder } = this.#given;
    const missing = some.filter(({ id }) => !existsSync(join(folder, `${id}.wav`)));
    if (missing.length === 0) return;
    await journal.append([], (db) => {
      const insert = db.prepare('INSERT OR IGNORE INTO recordings_away (id, since, sha256) VALUES (?, ?, ?)');
      for (const { id, sha256 } of missing) insert.run(id, clock.now(), sha256);
    });
  }

  /** @returns how many could not be brought */
  async #bringAll(): Promise<number> {
    let left = 0;
    for (let after = ''; !this.#over; ) {
      const some = this.#given.database
        .prepare<[string, number], Away>(
          'SELECT id, home, sha256 FROM recordings_away WHERE id > ? ORDER BY id LIMIT ?',
        )
        .all(after, page);
      for (const one of some) {
        if (this.#over) return left;
        if (!(await this.#tried(one))) left++;
      }
      if (some.length < page) return left;
      after = some.at(-1)!.id;
    }
    return left;
  }

  async #tried(one: Away): Promise<boolean> {
    const { logger } = this.#given;
    try {
      return await this.#settle(one);
    } catch (error) {
      // Its host is away, as a rule: one line is enough.
      if (!this.#told.has(one.id))
        logger.warn({ err: error, recording: one.id }, 'a recording stays with its engine for now');
      this.#told.add(one.id);
      return false;
    }
  }

  /** @returns whether nothing is left to be done */
  async #settle({ id, home, sha256 }: Away): Promise<boolean> {
    const { media, journal, clock, folder } = this.#given;
    if (home === 0 && !this.#isRemoved(id)) {
      const bytes = await this.#bring(id, sha256);
      if (bytes === undefined) return false;
      // It may have been removed while it came, when there was no file yet to take away.
      if (!this.#isRemoved(id)) {
        const said = newEvent(recordingHome, clock.now(), { recording: id, bytes, sha256 });
        await journal.append([said], (db) => db.prepare('UPDATE recordings_away SET home = 1 WHERE id = ?').run(id));
      }
    }
    if (this.#isRemoved(id)) await rm(join(folder, `${id}.wav`), { force: true });
    await media.forget(id);
    await journal.append([], (db) => db.prepare('DELETE FROM recordings_away WHERE id = ?').run(id));
    this.#told.delete(id);
    return true;
  }

  #isRemoved(id: string): boolean {
    const find = this.#given.database.prepare<[string], object>(
      `SELECT 1 FROM removals WHERE kind = 'recordings' AND id = ?`,
    );
    return find.get(id) !== undefined;
  }

  /** Into the folder, whole or not at all. @returns its size; undefined where it is not what was sealed, or nobody has it now */
  async #bring(id: string, sha256: string): Promise<number | undefined> {
    const { media, folder, logger } = this.#given;
    const recording = await media.recording(id);
    if (!recording) {
      if (!this.#told.has(id)) logger.warn({ recording: id }, 'no engine that is up has this recording; asked again');
      this.#told.add(id);
      return undefined;
    }
    const coming = join(folder, `${id}.wav.coming`);
    const hash = createHash('sha256');
    let bytes = 0;
    const { stream } = await recording.read();
    try {
      await pipeline(
        stream,
        async function* (pieces: AsyncIterable<Buffer>) {
          for await (const piece of pieces) {
            hash.update(piece);
            bytes += piece.length;
            yield piece;
          }
        },
        createWriteStream(coming, { mode: 0o600, flush: true }),
        { signal: this.#stopping.signal },
      );
      if (hash.digest('hex') !== sha256) {
        if (!this.#told.has(id))
          logger.error({ recording: id, bytes }, 'a recording is not what was sealed: it stays with its engine');
        this.#told.add(id);
        return undefined;
      }
      await rename(coming, join(folder, `${id}.wav`));
      const handle = await open(folder, 'r');
      await handle.sync().finally(() => handle.close());
      return bytes;
    } finally {
      await rm(coming, { force: true });
    }
  }

  get #over(): boolean {
    return this.#stopping.signal.aborted;
  }

  /** Until something was sealed or removed, or `ms` are over. */
  #rest(ms: Millis | undefined): Promise<void> {
    if (this.#over || this.#news) return Promise.resolve();
    return new Promise((done) => {
      const timer = ms === undefined ? undefined : setTimeout(done, ms).unref();
      this.#wake = () => {
        clearTimeout(timer);
        done();
      };
    });
  }
}
