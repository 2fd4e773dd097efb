// The sidecar's own SQLite file. `synchronous = FULL`: what a provider was told that we have is there after a power cut too.
import { chmodSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import Sqlite, { type Database } from 'better-sqlite3';
import { failed } from './errors.ts';

const migrations = new URL('../sql/sidecar/', import.meta.url);

export interface SidecarLock {
  release(): void;
}

/**
 * @param patienceMs so long the sidecar before may still be ending
 * @throws sidecar-data-unusable
 */
export function openSidecarDatabase(folder: string, patienceMs = 5_000): { database: Database; lock: SidecarLock } {
  let lock: SidecarLock | undefined;
  let database: Database | undefined;
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    lock = lockFolder(folder, patienceMs);
    const file = join(folder, 'sidecar.sqlite');
    database = new Sqlite(file);
    chmodSync(file, 0o600);
    // Others may read it meanwhile: a backup does.
    database.pragma('journal_mode = WAL');
    database.pragma('synchronous = FULL');
    database.pragma('busy_timeout = 2000');
    database.pragma('secure_delete = ON');
    database.pragma('cache_size = -16384');
    migrate(database);
    return { database, lock };
  } catch (error) {
    database?.close();
    lock?.release();
    throw failed['sidecar-data-unusable']({ folder, reason: (error as Error).message }, { cause: error });
  }
}

/**
 * One sidecar: another one on the same folder would send everything twice. An exclusive transaction on an empty file, as for the
 * server's data: the kernel gives it back however the process dies. A site that moves away takes it, too.
 */
function lockFolder(folder: string, patienceMs: number): SidecarLock {
  const file = join(folder, 'sidecar.lock');
  const holder = new Sqlite(file, { timeout: patienceMs });
  try {
    // Whoever can read it can lock it, and keep us out.
    chmodSync(file, 0o600);
    holder.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    holder.close();
    if (!(error instanceof Sqlite.SqliteError) || !error.code.startsWith('SQLITE_BUSY')) throw error;
    throw new Error('another sidecar runs on it, or the site is just moving away', { cause: error });
  }
  return {
    release() {
      holder.close();
    },
  };
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
