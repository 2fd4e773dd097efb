import { chmodSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  agentSchema,
  emergencyNumbersOf,
  ha1,
  hoursRecordSchema,
  openDirectory,
  queueSchema,
  seedDemo,
} from '../../../server/directory/index.ts';
import { type Directory, dispositionCodes, type HoursRecord } from '../../../server/ports/index.ts';
import { logger, openSite, siteKey, type TestSite } from './site.ts';

let site: TestSite;
let directory: Directory;

const reopen = (key: Buffer | string = siteKey): Directory => {
  const { journal, clock, opened } = site;
  return openDirectory({ database: opened.database, journal, clock, logger, site: directory.site, siteKey: key });
};

const queue = (more: object = {}) => queueSchema.parse({ site: 'hq', id: 'service', ...more });
const office: HoursRecord = hoursRecordSchema.parse({
  site: 'hq',
  name: 'office',
  label: { en: 'Office', zh: '营业厅' },
  open: [{ days: ['mon'], from: '09:00', to: '17:00' }],
  closedOn: ['2026-10-01'],
});
const agent = (more: object = {}) => agentSchema.parse({ site: 'hq', id: '1001', name: 'Ada', ...more });

beforeEach(() => {
  site = openSite();
  ({ directory } = site);
});
afterEach(() => site.close());

describe('a table', () => {
  it('holds what was put after it was opened again, and says what changed', async () => {
    const changes: unknown[] = [];
    directory.on('changed', (kind, ids) => changes.push([kind, ids]));
    await directory.skills.put({ site: 'hq', name: 'loans' }, 'admin');
    await directory.queues.put(queue({ skills: [{ skill: 'loans', least: 2 }], name: { zh: '贷款' } }), 'admin');
    await directory.agents.put(
      agent({ queues: ['service'], skills: { loans: 4 }, team: 'red', phone: { kind: 'uri', uri: 'sip:a@192.0.2.1' } }),
      'admin',
    );
    expect(changes).toEqual([
      ['skills', ['loans']],
      ['queues', ['service']],
      ['agents', ['1001']],
    ]);
    const again = reopen();
    expect(again.agents.list()).toEqual(directory.agents.list());
    expect(again.queues.get('service')).toEqual(directory.queues.get('service'));
    expect(again.agents.get('1001')).toMatchObject({ skills: { loans: 4 }, team: 'red', autoAnswer: false });
  });

  it('keeps what a queue may say about hours, length, language and dispositions', async () => {
    await directory.hours.put(office, 'admin');
    const tree = [
      'solved',
      {
        code: 'sales',
        label: { en: 'Sales', zh: '销售' },
        children: [{ code: 'card', label: { zh: '信用卡' } }, 'loan'],
      },
    ];
    const stated = {
      hours: 'office',
      thresholds: { waiting: { warn: 5, alarm: 10 }, serviceLevel: { alarm: 60 } },
      atClose: 'exit',
      maxLength: 40,
      exclusionMs: 5_000,
      languageSkill: true,
      languageSkillMs: 20_000,
      dispositions: tree,
      dispositionMissing: 'not-ready',
      wrapUpLimitMs: 120_000,
    };
    await directory.queues.put(queue(stated), 'admin');
    expect(reopen().queues.get('service')).toMatchObject(stated);
    expect(dispositionCodes(directory.queues.get('service')!.dispositions)).toEqual(['solved', 'card', 'loan']);
    const wrong = [
      { dispositions: ['a', { code: 'b', children: ['a'] }] },
      { thresholds: { waiting: { warn: 5, alarm: 4 } } },
      { thresholds: { serviceLevel: { warn: 60, alarm: 80 } } },
      { maxLength: 0 },
    ];
    for (const more of wrong) expect(() => queue(more)).toThrow();
  });

  it('keeps hours, which queues name', async () => {
    await directory.hours.put(office, 'admin');
    expect(reopen().hours.get('office')).toEqual(office);
    await expect(directory.queues.put(queue({ hours: 'offce' }), 'admin')).rejects.toMatchObject({
      code: 'unknown-reference',
      details: { field: 'hours' },
    });
    await directory.queues.put(queue({ hours: 'office' }), 'admin');
    await expect(directory.hours.remove('office', 'admin')).rejects.toMatchObject({ code: 'still-referenced' });
    for (const wrong of [
      { timeZone: 'Mars/Base' },
      { open: [{ days: ['mon'], from: '9', to: '17:00' }] },
      { closedOn: ['tomorrow'] },
      { closedOn: ['2026-02-30'] },
      { openOn: [{ date: '2027-02-29', from: '09:00', to: '12:00' }] },
    ]) {
      await expect(directory.hours.put({ ...office, ...wrong } as HoursRecord, 'admin')).rejects.toMatchObject({
        code: 'invalid-field',
      });
    }
    await directory.queues.put(queue(), 'admin');
    expect(await directory.hours.remove('office', 'admin')).toBe(true);
  });

  it('journals each change, with what is personal apart', async () => {
    await directory.agents.put(agent({ team: 'red' }), 'admin');
    await directory.agents.remove('1001', 'boss');
    const [put, removed] = site.journal.read(0);
    expect(put).toMatchObject({ type: 'directory.agent-put', agent: '1001', team: 'red' });
    expect(put?.data).toMatchObject({ key: '1001', by: 'admin', person: { name: 'Ada', phone: { kind: 'none' } } });
    expect(put?.data.record).not.toHaveProperty('name');
    expect(removed).toMatchObject({ type: 'directory.agent-removed', data: { key: '1001', by: 'boss' } });
  });

  it('refuses a field that is not valid, naming it', async () => {
    await expect(
      directory.queues.put(queue({ ringMs: 20_000 }) && { ...queue(), ringMs: 5 }, 'admin'),
    ).rejects.toMatchObject({
      code: 'invalid-field',
      details: { field: 'ringMs' },
    });
    await expect(
      directory.trunks.put({ site: 'hq', name: 'gw', sources: ['192.0.2.0/33'], country: 'CN' }, 'admin'),
    ).rejects.toMatchObject({ code: 'invalid-field', details: { field: 'sources[0]' } });
  });

  it('refuses unknown references, and the removal of what is still used', async () => {
    await expect(directory.agents.put(agent({ queues: ['gold'] }), 'admin')).rejects.toMatchObject({
      code: 'unknown-reference',
      details: { field: 'queues.0', kind: 'queue', name: 'gold' },
    });
    await expect(
      directory.dialRules.put({ prefix: '+', trunk: 'gone', strip: 0, prepend: '', allow: true }, 'admin'),
    ).rejects.toMatchObject({ code: 'unknown-reference', details: { field: 'trunk' } });
    await directory.queues.put(queue(), 'admin');
    await directory.agents.put(agent({ queues: ['service'] }), 'admin');
    await expect(directory.queues.remove('service', 'admin')).rejects.toMatchObject({
      code: 'still-referenced',
      details: { by: 'agent 1001' },
    });
    await directory.agents.remove('1001', 'admin');
    expect(await directory.queues.remove('service', 'admin')).toBe(true);
    expect(await directory.queues.remove('service', 'admin')).toBe(false);
  });

  it('checks references of changes made at once one after the other', async () => {
    await directory.queues.put(queue(), 'admin');
    const [removed, put] = await Promise.allSettled([
      directory.queues.remove('service', 'admin'),
      directory.agents.put(agent({ queues: ['service'] }), 'admin'),
    ]);
    expect(removed.status).toBe('fulfilled');
    expect(put.status).toBe('rejected');
  });
});

describe('secrets', () => {
  const trunk = {
    site: 'hq',
    name: 'gw',
    sources: [],
    country: 'CN',
    outboundAuth: { user: 'u', secret: 'open sesame' },
  };

  it('of trunks are sealed at rest, and in no event', async () => {
    await directory.trunks.put(trunk, 'admin');
    const row = site.opened.database.prepare('SELECT * FROM trunks').get() as { outbound_sealed: Buffer };
    expect(row.outbound_sealed.includes('open sesame')).toBe(false);
    expect(JSON.stringify(site.journal.read(0))).not.toContain('sesame');
    expect(reopen().trunks.get('gw')?.outboundAuth).toEqual({ user: 'u', secret: 'open sesame' });
    expect(() => reopen(Buffer.alloc(32, 8))).toThrow(/another key sealed it/);
  });

  it('need a key file that only its owner reads', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'switchroom-key-'));
    const file = path.join(folder, 'site.key');
    reopen(file);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    reopen(file);
    chmodSync(file, 0o644);
    expect(() => reopen(file)).toThrow(/can be read by others \(mode 644\)/);
    rmSync(file);
    await directory.trunks.put(trunk, 'admin');
    expect(() => reopen(file)).toThrow(/is missing/);
    rmSync(folder, { recursive: true });
  });

  it('of SIP users are HA1 values, as in the examples of RFC 7616 §3.9.1', () => {
    const { md5, sha256 } = ha1('Mufasa', 'http-auth@example.org', 'Circle of Life');
    expect(md5).toBe('3d78807defe7de2157e2b0b6573a855f');
    expect(sha256).toBe('7987c64c30e25f1b74be53f966b49b90f2808aa92faf9a00262392d7b4794232');
  });
});

it('knows emergency numbers by country', () => {
  expect(directory.emergencyNumbers).toEqual(['110', '119', '120', '122', '112', '911']);
  expect(emergencyNumbersOf('XX')).toEqual(['112', '911']);
});

it('seeds a demo whose secrets are handed out once', async () => {
  const secrets = await seedDemo(directory, site.accounts);
  expect(secrets.logins.map(({ login }) => login)).toEqual(['1001', '1002', '1003', 'supervisor', 'admin']);
  expect(directory.dids.get('95500')).toMatchObject({ flow: 'bank' });
  expect(directory.trunks.get('local')?.sources).toEqual(['127.0.0.0/8', '::1']);
  expect(directory.channels.get('web')).toMatchObject({ kind: 'webchat', channel: 'chat', to: { queue: 'service' } });
  const [sip] = secrets.sipUsers;
  expect(directory.sipUsers.get('1001')).toMatchObject({ agent: '1001', ha1: ha1('1001', sip!.realm, sip!.password) });
  const { login, password } = secrets.logins[0]!;
  await expect(site.accounts.login({ login, password, address: '::1' })).resolves.toMatchObject({
    principal: { agent: '1001', roles: ['agent'], team: 'demo' },
  });
  const everything = JSON.stringify(site.journal.read(0));
  for (const secret of [...secrets.logins, ...secrets.sipUsers]) expect(everything).not.toContain(secret.password);
});
