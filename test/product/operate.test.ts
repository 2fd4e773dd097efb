// What those do who run a site, while calls go on: a planned restart, a drain, a backup; and a move to another machine.
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { findings, inspectData, restoreBackup, verifyBackup } from '../../server/backup/index.ts';
import { askRestart } from '../../supervisor/index.ts';
import { longestGap, missing } from './continuity.ts';
import { Floor, type Interaction } from './floor.ts';
import { Product } from './product.ts';
import { has } from './sipp.ts';
import { freeTcpPort } from './tcp-port.ts';
import { until } from './until.ts';

const bin = join(import.meta.dirname, '..', '..', 'bin', 'switchroom.js');
let floor: Floor;

describe.skipIf(!has('sipp'))('running a site (needs sipp)', { timeout: 120_000 }, () => {
  beforeAll(async () => {
    // The server that is started again is to be found where it was.
    floor = await Floor.open({ env: { SWITCHROOM_HTTP_PORT: String(await freeTcpPort()) } });
  });
  afterEach(() => floor.tidy());
  afterAll(() => floor?.close());

  test('a planned restart of the server: nobody in the talk notices, and the next server has every call', async () => {
    const line = await floor.line({ record: true });
    const seat = await floor.seat([line.queue]);
    const caller = await floor.caller(line.number);
    await floor.answers(seat, caller.interaction);
    const waiting = await floor.caller(line.number);
    await floor.phase(waiting.interaction, 'queued');
    await floor.hearEachOther(caller.rtp, seat.rtp);
    const { server } = floor.product.pids;
    const began = Date.now();
    const answer = await askRestart(floor.product.settings, 'server');
    expect(answer).toMatchObject({ restarted: 'server', ms: expect.any(Number) });
    console.log(`restart of the server: none for ${'ms' in answer ? answer.ms : Number.NaN} ms`);
    expect(floor.product.pids.server).not.toBe(server);
    expect((await floor.calls()).map(({ interaction }) => interaction).sort()).toEqual(
      [caller.interaction, waiting.interaction].sort(),
    );
    await Promise.all([caller.rtp.hears([900], [500]), seat.rtp.hears([500], [900])]);
    for (const phone of [caller.rtp, seat.rtp]) expect(longestGap(phone, began)).toBeLessThan(1_000);
    expect(missing(caller.rtp) + missing(seat.rtp)).toBe(0);
    await floor.ask('POST', `/agents/${seat.agent}/contacts/${caller.interaction}/hold`);
    await seat.rtp.hearsNothing();
    for (const one of [caller, waiting]) await one.sipp.tell('HANGUP');
    await Promise.all([caller.sipp.done(), waiting.sipp.done(), seat.sipp.done()]);
    expect(await floor.record(caller.interaction)).toMatchObject({ outcome: 'answered', endedBy: 'customer' });
    expect(await floor.record(waiting.interaction)).toMatchObject({ outcome: 'abandoned' });
    await floor.nothingLeft();
    await expect(askRestart(floor.product.settings, 'edge')).resolves.toMatchObject({ refused: expect.any(String) });
  });

  test('a drain: new calls get 503 with Retry-After, those under way go on, a restart keeps it so, and it can be cancelled', async () => {
    const line = await floor.line();
    const seat = await floor.seat([line.queue]);
    const caller = await floor.caller(line.number);
    await floor.answers(seat, caller.interaction);
    try {
      const drained = await floor.ask<{ since: number; calls: number }>('PUT', '/drain', {});
      expect(drained).toMatchObject({ since: expect.any(Number), calls: 1 });
      const refused = async () => {
        const sipp = await floor.sipp({
          scenario: 'caller',
          target: floor.product.sip,
          keys: { from: '013800138000', rtp_port: 9 },
          args: ['-s', line.number],
        });
        return (await sipp.message(503)).text;
      };
      expect(await refused()).toMatch(/^Retry-After: \d+/m);
      expect(await readiness()).toMatchObject({ ready: false, reasons: [expect.stringContaining('draining')] });
      await floor.hearEachOther(caller.rtp, seat.rtp);
      await askRestart(floor.product.settings, 'server');
      expect(await refused()).toMatch(/^Retry-After: \d+/m);
      const idle = await floor.seat([]);
      const dial = await floor.product.ask('POST', `/agents/${idle.agent}/calls`, { to: { agent: seat.agent } });
      expect(dial).toMatchObject({ status: 503, body: { code: 'calls-draining' } });
      await caller.sipp.tell('HANGUP');
      await Promise.all([caller.sipp.done(), seat.sipp.done()]);
      await until(
        async () => (await floor.ask<{ calls: number }>('GET', '/drain')).calls === 0,
        'nothing is under way',
      );
    } finally {
      await floor.ask('DELETE', '/drain');
    }
    expect(await readiness()).toMatchObject({ ready: true });
    const again = await floor.caller(line.number);
    await again.sipp.tell('HANGUP');
    await again.sipp.done();
  });

  test('a backup while calls go on, restored on another machine and started there: same records, same chain', async () => {
    const line = await floor.line({ record: true });
    const seat = await floor.seat([line.queue], {}, 2);
    const first = await floor.caller(line.number);
    await floor.answers(seat, first.interaction);
    await floor.hearEachOther(first.rtp, seat.rtp);
    await first.sipp.tell('HANGUP');
    await first.sipp.done();
    const record = await floor.record(first.interaction);
    await until(
      async () => (await floor.record(first.interaction)).recordings.every(({ ms }) => ms),
      'the talk is recorded',
    );
    const talking = await floor.caller(line.number);
    await floor.answers(seat, talking.interaction, 2);
    await floor.hearEachOther(talking.rtp, seat.rtp, [600, 1000]);

    const folder = mkdtempSync(join(tmpdir(), 'switchroom-move-'));
    const passphrase = 'correct horse battery staple';
    const to = join(folder, 'kept');
    const began = Date.now();
    const { settings } = floor.product;
    const file = join(folder, 'passphrase');
    writeFileSync(file, passphrase, { mode: 0o600 });
    // As an administrator does it: a process of its own, beside the server.
    const env = { ...process.env, SWITCHROOM_DATA: settings.data, SWITCHROOM_FLOWS: settings.flows };
    const command = [bin, 'backup', to, '--passphrase-file', file, '--json'];
    const { stdout } = await promisify(execFile)(process.execPath, command, { cwd: folder, env });
    const taken = JSON.parse(stdout) as { journalLast: number };
    for (const phone of [talking.rtp, seat.rtp]) expect(longestGap(phone, began)).toBeLessThan(500);
    const restart = [bin, 'restart', 'edge'];
    await expect(promisify(execFile)(process.execPath, restart, { cwd: folder, env })).rejects.toThrow();
    // What is done beside the server is in its audit log.
    const acted = async () => {
      const { entries } = await floor.ask<{ entries: { by: string; data: { with?: object } }[] }>(
        'GET',
        `/audit?type=audit.acted&from=${began}&by=local`,
      );
      return entries.map(({ data }) => data.with);
    };
    await until(async () => (await acted()).length > 1, 'both commands are in the audit log');
    expect(await acted()).toEqual([{ command: 'restart edge' }, { command: 'backup' }]);
    const { report, sameEnd } = await verifyBackup({ from: to, passphrase });
    expect([findings(report), sameEnd]).toEqual([[], true]);
    expect(report.recordings.right).toBeGreaterThan(0);

    const data = join(folder, 'data');
    const { manifest, flows } = await restoreBackup({ from: to, passphrase, data, now: began });
    expect(manifest.journal.last).toBe(taken.journalLast);
    const moved = await Product.start({ data, env: { SWITCHROOM_FLOWS: flows } });
    try {
      const there = await moved.must<Interaction>('GET', `/interactions/${first.interaction}`);
      expect(there).toEqual(await floor.ask('GET', `/interactions/${first.interaction}`));
      expect(there.id).toBe(record.id);
      // The talk that went on at the old machine is none at the new one: its record is closed there.
      await until(
        async () =>
          (await moved.must<Interaction>('GET', `/interactions/${talking.interaction}`)).endedAt !== undefined,
        'the record of the call under way is closed at the new machine',
      );
      const chain = await moved.must<{ whole: boolean; events: number }>('GET', '/journal/chain');
      expect(chain.whole).toBe(true);
      expect(chain.events).toBeGreaterThan(taken.journalLast);
      const facts = `/interactions/${first.interaction}/events`;
      expect(await moved.must('GET', facts)).toEqual(await floor.ask('GET', facts));
      expect(await moved.must('GET', '/queues')).toEqual(await floor.ask('GET', '/queues'));
    } finally {
      await moved.stop({ keep: true });
    }
    expect(findings(await inspectData(data))).toEqual([]);
    await talking.sipp.tell('HANGUP');
    await Promise.all([talking.sipp.done(), seat.sipp.done()]);
    rmSync(folder, { recursive: true, force: true });
  });
});

async function readiness(): Promise<unknown> {
  return (await fetch(`${floor.product.web}/ready`)).json();
}
