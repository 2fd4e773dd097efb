// Events lie in one partition for each month, so that old months go whole. Sites' clocks can be wrong, and their words garbled:
// months that cannot be right get no partition, and their events lie in `events_other`.
import type { Pool } from 'pg';
import type { Millis } from '../values/index.ts';
import { migrating, type Store } from './store.ts';

/** No journal is older. */
const first = Date.UTC(2015, 0);

interface Month {
  name: string;
  from: Millis;
  to: Millis;
}

const known = new WeakMap<Pool, Set<string>>();

function monthOf(time: Millis, now: Millis): Month | undefined {
  // A clock that is a day ahead at the end of a month is possible.
  if (time < first || time > now + 86_400_000) return undefined;
  const date = new Date(time);
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()];
  const name = `events_${year}_${String(month + 1).padStart(2, '0')}`;
  return { name, from: Date.UTC(year, month), to: Date.UTC(year, month + 1) };
}

/** Partitions for the months in which these events happened. Before the transaction that needs them. */
export async function ensureMonths(store: Store, times: Iterable<Millis>, now: Millis): Promise<void> {
  let made = known.get(store.pool);
  if (!made) {
    made = new Set();
    known.set(store.pool, made);
  }
  for (const time of times) {
    const month = monthOf(time, now);
    if (!month || made.has(month.name)) continue;
    await make(store, month);
    made.add(month.name);
  }
}

async function make(store: Store, { name, from, to }: Month): Promise<void> {
  await store.inTransaction(async (client) => {
    await client.query('SELECT pg_advisory_xact_lock($1)', [migrating]);
    const { rows } = await client.query('SELECT 1 FROM pg_class WHERE oid = to_regclass($1)', [name]);
    if (rows.length > 0) return;
    // The name and the times are made of digits alone. Events that came when their time seemed to be wrong move in.
    await client.query(`CREATE TABLE ${name} (LIKE events INCLUDING ALL)`);
    await client.query(
      `WITH moved AS (DELETE FROM events_other WHERE at >= ${from} AND at < ${to} RETURNING *) INSERT INTO ${name} SELECT * FROM moved`,
    );
    await client.query(`ALTER TABLE events ATTACH PARTITION ${name} FOR VALUES FROM (${from}) TO (${to})`);
  });
}

/** Drops what is older than so many months. @returns the partitions that went */
export async function dropMonths(store: Store, months: number, now: Millis): Promise<string[]> {
  const date = new Date(now);
  const keep = monthOf(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() - months), now);
  if (!keep) return [];
  return store.inTransaction(async (client) => {
    await client.query('SELECT pg_advisory_xact_lock($1)', [migrating]);
    const { rows } = await client.query<{ name: string }>(
      `SELECT c.relname AS name FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
       WHERE i.inhparent = 'events'::regclass AND c.relname ~ '^events_\\d{4}_\\d{2}$' AND c.relname < $1`,
      [keep.name],
    );
    for (const { name } of rows) await client.query(`DROP TABLE ${name}`);
    known.get(store.pool)?.clear();
    await client.query('DELETE FROM events_other WHERE at < $1', [keep.from]);
    await client.query('DELETE FROM interactions WHERE started_at < $1', [keep.from]);
    await client.query(`DELETE FROM changes WHERE kind = 'interaction' AND (data ->> 'startedAt')::bigint < $1`, [
      keep.from,
    ]);
    return rows.map(({ name }) => name);
  });
}
