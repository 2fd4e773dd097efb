// Forward-only migrations: sql/sqlite/NNN_name.sql, each in a transaction of its own; PRAGMA user_version is the number
// of the last one that ran.
import { readdirSync, readFileSync } from 'node:fs';
import type { Database } from 'better-sqlite3';
import { failed } from './errors.ts';

const folder = new URL('../../sql/sqlite/', import.meta.url);

/**
 * The last migration that took away what older programs need. From there on migrations only add (a test checks it), so that an
 * upgrade can be taken back: a program opens a database with newer migrations when the one that ran them says that it may.
 */
const readableFrom = 19;
const readableCounter = 'schema-readable-from';

interface Migration {
  number: number;
  name: string;
  sql: string;
}

function migrations(): Migration[] {
  return readdirSync(folder)
    .filter((file) => /^\d{3}_[a-z0-9_]+\.sql$/.test(file))
    .sort()
    .map((file, at) => {
      const number = Number.parseInt(file, 10);
      if (number !== at + 1) throw new Error(`sql/sqlite: ${file} should have number ${at + 1}`);
      return { number, name: file, sql: readFileSync(new URL(file, folder), 'utf8') };
    });
}

/**
 * Brings the schema up to date.
 * @returns names of the migrations that ran
 * @throws database-too-new, migration-failed (and that migration left nothing behind)
 */
export function migrate(database: Database): string[] {
  const all = migrations();
  const found = database.pragma('user_version', { simple: true }) as number;
  if (found > all.length && readableBy(database) > all.length)
    throw failed['database-too-new']({ file: database.name, found, known: all.length });
  const due = all.slice(found);
  for (const { number, name, sql } of due) {
    try {
      database.transaction(() => {
        database.exec(sql);
        database.pragma(`user_version = ${number}`);
      })();
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw failed['migration-failed']({ name, file: database.name, reason }, { cause: error });
    }
  }
  if (due.length > 0) {
    database
      .prepare('INSERT OR REPLACE INTO counters (name, value) VALUES (?, ?)')
      .run(readableCounter, Math.min(readableFrom, all.length));
  }
  return due.map(({ name }) => name);
}

/** The oldest program, by the number of its last migration, that can use this database; later ones only added. */
function readableBy(database: Database): number {
  const said = database
    .prepare<[string], number>('SELECT value FROM counters WHERE name = ?')
    .pluck()
    .get(readableCounter);
  return said ?? Number.POSITIVE_INFINITY;
}
