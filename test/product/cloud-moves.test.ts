// A site that the cloud knows moves to another machine, and one that is restored from an older backup is settled: on real data
// folders, by the command line, with a real PostgreSQL.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Cloud, openStore, settle, startCloud } from '../../cloud/index.ts';
import { readSettings, type Settings } from '../../config/index.ts';
import {
  interactionAnswered,
  interactionEnded,
  interactionQueued,
  interactionStarted,
} from '../../server/customers/index.ts';
import { newEvent, openDatabase, openJournal } from '../../server/journal/index.ts';
import { openUplink, type Uplink } from '../../server/uplink/index.ts';
import { newSiteKey } from '../../uplink/index.ts';
import { systemClock } from '../../values/index.ts';
import { hasPostgres, Postgres } from '../engines/postgres.ts';

const bin = join(import.meta.dirname, '..', '..', 'bin', 'switchroom.js');
const logger = pino({ level: 'silent' });

interface Running {
  uplink: Uplink;
  journal: ReturnType<typeof openJournal>;
  talks(...ids: string[]): Promise<void>;
  record(id: string): void;
  /** The cloud has everything. */
  told(): Promise<void>;
  stop(): Promise<void>;
}

describe.skipIf(!hasPostgres)('a site and its cloud (need PostgreSQL)', { timeout: 60_000 }, () => {
  let postgres: Postgres;
  let cloud: Cloud;
  let folder: string;
  let run = 0;
  let tenant: string;
  let settings: Settings;
  let running: Running | undefined;

  beforeAll(async () => {
    postgres = await Postgres.start();
  }, 60_000);
  afterAll(() => postgres?.close());
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'switchroom-cloud-moves-'));
    cloud = await startCloud({ database: postgres.url, port: 0, bind: ['127.0.0.1'] }, logger);
    tenant = `moves-${++run}`;
    const key = newSiteKey();
    await cloud.tenants.add(tenant, 'A bank', Date.now());
    await cloud.tenants.addSite(tenant, 'main', key.publicKey, Date.now());
    mkdirSync(join(folder, 'flows'));
    writeFileSync(join(folder, 'flows', 'bank.json'), '{"flow": "bank"}');
    writeFileSync(join(folder, 'pass'), 'correct horse battery staple', { mode: 0o600 });
    const uplink = {
      url: `${cloud.addresses[0]}/t/${tenant}`,
      keyFile: 'data/uplink.key',
      identityKeyFile: 'data/identity.key',
    };
    writeFileSync(join(folder, 'switchroom.json'), JSON.stringify({ data: 'data', flows: 'flows', uplink }));
    settings = readSettings({ SWITCHROOM_CONFIG: join(folder, 'switchroom.json') }, folder);
    mkdirSync(settings.data);
    writeFileSync(join(settings.data, 'uplink.key'), key.privateKey, { mode: 0o600 });
    writeFileSync(join(settings.data, 'identity.key'), Buffer.alloc(32, 9).toString('base64'), { mode: 0o600 });
  });
  afterEach(async () => {
    await running?.stop();
    running = undefined;
    await cloud.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  function open(data: string): Running {
    const opened = openDatabase({ directory: data, logger });
    const { database } = opened;
    const journal = openJournal({ database, site: 'main', logger, clock: systemClock });
    const { uplink: to } = settings;
    if (!to) throw new Error('no uplink');
    const { uplink, close } = openUplink({
      settings: { ...to, keyFile: join(data, 'uplink.key'), identityKeyFile: join(data, 'identity.key') },
      site: 'main',
      journal,
      database,
      file: join(data, 'switchroom.sqlite'),
      siteKey: Buffer.alloc(32, 1),
      clock: systemClock,
      logger,
    });
    uplink.start();
    let stopped = false;
    return {
      uplink,
      journal,
      async talks(...ids) {
        for (const interaction of ids) {
          const at = Date.now();
          const scope = { interaction, queue: 'service' };
          await journal.append([
            newEvent(interactionStarted, at, { channel: 'voice', direction: 'in', from: '+8613800138000' }, scope),
            newEvent(interactionQueued, at + 5, { priority: 0 }, scope),
            newEvent(interactionAnswered, at + 1_005, { waitMs: 1_000 }, { ...scope, agent: '1001' }),
            newEvent(interactionEnded, at + 61_005, { where: 'talk', by: 'customer' }, scope),
          ]);
        }
      },
      record(id) {
        mkdirSync(join(data, 'recordings'), { recursive: true });
        writeFileSync(join(data, 'recordings', `${id}.wav`), `talk ${id}`);
        const sha256 = createHash('sha256').update(`talk ${id}`).digest('hex');
        database
          .prepare(
            `INSERT INTO recordings (id, interaction, site, started_at, ended_at, ms, bytes, sha256) VALUES (?, ?, 'main', 1, 2, 1, 8, ?)`,
          )
          .run(id, `int_${id}`, sha256);
      },
      async told() {
        await expect.poll(() => uplink.status(), { timeout: 20_000 }).toMatchObject({ behind: 0, state: 'idle' });
      },
      async stop() {
        if (stopped) return;
        stopped = true;
        await close();
        await journal.close();
        await opened.close();
      },
    };
  }
  /** As an administrator does it: @returns what it printed, or the error it ended with */
  async function command(...args: string[]): Promise<{ out: string; code: number }> {
    const env = { ...process.env, SWITCHROOM_CONFIG: join(folder, 'switchroom.json') };
    try {
      const { stdout } = await promisify(execFile)(process.execPath, [bin, ...args], { cwd: folder, env });
      return { out: stdout, code: 0 };
    } catch (error) {
      const { stdout = '', stderr = '', code = 1 } = error as { stdout?: string; stderr?: string; code?: number };
      return { out: stdout + stderr, code };
    }
  }
  async function inCloud<Row extends object>(sql: string): Promise<Row[]> {
    const store = await openStore({ database: postgres.url }, logger, 1);
    try {
      return (await store.pool.query<Row>(sql, [tenant])).rows;
    } finally {
      await store.close();
    }
  }
  const contacts = async () =>
    (
      await inCloud<{ one: string }>(
        `SELECT site || ' ' || interaction AS one FROM interactions WHERE tenant = $1 ORDER BY 1`,
      )
    ).map(({ one }) => one);
  const asked = async (path: string) => {
    const token = await cloud.tenants.createToken(tenant, 'test', Date.now());
    const response = await fetch(`${cloud.addresses[0]}/t/${tenant}${path}`, {
      headers: { authorization: `Bearer ${token}`, 'accept-language': 'en' },
    });
    return response.text();
  };

  test('moved to another machine: the cloud goes on with the next event, the old folder starts nothing', async () => {
    running = open(settings.data);
    await running.talks('int_1', 'int_2');
    running.record('rec_1');
    running.record('rec_2');
    await running.told();
    const data = join(folder, 'there');
    const out = ['move', 'out', 'vault', '--passphrase-file', 'pass'];
    const planned = await command(...out, '--dry-run');
    expect(planned).toMatchObject({ code: 0, out: expect.stringContaining('A server runs on it') });
    expect(await command(...out)).toMatchObject({ code: 1, out: expect.stringContaining('Stop it first') });
    await running.talks('int_3');
    await running.stop();
    const left = await command(...out);
    expect(left).toMatchObject({ code: 0, out: expect.stringContaining('Nothing starts on the old data') });
    for (const start of ['serve', 'start', 'edge', 'sidecar'])
      expect(await command(start)).toMatchObject({
        code: 1,
        out: expect.stringContaining('The site main moved away'),
      });
    const into = ['move', 'in', 'vault', '--passphrase-file', 'pass', '--data', data];
    expect(await command(...into)).toMatchObject({
      code: 0,
      out: expect.stringContaining('2 recordings have the checksums'),
    });
    expect(await command('move', 'back')).toMatchObject({ code: 1, out: expect.stringContaining('has arrived') });
    running = open(data);
    await running.told();
    await running.talks('int_4');
    await running.told();
    expect(await contacts()).toEqual(['main int_1', 'main int_2', 'main int_3', 'main int_4']);
    const [{ doubled } = { doubled: -1 }] = await inCloud<{ doubled: number }>(
      'SELECT count(*) - count(DISTINCT seq) AS doubled FROM events WHERE tenant = $1',
    );
    expect(doubled).toBe(0);
    expect(running.journal.last).toBeGreaterThanOrEqual(16);
  });

  /** `int_1` is in the backup; `int_2` was under way; `int_3` and `int_4` came after it. */
  async function restoredFromTooOld(): Promise<void> {
    running = open(settings.data);
    await running.talks('int_1');
    const at = Date.now();
    const scope = { interaction: 'int_2', queue: 'service' };
    await running.journal.append([
      newEvent(interactionStarted, at, { channel: 'voice', direction: 'in', from: '+8613800138001' }, scope),
    ]);
    await running.told();
    await running.stop();
    cpSync(settings.data, join(folder, 'backup'), { recursive: true });
    running = open(settings.data);
    await running.journal.append([newEvent(interactionEnded, at + 9_000, { where: 'talk', by: 'customer' }, scope)]);
    await running.talks('int_3', 'int_4');
    await running.told();
    await running.stop();
    rmSync(settings.data, { recursive: true });
    cpSync(join(folder, 'backup'), settings.data, { recursive: true });
    running = open(settings.data);
    await expect.poll(() => running?.uplink.status().state, { timeout: 20_000 }).toBe('halted');
    // More than the cloud has: numbers alone would say that all is well.
    await running.talks('int_5', 'int_6', 'int_7');
  }

  test('restored from an older backup: set aside by the site itself, seen on the page, nothing lost and nothing twice', async () => {
    await restoredFromTooOld();
    expect(await asked('/')).toContain('up to event');
    const { halt } = running!.uplink.status();
    expect(await running!.uplink.settle('admin', true)).toMatchObject({ events: 9, contacts: 2 });
    const settled = await running!.uplink.settle('admin', false);
    expect(settled).toMatchObject({ ...halt, contacts: 2, aside: expect.stringMatching(/^main-\d{4}-\d\d-\d\d$/) });
    await running!.told();
    const aside = settled.aside ?? '';
    expect(await contacts()).toEqual(
      [
        ...['int_3', 'int_4'].map((id) => `${aside} ${id}`),
        ...['int_1', 'int_2', 'int_5', 'int_6', 'int_7'].map((id) => `main ${id}`),
      ].sort(),
    );
    // What was under way at the backup is under way again, until the site says otherwise.
    const [cut] = await inCloud<{ ended_at: number | null }>(
      `SELECT ended_at FROM interactions WHERE tenant = $1 AND interaction = 'int_2'`,
    );
    expect(cut).toEqual({ ended_at: null });
    // The site that lost them has them again, as another site's.
    const elsewhere = () =>
      running!.uplink.history
        .interactions([{ kind: 'phone', value: '+8613800138000' }], 10)
        .map(({ site, interaction }) => `${site} ${interaction}`)
        .sort();
    await expect.poll(elsewhere, { timeout: 20_000 }).toEqual([`${aside} int_3`, `${aside} int_4`]);
    expect(await asked('/')).toContain('set aside: what main lost');
    expect(await inCloud('SELECT site, aside, events, contacts FROM settlements WHERE tenant = $1')).toEqual([
      { site: 'main', aside, events: 9, contacts: 2 },
    ]);
    // Nobody comes in by that name.
    await expect(cloud.tenants.disableSite(tenant, aside, false, Date.now())).rejects.toMatchObject({
      code: 'cloud-site-unknown',
    });
  });

  test('restored from an older backup: dropped by who runs the cloud; the site goes on by itself', async () => {
    await restoredFromTooOld();
    const after = running!.uplink.status().halt?.after ?? 0;
    const store = await openStore({ database: postgres.url }, logger, 1);
    try {
      const from = { tenant, site: 'main' };
      await expect(settle(store, from, { after: 1_000, tail: 'drop' }, Date.now())).rejects.toMatchObject({
        code: 'settle-elsewhere',
      });
      expect(await settle(store, from, { after, tail: 'drop' }, Date.now())).toMatchObject({ events: 9, contacts: 2 });
    } finally {
      await store.close();
    }
    await running!.stop();
    running = open(settings.data);
    await running.told();
    expect(await contacts()).toEqual(['int_1', 'int_2', 'int_5', 'int_6', 'int_7'].map((id) => `main ${id}`));
  });
});
