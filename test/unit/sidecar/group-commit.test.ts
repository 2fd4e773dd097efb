// Which commits wait for the disk, and that those that do not are safe with the next one that does.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Sqlite, { type Database } from 'better-sqlite3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { GroupCommit } from '../../../sidecar/group-commit.ts';

let folder: string;
let database: Database;
let commit: GroupCommit;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'switchroom-commit-'));
  database = new Sqlite(join(folder, 'file.sqlite'));
  database.pragma('journal_mode = WAL');
});
afterEach(() => {
  commit.close();
  rmSync(folder, { recursive: true });
});

/** 1: NORMAL, no wait; 2: FULL. */
const waited = () => database.pragma('synchronous', { simple: true });

test('what was promised to nobody is committed without a wait; one promise makes the whole turn wait', async () => {
  database.pragma('synchronous = FULL');
  commit = new GroupCommit(database);
  expect(await commit.run(waited)).toBe(2);
  expect(await commit.run(() => 'repeatable', { repeatable: true })).toBe('repeatable');
  expect(waited()).toBe(1);
  await Promise.all([commit.run(() => 1, { repeatable: true }), commit.run(() => 2)]);
  expect(waited()).toBe(2);
});

test('a database that never waits stays so', async () => {
  database.pragma('synchronous = NORMAL');
  commit = new GroupCommit(database);
  await commit.run(() => 1);
  expect(waited()).toBe(1);
});

test('`after` is called in the order of the calls, before anybody who waits goes on, and not for what failed', async () => {
  commit = new GroupCommit(database);
  const seen: string[] = [];
  const note = (text: string) => seen.push(text);
  const failing = commit.run(
    () => {
      throw new Error('no');
    },
    { after: () => note('never') },
  );
  await Promise.all([
    expect(failing).rejects.toThrow('no'),
    commit.run(() => 'a', { after: note }).then(() => note('then a')),
    commit.run(() => 'b', { after: note }),
  ]);
  expect(seen).toEqual(['a', 'b', 'then a']);
});
