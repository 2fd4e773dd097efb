import { once } from 'node:events';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { findings, inspectData, restoreBackup, takeBackup, verifyBackup } from '../../../server/backup/index.ts';
import { webchat } from '../../../sidecar/channels/webchat/index.ts';
import { Harness } from '../sidecar/harness.ts';
import { Site } from './site.ts';

let site: Site;
let now = 0;

beforeEach(() => {
  site = new Site();
  now = Date.UTC(2026, 0, 1);
});
afterEach(() => site.close());

function take(to: string, more: { keep?: number; passphrase?: string } = {}) {
  now += 60_000;
  return takeBackup({
    settings: site.settings,
    configuration: site.configuration,
    to: join(site.folder, to),
    passphrase: site.passphrase,
    version: '1',
    now,
    ...more,
  });
}
const from = (name: string) => ({ from: join(site.folder, name), passphrase: site.passphrase, now });

function partsBelow(name: string): string[] {
  return readdirSync(join(site.folder, name, 'parts'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.includes('/'))
    .map((file) => join(site.folder, name, 'parts', file));
}

describe.each(['kept', 'one.backup'])('a backup in %s', (place) => {
  test('holds all that cannot be made again, and gives it back the same', async () => {
    await site.write(30);
    site.record('rec_1', 'a talk');
    const attachment = site.attach('a picture');
    mkdirSync(site.path('lost+found'));
    site.file('lost+found/#12', 'of the file system');
    await take(place);
    const data = join(site.folder, 'restored');
    const { manifest, flows, settings, aside } = await restoreBackup({ ...from(place), data });
    expect(aside).toBeUndefined();
    expect(manifest.journal.last).toBe(30);
    expect(readFileSync(join(data, 'recordings', 'rec_1.wav'), 'utf8')).toBe('a talk');
    expect(readFileSync(join(data, 'attachments', attachment.slice(0, 2), attachment), 'utf8')).toBe('a picture');
    expect(readFileSync(join(data, 'site.key'), 'utf8')).toBe('the key');
    expect(readFileSync(join(data, 'run', 'secret'), 'utf8')).toBe('the secret');
    expect(readFileSync(join(flows, 'bank.json'), 'utf8')).toBe('{"flow": "bank"}');
    expect(settings.map(({ was }) => was).sort()).toEqual(
      [join(site.folder, 'egress.json'), site.configuration].sort(),
    );
    for (const name of ['prompts', 'lost+found']) expect(existsSync(join(data, name))).toBe(false);
    expect(existsSync(join(data, 'run', 'edge.json'))).toBe(false);
    const restored = new Sqlite(join(data, 'switchroom.sqlite'), { readonly: true });
    const rows = 'SELECT * FROM journal ORDER BY seq';
    expect(restored.prepare(rows).all()).toEqual(site.data.database.prepare(rows).all());
    restored.close();
    expect(findings(await inspectData(data))).toEqual([]);
    expect(statSync(data).mode & 0o777).toBe(0o700);
  });

  test('nothing of it can be read without the passphrase, and a wrong one is said', async () => {
    await site.write(3);
    site.record('rec_1', 'a secret talk about money');
    await take(place);
    const files = place === 'kept' ? partsBelow(place) : [join(site.folder, place)];
    for (const file of files) {
      const bytes = readFileSync(file);
      for (const secret of ['secret talk', 'the key', 'person 1', 'SQLite format'])
        expect(bytes.includes(secret)).toBe(false);
    }
    const wrong = { ...from(place), passphrase: 'another one altogether', data: join(site.folder, 'nowhere') };
    await expect(restoreBackup(wrong)).rejects.toMatchObject({ code: 'backup-passphrase-wrong' });
    expect(existsSync(join(site.folder, 'nowhere'))).toBe(false);
  });

  test('every changed byte is found out', async () => {
    await site.write(3);
    site.record('rec_1', 'x'.repeat(200_000));
    await take(place);
    const biggest = (place === 'kept' ? partsBelow(place) : [join(site.folder, place)]).sort(
      (a, b) => statSync(b).size - statSync(a).size,
    )[0]!;
    const whole = readFileSync(biggest);
    for (const at of [whole.length >> 1, whole.length >> 2, 1_000]) {
      const changed = Buffer.from(whole);
      changed[at] = changed[at]! ^ 1;
      writeFileSync(biggest, changed);
      await expect(verifyBackup(from(place))).rejects.toMatchObject({ code: 'backup-damaged' });
    }
    writeFileSync(biggest, whole);
    truncateSync(biggest, whole.length - 100);
    await expect(verifyBackup(from(place))).rejects.toMatchObject({ code: 'backup-damaged' });
    writeFileSync(biggest, whole);
    const { sameEnd, report } = await verifyBackup(from(place));
    expect([sameEnd, findings(report)]).toEqual([true, []]);
  });

  test('is one moment of a journal that is written all the while', async () => {
    site.data.database.exec('CREATE TABLE ballast (bytes BLOB)');
    const ballast = site.data.database.prepare('INSERT INTO ballast VALUES (randomblob(1000000))');
    for (let i = 0; i < 12; i++) ballast.run();
    await site.write(100);
    let taking = true;
    const taken = take(place).finally(() => {
      taking = false;
    });
    while (taking) await site.write(20);
    const { journalLast } = await taken;
    const { manifest, report, sameEnd } = await verifyBackup(from(place));
    expect(site.journal.last).toBeGreaterThan(journalLast + 100);
    expect(manifest.journal.last).toBe(journalLast);
    expect([sameEnd, findings(report), report.chain.events]).toEqual([true, [], journalLast]);
  });
});

test('a folder keeps once what did not change, and forgets old backups with what only they held', async () => {
  await site.write(3);
  for (const id of ['rec_1', 'rec_2', 'rec_3']) site.record(id, `talk ${id} ${'.'.repeat(1_000)}`);
  const first = await take('kept');
  site.record('rec_4', 'one more');
  const second = await take('kept');
  expect(first.fresh.files).toBe(first.files);
  // The database, and the new recording.
  expect(second.fresh.files).toBe(2);
  expect(second.files).toBe(first.files + 1);
  const older = await restoreBackup({ ...from('kept'), which: first.manifest, data: join(site.folder, 'older') });
  expect(readdirSync(join(older.data, 'recordings')).sort()).toEqual(['rec_1.wav', 'rec_2.wav', 'rec_3.wav']);
  const third = await take('kept', { keep: 1 });
  // Two manifests, and the picture of the database that only the first had.
  expect(third.pruned).toBe(3);
  expect(findings((await verifyBackup(from('kept'))).report)).toEqual([]);
  await expect(take('kept', { passphrase: 'another one altogether' })).rejects.toMatchObject({
    code: 'backup-passphrase-wrong',
  });
});

test('is taken beside a running sidecar, and holds what came to it', async () => {
  await site.write(3);
  const settings = webchat.settings.parse({});
  const sidecar = await Harness.start({ kind: webchat, settings, channel: 'chat', folder: site.path('sidecar') });
  try {
    const chat = new WebSocket(`${sidecar.url.replace('http', 'ws')}/chat/chat/socket`, { origin: sidecar.url });
    await once(chat, 'open');
    for (const frame of [{ t: 'hello' }, { t: 'say', id: 'm1', text: 'good morning' }])
      chat.send(JSON.stringify(frame));
    await sidecar.server.until(() => sidecar.server.items.length === 1, 'it is in the log and at the server');
    await take('kept');
    chat.terminate();
  } finally {
    await sidecar.stop({ keep: true });
    await sidecar.server.stop();
  }
  const data = join(site.folder, 'restored');
  await restoreBackup({ ...from('kept'), data });
  const count = (file: string, table: string) => {
    const database = new Sqlite(join(data, 'sidecar', file), { readonly: true });
    try {
      return database.prepare<[], number>(`SELECT count(*) FROM ${table}`).pluck().get();
    } finally {
      database.close();
    }
  };
  expect(count('sidecar.sqlite', 'deliveries')).toBe(1);
  expect(count('channels/chat/chat.sqlite', 'messages')).toBe(1);
  expect(existsSync(join(data, 'sidecar', 'sidecar.lock'))).toBe(false);
});

test('never over what is there, unless forced; then that is moved aside', async () => {
  await site.write(3);
  await take('kept');
  const data = join(site.folder, 'used');
  await restoreBackup({ ...from('kept'), data });
  await expect(restoreBackup({ ...from('kept'), data })).rejects.toMatchObject({ code: 'restore-target-used' });
  writeFileSync(join(data, 'mine'), 'mine');
  const { aside } = await restoreBackup({ ...from('kept'), data, force: true });
  expect(readFileSync(join(aside!, 'mine'), 'utf8')).toBe('mine');
  expect(existsSync(join(data, 'mine'))).toBe(false);
  const running = { ...from('kept'), data: site.settings.data, force: true };
  await expect(restoreBackup(running)).rejects.toMatchObject({ code: 'restore-target-running' });
  await expect(restoreBackup({ ...from('nothing'), data: join(site.folder, 'x') })).rejects.toMatchObject({
    code: 'backup-not-there',
  });
  await take('one.backup');
  await expect(take('one.backup')).rejects.toMatchObject({ code: 'backup-there' });
});

describe('the audit', () => {
  test('names what is missing, changed and unknown', async () => {
    await site.write(5);
    for (const id of ['rec_1', 'rec_2', 'rec_3']) site.record(id, id);
    const picture = site.attach('a picture');
    expect(findings(await inspectData(site.settings.data))).toEqual([]);
    writeFileSync(site.path('recordings/rec_1.wav'), 'rec_!');
    rmSync(site.path('recordings/rec_2.wav'));
    site.file('recordings/rec_9.wav', 'whose is this');
    rmSync(site.path(`attachments/${picture.slice(0, 2)}/${picture}`));
    expect(findings(await inspectData(site.settings.data))).toEqual([
      'recording rec_2: the file is missing',
      'recording rec_1: the file was changed',
      'recording rec_9: no record knows of this file',
      `attachment ${picture}: the file is missing`,
    ]);
  });

  test.each([
    ['UPDATE journal SET data = \'{"nth":7}\' WHERE seq = 3', 'journal: event 3 is not as it was written'],
    ['DELETE FROM journal WHERE seq = 3', 'journal: event 3 is missing'],
    ["UPDATE journal SET personal = '{}' WHERE seq = 3", 'journal: event 3 has other personal fields'],
  ])('finds %s', async (sql, sentence) => {
    await site.write(5);
    site.data.database.exec(sql);
    expect(findings(await inspectData(site.settings.data))).toEqual([expect.stringContaining(sentence)]);
  });

  test('a database file copied while it is written, without its WAL, is told by the end of its chain', async () => {
    await site.write(50);
    const copy = join(site.folder, 'copied');
    mkdirSync(copy);
    site.data.database.pragma('wal_checkpoint(TRUNCATE)');
    await site.write(50);
    copyFileSync(site.path('switchroom.sqlite'), join(copy, 'switchroom.sqlite'));
    const report = await inspectData(copy);
    expect(findings(report)).toEqual([]);
    expect(report.end.seq).toBeLessThan(site.journal.last);
  });
});
