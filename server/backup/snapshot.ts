// A copy of a database that others write. A read transaction holds one moment of it (WAL), so that SQLite's online backup
// never begins anew, however much is written meanwhile; between two small steps the writers have the disk.
import Sqlite from 'better-sqlite3';

/** 1 MB of 4 KB pages: a few milliseconds. */
const pagesAtOnce = 256;

/** @returns once `to` is a whole database; the one that is copied is only read */
export async function snapshot(from: string, to: string): Promise<void> {
  const source = new Sqlite(from, { readonly: true, timeout: 10_000 });
  try {
    // The first read is what fixes the moment.
    source.exec('BEGIN');
    source.prepare('SELECT count(*) FROM sqlite_schema').get();
    await source.backup(to, { progress: () => pagesAtOnce });
    source.exec('COMMIT');
  } finally {
    source.close();
  }
  const copy = new Sqlite(to);
  // One file by itself; whoever opens it as a server makes it WAL again.
  copy.pragma('journal_mode = DELETE');
  copy.close();
}
