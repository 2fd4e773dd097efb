// Identify and timeline among many customers. The database is built once for each number of them, in test/bench/.cache
// (ignored by git), by bulk inserts in the order of the keys; the measured part runs on the real code on a file.
import { existsSync, mkdirSync, renameSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { pino } from 'pino';
import { openCustomers, readInteractions } from '../../../server/customers/index.ts';
import { databaseFile, openDatabase, openJournal } from '../../../server/journal/index.ts';
import { systemClock } from '../../../values/index.ts';
import { round } from '../report.ts';

const cache = path.join(import.meta.dirname, '..', '.cache');
const logger = pino({ level: 'silent' });
/** Customers who called for years, and how often. */
const regulars = 50;
const callsOfRegular = 5_000;

export interface CustomerFigures {
  customers: number;
  identities: number;
  interactions: number;
  gigabytes: number;
  /** Undefined: it was there. */
  builtInSeconds: number | undefined;
  /** Finding or making the customer of a contact, and the first 50 entries of her timeline, ms. */
  both: { p50: number; p99: number; most: number };
  identify: { p50: number; p99: number; most: number };
  timeline: { p50: number; p99: number; most: number };
  /** Of customers with 5,000 interactions, ms. */
  regulars: { p50: number; p99: number; most: number };
}

/** @param operations contacts that come in, one after the other */
export async function measureCustomers(customers: number, operations: number): Promise<CustomerFigures> {
  const { folder, seconds } = await build(customers);
  const opened = openDatabase({ directory: folder, logger });
  const { database } = opened;
  const journal = openJournal({ database, site: 'bench', logger, clock: systemClock });
  const interactions = readInteractions(database);
  const known = openCustomers({ database, journal, interactions, clock: systemClock, logger });
  const times = { both: [] as number[], identify: [] as number[], timeline: [] as number[], regulars: [] as number[] };
  // A fixed sequence: every run asks for the same customers, all over the table.
  let seed = 12_345;
  const chance = (below: number) => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    return Math.floor((seed / 2 ** 32) * below);
  };
  const run = Date.now();
  for (let number = 0; number < operations; number++) {
    const who = chance(customers);
    const kind = number % 20;
    const identities =
      kind === 0
        ? // New to us: a row, an event, a commit.
          [{ kind: 'webchat', value: `visitor ${run} ${number}` }]
        : kind === 1
          ? // A visitor who logs in: merged with the customer of the account.
            [
              { kind: 'webchat', value: `login ${run} ${number}` },
              { kind: 'account', value: accountOf(who - (who % 3)), verified: true },
            ]
          : kind < 8
            ? [{ kind: 'wechat', value: openidOf(who - (who % 2)) }]
            : [{ kind: 'phone', value: phoneOf(who) }];
    const began = performance.now();
    const { customer } = known.identify(identities, 'bench');
    const between = performance.now();
    known.timeline(customer.id, { limit: 50 });
    const ended = performance.now();
    times.identify.push(between - began);
    times.timeline.push(ended - between);
    times.both.push(ended - began);
    // Commits happen between contacts, as they do between turns of the server.
    if (number % 10 === 9) await new Promise((resolve) => setImmediate(resolve));
  }
  for (let number = 0; number < 500; number++) {
    const began = performance.now();
    known.timeline(idOf(number % regulars), { limit: 50 });
    times.regulars.push(performance.now() - began);
  }
  await journal.append([]);
  const count = (table: string) => database.prepare<[], number>(`SELECT count(*) FROM ${table}`).pluck().get() ?? 0;
  const sizes = { identities: count('identities'), interactions: count('interactions') };
  await journal.close();
  await opened.close();
  return {
    customers,
    ...sizes,
    gigabytes: round(statSync(path.join(folder, databaseFile)).size / 1e9, 2),
    builtInSeconds: seconds,
    both: spread(times.both),
    identify: spread(times.identify),
    timeline: spread(times.timeline),
    regulars: spread(times.regulars),
  };
}

const padded = (number: number, length: number) => String(number).padStart(length, '0');
const idOf = (number: number) => `cus_${padded(number, 20)}`;
const phoneOf = (number: number) => `+86${13_000_000_000 + number}`;
const openidOf = (number: number) => `o${padded(number, 27)}`;
const accountOf = (number: number) => `6222${padded(number, 12)}`;

/** Everybody has a number, every second an openid, every third an account; every tenth called once. */
async function build(customers: number): Promise<{ folder: string; seconds: number | undefined }> {
  const folder = path.join(cache, `customers-${customers}`);
  if (existsSync(path.join(folder, databaseFile))) return { folder, seconds: undefined };
  const began = performance.now();
  const coming = `${folder}.coming`;
  rmSync(coming, { recursive: true, force: true });
  mkdirSync(coming, { recursive: true });
  const opened = openDatabase({ directory: coming, logger });
  const { database } = opened;
  database.pragma('synchronous = OFF');
  database.pragma('journal_mode = OFF');
  database.pragma('foreign_keys = OFF');
  database.pragma('cache_size = -262144');
  const indexes = database
    .prepare<[], { name: string; sql: string }>(
      `SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL
         AND tbl_name IN ('customers', 'identities', 'interactions')`,
    )
    .all();
  for (const { name } of indexes) database.exec(`DROP INDEX ${name}`);
  const each = `WITH RECURSIVE n (i) AS (VALUES (0) UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ${customers})`;
  const id = `printf('cus_%020d', i)`;
  const at = 1_700_000_000_000;
  database.exec(
    `INSERT INTO customers (id, site, name, created_at, updated_at) ${each}
       SELECT ${id}, 'bench', 'Customer ' || i, ${at} + i, ${at} + i FROM n`,
  );
  const identity = (kind: string, value: string, where: string, verified: number) =>
    database.exec(
      `INSERT INTO identities (kind, value, customer, since, verified) ${each}
         SELECT '${kind}', ${value}, ${id}, ${at}, ${verified} FROM n WHERE ${where}`,
    );
  identity('account', `printf('6222%012d', i)`, 'i % 3 = 0', 1);
  identity('phone', `printf('+86%d', 13000000000 + i)`, 'true', 0);
  identity('wechat', `printf('o%027d', i)`, 'i % 2 = 0', 0);
  const interactions = (name: string, recursive: string, customer: string, when: string) =>
    database.exec(
      `INSERT INTO interactions (id, site, channel, direction, customer, path, started_at, ended_at, wait_ms, talk_ms, hold_ms,
         wrap_up_ms, outcome, transfers, quality, recordings, last_seq, from_e164, queue, parties)
       ${recursive} SELECT printf('int_${name}%019d', i), 'bench', iif(i % 2, 'voice', 'chat'), 'in', ${customer},
         '[{"at":0,"node":"menu","type":"menu","label":"Cards","value":"2"}]', ${when}, ${when} + 90000, 8000, 60000, 0, 9000,
         'answered', '[]', '[]', '[]', i, '+8613000000000', 'service', '[]' FROM n`,
    );
  interactions(
    'a',
    each.replaceAll(String(customers), String(Math.ceil(customers / 10))),
    `printf('cus_%020d', i * 10)`,
    `${at} + i`,
  );
  const many = regulars * callsOfRegular;
  interactions(
    'b',
    `WITH RECURSIVE n (i) AS (VALUES (0) UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ${many})`,
    `printf('cus_%020d', i % ${regulars})`,
    `${at} + i * 1000`,
  );
  for (const { sql } of indexes) database.exec(sql);
  database.exec('ANALYZE');
  database.pragma('journal_mode = WAL');
  await opened.close();
  renameSync(coming, folder);
  return { folder, seconds: round((performance.now() - began) / 1_000, 1) };
}

function spread(times: number[]): { p50: number; p99: number; most: number } {
  const sorted = [...times].sort((a, b) => a - b);
  const place = (share: number) =>
    round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0, 3);
  return { p50: place(0.5), p99: place(0.99), most: place(1) };
}
