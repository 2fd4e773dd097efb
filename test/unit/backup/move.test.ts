// A site moves between two data folders by a vault: nothing is lost, every step can be repeated, and it is never in two places.
import { appendFileSync, cpSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  arrive,
  comeBack,
  findings,
  inspectData,
  leave,
  planArrive,
  planLeave,
  takeBackup,
  verifyBackup,
} from '../../../server/backup/index.ts';
import { noteHalfRestored, openDatabase, openJournal } from '../../../server/journal/index.ts';
import { openSidecarDatabase } from '../../../sidecar/database.ts';
import { Site } from './site.ts';

const logger = pino({ level: 'silent' });
const now = Date.UTC(2026, 0, 1);

let site: Site;
let vault: string;
let data: string;

beforeEach(async () => {
  site = new Site();
  vault = join(site.folder, 'vault');
  data = join(site.folder, 'new');
  await site.write(30);
  site.record('rec_1', 'a talk');
  site.record('rec_2', 'another talk');
  site.attach('a picture');
});
afterEach(() => site.close());

const options = () => ({
  settings: site.settings,
  configuration: site.configuration,
  vault,
  passphrase: site.passphrase,
});
const goOut = () => leave({ ...options(), version: '1', now });
const comeIn = (to = data) => arrive({ vault, passphrase: site.passphrase, data: to, now: now + 1 });
/** As a stopped server leaves it. */
const stopped = async () => {
  await site.journal.close();
  await site.data.close();
};
const rot = async (recording: string) => {
  const { manifest } = await verifyBackup({ from: vault, passphrase: site.passphrase });
  const { part } = manifest.files.find(({ path }) => path === `recordings/${recording}.wav`)!;
  appendFileSync(join(vault, 'parts', part.slice(0, 2), part), 'x');
};
const rowsOf = (folder: string) => {
  const database = new Sqlite(join(folder, 'switchroom.sqlite'), { readonly: true });
  try {
    return database.prepare('SELECT * FROM journal ORDER BY seq').all();
  } finally {
    database.close();
  }
};

describe('a move', () => {
  test('brings everything, proven by chain, counts and checksums; the old side is fenced, the new one goes on', async () => {
    await stopped();
    const before = rowsOf(site.settings.data);
    const note = await goOut();
    expect(note).toMatchObject({ site: 'main', journal: { last: 30 }, rows: { journal: 30, recordings: 2 } });
    const { recordings, restored } = await comeIn();
    expect(recordings).toBe(2);
    expect(restored?.flows).toBe(join(data, 'restored', 'flows'));
    expect(rowsOf(data)).toEqual(before);
    expect(readFileSync(join(data, 'recordings', 'rec_2.wav'), 'utf8')).toBe('another talk');
    expect(findings(await inspectData(data))).toEqual([]);
    expect(() => openDatabase({ directory: site.settings.data, logger })).toThrow(
      expect.objectContaining({ code: 'data-moved', message: expect.stringContaining('up to event 30') }),
    );
    const there = openDatabase({ directory: data, logger });
    const journal = openJournal({
      database: there.database,
      site: 'main',
      logger,
      clock: { now: () => 1_000, monotonic: () => 0 },
    });
    expect(journal.last).toBe(30);
    await journal.close();
    await there.close();
  });

  test('is shown before anything is done, also while the server runs; what an earlier backup brought is not counted', async () => {
    const first = await planLeave(options());
    expect(first).toMatchObject({ site: 'main', journalLast: 30, holder: { pid: process.pid }, fence: undefined });
    expect(first.fresh).toEqual({ files: first.files, bytes: first.bytes });
    expect(first.freeBytes).toBeGreaterThan(first.bytes);
    expect(first.scratch.bytes).toBe(statSync(site.path('switchroom.sqlite')).size);
    expect(existsSync(vault)).toBe(false);
    await takeBackup({ ...options(), to: vault, version: '1', now: now - 1 });
    site.record('rec_3', 'a talk of today');
    const second = await planLeave(options());
    expect(second.files).toBe(first.files + 1);
    // The database, and the new talk.
    expect(second.fresh.files).toBe(2);
    await expect(goOut()).rejects.toMatchObject({ code: 'data-directory-in-use' });
    await expect(planArrive({ vault, data })).rejects.toMatchObject({ code: 'move-not-left' });
  });

  test('each step can be done again after what interrupted it', async () => {
    await stopped();
    const note = await goOut();
    expect(await goOut()).toEqual(note);
    // The fence was written, and the note was not.
    rmSync(join(vault, 'move.json'));
    const again = await goOut();
    expect(again.move).toBe(note.move);
    // A restore that was cut off in the middle.
    mkdirSync(join(data, '.coming', 'recordings'), { recursive: true });
    writeFileSync(join(data, '.coming', 'recordings', 'rec_1.wav'), 'half');
    noteHalfRestored(data, { manifest: note.manifest });
    await comeIn();
    const { restored, recordings } = await comeIn();
    expect(restored).toBeUndefined();
    expect(recordings).toBe(2);
    // The restore was done, and the note did not say so yet.
    const { arrived, ...open } = JSON.parse(readFileSync(join(vault, 'move.json'), 'utf8'));
    expect(arrived.to).toContain(data);
    writeFileSync(join(vault, 'move.json'), JSON.stringify(open));
    expect((await comeIn()).restored).toBeUndefined();
  });

  test('waits for the sidecar to be stopped, and a sidecar for the move', async () => {
    const sidecar = openSidecarDatabase(site.path('sidecar'));
    await stopped();
    await expect(goOut()).rejects.toMatchObject({ code: 'move-sidecar-running' });
    expect(existsSync(vault)).toBe(false);
    sidecar.database.close();
    sidecar.lock.release();
    const leaving = goOut();
    expect(() => openSidecarDatabase(site.path('sidecar'), 0)).toThrow(
      expect.objectContaining({ code: 'sidecar-data-unusable', message: expect.stringContaining('moving away') }),
    );
    await leaving;
    expect((await comeIn()).recordings).toBe(2);
  });

  test('arrives in one place only, and can be undone only where it has not arrived', async () => {
    await stopped();
    await goOut();
    expect(comeBack(site.settings).journal.last).toBe(30);
    await expect(comeIn()).rejects.toMatchObject({ code: 'move-not-left' });
    expect(() => comeBack(site.settings)).toThrow(expect.objectContaining({ code: 'move-not-fenced' }));
    const here = openDatabase({ directory: site.settings.data, logger });
    await here.close();
    await goOut();
    await comeIn();
    await expect(comeIn(join(site.folder, 'a third one'))).rejects.toMatchObject({ code: 'move-arrived' });
    expect(() => comeBack(site.settings)).toThrow(expect.objectContaining({ code: 'move-arrived' }));
    rmSync(vault, { recursive: true });
    expect(() => comeBack(site.settings)).toThrow(expect.objectContaining({ code: 'move-vault-away' }));
  });

  test('a recording that was changed stops it before anything is fenced', async () => {
    await stopped();
    appendFileSync(site.path('recordings/rec_1.wav'), 'x');
    await expect(goOut()).rejects.toMatchObject({ code: 'move-not-right', message: expect.stringContaining('rec_1') });
    const here = openDatabase({ directory: site.settings.data, logger });
    await here.close();
  });

  test('brings the flows to their place also when it is said only the second time', async () => {
    await stopped();
    await goOut();
    expect((await comeIn()).flows).toBe(join(data, 'restored', 'flows'));
    const flows = join(site.folder, 'the new flows');
    const again = () => arrive({ vault, passphrase: site.passphrase, data, flows, now: now + 2 });
    expect(await again()).toMatchObject({ restored: undefined, flows });
    expect(readFileSync(join(flows, 'bank.json'), 'utf8')).toBe('{"flow": "bank"}');
    expect(existsSync(join(data, 'restored', 'flows'))).toBe(false);
    expect((await again()).flows).toBe(flows);
    expect((await comeIn()).flows).toBeUndefined();
  });

  test('does not leave by a copy that is damaged; the next run writes that again', async () => {
    await takeBackup({ ...options(), to: vault, version: '1', now: now - 1 });
    await rot('rec_1');
    await stopped();
    await expect(goOut()).rejects.toMatchObject({ code: 'move-not-right', message: expect.stringContaining('rec_1') });
    await goOut();
    expect((await comeIn()).recordings).toBe(2);
  });

  test('arrives without what was damaged on its way, once somebody says so', async () => {
    await stopped();
    await goOut();
    await rot('rec_1');
    await expect(comeIn()).rejects.toMatchObject({ code: 'backup-parts-damaged' });
    const again = () => arrive({ vault, passphrase: site.passphrase, data, whatIsWhole: true, now: now + 2 });
    const { restored, lost, recordings } = await again();
    expect([restored?.damaged.length, lost, recordings]).toEqual([1, ['rec_1'], 1]);
    expect(await again()).toMatchObject({ restored: undefined, lost: ['rec_1'] });
    await expect(comeIn()).rejects.toMatchObject({ code: 'move-not-right' });
  });

  test('rows that are missing on the new side are found', async () => {
    await stopped();
    await goOut();
    await comeIn();
    const database = new Sqlite(join(data, 'switchroom.sqlite'));
    database.exec("DELETE FROM recordings WHERE id = 'rec_1'");
    database.close();
    rmSync(join(data, 'recordings', 'rec_1.wav'));
    await expect(comeIn()).rejects.toMatchObject({
      code: 'move-not-right',
      message: expect.stringContaining('recordings has 1 rows, and had 2'),
    });
  });

  test('a backup of the new side is not fenced', async () => {
    await stopped();
    await goOut();
    await comeIn();
    // A copy of the old folder, fence and all, as a careless hand makes it.
    const copy = join(site.folder, 'copy');
    cpSync(site.settings.data, copy, { recursive: true });
    expect(() => openDatabase({ directory: copy, logger })).toThrow(expect.objectContaining({ code: 'data-moved' }));
    expect(existsSync(join(data, 'moved.json'))).toBe(false);
  });
});
