// What a backup must hold whatever happens meanwhile, and what must be left of one that fails.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { readSettings } from '../../../config/index.ts';
import { findings, restoreBackup, type Taken, takeBackup, verifyBackup } from '../../../server/backup/index.ts';
import { Site } from './site.ts';

// Each opening of a backup stretches the passphrase for half a second.
vi.setConfig({ testTimeout: 60_000 });

/** Around the picture of the site's database. */
const picture = vi.hoisted(() => ({ before: async () => {}, after: async () => {} }));
vi.mock('../../../server/backup/snapshot.ts', async (original) => {
  const { snapshot } = await original<typeof import('../../../server/backup/snapshot.ts')>();
  return {
    snapshot: async (from: string, to: string) => {
      const main = from.endsWith('/switchroom.sqlite');
      if (main) await picture.before();
      await snapshot(from, to);
      if (main) await picture.after();
    },
  };
});

const root = join(import.meta.dirname, '..', '..', '..');
let site: Site;
let now = 0;

beforeEach(async () => {
  site = new Site();
  now = Date.UTC(2026, 0, 1);
  await site.write(3);
});
afterEach(async () => {
  picture.before = async () => {};
  picture.after = async () => {};
  await site.close();
});

function take(to: string, more: Partial<Parameters<typeof takeBackup>[0]> = {}): Promise<Taken> {
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
const verified = async (name: string) => findings((await verifyBackup(from(name))).report);

describe('while calls go on', () => {
  test('what the copied database calls sealed is there, under its last name', async () => {
    mkdirSync(site.path('recordings'));
    site.file('recordings/rec_1.wav.part', 'a talk that ends just now');
    picture.before = async () => {
      renameSync(site.path('recordings/rec_1.wav.part'), site.path('recordings/rec_1.wav'));
      site.record('rec_1', 'a talk that ends just now');
    };
    await take('kept');
    expect(await verified('kept')).toEqual([]);
  });

  test('what came or went after its picture is of the next backup, and of none; what was there before stays', async () => {
    site.record('rec_1', 'removed, and its file is still there');
    site.data.database.exec(`INSERT INTO removals (kind, id, at, rule) VALUES ('recordings', 'rec_1', 1, 'talks')`);
    site.file('recordings/rec_2.wav', 'nobody knows whose, for long');
    let attached = '';
    picture.after = async () => {
      site.record('rec_3', 'begun and ended meanwhile');
      attached = site.attach('sent meanwhile');
    };
    await take('kept');
    const { data } = await restoreBackup({ ...from('kept'), data: join(site.folder, 'restored') });
    expect(readdirSync(join(data, 'recordings'))).toEqual(['rec_2.wav']);
    expect(await verified('kept')).toEqual(['recording rec_2: no record knows of this file']);
    picture.after = async () => {};
    await take('kept');
    const next = await restoreBackup({ ...from('kept'), data: join(site.folder, 'next') });
    expect(readdirSync(join(next.data, 'recordings'))).toEqual(['rec_2.wav', 'rec_3.wav']);
    expect(existsSync(join(next.data, 'attachments', attached.slice(0, 2), attached))).toBe(true);
  });
});

test('holds the moments and every file that settings and channels name, with where it was', async () => {
  const named = (name: string, text = name) => {
    mkdirSync(join(site.folder, name, '..'), { recursive: true });
    writeFileSync(join(site.folder, name), text);
    return join(site.folder, name);
  };
  named('moments/cart-left.json', '{"moment": "cart-left"}');
  const files = [
    named('asterisk.secret'),
    named('one.secret'),
    named('authority.pem'),
    named('freeswitch.secret'),
    named('drachtio.secret'),
    named('turn.secret'),
    named('channels/wechat.secret'),
    named('channels/keys/imap.secret'),
    named('mail-authority.pem'),
    // In the data folder, among what is left out otherwise.
    named('data/run/sms.secret'),
  ];
  const mailbox = {
    imap: { password: { file: 'keys/imap.secret' }, caFile: files[8] },
    smtp: [{ password: { file: join(site.folder, 'data/run/sms.secret') }, token: { env: 'TOKEN' } }],
  };
  const channels = named(
    'channels/sidecar.json',
    JSON.stringify({
      channels: {
        wechat: { kind: 'wechat', settings: { token: { file: 'wechat.secret' } } },
        mail: { kind: 'mail', disabled: true, settings: mailbox },
      },
    }),
  );
  const configuration = named(
    'other.json',
    JSON.stringify({
      data: 'data',
      flows: 'flows',
      moments: { folder: 'moments' },
      sidecar: { file: 'channels/sidecar.json' },
      asterisk: {
        hosts: [{ name: 'one', url: 'https://192.0.2.1:8089', sip: '192.0.2.1:5080', secretFile: 'one.secret' }],
        secretFile: 'asterisk.secret',
        caFile: 'authority.pem',
      },
      freeswitch: { secretFile: 'freeswitch.secret' },
      drachtio: { hosts: [{ host: '192.0.2.2' }], secretFile: 'drachtio.secret' },
      webrtc: { iceServers: [{ urls: ['turn:192.0.2.3'], secretFile: 'turn.secret' }] },
    }),
  );
  const settings = readSettings({ SWITCHROOM_CONFIG: configuration }, site.folder);
  await take('kept', { settings, configuration });
  const restored = await restoreBackup({ ...from('kept'), data: join(site.folder, 'restored') });
  expect(restored.settings.map(({ was }) => was).sort()).toEqual([configuration, channels, ...files].sort());
  for (const { file, was } of restored.settings) expect(readFileSync(file, 'utf8')).toBe(readFileSync(was, 'utf8'));
  const moment = join(restored.data, 'restored', 'moments', 'cart-left.json');
  expect(readFileSync(moment, 'utf8')).toBe('{"moment": "cart-left"}');

  writeFileSync(channels, '{ "channels": ');
  await expect(take('kept', { settings, configuration })).rejects.toMatchObject({
    code: 'backup-channels-unreadable',
    message: expect.stringContaining(channels),
  });
});

describe('one folder', () => {
  test('takes one backup at a time, and the next one when a process was killed', async () => {
    site.record('rec_1', 'a talk');
    await take('kept');
    let second: Promise<Taken> | undefined;
    picture.after = async () => {
      picture.after = async () => {};
      second = take('kept', { keep: 1 });
      await expect(second).rejects.toMatchObject({ code: 'backup-under-way' });
    };
    await take('kept');
    expect(second).toBeDefined();
    expect(await verified('kept')).toEqual([]);

    const holder = spawn(
      process.execPath,
      [
        '--input-type=module',
        '--eval',
        `import { takeFolderVault } from ${JSON.stringify(join(root, 'server', 'backup', 'folder-vault.ts'))};
         globalThis.vault = takeFolderVault(process.argv[1]);
         setInterval(() => {}, 1_000);
         console.log('taken');`,
        join(site.folder, 'kept'),
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    try {
      await once(holder.stdout, 'data');
      await expect(take('kept')).rejects.toMatchObject({ code: 'backup-under-way' });
    } finally {
      holder.kill('SIGKILL');
      await once(holder, 'exit');
    }
    // Of a part that was being written then.
    const half = join(site.folder, 'kept', 'parts', `coming-${holder.pid}-1`);
    writeFileSync(half, 'half');
    await take('kept');
    expect(existsSync(half)).toBe(false);
    await take('kept', { keep: 1 });
    expect(await verified('kept')).toEqual([]);
  });

  test('is of one site', async () => {
    await take('kept');
    const settings = { ...site.settings, site: { ...site.settings.site, name: 'branch' } };
    await expect(take('kept', { settings, keep: 1 })).rejects.toMatchObject({
      code: 'backup-other-site',
      message: expect.stringContaining('branch'),
    });
    expect(await verified('kept')).toEqual([]);
    await take('another', { settings });
  });

  test('a part that was lost is written again, and one that was damaged as soon as its file is read again', async () => {
    site.record('rec_1', 'a talk');
    await take('kept');
    const { data } = await restoreBackup({ ...from('kept'), data: join(site.folder, 'restored') });
    const held = readFileSync(join(data, 'recordings', 'rec_1.wav'), 'utf8');
    const parts = () =>
      readdirSync(join(site.folder, 'kept', 'parts'), { recursive: true, encoding: 'utf8' })
        .map((name) => join(site.folder, 'kept', 'parts', name))
        .filter((file) => basename(file).length === 64);
    // Of its small files: a recording, a flow, keys.
    const small = () => parts().filter((file) => readFileSync(file).length < 1_000);
    for (const file of small()) rmSync(file);
    await expect(restoreBackup({ ...from('kept'), data: join(site.folder, 'lost') })).rejects.toMatchObject({
      code: 'backup-damaged',
    });
    await take('kept');
    await restoreBackup({ ...from('kept'), data: join(site.folder, 'mended') });

    const { files } = (await verifyBackup(from('kept'))).manifest;
    const recording = files.find(({ path }) => path === 'recordings/rec_1.wav')!;
    writeFileSync(parts().find((file) => basename(file) === recording.part)!, 'damaged');
    utimesSync(site.path('recordings/rec_1.wav'), 1, 1);
    await take('kept');
    const again = await restoreBackup({ ...from('kept'), data: join(site.folder, 'again') });
    expect(readFileSync(join(again.data, 'recordings', 'rec_1.wav'), 'utf8')).toBe(held);
  });
});

describe('one file', () => {
  test('is there when it is whole: one that failed is in the way of none', async () => {
    site.file('broken.sqlite', 'not a database, though it is named like one');
    await expect(take('one.backup')).rejects.toMatchObject({ code: 'SQLITE_NOTADB' });
    expect(readdirSync(site.folder).filter((name) => name.startsWith('one.backup'))).toEqual([]);
    rmSync(site.path('broken.sqlite'));
    await take('one.backup');
    expect(await verified('one.backup')).toEqual([]);
  });

  test('for which there is no room is said in one sentence, and nothing is left of it', async () => {
    const recording = Buffer.alloc(12_000_000, 'a long talk ');
    mkdirSync(site.path('recordings'));
    writeFileSync(site.path('recordings/rec_1.wav'), recording);
    const passphrase = join(site.folder, 'passphrase');
    writeFileSync(passphrase, site.passphrase, { mode: 0o600 });
    // The longest file that the process may write: less than the recording, more than the database.
    const command = `ulimit -f 8192 && exec "$0" "$@"`;
    const backup = [join(root, 'cli', 'main.ts'), 'backup', 'one.backup', '--passphrase-file', passphrase];
    const taking = promisify(execFile)('sh', ['-c', command, process.execPath, ...backup], {
      cwd: site.folder,
      env: { ...process.env, SWITCHROOM_CONFIG: site.configuration, SWITCHROOM_LOG_LEVEL: 'silent' },
    });
    await expect(taking).rejects.toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(/^switchroom: There is no room for the backup in .*one\.backup.*EFBIG.*\n$/),
    });
    expect(readdirSync(site.folder).filter((name) => name.startsWith('one.backup'))).toEqual([]);
  });
});
