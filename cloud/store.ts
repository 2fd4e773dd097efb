// The cloud's PostgreSQL: a pool, migrations forward only, transactions.
import { readdirSync, readFileSync } from 'node:fs';
import { Pool, type PoolClient, types } from 'pg';
import type { Logger } from 'pino';
import { failed } from './errors.ts';

// bigint: times and numbers of events, all below 2^53.
types.setTypeParser(types.builtins.INT8, Number);

const folder = new URL('../sql/postgres/', import.meta.url);
/** Of advisory locks: migrations, partitions. */
const migrating = 0x5357_0001;

export type Client = Pick<PoolClient, 'query'>;

export interface Store {
  readonly pool: Pool;
  /** Commits what `work` did, or nothing of it. */
  inTransaction<Result>(work: (client: PoolClient) => Promise<Result>): Promise<Result>;
  close(): Promise<void>;
}

/** @param url `postgres://user@host/database`, or a socket: `postgres:///switchroom?host=/var/run/postgresql` @throws cloud-database */
export async function openStore(url: string, logger: Logger, connections = 10): Promise<Store> {
  const pool = new Pool({
    connectionString: url,
    max: connections,
    connectionTimeoutMillis: 5_000,
    statement_timeout: 60_000,
  });
  // A connection that breaks while nobody uses it is replaced; who uses one is told by its query.
  pool.on('error', (error) => logger.warn({ err: error }, 'a connection to PostgreSQL broke'));
  const store: Store = {
    pool,
    async inTransaction(work) {
      const client = await pool.connect();
      let broken: Error | undefined;
      try {
        await client.query('BEGIN');
        const result = await work(client);
        await client.query('COMMIT');
        return result;
      } catch (error) {
        await client.query('ROLLBACK').catch((gone: Error) => {
          broken = gone;
        });
        throw error;
      } finally {
        client.release(broken);
      }
    },
    close: () => pool.end(),
  };
  try {
    await store.inTransaction(migrate);
  } catch (error) {
    await pool.end();
    throw failed['cloud-database']({ reason: (error as Error).message }, { cause: error });
  }
  return store;
}

async function migrate(client: Client): Promise<void> {
  await client.query('SELECT pg_advisory_xact_lock($1)', [migrating]);
  await client.query('CREATE TABLE IF NOT EXISTS schema_version (version integer NOT NULL)');
  const { rows } = await client.query<{ version: number }>('SELECT version FROM schema_version');
  const found = rows[0]?.version ?? 0;
  const files = readdirSync(folder)
    .filter((file) => /^\d{3}_[a-z0-9_]+\.sql$/.test(file))
    .sort();
  if (found > files.length) throw new Error(`it has schema ${found}, and this program knows ${files.length}`);
  for (const file of files.slice(found)) await client.query(readFileSync(new URL(file, folder), 'utf8'));
  await client.query('DELETE FROM schema_version');
  await client.query('INSERT INTO schema_version VALUES ($1)', [files.length]);
}

const known = new WeakMap<Pool, Set<string>>();

/** Partitions for the months in which these events happened. Before the transaction that needs them. */
export async function ensureMonths(store: Store, times: Iterable<number>): Promise<void> {
  let made = known.get(store.pool);
  if (!made) {
    made = new Set();
    known.set(store.pool, made);
  }
  for (const time of times) {
    const date = new Date(time);
    const [from, to] = [0, 1].map((more) => Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + more)) as [
      number,
      number,
    ];
    const name = `events_${date.toISOString().slice(0, 7).replace('-', '_')}`;
    if (made.has(name)) continue;
    await store.inTransaction(async (client) => {
      await client.query('SELECT pg_advisory_xact_lock($1)', [migrating]);
      // The name is made of digits alone.
      await client.query(`CREATE TABLE IF NOT EXISTS ${name} PARTITION OF events FOR VALUES FROM (${from}) TO (${to})`);
    });
    made.add(name);
  }
}
