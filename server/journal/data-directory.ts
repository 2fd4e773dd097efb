// One server per data directory. The lock is an exclusive transaction on an empty SQLite file: the kernel gives it back
// when the process dies, however it dies, so that there is no stale lock to recognise and no race between two starters.
// server.pid beside it names the holder for people and the CLI. The sidecar and backups have such files of their own.
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import Sqlite from 'better-sqlite3';
import { failed } from './errors.ts';

export interface DirectoryLock {
  release(): void;
}

/**
 * Makes the directory (mode 0700) where it is missing and takes it for this process.
 * @throws data-directory-in-use
 */
export function lockDataDirectory(directory: string): DirectoryLock {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const lock = lockFile(path.join(directory, 'server.lock'));
  const pidFile = path.join(directory, 'server.pid');
  if (!lock) throw failed['data-directory-in-use']({ directory, pid: readPid(pidFile) ?? 'unknown' });
  writeFileSync(pidFile, `${process.pid}\n`, { mode: 0o600 });
  return {
    release() {
      rmSync(pidFile, { force: true });
      lock.release();
    },
  };
}

/** Makes the file where it is missing; its folder must be there. @returns undefined where somebody holds it */
export function lockFile(file: string): DirectoryLock | undefined {
  const holder = new Sqlite(file, { timeout: 0 });
  try {
    // Whoever can read it can lock it, and keep us out.
    chmodSync(file, 0o600);
    holder.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    holder.close();
    if (!(error instanceof Sqlite.SqliteError) || !error.code.startsWith('SQLITE_BUSY')) throw error;
    return undefined;
  }
  return {
    release() {
      holder.close();
    },
  };
}

/** Whether a server holds the directory now, and which process it is. Takes no lock of its own for longer than the look. */
export function dataDirectoryHolder(directory: string): { pid: number | undefined } | undefined {
  let probe: Sqlite.Database;
  try {
    probe = new Sqlite(path.join(directory, 'server.lock'), { timeout: 0, fileMustExist: true });
  } catch (error) {
    if (error instanceof Sqlite.SqliteError && error.code === 'SQLITE_CANTOPEN') return undefined;
    throw error;
  }
  try {
    probe.exec('BEGIN EXCLUSIVE; ROLLBACK');
    return undefined;
  } catch (error) {
    if (!(error instanceof Sqlite.SqliteError) || !error.code.startsWith('SQLITE_BUSY')) throw error;
    return { pid: readPid(path.join(directory, 'server.pid')) };
  } finally {
    probe.close();
  }
}

function readPid(file: string): number | undefined {
  try {
    const pid = Number.parseInt(readFileSync(file, 'utf8'), 10);
    return Number.isInteger(pid) ? pid : undefined;
  } catch (error) {
    // The holder writes the file right after taking the lock: it may not be there yet.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
