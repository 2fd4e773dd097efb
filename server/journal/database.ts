// The one SQLite database of a server (WAL). The main connection writes; heavy readers open their own, in workers.
import { chmodSync } from 'node:fs';
import path from 'node:path';
import Sqlite from 'better-sqlite3';
import type { Logger } from 'pino';
import { type Checkpointer, startCheckpointer } from './checkpointer.ts';
import { type DirectoryLock, lockDataDirectory } from './data-directory.ts';
import { mustBeHere } from './fence.ts';
import { mustBeWhole } from './half-restored.ts';
import { migrate } from './migrations.ts';
import { openReader, type Reader, readInPlace } from './reader.ts';

export interface OpenDatabase {
  readonly database: Sqlite.Database;
  /** Counts the starts on this data; the edge obeys only the newest. */
  readonly epoch: number;
  /** Names of the migrations that this start ran. */
  readonly migrated: string[];
  /** For lists, reports and exports: off the main thread. */
  readonly reader: Reader;
  close(): Promise<void>;
}

export interface DatabaseOptions {
  /** The data directory, or `:memory:` for tests. */
  directory: string;
  logger: Logger;
}

/** Name of the database file in the data directory. */
export const databaseFile = 'switchroom.sqlite';

/**
 * Opens the data directory's database: locks the directory, brings the schema up to date, raises the epoch.
 *
 * With synchronous NORMAL a power cut can lose the commits since the last checkpoint (about a second's), never the
 * file's consistency; a crash of the process alone loses nothing that was committed.
 * @throws data-moved, data-half-restored, data-directory-in-use, database-too-new, migration-failed
 */
export function openDatabase({ directory, logger }: DatabaseOptions): OpenDatabase {
  const inMemory = directory === ':memory:';
  const lock: DirectoryLock | undefined = inMemory ? undefined : lockDataDirectory(directory);
  const file = inMemory ? ':memory:' : path.join(directory, databaseFile);
  // Under the lock, so that no move is just under way.
  if (lock) whereMoved(directory, lock);
  let database: Sqlite.Database | undefined;
  try {
    database = new Sqlite(file);
    if (!inMemory) chmodSync(file, 0o600);
    database.pragma('journal_mode = WAL');
    database.pragma('synchronous = NORMAL');
    database.pragma('foreign_keys = ON');
    database.pragma('busy_timeout = 2000');
    // What calls write stands at the ends of tables and indexes: a small cache holds it.
    database.pragma('cache_size = -16384');
    database.pragma('temp_store = MEMORY');
    // What is erased is overwritten, so that it can't be found in the file's free space.
    database.pragma('secure_delete = ON');
    const migrated = migrate(database);
    const epoch = database
      .prepare<[], number>(
        `INSERT INTO counters (name, value) VALUES ('epoch', 1)
         ON CONFLICT (name) DO UPDATE SET value = value + 1 RETURNING value`,
      )
      .pluck()
      .get() as number;
    const checkpointer: Checkpointer | undefined = inMemory ? undefined : startCheckpointer(database, logger);
    const opened = database;
    const reader = inMemory ? readInPlace(opened) : openReader(file, logger);
    return {
      database: opened,
      epoch,
      migrated,
      reader,
      async close() {
        await reader.close();
        await checkpointer?.stop();
        opened.close();
        lock?.release();
      },
    };
  } catch (error) {
    database?.close();
    lock?.release();
    throw error;
  }
}

/** @throws data-moved, data-half-restored */
function whereMoved(directory: string, lock: DirectoryLock): void {
  try {
    mustBeHere(directory);
    mustBeWhole(directory);
  } catch (error) {
    lock.release();
    throw error;
  }
}
