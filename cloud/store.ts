// The cloud's PostgreSQL: a pool, migrations forward only, transactions.
import { readdirSync, readFileSync } from 'node:fs';
import { type ClientConfig, Pool, type PoolClient, types } from 'pg';
import type { Logger } from 'pino';
import type { CloudSettings } from '../config/index.ts';
import { failed } from './errors.ts';

// bigint: times and numbers of events, all below 2^53.
types.setTypeParser(types.builtins.INT8, Number);

const folder = new URL('../sql/postgres/', import.meta.url);
/** Advisory lock of who changes the schema: migrations, partitions. */
export const migrating = 0x5357_0001;

export type Client = Pick<PoolClient, 'query'>;

export interface Store {
  readonly pool: Pool;
  /** Commits what `work` did, or nothing of it. */
  inTransaction<Result>(work: (client: PoolClient) => Promise<Result>): Promise<Result>;
  close(): Promise<void>;
}

/** PostgreSQL's words for two transactions that stood in each other's way: one of them is undone, and may try again. */
const again = new Set(['40001', '40P01']);
const tries = 3;

/** Where the database is. */
export type Database = Pick<CloudSettings, 'database' | 'databasePasswordFile'>;

/** For the pool, and for connections beside it. @throws Error where the password's file cannot be read */
export function connectionTo({ database, databasePasswordFile: file }: Database): ClientConfig {
  // In the address itself: what stands there counts over every other word, also where it has none.
  const connectionString =
    file === undefined
      ? database
      : database.replace(
          /^(postgres(?:ql)?:\/\/[^:@/]*)@/,
          (_, user: string) => `${user}:${encodeURIComponent(readFileSync(file, 'utf8').trim())}@`,
        );
  return { connectionString, keepAlive: true, connectionTimeoutMillis: 5_000 };
}

/** @throws cloud-database */
export async function openStore(database: Database, logger: Logger, connections = 10): Promise<Store> {
  const pool = new Pool({
    ...connectionTo(database),
    max: connections,
    statement_timeout: 60_000,
  });
  // A connection that breaks while nobody uses it is replaced; who uses one is told by its query.
  pool.on('error', (error) => logger.warn({ err: error }, 'a connection to PostgreSQL broke'));
  const store: Store = {
    pool,
    async inTransaction(work) {
      for (let tried = 1; ; tried++) {
        try {
          return await once(work);
        } catch (error) {
          if (tried >= tries || !again.has((error as { code?: string }).code ?? '')) throw error;
        }
      }
    },
    close: () => pool.end(),
  };
  const once = async <Result>(work: (client: PoolClient) => Promise<Result>): Promise<Result> => {
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
