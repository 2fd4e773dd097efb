// A data directory from before hours were records of their own: its queues keep their hours.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import Sqlite from 'better-sqlite3';
import { expect, it, onTestFinished } from 'vitest';
import { databaseFile, openDatabase } from '../../../server/journal/index.ts';
import { logger, openSite } from './site.ts';

const folder = new URL('../../../sql/sqlite/', import.meta.url);
const number = 19;

it('moves hours that stood in a queue to hours of its name', async () => {
  const directory = mkdtempSync(path.join(tmpdir(), 'switchroom-data-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const old = new Sqlite(path.join(directory, databaseFile));
  for (const file of readdirSync(folder).filter((name) => Number(name.slice(0, 3)) < number)) {
    old.exec(readFileSync(new URL(file, folder), 'utf8'));
  }
  old.pragma(`user_version = ${number - 1}`);
  const hours = {
    timeZone: 'Asia/Tokyo',
    open: [{ days: ['mon', 'sat'], from: '22:00', to: '02:00' }],
    closedOn: ['2026-10-01'],
    openOn: [{ date: '2026-10-10', from: '09:00', to: '12:00' }],
  };
  const put = old.prepare(
    `INSERT INTO queues (id, site, name, strategy, priority, skills, ring_ms, max_wait_ms, wrap_up_ms, rings,
       service_level_ms, dispositions, disposition_required, record, announce_every_ms, when_empty, hours)
     VALUES (?, 'hq', '{"zh":"贷款"}', 'longest-idle', 0, '[]', 20000, 600000, 0, '[]', 20000, '[]', 0, 0, 0, 'wait', ?)`,
  );
  // From when such a day could be saved.
  put.run('loans', JSON.stringify({ ...hours, closedOn: [...hours.closedOn, '2026-02-30'] }));
  put.run('always', null);
  old.close();

  const opened = openDatabase({ directory, logger });
  expect(opened.migrated).toContain('019_hours.sql');
  const site = openSite(opened);
  expect(site.directory.queues.get('loans')?.hours).toBe('loans');
  expect(site.directory.queues.get('always')?.hours).toBeUndefined();
  expect(site.directory.hours.list()).toEqual([{ site: 'hq', name: 'loans', label: { zh: '贷款' }, ...hours }]);
  await site.close();
});
