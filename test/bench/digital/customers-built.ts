// A database of many customers, built once in test/bench/.cache (ignored by git): bulk inserts in the order of the keys, a
// million at a time, then the indexes. Each step is committed with the note that it is done, so that a build that was ended
// goes on where it was. Names, numbers and ids follow from a customer's place in the table.
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statfsSync, statSync } from 'node:fs';
import path from 'node:path';
import type { Database } from 'better-sqlite3';
import { pino } from 'pino';
import { databaseFile, openDatabase } from '../../../server/journal/index.ts';
import { round, say } from '../report.ts';

const cache = path.join(import.meta.dirname, '..', '.cache');
const piece = 1_000_000;
/** Customers who called for years, and how often. */
export const regulars = 50;
const callsOfRegular = 5_000;
/** On the disk, as measured at one and at five million; what sorting and the write-ahead log need meanwhile comes on top. */
const bytesOfCustomer = 400;
const bytesMeanwhile = 200;
/** Room for what SQLite keeps in memory while it sorts, KiB. */
const memoryKb = 512 * 1_024;

export const idOf = (number: number) => `cus_${padded(number, 20)}`;
export const phoneOf = (number: number) => `+86${13_000_000_000 + number}`;
export const openidOf = (number: number) => `o${padded(number, 27)}`;
export const accountOf = (number: number) => `6222${padded(number, 12)}`;
const padded = (number: number, length: number) => String(number).padStart(length, '0');

export interface CustomersBuilt {
  folder: string;
  /** Undefined: it was there. Only of this run, where an earlier one was ended. */
  seconds: number | undefined;
}

/** Everybody has a number, every second an openid, every third an account; every tenth called once. @throws Error where the disk has no room */
export async function buildCustomers(customers: number): Promise<CustomersBuilt> {
  const folder = path.join(cache, `customers-${customers}`);
  if (existsSync(path.join(folder, databaseFile))) return { folder, seconds: undefined };
  const began = performance.now();
  const coming = `${folder}.coming`;
  const sorting = path.join(coming, 'sorting');
  rmSync(sorting, { recursive: true, force: true });
  mkdirSync(sorting, { recursive: true });
  needRoom(customers, coming);
  // SQLite sorts indexes in files, else in the machine's folder for such, which may be small.
  process.env.SQLITE_TMPDIR = sorting;
  const opened = openDatabase({ directory: coming, logger: pino({ level: 'silent' }) });
  const { database } = opened;
  // A killed build leaves a whole file behind; what a power cut does to it is no loss.
  database.pragma('synchronous = OFF');
  database.pragma('foreign_keys = OFF');
  database.pragma(`cache_size = -${memoryKb}`);
  database.pragma('wal_autocheckpoint = 20000');
  database.pragma('threads = 2');
  const steps = stepsOf(database, customers);
  const done = database.prepare<[string], number>('SELECT 1 FROM bench_built WHERE step = ?').pluck();
  const note = database.prepare<[string]>('INSERT INTO bench_built VALUES (?)');
  const left = steps.filter(([name]) => done.get(name) === undefined);
  if (left.length < steps.length)
    say(`a build goes on: ${steps.length - left.length} of ${steps.length} steps are done`);
  for (const [at, [name, sql]] of left.entries()) {
    database.transaction(() => {
      database.exec(sql);
      note.run(name);
    })();
    const seconds = Math.round((performance.now() - began) / 1_000);
    if (left.length > 20 && at % 10 === 9) {
      say(`${name}: ${at + 1} of ${left.length} steps, ${seconds} s, ${gigabytesOf(coming)} GB`);
    }
  }
  database.exec('DROP TABLE bench_built; DROP TABLE bench_indexes');
  database.pragma('wal_checkpoint(TRUNCATE)');
  await opened.close();
  rmSync(sorting, { recursive: true, force: true });
  renameSync(coming, folder);
  return { folder, seconds: round((performance.now() - began) / 1_000, 1) };
}

/** On the disk, with all that belongs to it. */
export function gigabytesOf(folder: string): number {
  const bytes = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => statSync(path.join(folder, name), { throwIfNoEntry: false }))
    .reduce((sum, found) => sum + (found?.isFile() ? found.size : 0), 0);
  return round(bytes / 1e9, 2);
}

function needRoom(customers: number, folder: string): void {
  const { bavail, bsize } = statfsSync(folder);
  const wanted = customers * (bytesOfCustomer + bytesMeanwhile) - gigabytesOf(folder) * 1e9;
  if (bavail * bsize < wanted) {
    const gigabytes = (bytes: number) => round(bytes / 1e9, 1);
    throw new Error(
      `${customers} customers want ${gigabytes(wanted)} GB more in ${cache}; it has ${gigabytes(bavail * bsize)}`,
    );
  }
}

/** Names and statements, in order. Indexes are taken away first and made again at the end, from what the migrations said of them. */
function stepsOf(database: Database, customers: number): [name: string, sql: string][] {
  database.exec(`CREATE TABLE IF NOT EXISTS bench_built (step TEXT PRIMARY KEY) WITHOUT ROWID`);
  const known = database.prepare("SELECT 1 FROM sqlite_master WHERE name = 'bench_indexes'").get();
  if (known === undefined) {
    database.exec(
      `CREATE TABLE bench_indexes AS SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL
         AND tbl_name IN ('customers', 'identities', 'interactions')`,
    );
  }
  const indexes = database.prepare<[], { name: string; sql: string }>('SELECT name, sql FROM bench_indexes').all();
  const id = `printf('cus_%020d', i)`;
  const at = 1_700_000_000_000;
  const numbers = (from: number, to: number) =>
    `WITH RECURSIVE n (i) AS (VALUES (${from}) UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ${to})`;
  const pieces = (name: string, all: number, sql: (numbers: string) => string): [string, string][] =>
    Array.from({ length: Math.ceil(all / piece) }, (_, part) => [
      `${name} ${part}`,
      sql(numbers(part * piece, Math.min(all, (part + 1) * piece))),
    ]);
  const identities = (kind: string, value: string, where: string, verified: number) =>
    pieces(
      kind,
      customers,
      (each) =>
        `INSERT INTO identities (kind, value, customer, since, verified) ${each}
           SELECT '${kind}', ${value}, ${id}, ${at}, ${verified} FROM n WHERE ${where}`,
    );
  const interactions = (name: string, all: number, customer: string, every: number) =>
    pieces(
      `interactions ${name}`,
      all,
      (each) =>
        `INSERT INTO interactions (id, site, channel, direction, customer, path, started_at, ended_at, wait_ms, talk_ms, hold_ms,
           wrap_up_ms, outcome, transfers, quality, recordings, last_seq, from_e164, queue, parties)
         ${each} SELECT printf('int_${name}%019d', i), 'bench', iif(i % 2, 'voice', 'chat'), 'in', ${customer},
           '[{"at":0,"node":"menu","type":"menu","label":"Cards","value":"2"}]', ${at} + i * ${every}, ${at} + i * ${every} + 90000,
           8000, 60000, 0, 9000, 'answered', '[]', '[]', '[]', i, '+8613000000000', 'service', '[]' FROM n`,
    );
  return [
    ['no indexes', indexes.map(({ name }) => `DROP INDEX IF EXISTS ${name}`).join(';')],
    ...pieces(
      'customers',
      customers,
      (each) =>
        `INSERT INTO customers (id, site, name, created_at, updated_at) ${each}
           SELECT ${id}, 'bench', 'Customer ' || i, ${at} + i, ${at} + i FROM n`,
    ),
    ...identities('account', `printf('6222%012d', i)`, 'i % 3 = 0', 1),
    ...identities('phone', `printf('+86%d', 13000000000 + i)`, 'true', 0),
    ...identities('wechat', `printf('o%027d', i)`, 'i % 2 = 0', 0),
    ...interactions('a', Math.ceil(customers / 10), `printf('cus_%020d', i * 10)`, 1),
    ...interactions('b', regulars * callsOfRegular, `printf('cus_%020d', i % ${regulars})`, 1_000),
    ...indexes.map(({ name, sql }): [string, string] => [name, sql]),
    ['statistics', 'PRAGMA analysis_limit = 1000; ANALYZE'],
  ];
}
