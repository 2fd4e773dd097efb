import { closeSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readSettings } from '../../../config/index.ts';
import { runFolder } from '../../../supervisor/index.ts';
import { openLog, turnLog } from '../../../supervisor/log-file.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sw-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

it('begins a long log anew while it is written, for its owner only', () => {
  const file = join(folder, 'server.log');
  const log = openLog(file);
  writeSync(log, 'first line\n');
  expect(turnLog(file, 100)).toBe(false);
  expect(turnLog(file, 5)).toBe(true);
  writeSync(log, 'second\n');
  closeSync(log);
  expect([readFileSync(`${file}.1`, 'utf8'), readFileSync(file, 'utf8')]).toEqual(['first line\n', 'second\n']);
  for (const one of [file, `${file}.1`]) expect(statSync(one).mode & 0o777).toBe(0o600);
});

it('closes a folder of sockets that was open to others', () => {
  mkdirSync(join(folder, 'run'), { mode: 0o755 });
  const run = runFolder(readSettings({ SWITCHROOM_DATA: folder }, folder));
  expect(statSync(run).mode & 0o777).toBe(0o700);
});
