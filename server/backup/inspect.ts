// Looks at everything that a data folder vouches for: the database's own integrity, the journal's hash chain, the checksum of
// every recording and attachment. Reads only; beside a running server, too.
import { createHash } from 'node:crypto';
import { createReadStream, existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import Sqlite, { type Database } from 'better-sqlite3';
import { type ChainReport, chainOf, databaseFile } from '../journal/index.ts';

export interface FilesReport {
  /** Files whose checksum is as the record says. */
  right: number;
  /** Recordings without a checksum in their record: still running, or cut off. */
  without: number;
  /** Still with the engine that recorded them, on another machine. */
  away: number;
  /** Gone because a rule of retention or an erasure said so. */
  removed: number;
  missing: string[];
  changed: string[];
  /** Files of which no record knows. */
  extra: string[];
}

export interface DataReport {
  /** What SQLite says of itself; empty: nothing is wrong. */
  database: string[];
  chain: ChainReport;
  /** The end of the chain, to be noted elsewhere. */
  end: { seq: number; hash: string };
  recordings: FilesReport;
  attachments: FilesReport;
}

/** The files that the database's records are of: those beside it, or those of a backup. Paths are below the data folder, with `/`. */
export interface HeldFiles {
  /** Names in `recordings`, and of attachments (in the folders of `attachments`). */
  recordings: string[];
  attachments: string[];
  has(path: string): boolean;
  /** In hex; undefined where its bytes are lost, which is said elsewhere. */
  sha256(path: string): Promise<string | undefined>;
}

/**
 * @param files default those beside the database
 * @throws the system's error where there is no database
 */
export async function inspectData(data: string, files = filesIn(data)): Promise<DataReport> {
  // Files were listed first: a recording's row is there before its file is finished, so that none is taken for unknown.
  const database = new Sqlite(join(data, databaseFile), { fileMustExist: true, readonly: true, timeout: 10_000 });
  try {
    const chain = await chainOf(database);
    const end = database
      .prepare<[], { seq: number; hash: Buffer }>('SELECT seq, hash FROM journal ORDER BY seq DESC LIMIT 1')
      .get();
    return {
      database: troubles(database),
      chain,
      end: { seq: end?.seq ?? 0, hash: end?.hash.toString('hex') ?? '' },
      recordings: await recordings(database, files),
      attachments: await attachments(database, files),
    };
  } finally {
    database.close();
  }
}

/** Sentences about what is wrong; empty: all is as it was written. */
export function findings({ database, chain, recordings, attachments }: DataReport): string[] {
  const found = database.map((line) => `database: ${line}`);
  if (chain.broken) {
    const how = {
      missing: 'is missing',
      changed: 'is not as it was written',
      'personal-changed': 'has other personal fields than were written',
    }[chain.broken.why];
    found.push(`journal: event ${chain.broken.seq} ${how}; all before it are as they were`);
  }
  const files = (what: string, report: FilesReport) => {
    for (const id of report.missing) found.push(`${what} ${id}: the file is missing`);
    for (const id of report.changed) found.push(`${what} ${id}: the file was changed`);
    for (const id of report.extra) found.push(`${what} ${id}: no record knows of this file`);
  };
  files('recording', recordings);
  files('attachment', attachments);
  return found;
}

function troubles(database: Database): string[] {
  const said = database.pragma('integrity_check') as { integrity_check: string }[];
  const lines = said.map((row) => row.integrity_check).filter((line) => line !== 'ok');
  const broken = database.pragma('foreign_key_check') as { table: string; rowid: number; parent: string }[];
  return [
    ...lines,
    ...broken.map(({ table, parent }) => `a row of ${table} names a row of ${parent} that is not there`),
  ];
}

async function recordings(database: Database, files: HeldFiles): Promise<FilesReport> {
  const report = none();
  const waves = files.recordings.filter((name) => name.endsWith('.wav'));
  const unknown = new Set(waves.map((name) => name.slice(0, -'.wav'.length)));
  const removed = marked(database, 'removals', "kind = 'recordings' AND id = ?");
  const away = marked(database, 'recordings_away', 'id = ? AND home = 0');
  const page = database.prepare<[string], { id: string; sha256: string | null; ended_at: number | null }>(
    'SELECT id, sha256, ended_at FROM recordings WHERE id > ? ORDER BY id LIMIT 500',
  );
  for (let rows = page.all(''); rows.length > 0; rows = page.all(rows.at(-1)!.id)) {
    for (const { id, sha256 } of rows) {
      unknown.delete(id);
      const file = `recordings/${id}.wav`;
      if (removed(id)) {
        report.removed++;
        if (files.has(file)) report.extra.push(id);
      } else if (sha256 === null) report.without++;
      else if (away(id) && !files.has(file)) report.away++;
      else await look(report, id, files, file, sha256);
    }
  }
  report.extra.push(...unknown);
  return report;
}

async function attachments(database: Database, files: HeldFiles): Promise<FilesReport> {
  const report = none();
  const unknown = new Set(files.attachments);
  const page = database
    .prepare<[string], string>('SELECT DISTINCT sha256 FROM attachments WHERE sha256 > ? ORDER BY sha256 LIMIT 500')
    .pluck();
  for (let hashes = page.all(''); hashes.length > 0; hashes = page.all(hashes.at(-1)!)) {
    for (const sha256 of hashes) {
      unknown.delete(sha256);
      await look(report, sha256, files, `attachments/${sha256.slice(0, 2)}/${sha256}`, sha256);
    }
  }
  report.extra.push(...unknown);
  return report;
}

/**
 * What the database says of a file of the data folder: whether it has a record, none, or one that says it was removed. Undefined: it
 * is neither a recording nor an attachment.
 */
export function recordsIn(database: Database): (path: string) => 'there' | 'removed' | 'none' | undefined {
  const recorded = marked(database, 'recordings', 'id = ?');
  const removed = marked(database, 'removals', "kind = 'recordings' AND id = ?");
  const attached = marked(database, 'attachments', 'sha256 = ?');
  return (path) => {
    const [, id, sha256] = /^(?:recordings\/([^/]+)\.wav|attachments\/[0-9a-f]{2}\/([^/]+))$/.exec(path) ?? [];
    if (id !== undefined) return removed(id) ? 'removed' : recorded(id) ? 'there' : 'none';
    if (sha256 !== undefined) return attached(sha256) ? 'there' : 'none';
    return undefined;
  };
}

/** Whether it stands in that table; databases of older versions have none. */
function marked(database: Database, table: string, where: string): (id: string) => boolean {
  const there = database.prepare<[string], number>('SELECT 1 FROM sqlite_schema WHERE name = ?').get(table);
  if (there === undefined) return () => false;
  const find = database.prepare<[string], number>(`SELECT 1 FROM ${table} WHERE ${where}`).pluck();
  return (id) => find.get(id) !== undefined;
}

async function look(report: FilesReport, id: string, files: HeldFiles, path: string, sha256: string): Promise<void> {
  if (!files.has(path)) {
    report.missing.push(id);
    return;
  }
  const found = await files.sha256(path);
  if (found === sha256) report.right++;
  else if (found !== undefined) report.changed.push(id);
}

function filesIn(data: string): HeldFiles {
  return {
    recordings: listed(join(data, 'recordings')),
    attachments: listed(join(data, 'attachments'))
      .filter((name) => /^[0-9a-f]{2}$/.test(name))
      .flatMap((sub) => listed(join(data, 'attachments', sub))),
    has: (path) => existsSync(join(data, path)),
    async sha256(path) {
      const hash = createHash('sha256');
      await pipeline(createReadStream(join(data, path)), hash);
      return hash.digest('hex');
    },
  };
}

function listed(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}

function none(): FilesReport {
  return { right: 0, without: 0, away: 0, removed: 0, missing: [], changed: [], extra: [] };
}
