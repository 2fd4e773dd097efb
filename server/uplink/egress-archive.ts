// The egress log grows with every batch that leaves. What is older than so many days goes into compressed files beside the database
// (and so into every backup), each sealed: its SHA-256 and what it sums up stand in a chain of seals, and each seal in the journal,
// whose own hash chain nobody changes unseen. Nothing of the proof is lost: a batch of a file can be made again as any other.
import { createHash, hash } from 'node:crypto';
import { createReadStream, createWriteStream, existsSync, mkdirSync } from 'node:fs';
import { readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { createZstdCompress, zstdDecompressSync } from 'node:zlib';
import type { Database, Statement } from 'better-sqlite3';
import type { Logger } from 'pino';
import type { Clock, Millis } from '../../values/index.ts';
import { type Journal, newEvent } from '../journal/index.ts';
import { egressLogLarge, egressLogSealed } from './events.ts';

/** One file of the log, and the link in the chain. */
export interface EgressSeal {
  /** 1, 2, 3 … */
  nth: number;
  /** In `<data>/egress`. */
  file: string;
  firstBatch: number;
  lastBatch: number;
  /** When the first and the last of them left. */
  from: Millis;
  to: Millis;
  /** Events of the journal that they span. */
  after: number;
  upto: number;
  batches: number;
  /** How many events left, and how many stayed. */
  sent: number;
  kept: number;
  wire: number;
  /** SHA-256 (hex) of the file. */
  digest: string;
  /** Seal of the file before; 64 zeros at the first. */
  previous: string;
  /** SHA-256 (hex) of all of the above. */
  seal: string;
}

export interface EgressLogRow {
  batch: number;
  at: Millis;
  after: number;
  upto: number;
  sent: string;
  kept: number;
  bytes: number;
  wire: number;
  digest: string;
  policy: string;
}

export interface ArchiveOptions {
  database: Database;
  journal: Journal;
  clock: Clock;
  logger: Logger;
  /** `<data>/egress`; made where it is not there. */
  folder: string;
  log: {
    /** So long a batch stays in the database. */
    days: number;
    /** Alarm: that many batches are in the database all the same. */
    mostBatches: number;
  };
}

const dayMs = 86_400_000;
const everyMs = 3_600_000;
/** Rows at one go, so that calls come in between. */
const step = 1_000;
/** Of one file. */
const mostInFile = 500_000;
const origin = '0'.repeat(64);

export class EgressArchive {
  readonly #given: ArchiveOptions;
  readonly #rows: Statement<[number, number], EgressLogRow>;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<number> = Promise.resolve(0);
  #stopped = false;
  #large = false;

  constructor(given: ArchiveOptions) {
    this.#given = given;
    this.#rows = given.database.prepare<[number, number], EgressLogRow>(
      'SELECT * FROM egress_log WHERE batch > ? ORDER BY batch LIMIT ?',
    );
  }

  /** Every hour, the first time after a minute: not while calls are taken up again. */
  start(): void {
    const again = (): void => {
      this.run().catch((error: unknown) =>
        this.#given.logger.error({ err: error }, 'the egress log could not be sealed; tried again in an hour'),
      );
      this.#timer = setTimeout(again, everyMs).unref();
    };
    this.#timer = setTimeout(again, 60_000).unref();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#running.catch((error: unknown) => this.#given.logger.warn({ err: error }, 'sealing was cut off'));
  }

  /** Seals what is old enough. @returns how many batches went into files */
  run(): Promise<number> {
    this.#running = this.#running.catch(() => 0).then(() => this.#run());
    return this.#running;
  }

  /** Seals, oldest first. */
  seals(): EgressSeal[] {
    return sealsOf(this.#given.database);
  }

  /** Whether there are more batches in the database than the alarm allows. */
  get large(): boolean {
    return this.#large;
  }

  async #run(): Promise<number> {
    // What an earlier run has sealed and did not come to take away.
    await this.#forget(this.seals().at(-1)?.lastBatch ?? 0);
    let sealed = 0;
    for (let count = await this.#sealNext(); count > 0 && !this.#stopped; count = await this.#sealNext())
      sealed += count;
    await this.#watch();
    return sealed;
  }

  /** The oldest day that is old enough, as one file. @returns how many batches; 0: there is none */
  async #sealNext(): Promise<number> {
    const { database, journal, clock, folder, log, logger } = this.#given;
    const before = this.seals().at(-1);
    const afterBatch = before?.lastBatch ?? 0;
    const [first] = this.#rows.all(afterBatch, 1);
    const now = clock.now();
    const cutoff = now - log.days * dayMs;
    // The newest one stays in any case: it says what this journal has sent.
    const newest = database.prepare<[], number>('SELECT coalesce(max(batch), 0) FROM egress_log').pluck().get() ?? 0;
    const fits = (row: EgressLogRow) =>
      row.at < cutoff && row.batch < newest && dayOf(row.at) === dayOf(first?.at ?? 0);
    if (!first || !fits(first)) return 0;
    const nth = (before?.nth ?? 0) + 1;
    const file = `${String(nth).padStart(6, '0')}-${dayOf(first.at)}.jsonl.zst`;
    const sum = { batches: 0, sent: 0, kept: 0, wire: 0, last: first };
    const lines = async function* (this: EgressArchive): AsyncGenerator<string> {
      for (let at = afterBatch; ; at = sum.last.batch) {
        const rows = this.#rows.all(at, step);
        for (const row of rows) {
          if (!fits(row) || sum.batches === mostInFile) return;
          sum.batches++;
          sum.sent += Object.values(JSON.parse(row.sent) as Record<string, number>).reduce(
            (all, many) => all + many,
            0,
          );
          sum.kept += row.kept;
          sum.wire += row.wire;
          sum.last = row;
          yield `${JSON.stringify(row)}\n`;
        }
        if (rows.length < step) return;
        await nextTurn();
      }
    }.call(this);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const coming = join(folder, `${file}.coming`);
    await rm(coming, { force: true });
    await pipeline(
      Readable.from(lines),
      createZstdCompress(),
      createWriteStream(coming, { mode: 0o600, flags: 'wx', flush: true }),
    );
    const digest = await digestOf(coming);
    await rename(coming, join(folder, file));
    const open: Omit<EgressSeal, 'seal'> = {
      nth,
      file,
      firstBatch: first.batch,
      lastBatch: sum.last.batch,
      from: first.at,
      to: sum.last.at,
      after: first.after,
      upto: sum.last.upto,
      batches: sum.batches,
      sent: sum.sent,
      kept: sum.kept,
      wire: sum.wire,
      digest,
      previous: before?.seal ?? origin,
    };
    const seal: EgressSeal = { ...open, seal: sealOf(open) };
    const { file: name, firstBatch, lastBatch, batches, upto, previous } = seal;
    const said = {
      nth,
      file: name,
      firstBatch,
      lastBatch,
      batches,
      upto,
      digest: seal.digest,
      previous,
      seal: seal.seal,
    };
    const { undone } = await journal.append([newEvent(egressLogSealed, now, said)], (db) => keepSeal(db, seal));
    if (undone) throw new Error('the seal could not be kept');
    logger.info({ file, batches, seal: seal.seal }, 'a day of the egress log was sealed');
    await this.#forget(seal.lastBatch);
    return sum.batches;
  }

  /** What stands in files leaves the database, bit by bit. */
  async #forget(upto: number): Promise<void> {
    const { journal, database } = this.#given;
    const some = database
      .prepare<[number], number>('SELECT count(*) FROM (SELECT 1 FROM egress_log WHERE batch <= ? LIMIT 1)')
      .pluck();
    while (!this.#stopped && some.get(upto) === 1) {
      await journal.append([], (db) => {
        db.prepare('DELETE FROM egress_log WHERE batch IN (SELECT batch FROM egress_log WHERE batch <= ? LIMIT ?)').run(
          upto,
          step,
        );
      });
      await nextTurn();
    }
  }

  async #watch(): Promise<void> {
    const { database, journal, clock, log, logger } = this.#given;
    const { first, last } = database
      .prepare<[], { first: number; last: number }>(
        'SELECT coalesce(min(batch), 1) AS first, coalesce(max(batch), 0) AS last FROM egress_log',
      )
      .get() ?? { first: 1, last: 0 };
    const batches = last - first + 1;
    const large = batches > log.mostBatches;
    if (large && !this.#large) {
      logger.error({ batches, most: log.mostBatches, days: log.days }, 'the egress log grows beyond its bound');
      await journal.append([newEvent(egressLogLarge, clock.now(), { batches, most: log.mostBatches, days: log.days })]);
    }
    this.#large = large;
  }
}

export interface ArchiveReport {
  seals: number;
  batches: number;
  /** Sentences; empty: every file is what was sealed, and no link is missing. */
  wrong: string[];
}

/** Goes through the whole chain of seals and every file. */
export async function verifyArchive(database: Database, folder: string): Promise<ArchiveReport> {
  const wrong: string[] = [];
  let previous = origin;
  let batches = 0;
  const inJournal = new Set(
    database
      .prepare<[], string>("SELECT json_extract(data, '$.seal') FROM journal WHERE type = 'egress.log-sealed'")
      .pluck()
      .all(),
  );
  const all = sealsOf(database);
  let lastBatch = 0;
  for (const [index, seal] of all.entries()) {
    const { seal: own, ...open } = seal;
    if (seal.nth !== index + 1 || seal.previous !== previous)
      wrong.push(`seal ${seal.nth}: the one before it is missing or was changed`);
    if (sealOf(open) !== own) wrong.push(`seal ${seal.nth}: it was changed`);
    if (!inJournal.delete(own)) wrong.push(`seal ${seal.nth}: the journal does not know it`);
    if (seal.firstBatch <= lastBatch) wrong.push(`seal ${seal.nth}: it overlaps with the one before`);
    const path = join(folder, seal.file);
    if (!existsSync(path)) wrong.push(`${seal.file}: the file is missing`);
    else if ((await digestOf(path)) !== seal.digest) wrong.push(`${seal.file}: the file was changed`);
    previous = own;
    lastBatch = seal.lastBatch;
    batches += seal.batches;
  }
  for (const seal of inJournal) wrong.push(`seal ${seal.slice(0, 12)}…: the journal knows it, and it is gone`);
  return { seals: all.length, batches, wrong };
}

/** A batch that stands in a file. @returns undefined where none has it */
export async function archivedBatch(
  database: Database,
  folder: string,
  batch: number,
): Promise<EgressLogRow | undefined> {
  const seal = sealsOf(database).find(({ firstBatch, lastBatch }) => firstBatch <= batch && batch <= lastBatch);
  if (!seal) return undefined;
  const path = join(folder, seal.file);
  if (!existsSync(path)) return undefined;
  const text = zstdDecompressSync(await readFile(path)).toString('utf8');
  for (const line of text.split('\n')) {
    if (!line.startsWith(`{"batch":${batch},`)) continue;
    return JSON.parse(line) as EgressLogRow;
  }
  return undefined;
}

/** Seals, oldest first. */
export function sealsOf(database: Database): EgressSeal[] {
  return database
    .prepare<[], string>('SELECT data FROM egress_seals ORDER BY nth')
    .pluck()
    .all()
    .map((data) => JSON.parse(data) as EgressSeal);
}

function keepSeal(database: Database, seal: EgressSeal): void {
  database
    .prepare('INSERT INTO egress_seals (nth, seal, data) VALUES (?, ?, ?)')
    .run(seal.nth, seal.seal, JSON.stringify(seal));
}

function sealOf(open: Omit<EgressSeal, 'seal'>): string {
  const sorted = Object.entries(open).sort(([a], [b]) => (a < b ? -1 : 1));
  return hash('sha256', JSON.stringify(sorted), 'hex');
}

async function digestOf(path: string): Promise<string> {
  const digest = createHash('sha256');
  await pipeline(createReadStream(path), digest);
  return digest.digest('hex');
}

function dayOf(at: Millis): string {
  return new Date(at).toISOString().slice(0, 10);
}
