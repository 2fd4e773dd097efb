// The schema stays readable one version back: an upgrade that is taken back finds a database that it can still use. So a
// migration only adds: what an older program reads and writes stays where it is and takes what it gives.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { pino } from 'pino';
import { describe, expect, test } from 'vitest';
import { openDatabase } from '../../../server/journal/index.ts';

const folder = join(import.meta.dirname, '../../../sql/sqlite');
const files = readdirSync(folder)
  .filter((name) => name.endsWith('.sql'))
  .sort();

/** From before there was anything to go back to; nothing may be added to this list. */
const grandfathered = new Set(['007_recording_hash.sql', '019_hours.sql']);

const allowed = [
  /^CREATE TABLE [a-z_]+ \(/,
  /^CREATE VIRTUAL TABLE [a-z_]+ USING fts5 /,
  /^CREATE INDEX [a-z_]+ ON /,
  // On a table of the same migration only: an older program knows nothing of it, and cannot break its rule.
  /^CREATE UNIQUE INDEX [a-z_]+ ON (?<table>[a-z_]+) /,
  /^CREATE TRIGGER [a-z_]+ /,
  /^ALTER TABLE (?<altered>[a-z_]+) ADD COLUMN (?<column>.+)$/s,
  /^INSERT (OR IGNORE )?INTO (?<filled>[a-z_]+) /,
  /^UPDATE (?<updated>[a-z_]+) SET /,
];

/** Why a migration could keep the version before from working; empty: it only adds. */
function faults(sql: string): string[] {
  const found: string[] = [];
  const made = new Set([...sql.matchAll(/^CREATE (?:VIRTUAL )?TABLE ([a-z_]+)/gm)].map(([, name]) => name));
  const added = new Set([...sql.matchAll(/ADD COLUMN ([a-z_]+)/g)].map(([, name]) => name));
  const statements = sql
    .replace(/--.*$/gm, '')
    .split(/;\s*(?:\n|$)/)
    .map((text) => text.trim())
    .filter((text) => text !== '');
  for (const statement of statements) {
    const match = allowed.map((rule) => rule.exec(statement)).find((one) => one !== null);
    const short = statement.slice(0, 60).replace(/\s+/g, ' ');
    if (!match) {
      found.push(`not allowed: ${short}`);
      continue;
    }
    const { table, column, filled, updated } = match.groups ?? {};
    if (table !== undefined && !made.has(table)) found.push(`a rule that older programs may break: ${short}`);
    if (column !== undefined && /NOT NULL/i.test(column) && !/DEFAULT/i.test(column))
      found.push(`a column that older programs do not fill: ${short}`);
    if (filled !== undefined && !made.has(filled)) found.push(`rows in a table of older programs: ${short}`);
    if (updated !== undefined && !made.has(updated)) {
      const set = [...statement.matchAll(/(?:SET|,)\s*([a-z_]+)\s*=/g)].map(([, name]) => name);
      if (!set.every((name) => added.has(name))) found.push(`changes what older programs wrote: ${short}`);
    }
  }
  return found;
}

describe('migrations of SQLite only add', () => {
  test.each(files.filter((name) => !grandfathered.has(name)))('%s', (name) => {
    expect(faults(readFileSync(join(folder, name), 'utf8'))).toEqual([]);
  });

  test.each([
    'ALTER TABLE queues DROP COLUMN hours;',
    'ALTER TABLE queues RENAME COLUMN a TO b;',
    'DROP TABLE queues;',
    'DELETE FROM queues;',
    'ALTER TABLE queues ADD COLUMN x INTEGER NOT NULL;',
    'CREATE UNIQUE INDEX x ON queues (name);',
    'UPDATE queues SET name = 1;',
  ])('the rule finds %s', (sql) => {
    expect(faults(sql)).toHaveLength(1);
  });

  test('the rule is not in the way of what adds', () => {
    expect(faults('ALTER TABLE q ADD COLUMN x TEXT; -- why\nUPDATE q SET x = 1;\n')).toEqual([]);
  });

  test('a program of the version before opens what the next one made; not where the next one took something away', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'switchroom-schema-'));
    const open = async () => (await openDatabase({ directory, logger: pino({ level: 'silent' }) })).close();
    await open();
    const file = join(directory, 'switchroom.sqlite');
    const change = (sql: string) => {
      const database = new Sqlite(file);
      database.exec(sql);
      database.close();
    };
    // As the next version leaves it.
    change(`CREATE TABLE of_tomorrow (id TEXT); PRAGMA user_version = ${files.length + 1}`);
    await open();
    const database = new Sqlite(file, { readonly: true });
    expect(database.pragma('user_version', { simple: true })).toBe(files.length + 1);
    database.close();
    change(`UPDATE counters SET value = ${files.length + 1} WHERE name = 'schema-readable-from'`);
    await expect(open()).rejects.toMatchObject({ code: 'database-too-new' });
    rmSync(directory, { recursive: true });
  });

  test('statements of the version before run on the schema of this one', () => {
    // Each migration alone, on what all before it made, must leave every earlier table and column in place.
    const database = new Sqlite(':memory:');
    let before = new Map<string, string[]>();
    for (const name of files) {
      database.exec(readFileSync(join(folder, name), 'utf8'));
      const after = columns(database);
      if (!grandfathered.has(name))
        for (const [table, known] of before)
          expect(after.get(table), `${name}: ${table}`).toEqual(expect.arrayContaining(known));
      before = after;
    }
    database.close();
  });
});

function columns(database: Sqlite.Database): Map<string, string[]> {
  const rows = database
    .prepare<[], { name: string; columns: string }>(
      `SELECT m.name, group_concat(c.name) AS columns FROM sqlite_schema m, pragma_table_info(m.name) c
         WHERE m.type = 'table' GROUP BY m.name`,
    )
    .all();
  return new Map(rows.map((row) => [row.name, row.columns.split(',')]));
}
