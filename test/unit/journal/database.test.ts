import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import Sqlite from 'better-sqlite3';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { databaseFile, dataDirectoryHolder, openDatabase } from '../../../server/journal/index.ts';

const logger = pino({ level: 'silent' });
let directory: string;

beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'switchroom-data-'));
});

afterEach(() => rmSync(directory, { recursive: true }));

it('raises the epoch at each start and runs the migrations once', async () => {
  const first = openDatabase({ directory, logger });
  expect(first.epoch).toBe(1);
  expect(first.migrated[0]).toBe('001_journal.sql');
  for (const file of [databaseFile, 'server.lock', 'server.pid']) {
    expect([file, statSync(path.join(directory, file)).mode & 0o777]).toEqual([file, 0o600]);
  }
  await first.close();
  const second = openDatabase({ directory, logger });
  expect(second.epoch).toBe(2);
  expect(second.migrated).toEqual([]);
  await second.close();
});

it('admits one server per data directory and names the holder', async () => {
  const first = openDatabase({ directory, logger });
  expect(() => openDatabase({ directory, logger })).toThrow(
    `Another Switchroom server (process ${process.pid}) already uses the data directory ${directory}.`,
  );
  expect(dataDirectoryHolder(directory)).toEqual({ pid: process.pid });
  await first.close();
  expect(dataDirectoryHolder(directory)).toBeUndefined();
  await openDatabase({ directory, logger }).close();
});

it('takes the directory over from a server that was killed', async () => {
  const script = `
    import { pino } from 'pino';
    const { openDatabase } = await import(${JSON.stringify(new URL('../../../server/journal/index.ts', import.meta.url).href)});
    openDatabase({ directory: ${JSON.stringify(directory)}, logger: pino({ level: 'silent' }) });
    console.log('open');
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  expect(dataDirectoryHolder(directory)).toEqual({ pid: child.pid });
  expect(() => openDatabase({ directory, logger })).toThrow(`(process ${child.pid})`);
  child.kill('SIGKILL');
  await once(child, 'exit');
  const taken = openDatabase({ directory, logger });
  expect(taken.epoch).toBe(2);
  expect(readFileSync(path.join(directory, 'server.pid'), 'utf8')).toBe(`${process.pid}\n`);
  await taken.close();
});

it('refuses the schema of a newer version with a sentence, and does not hold the directory afterwards', async () => {
  await openDatabase({ directory, logger }).close();
  const other = new Sqlite(path.join(directory, databaseFile));
  other.pragma('user_version = 999');
  other.exec("UPDATE counters SET value = 999 WHERE name = 'schema-readable-from'");
  other.close();
  expect(() => openDatabase({ directory, logger })).toThrow(
    /has schema 999, but this version of Switchroom knows only/,
  );
  expect(dataDirectoryHolder(directory)).toBeUndefined();
});

it('checkpoints from the worker, so that the WAL does not stay the only copy', async () => {
  const opened = openDatabase({ directory, logger });
  expect(opened.database.pragma('wal_autocheckpoint', { simple: true })).toBe(0);
  const file = path.join(directory, databaseFile);
  const before = statSync(file).size;
  opened.database.exec(
    `CREATE TABLE big (x TEXT); INSERT INTO big SELECT hex(zeroblob(100000)) FROM (VALUES (1), (2));`,
  );
  await vi.waitFor(() => expect(statSync(file).size).toBeGreaterThan(before + 300_000), { timeout: 10_000 });
  await opened.close();
});
