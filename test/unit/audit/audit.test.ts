// Who did what: the list of audited events, and its copies at a syslog collector.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { selfSigned } from '../../../cli/self-signed.ts';
import { AuditLog, openSyslog, type Syslog } from '../../../server/audit/index.ts';
import { deskFacts } from '../../../server/desk/journal-events.ts';
import { agentSchema } from '../../../server/directory/index.ts';
import { flowPassed } from '../../../server/flows/index.ts';
import { newEvent } from '../../../server/journal/index.ts';
import { calibrationClosed } from '../../../server/quality/index.ts';
import { logger, openSite, type TestSite } from '../directory/site.ts';
import { type Collector, startCollector } from './collector.ts';

let site: TestSite;
let log: AuditLog;
let folder: string;
let syslog: Syslog | undefined;
let collector: Collector | undefined;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'switchroom-audit-'));
  site = openSite();
  log = new AuditLog({ database: site.opened.database, journal: site.journal, logger });
  await log.start();
});
afterEach(async () => {
  await syslog?.stop();
  await collector?.close();
  [syslog, collector] = [undefined, undefined];
  log.stop();
  await site.close();
  rmSync(folder, { recursive: true });
});

const agent = (id: string, name: string, more = {}) => agentSchema.parse({ site: 'hq', id, name, ...more });
const entries = (query = {}) => log.find({ limit: 100, ...query });

describe('the audit log', () => {
  it('says who changed what, from what to what', async () => {
    await site.directory.agents.put(agent('1001', 'Ada'), 'boss');
    await site.directory.agents.put(agent('1001', 'Ada L.', { roles: ['supervisor'] }), 'boss');
    await site.directory.agents.remove('1001', 'other');
    await expect.poll(() => entries().length).toBe(3);
    const [removed, changed, made] = entries();
    expect(made).toMatchObject({ type: 'directory.agent-put', by: 'boss', subject: '1001' });
    expect(made?.data.before).toBeUndefined();
    expect(changed?.data).toMatchObject({
      before: { roles: ['agent'] },
      record: { roles: ['supervisor'] },
      personBefore: { name: 'Ada' },
      person: { name: 'Ada L.' },
    });
    expect(removed).toMatchObject({
      type: 'directory.agent-removed',
      by: 'other',
      data: { before: { roles: ['supervisor'] } },
    });
  });

  it('finds by who, what and when, newest first, page by page', async () => {
    for (let i = 0; i < 5; i++) {
      site.clock.at += 1_000;
      await site.directory.skills.put({ site: 'hq', name: `s${i}` }, i % 2 ? 'odd' : 'even');
    }
    await expect.poll(() => entries().length).toBe(5);
    const subjects = (query: object) => entries(query).map(({ subject }) => subject);
    expect(subjects({ by: 'odd' })).toEqual(['s3', 's1']);
    expect(subjects({ subject: 's2' })).toEqual(['s2']);
    expect(subjects({ type: 'account.*' })).toEqual([]);
    expect(subjects({ type: 'directory.*', limit: 2 })).toEqual(['s4', 's3']);
    expect(subjects({ before: entries({ limit: 2 }).at(-1)?.seq, limit: 2 })).toEqual(['s2', 's1']);
    expect(subjects({ from: site.clock.at, until: site.clock.at + 1 })).toEqual(['s4']);
  });

  it('has states that were forced and evaluations, and no figures of flows', async () => {
    const { journal, clock } = site;
    const at = clock.at;
    await journal.append([
      newEvent(flowPassed, at, { calls: [['bank', '', 'welcome', 3]] }),
      newEvent(deskFacts.stateForced, at, { by: 'boss', to: 'sign-out' }, { agent: '1001' }),
      newEvent(calibrationClosed, at, { by: 'boss', calibration: 'cal_1' }),
    ]);
    await expect
      .poll(() => entries().map(({ type, subject }) => `${type} ${subject}`))
      .toEqual(['quality.calibration-closed cal_1', 'desk.state-forced 1001']);
  });

  it('catches up with what happened while it was not there, once', async () => {
    log.stop();
    await site.directory.skills.put({ site: 'hq', name: 'quiet' }, 'boss');
    expect(entries()).toEqual([]);
    for (let i = 0; i < 2; i++) {
      log = new AuditLog({ database: site.opened.database, journal: site.journal, logger });
      await log.start();
      log.stop();
    }
    expect(entries().map(({ subject }) => subject)).toEqual(['quiet']);
  });

  it('leaves calls out, and what people forget', async () => {
    await site.directory.agents.put(agent('1001', 'Ada'), 'boss');
    await expect(site.accounts.login({ login: '1001', password: 'wrong', address: '192.0.2.9' })).rejects.toThrow();
    await expect.poll(() => entries().length).toBe(2);
    expect(entries()[0]).toMatchObject({ type: 'account.login-refused', by: '1001', data: { address: '192.0.2.9' } });
    await site.journal.erase(['1001'], 'boss');
    await expect.poll(() => entries()[0]?.type).toBe('journal.person-erased');
    const [, refused, put] = entries();
    expect(refused?.data).toEqual({});
    expect(put?.data).toMatchObject({ key: '1001', by: 'boss' });
    expect(put?.data.person).toBeUndefined();
  });
});

describe('copies at a collector', () => {
  const certificate = () => {
    const span = { from: new Date(Date.now() - 1_000), to: new Date(Date.now() + 3_600_000) };
    const { certificate: cert, key } = selfSigned(['localhost', '127.0.0.1'], span);
    const ca = join(folder, 'ca.pem');
    writeFileSync(ca, cert);
    return { cert, key, ca };
  };
  const copy = (protocol: 'udp' | 'tcp' | 'tls', more = {}) => {
    const settings = { host: '127.0.0.1', port: collector!.port, protocol, facility: 13, ...more };
    syslog = openSyslog({ settings, log, journal: site.journal, logger, retryMs: 5 });
  };

  it.each(['udp', 'tcp', 'tls'] as const)('arrive over %s as RFC 5424 wants it', async (protocol) => {
    const { ca, ...secure } = certificate();
    collector = await startCollector(protocol, secure);
    copy(protocol, protocol === 'tls' ? { ca } : {});
    await site.directory.agents.put(agent('1001', '王芳'), 'a"b]c\\d');
    await expect.poll(() => collector!.messages.length).toBe(1);
    const [message = ''] = collector!.messages;
    expect(message).toMatch(
      /^<109>1 2023-11-14T22:13:20\.000Z \S+ switchroom \d+ audit \[audit@32473 seq="1" site="hq" type="directory\.agent-put" by="a\\"b\\]c\\\\d" subject="1001"\] \uFEFF\{/,
    );
    // Names could not be erased there.
    expect(message).not.toContain('王芳');
    expect(JSON.parse(message.slice(message.indexOf('\uFEFF') + 1))).toMatchObject({
      key: '1001',
      record: { roles: ['agent'] },
    });
  });

  it('do not go to a collector whose certificate is not trusted', async () => {
    const { ca: _, ...secure } = certificate();
    collector = await startCollector('tls', secure);
    const other = join(folder, 'other.pem');
    writeFileSync(other, certificate().cert);
    copy('tls', { ca: other });
    await site.directory.skills.put({ site: 'hq', name: 'secret' }, 'boss');
    await expect.poll(() => log.find({ limit: 1 }).length).toBe(1);
    await syslog!.stop();
    expect(collector.messages).toEqual([]);
    const third = join(folder, 'third.pem');
    writeFileSync(third, secure.cert);
    copy('tls', { ca: third });
    await expect.poll(() => collector!.messages.length).toBe(1);
  });

  it('are sent later where the collector was away, in order and from where they stopped', async () => {
    collector = await startCollector('tcp');
    copy('tcp');
    const put = (name: string) => site.directory.skills.put({ site: 'hq', name }, 'boss');
    await put('one');
    await expect.poll(() => collector!.messages.length).toBe(1);
    await collector.away();
    await put('two');
    await put('three');
    await syslog!.stop();
    copy('tcp');
    await collector.back();
    const named = () => collector!.messages.map((message) => /subject="(\w+)"/.exec(message)?.[1]);
    await expect.poll(() => named().at(-1)).toBe('three');
    // What the connection had taken when it broke may be missing: there are no receipts.
    expect(named().filter((name) => name !== 'two')).toEqual(['one', 'three']);
  });

  it('begin with all that there is', async () => {
    await site.directory.skills.put({ site: 'hq', name: 'before' }, 'boss');
    collector = await startCollector('tcp');
    copy('tcp');
    await site.directory.skills.put({ site: 'hq', name: 'after' }, 'boss');
    await expect.poll(() => collector!.messages.length).toBe(2);
    expect(collector.messages[0]).toContain('subject="before"');
  });
});
