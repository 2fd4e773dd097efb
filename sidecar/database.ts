// The sidecar's own SQLite file. `synchronous = FULL`: what a provider was told that we have is there after a power cut too.
import { chmodSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import Sqlite, { type Database } from 'better-sqlite3';
import { failed } from './errors.ts';

const migrations = new URL('../sql/sidecar/', import.meta.url);

/** @throws sidecar-data-unusable */
export function openSidecarDatabase(folder: string): Database {
  let database: Database | undefined;
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const file = join(folder, 'sidecar.sqlite');
    database = new Sqlite(file);
    chmodSync(file, 0o600);
    // One sidecar: another one on the same file would send everything twice.
    database.pragma('locking_mode = EXCLUSIVE');
    database.pragma('journal_mode = WAL');
    database.pragma('synchronous = FULL');
    database.pragma('busy_timeout = 2000');
    database.pragma('secure_delete = ON');
    database.pragma('cache_size = -16384');
    migrate(database);
    return database;
  } catch (error) {
    database?.close();
    throw failed['sidecar-data-unusable']({ folder, reason: (error as Error).message }, { cause: error });
  }
}

function migrate(database: Database): void {
  const files = readdirSync(migrations)
    .filter((name) => /^\d{3}_\w+\.sql$/.test(name))
    .sort();
  const done = database.pragma('user_version', { simple: true }) as number;
  if (done > files.length) throw new Error(`it was written by a newer version (${done}, known ${files.length})`);
  for (const [at, name] of files.entries()) {
    if (at < done) continue;
    const sql = readFileSync(new URL(name, migrations), 'utf8');
    database.transaction(() => {
      database.exec(sql);
      database.pragma(`user_version = ${at + 1}`);
    })();
  }
}
