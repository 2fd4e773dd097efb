// The demo's call with `media: asterisk`: the same server and flows, another engine.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { serverAnswers } from '../../cli/connection.ts';
import { checkAsterisk } from '../../media/asterisk/index.ts';
import { inspectData } from '../../server/backup/index.ts';
import { readTestWav, share, usualShare } from '../contract/media/listening.ts';
import { AsteriskEngine, hasAsterisk } from '../engines/asterisk-engine.ts';
import { type Caller, Floor, type Interaction } from './floor.ts';
import { Panel } from './panel.ts';
import { freePort, has } from './sipp.ts';
import { until } from './until.ts';

let floor: Floor;
let asterisk: AsteriskEngine;
const panels: Panel[] = [];
const ready = has('sipp') && hasAsterisk();

describe.skipIf(!ready)('the demo on Asterisk (needs sipp and an unpacked Asterisk 22)', { timeout: 90_000 }, () => {
  beforeAll(async () => {
    asterisk = await AsteriskEngine.start();
    floor = await Floor.open({
      paced: true,
      env: {
        SWITCHROOM_SIP_PORT: String(await freePort()),
        SWITCHROOM_MEDIA: 'asterisk',
        SWITCHROOM_ASTERISK_HOSTS: `one=${asterisk.url};${asterisk.sip}`,
        SWITCHROOM_ASTERISK_SECRET_FILE: asterisk.secretFile,
      },
    });
  });
  afterEach(async () => {
    for (const panel of panels.splice(0)) panel.close();
    await floor.tidy();
  });
  afterAll(async () => {
    await floor?.close();
    await asterisk?.stop();
  });

  test('a whole call: speech, menu, account, pop before the ring, talk, recording', async () => {
    const { password, sip } = floor.product.login('1001');
    const phone = await floor.registered('1001', sip?.secret ?? '', 'MD5');
    const panel = await Panel.open(floor.product, '1001', password);
    panels.push(panel);
    await panel.do('ready');

    const caller = await floor.caller('95500', { from: '013811112222' });
    await atNode(caller, 'main');
    // The greeting is speech: loud words and pauses.
    await until(() => caller.rtp.heard.length >= 100, '100 packets came');
    const loud = frames(caller.rtp.samples(60_000)).filter((one) => one > 500).length;
    expect(loud).toBeGreaterThan(20);
    caller.rtp.key('1');
    await atNode(caller, 'account');
    caller.rtp.key('12345678#');
    await floor.rings(phone);
    const pop = await panel.event('pop');
    expect(pop.with.content).toMatchObject({
      interaction: caller.interaction,
      queue: 'service',
      from: '+8613811112222',
      variables: { account: '12345678' },
    });
    await floor.answers(phone, caller.interaction);
    await floor.hearEachOther(caller.rtp, phone.rtp);
    await until(() => phone.rtp.recent(1_100).length >= 50, 'a second of talk');
    await caller.sipp.tell('HANGUP');
    await Promise.all([caller.sipp.done(), phone.sipp.done()]);
    await panel.event('agent', ({ live }) => live.contacts[0]?.state === 'wrap-up');
    await panel.do('wrap-up-done', { interaction: caller.interaction });

    const record = await complete(caller.interaction);
    expect(record).toMatchObject({ outcome: 'answered', endedWhere: 'talk', endedBy: 'customer', agent: '1001' });
    for (const { codec, lost, received, mos } of record.quality) {
      expect({ codec, lost }).toEqual({ codec: 'PCMU', lost: 0 });
      expect(received).toBeGreaterThan(20);
      expect(mos).toBeGreaterThan(4);
    }
    await recordedInStereo(record, 500, 900);
    await broughtHome(record);
    await recordedInStereo(record, 500, 900);
    await floor.nothingLeft();
    expect(await asterisk.channels()).toBe(0);
    // The PIN-like digits of the account stand nowhere in Asterisk's log.
    expect(asterisk.log()).not.toContain('12345678');
  });

  test('the server is killed: the talk goes on, is taken up again, and who hangs up in the gap is gone from Asterisk too', async () => {
    const line = await floor.line({ record: true });
    const seat = await floor.seat([line.queue]);
    const caller = await floor.caller(line.number);
    await floor.answers(seat, caller.interaction);
    const other = await floor.line();
    const second = await floor.seat([other.queue]);
    const leaving = await floor.caller(other.number);
    await floor.answers(second, leaving.interaction);
    await floor.hearEachOther(caller.rtp, seat.rtp);
    expect(await asterisk.channels()).toBe(4);

    const { server } = floor.product.pids;
    const killed = Date.now();
    process.kill(server, 'SIGKILL');
    await until(() => floor.product.pids.server !== server, 'the server is dead');
    await leaving.sipp.tell('HANGUP');
    await Promise.all([leaving.sipp.done(), second.sipp.done()]);
    const adopted = await floor.events.fact('call.adopted', { interaction: caller.interaction });
    console.log(`adoption on Asterisk: taken up ${adopted.at - killed} ms after kill -9`);
    await until(async () => (await asterisk.channels()) === 2, 'Asterisk has let go of those who hung up');
    await Promise.all([caller.rtp.hears([900], [500]), seat.rtp.hears([500], [900])]);
    expect(await floor.record(leaving.interaction)).toMatchObject({ outcome: 'answered', endedBy: 'customer' });

    await caller.sipp.tell('HANGUP');
    await Promise.all([caller.sipp.done(), seat.sipp.done()]);
    const record = await complete(caller.interaction);
    expect(record).toMatchObject({ outcome: 'answered', endedBy: 'customer' });
    // It went on over the gap.
    expect(record.recordings[0]?.ms).toBeGreaterThan(adopted.at - killed);
    await floor.nothingLeft();
    expect(await asterisk.channels()).toBe(0);
  });

  test('a drained host takes no new calls, and an undrained one does; the doctor finds nothing missing', async () => {
    const line = await floor.line();
    const host = { name: 'one', state: 'up', weight: 1, endpoints: 0 };
    expect(await floor.ask('GET', '/media-hosts')).toEqual({ hosts: [{ ...host, draining: false }] });
    const drained = await floor.ask('PUT', '/media-hosts/one/draining', { draining: true });
    expect(drained).toEqual({ ...host, draining: true });
    const refused = await floor.sipp({ scenario: '-sn uac', target: floor.product.sip, args: ['-s', line.number] });
    expect(await refused.message(503)).toBeDefined();
    await floor.ask('PUT', '/media-hosts/one/draining', { draining: false });
    const unknown = await floor.product.ask('PUT', '/media-hosts/two/draining', { draining: true });
    expect(unknown).toMatchObject({ status: 404, body: { code: 'asterisk-host-unknown' } });
    const caller = await floor.caller(line.number);
    await caller.sipp.tell('HANGUP');
    await caller.sipp.done();

    const { url, user, secret, sip } = asterisk;
    const found = await checkAsterisk({ name: 'one', url, user, secret, sip, weight: 1 });
    expect(found).toMatchObject({ missing: [], problems: [] });
    expect(found.version).toMatch(/^22\./);
    const stranger = await checkAsterisk({ name: 'one', url, user, secret: 'guessed', sip, weight: 1 });
    expect(stranger.problems).toEqual([expect.stringContaining('does not let switchroom in')]);
    await floor.nothingLeft();
  });

  test('the edge is killed in a talk: BYE to phones and to Asterisk, the recording is whole, calls come in again', async () => {
    const line = await floor.line({ record: true });
    const seat = await floor.seat([line.queue]);
    const caller = await floor.caller(line.number);
    await floor.answers(seat, caller.interaction);
    await floor.hearEachOther(caller.rtp, seat.rtp);
    expect(await asterisk.channels()).toBe(2);
    const ledger = join(floor.product.settings.data, 'run', 'dialogs.ledger');
    await until(() => readFileSync(ledger, 'utf8').includes(caller.sipp.callId), 'the edge has noted the dialog');
    process.kill(floor.product.pids.edge, 'SIGKILL');
    await Promise.all([caller.sipp.done(30_000), seat.sipp.done(30_000)]);
    await floor.free(seat.agent);
    await until(async () => (await asterisk.channels()) === 0, 'Asterisk has let go of the call');
    const record = await floor.record(caller.interaction);
    expect(record).toMatchObject({ outcome: 'answered', endedWhere: 'talk', endedBy: 'network' });
    await until(
      async () => ((await floor.record(caller.interaction)).recordings[0]?.ms ?? 0) > 0,
      'the recording has its length',
    );

    // The records are closed by what Asterisk says, which may be before the new edge is there.
    await until(async () => (await serverAnswers(floor.product.settings))?.ready === true, 'calls can come in again');
    const again = await floor.seat([line.queue]);
    const next = await floor.caller(line.number);
    await floor.answers(again, next.interaction);
    await floor.hearEachOther(next.rtp, again.rtp);
    await next.sipp.tell('HANGUP');
    await Promise.all([next.sipp.done(), again.sipp.done()]);
    await floor.nothingLeft();
    expect(await asterisk.channels()).toBe(0);
  });

  test('Asterisk is killed in a talk: the call ends for all, and the next one is as good as any', async () => {
    const line = await floor.line();
    const seat = await floor.seat([line.queue]);
    const caller = await floor.caller(line.number);
    await floor.answers(seat, caller.interaction);
    await floor.hearEachOther(caller.rtp, seat.rtp);
    await asterisk.kill();
    await asterisk.run();
    await Promise.all([caller.sipp.done(30_000), seat.sipp.done(30_000)]);
    expect(await floor.record(caller.interaction)).toMatchObject({ outcome: 'answered', endedBy: 'network' });
    await floor.free(seat.agent);
    await until(async () => (await floor.product.metrics()) !== '', 'the server is there');
    const again = await floor.seat([line.queue]);
    const next = await floor.caller(line.number);
    await floor.answers(again, next.interaction);
    await floor.hearEachOther(next.rtp, again.rtp);
    await next.sipp.tell('HANGUP');
    await Promise.all([next.sipp.done(), again.sipp.done()]);
    await floor.nothingLeft();
  });
});

function frames(samples: number[]): number[] {
  const count = Math.floor(samples.length / 160);
  return Array.from({ length: count }, (_, i) => {
    const frame = samples.slice(i * 160, i * 160 + 160);
    return Math.sqrt(frame.reduce((sum, one) => sum + one * one, 0) / frame.length);
  });
}

async function atNode({ interaction }: Caller, node: string): Promise<void> {
  await until(async () => (await floor.call(interaction))?.node === node, `the caller is at ${node}`);
}

async function complete(interaction: string): Promise<Interaction> {
  let record = await floor.record(interaction);
  await until(
    async () => {
      record = await floor.record(interaction);
      return record.quality.length === 2 && record.recordings.every(({ ms }) => ms !== undefined);
    },
    () => `the record is complete: ${JSON.stringify(record)}`,
  );
  return record;
}

async function recordedInStereo(record: Interaction, left: number, right: number): Promise<void> {
  const { token } = await floor.ask<{ token: string }>('POST', '/tokens', { name: 'listener', roles: ['supervisor'] });
  const url = `${floor.product.web}/api/v1/recordings/${record.recordings[0]?.id}/audio`;
  const answer = await fetch(url, { headers: { authorization: `Bearer ${token}`, range: 'bytes=0-' } });
  expect(answer.status).toBe(206);
  const file = Buffer.from(await answer.arrayBuffer());
  for (const [channel, mine, other] of [
    [0, left, right],
    [1, right, left],
  ] as const) {
    const { channels, rate, samples } = readTestWav(file, channel);
    expect({ channels, rate }).toEqual({ channels: 2, rate: 8_000 });
    const tail = samples.slice(-4_800, -800);
    expect(usualShare(tail, mine), `${mine} Hz`).toBeGreaterThan(0.8);
    expect(share(tail, other), `no ${other} Hz`).toBeLessThan(0.02);
  }
}

/** In the recordings folder, as the audit and every backup find it, and with Asterisk no more. */
async function broughtHome({ recordings }: Interaction): Promise<void> {
  const { data } = floor.product.settings;
  const id = recordings[0]?.id ?? '';
  await until(() => existsSync(join(data, 'recordings', `${id}.wav`)), 'the recording is here');
  await until(async () => (await inspectData(data)).recordings.right > 0, 'the audit finds it right');
  const secret = readFileSync(asterisk.secretFile, 'utf8').trim();
  const authorization = `Basic ${Buffer.from(`switchroom:${secret}`).toString('base64')}`;
  await until(async () => {
    const answer = await fetch(`${asterisk.url}/ari/recordings/stored/${id}-2`, { headers: { authorization } });
    expect([200, 404]).toContain(answer.status);
    return answer.status === 404;
  }, 'Asterisk has given it up');
}
