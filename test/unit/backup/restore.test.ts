// What a restore meets in a real house: mount points, interruptions, backups that are damaged in places.
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { findings, inspectData, restoreBackup, takeBackup, verifyBackup } from '../../../server/backup/index.ts';
import { noteHalfRestored, openDatabase } from '../../../server/journal/index.ts';
import { Site } from './site.ts';

const disk = vi.hoisted(() => ({
  /** A rename onto that path fails. */
  failsAt: undefined as string | undefined,
  freeBytes: undefined as number | undefined,
  written: [] as string[],
}));

vi.mock('node:fs', async (original) => {
  const fs = await original<typeof import('node:fs')>();
  const renameSync = (from: string, to: string) => {
    if (to === disk.failsAt) throw new Error('the power went');
    fs.renameSync(from, to);
  };
  return { ...fs, renameSync };
});
vi.mock('node:fs/promises', async (original) => {
  const fs = await original<typeof import('node:fs/promises')>();
  const statfs = async (path: string) => {
    const { bavail, bsize } = await fs.statfs(path);
    return { bavail: disk.freeBytes === undefined ? bavail : disk.freeBytes / bsize, bsize };
  };
  const writeFile = (...all: Parameters<typeof fs.writeFile>) => {
    disk.written.push(String(all[0]));
    return fs.writeFile(...all);
  };
  return { ...fs, statfs, writeFile };
});

let site: Site;
let data: string;
let now = 0;

beforeEach(async () => {
  Object.assign(disk, { failsAt: undefined, freeBytes: undefined });
  site = new Site();
  data = join(site.folder, 'new', 'data');
  now = Date.UTC(2026, 0, 1);
  await site.write(10);
  for (const id of ['rec_1', 'rec_2', 'rec_3']) site.record(id, `talk ${id}`);
});
afterEach(() => site.close());

const place = () => join(site.folder, 'kept');
const from = () => ({ from: place(), passphrase: site.passphrase, now });
const flows = () => join(site.folder, 'new', 'flows');

function take(settings = site.settings) {
  now += 60_000;
  const { configuration, passphrase } = site;
  return takeBackup({ settings, configuration, to: place(), passphrase, version: '1', now });
}

/** The file that holds a file of the newest backup. */
async function partOf(path: string): Promise<string> {
  const { manifest } = await verifyBackup(from());
  const { part } = manifest.files.find((file) => file.path === path)!;
  return join(place(), 'parts', part.slice(0, 2), part);
}

async function rot(path: string): Promise<void> {
  const part = await partOf(path);
  const bytes = readFileSync(part);
  bytes[bytes.length >> 1]! ^= 1;
  writeFileSync(part, bytes);
}

const open = (directory: string) => openDatabase({ directory, logger: pino({ level: 'silent' }) });
const halfRestored = expect.objectContaining({ code: 'data-half-restored' });

async function isWhole(): Promise<void> {
  expect(findings(await inspectData(data))).toEqual([]);
  expect(readdirSync(data).filter((name) => name.includes('coming'))).toEqual([]);
  await open(data).close();
}

describe('a restore', () => {
  test('fills the folders that are there, and does not put others in their place', async () => {
    await take();
    mkdirSync(data, { recursive: true });
    mkdirSync(flows());
    const before = [data, flows()].map((folder) => statSync(folder).ino);
    await restoreBackup({ ...from(), data, flows: flows() });
    expect([data, flows()].map((folder) => statSync(folder).ino)).toEqual(before);
    expect(readdirSync(join(site.folder, 'new')).sort()).toEqual(['data', 'flows']);
    expect(readdirSync(flows())).toEqual(['bank.json']);
    expect(existsSync(join(data, 'restored', 'flows'))).toBe(false);
    expect(statSync(data).mode & 0o777).toBe(0o700);
    await isWhole();
  });

  test.skipIf(!mayMount())('onto a file system of its own, and flows onto another one', async () => {
    await take();
    const mounted = [data, flows()];
    for (const folder of mounted) {
      mkdirSync(folder, { recursive: true });
      mount(folder);
    }
    try {
      mkdirSync(join(data, 'lost+found'));
      await restoreBackup({ ...from(), data, flows: flows() });
      expect(readdirSync(flows())).toEqual(['bank.json']);
      await isWhole();
      await expect(restoreBackup({ ...from(), data, force: true })).rejects.toMatchObject({
        code: 'restore-target-fixed',
      });
      expect(existsSync(join(data, 'switchroom.sqlite'))).toBe(true);
    } finally {
      for (const folder of mounted) execFileSync('umount', [folder]);
    }
  });

  test('that was interrupted while it read begins again; nothing starts on what it left', async () => {
    const { manifest } = await take();
    mkdirSync(join(data, '.coming', 'recordings'), { recursive: true });
    writeFileSync(join(data, '.coming', 'recordings', 'rec_1.wav'), 'half');
    noteHalfRestored(data, { manifest });
    expect(() => open(data)).toThrow(halfRestored);
    // As a killed process leaves them.
    for (const name of ['server.lock', 'server.lock-journal']) writeFileSync(join(data, name), '');
    await restoreBackup({ ...from(), data });
    await isWhole();
  });

  test.each(['data/recordings', 'data/switchroom.sqlite', 'flows/bank.json'])(
    'that was interrupted before %s was in place goes on there, and nothing starts before',
    async (name) => {
      await take();
      disk.failsAt = join(site.folder, 'new', name);
      await expect(restoreBackup({ ...from(), data, flows: flows() })).rejects.toThrow('the power went');
      expect(existsSync(join(data, 'switchroom.sqlite'))).toBe(name.startsWith('flows'));
      expect(() => open(data)).toThrow(halfRestored);
      disk.failsAt = undefined;
      // It was read to its end: nothing of it is needed any more.
      rmSync(join(place(), 'parts'), { recursive: true });
      await restoreBackup({ ...from(), data, flows: flows() });
      expect(readdirSync(flows())).toEqual(['bank.json']);
      await isWhole();
    },
  );

  test('for which there is no room changes nothing, and counts what an interrupted one left as room', async () => {
    const { manifest, bytes, files } = await take();
    mkdirSync(join(data, '.coming'), { recursive: true });
    writeFileSync(join(data, '.coming', 'half'), Buffer.alloc(8_192));
    noteHalfRestored(data, { manifest });
    const before = readdirSync(data).sort();
    const most = bytes + files * 4_096;
    disk.freeBytes = 4_096;
    const noRoom = { code: 'restore-no-room', message: expect.stringContaining(data) };
    await expect(restoreBackup({ ...from(), data })).rejects.toMatchObject(noRoom);
    expect(readdirSync(data).sort()).toEqual(before);
    // What is there is not moved aside for nothing.
    writeFileSync(join(data, 'switchroom.sqlite'), 'another site');
    await expect(restoreBackup({ ...from(), data, force: true })).rejects.toMatchObject(noRoom);
    expect(readFileSync(join(data, 'switchroom.sqlite'), 'utf8')).toBe('another site');
    rmSync(join(data, 'switchroom.sqlite'));
    // The flows are in both places for a moment.
    const sizes = (await checked(most)).manifest.files;
    const flowsTwice = sizes.filter(({ root }) => root === 'flows');
    const exact = sizes.concat(flowsTwice).reduce((sum, file) => sum + Math.ceil(file.bytes / 4_096) * 4_096, 0);
    disk.freeBytes = exact - 12_288;
    await expect(restoreBackup({ ...from(), data, flows: flows() })).rejects.toMatchObject(noRoom);
    disk.freeBytes = exact - 8_192;
    await restoreBackup({ ...from(), data, flows: flows() });
    await isWhole();
  });

  test('of a site that was restored before, and uses what was restored beside its data', async () => {
    await take();
    const first = await restoreBackup({ ...from(), data });
    writeFileSync(join(first.flows, 'card.json'), '{"flow": "card"}');
    await take({ ...site.settings, data, flows: first.flows });
    const second = join(site.folder, 'second');
    const restored = await restoreBackup({ ...from(), data: second });
    expect(readdirSync(restored.flows).sort()).toEqual(['bank.json', 'card.json']);
    for (const { file } of [...restored.settings, ...first.settings])
      expect(existsSync(file.replace(data, second))).toBe(true);
    expect(restored.settings.map(({ file }) => basename(file)).sort()).toEqual(['egress.json', 'switchroom.json']);
    // What lies there of the flows of then is not among those of now.
    rmSync(join(first.flows, 'bank.json'));
    await take({ ...site.settings, data, flows: first.flows });
    await restoreBackup({ ...from(), data: join(site.folder, 'third'), flows: flows() });
    expect(readdirSync(flows())).toEqual(['card.json']);
  });
});

describe('a backup that is damaged in places', () => {
  test('is restored without them, once somebody says so', async () => {
    await take();
    await rot('recordings/rec_2.wav');
    const damaged = ['data/recordings/rec_2.wav: frame 0 of a part is not as it was written'];
    await expect(restoreBackup({ ...from(), data })).rejects.toMatchObject({
      code: 'backup-parts-damaged',
      details: { count: 1, list: damaged[0] },
    });
    expect(() => open(data)).toThrow(halfRestored);
    const restored = await restoreBackup({ ...from(), data, whatIsWhole: true });
    expect(restored.damaged).toEqual(damaged);
    expect(readdirSync(join(data, 'recordings')).sort()).toEqual(['rec_1.wav', 'rec_3.wav']);
    expect(findings(await inspectData(data))).toEqual(['recording rec_2: the file is missing']);
    await open(data).close();
  });

  test.each(['switchroom.sqlite', 'site.key', 'run/secret'])('is none at all without %s', async (path) => {
    await take();
    const part = await partOf(path);
    writeFileSync(part, readFileSync(part).subarray(0, -1));
    await expect(restoreBackup({ ...from(), data, whatIsWhole: true })).rejects.toMatchObject({
      code: 'backup-damaged',
      message: expect.stringContaining(path),
    });
    // Nothing stays that would keep another one from being restored there.
    expect(readdirSync(data)).toEqual(['server.lock']);
  });

  test('tells all of them when it is verified, and what is set aside is written again', async () => {
    await take();
    const clean = await verifyBackup(from());
    expect(clean).toMatchObject({ damaged: [], setAside: 0, report: { recordings: { right: 3 } } });
    await rot('recordings/rec_1.wav');
    rmSync(await partOf('recordings/rec_3.wav'));
    const part = await partOf('recordings/rec_1.wav');
    const only = await verifyBackup(from());
    expect([only.setAside, existsSync(part)]).toEqual([0, true]);
    expect(only.damaged).toEqual([
      'data/recordings/rec_1.wav: frame 0 of a part is not as it was written',
      expect.stringMatching(/^data\/recordings\/rec_3\.wav: part \w+ is missing$/),
    ]);
    expect([only.report.recordings.right, findings(only.report)]).toEqual([1, []]);
    const aside = await verifyBackup({ ...from(), setAside: true });
    expect([aside.setAside, readdirSync(join(place(), 'damaged'))]).toEqual([1, [basename(part)]]);
    await take();
    expect(await verifyBackup(from())).toMatchObject({ damaged: [], report: { recordings: { right: 3 } } });
  });

  test('whose list of files is damaged is set aside, and the one before counts', async () => {
    const older = await take();
    const { manifest } = await take();
    writeFileSync(join(place(), manifest), readFileSync(join(place(), manifest)).subarray(0, -1));
    await expect(verifyBackup({ ...from(), setAside: true })).rejects.toMatchObject({ code: 'backup-damaged' });
    expect((await verifyBackup(from())).manifest.at).toBe(
      (await verifyBackup({ ...from(), which: older.manifest })).manifest.at,
    );
  });
});

describe('to verify a backup', () => {
  test('nothing but the database is written, however many recordings there are', async () => {
    await take();
    disk.written.length = 0;
    const { report } = await verifyBackup(from());
    expect(report.recordings.right).toBe(3);
    expect(disk.written.map((file) => basename(file))).toEqual(['switchroom.sqlite']);
  });

  test('there must be room for the database, before anything is read', async () => {
    await take();
    const bytes = (await verifyBackup(from())).manifest.files.find(({ path }) => path === 'switchroom.sqlite')!.bytes;
    disk.freeBytes = bytes - 4_096;
    disk.written.length = 0;
    await expect(verifyBackup(from())).rejects.toMatchObject({
      code: 'verify-no-room',
      message: expect.stringContaining(tmpdir()),
    });
    expect(disk.written).toEqual([]);
    disk.freeBytes = bytes;
    await verifyBackup(from());
  });
});

/** With so much room. */
function checked(bytes: number) {
  disk.freeBytes = bytes;
  return verifyBackup(from());
}

function mount(folder: string): void {
  execFileSync('mount', ['-t', 'tmpfs', 'switchroom-test', folder], { stdio: 'pipe' });
}

/** As root, where nothing keeps it from it. */
function mayMount(): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'switchroom-mount-'));
  try {
    mount(folder);
    execFileSync('umount', [folder]);
    return true;
  } catch {
    return false;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
