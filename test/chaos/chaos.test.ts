// npm run chaos -- --calls=200: what happens to calls, contacts and records when something breaks. One row each, with so many
// talks at once, all with sound both ways, recorded, between callers and agents of the test. Loopback only.
import { type ChildProcess, execFile, fork } from 'node:child_process';
import { once } from 'node:events';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statfsSync,
  writeFileSync,
} from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { findings, inspectData } from '../../server/backup/index.ts';
import { newSiteKey } from '../../uplink/index.ts';
import { hasPostgres, Postgres } from '../engines/postgres.ts';
import { longestGap } from '../product/continuity.ts';
import { Floor, sdpOf } from '../product/floor.ts';
import { Product, type ProductOptions } from '../product/product.ts';
import { Relay } from '../product/relay.ts';
import { freePort, has } from '../product/sipp.ts';
import { freeTcpPort } from '../product/tcp-port.ts';
import { until } from '../product/until.ts';
import { type Counted, Crowd } from './crowd.ts';
import { ChaosTable } from './table.ts';

const run = promisify(execFile);
const many = Number(process.env.CHAOS_CALLS ?? 8);
const faketime = process.env.CHAOS_FAKETIME ?? '/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1';
const cloudMain = join(import.meta.dirname, '..', 'bench', 'cloud', 'cloud-process.ts');
const rows = new ChaosTable(many);
/** Nothing is lacking. */
const all: Counted = { calls: many, contacts: many, closed: many, complete: many };
let floor: Floor;
const undo: (() => Promise<unknown> | unknown)[] = [];

async function open(options: ProductOptions = {}): Promise<Floor> {
  floor = await Floor.open({
    ...options,
    // What is started again is to be found where it was.
    env: {
      SWITCHROOM_SIP_PORT: String(await freePort()),
      SWITCHROOM_HTTP_PORT: String(await freeTcpPort()),
      ...options.env,
    },
  });
  const opened = floor;
  undo.push(async () => {
    await opened.tidy();
    await opened.close();
  });
  return floor;
}

async function gather(count = many): Promise<Crowd> {
  const crowd = await Crowd.gather(floor, count);
  undo.push(() => crowd.close());
  return crowd;
}

function notTried(what: string, why: string): void {
  rows.add({ what, before: '-', after: '-', pauseMs: '-', counted: undefined, lost: `not tried: ${why}` });
}

async function answered(url: string): Promise<boolean> {
  try {
    return (await fetch(url)).ok;
  } catch (error) {
    if (error instanceof TypeError) return false;
    throw error;
  }
}

/** After it broke: a new caller is served as if nothing had been. */
async function newCallWorks(): Promise<number> {
  const line = await floor.line();
  const seat = await floor.seat([line.queue]);
  const began = performance.now();
  const caller = await floor.caller(line.number);
  await floor.answers(seat, caller.interaction);
  const ms = Math.round(performance.now() - began);
  await floor.hearEachOther(caller.rtp, seat.rtp);
  await caller.sipp.tell('HANGUP');
  await Promise.all([caller.sipp.done(), seat.sipp.done()]);
  return ms;
}

describe.skipIf(!has('sipp'))('chaos (needs sipp)', () => {
  beforeEach(() => rows.begin());
  afterEach(async () => {
    for (const step of undo.splice(0).reverse()) await step();
  });
  afterAll(() => rows.print());

  test('the server is killed', async () => {
    await open();
    const crowd = await gather();
    const before = crowd.talking();
    const { server } = floor.product.pids;
    const killed = performance.now();
    process.kill(server, 'SIGKILL');
    await until(() => floor.product.pids.server !== server, 'the server is dead');
    await crowd.known();
    const back = Math.round(performance.now() - killed);
    const [after, pauseMs] = [crowd.talking(), crowd.gap()];
    await crowd.hangUp();
    const counted = await crowd.counted();
    rows.add({ what: 'kill -9 server', before, after, pauseMs, counted, lost: `commands for ${back} ms` });
    expect([after, counted]).toEqual([many, all]);
    expect(pauseMs).toBeLessThan(1_000);
    await newCallWorks();
  });

  test('the edge is killed', async () => {
    await open();
    const crowd = await gather();
    const before = crowd.talking();
    const ledger = join(floor.product.settings.data, 'run', 'dialogs.ledger');
    await until(() => {
      const text = readFileSync(ledger, 'utf8');
      return crowd.callIds.every((callId) => text.includes(callId));
    }, 'the dialogs are noted');
    const killed = performance.now();
    process.kill(floor.product.pids.edge, 'SIGKILL');
    await crowd.over();
    const ended = Math.round(performance.now() - killed);
    const counted = await crowd.counted({ recordings: false });
    await newCallWorks();
    const { recordings } = await inspectData(floor.product.settings.data);
    const lost = `the calls; everybody had a BYE after ${ended} ms. All records are closed; recordings hold what was on disk by then (${recordings.right} with, ${recordings.without} without a checksum)`;
    rows.add({ what: 'kill -9 edge', before, after: 0, pauseMs: '-', counted, lost });
    expect([counted.contacts, counted.closed]).toEqual([many, many]);
    expect(findings(await inspectData(floor.product.settings.data))).toEqual([]);
  });

  test('the sidecar is killed', async () => {
    const port = await freePort();
    const channels = { web: { kind: 'webchat', settings: { origins: [] } } };
    await open({ channels, env: { SWITCHROOM_SIDECAR_PORT: String(port) } });
    const crowd = await gather();
    const before = crowd.talking();
    const page = `${floor.product.sidecar}/chat/`;
    await until(() => answered(page), 'web chat is served');
    const { sidecar } = floor.product.pids;
    const killed = performance.now();
    process.kill(sidecar, 'SIGKILL');
    await until(() => floor.product.pids.sidecar !== sidecar, 'the sidecar is dead');
    await until(() => answered(page), 'web chat is served again', 60_000);
    const ms = Math.round(performance.now() - killed);
    const [after, pauseMs] = [crowd.talking(), crowd.gap()];
    await crowd.hangUp();
    const counted = await crowd.counted();
    const lost = `digital channels for ${ms} ms; messages wait at the providers, and what it had taken is in its inbox`;
    rows.add({ what: 'kill -9 sidecar', before, after, pauseMs, counted, lost });
    expect([after, counted]).toEqual([many, all]);
  });

  test('the disk is full', async (context) => {
    const folder = mkdtempSync(join(tmpdir(), 'switchroom-chaos-'));
    // Room for what is recorded until it is full.
    const diskMb = 256 + 2 * many;
    undo.push(() => rmSync(folder, { recursive: true, force: true }));
    try {
      await run('mount', ['-t', 'tmpfs', '-o', `size=${diskMb}m,mode=700`, 'tmpfs', folder]);
    } catch (error) {
      notTried('disk full', 'no right to mount');
      return context.skip((error as Error).message);
    }
    undo.push(() => run('umount', ['-l', folder]));
    const data = join(folder, 'data');
    mkdirSync(data);
    await open({ data });
    const crowd = await gather();
    const before = crowd.talking();
    const her = await floor.ask<{ id: string }>('POST', '/customers', { name: 'Lin' });
    const filler = join(folder, 'filler');
    const fill = () => {
      try {
        for (;;) {
          const { bavail, bsize } = statfsSync(folder);
          if (bavail === 0) return;
          writeFileSync(filler, Buffer.alloc(Math.min(bavail * bsize, 1 << 24)), { flag: 'a' });
        }
      } catch (error) {
        // The programs write, too, and were quicker: it is full.
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
      }
    };
    fill();
    // Much is written meanwhile: what the WAL has room for already is still taken.
    const said = 'x'.repeat(4_000);
    let reason = '';
    await until(
      async () => {
        fill();
        for (let i = 0; i < 20; i++) await floor.product.ask('POST', `/customers/${her.id}/notes`, { text: said });
        const { reasons } = (await (await fetch(`${floor.product.web}/ready`)).json()) as { reasons: string[] };
        reason = reasons.join(' ');
        return reason.includes('journal');
      },
      () => `the journal says that the disk refuses: ${reason}`,
      60_000,
    );
    await crowd.goesOn(2_000);
    const [after, pauseMs] = [crowd.talking(), crowd.gap()];
    rmSync(filler);
    await until(
      async () => (await fetch(`${floor.product.web}/ready`)).status === 200,
      'the disk takes the journal again',
    );
    await crowd.hangUp();
    const counted = await crowd.counted({ recordings: false });
    const chain = await floor.ask<{ whole: boolean }>('GET', '/journal/chain');
    const lost = `no event: they waited in memory, the chain is whole; recordings end where the disk was full`;
    rows.add({ what: `disk full (tmpfs, ${diskMb} MB)`, before, after, pauseMs, counted, lost });
    expect([after, chain.whole, counted.contacts, counted.closed]).toEqual([many, true, many, many]);
    await newCallWorks();
  });

  test('the clock jumps by an hour, and back', async (context) => {
    if (!existsSync(faketime)) {
      notTried('clock jump', 'no libfaketime');
      return context.skip('needs libfaketime (Debian: faketime), or its path in CHAOS_FAKETIME');
    }
    const stamp = join(mkdtempSync(join(tmpdir(), 'switchroom-clock-')), 'offset');
    // In one step: whoever reads it while it is written would find no time at all.
    const set = (offset: string) => {
      writeFileSync(`${stamp}.new`, offset);
      renameSync(`${stamp}.new`, stamp);
    };
    set('+0');
    const faked = {
      LD_PRELOAD: faketime,
      FAKETIME_TIMESTAMP_FILE: stamp,
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
    };
    Object.assign(process.env, faked);
    undo.push(() => {
      for (const name of Object.keys(faked)) delete process.env[name];
      rmSync(stamp, { force: true });
    });
    await open();
    // Phones and callers keep the time of the test; a server that is started again has the machine's.
    const others = Object.keys(faked);
    for (const name of others) delete process.env[name];
    const crowd = await gather();
    const waiting = await floor.caller((await floor.line()).number);
    const queuedAt = (await floor.events.fact('interaction.queued', { interaction: waiting.interaction })).at;
    const before = crowd.talking();
    for (const offset of ['+3600', '-3600', '+0', '+3600']) {
      set(offset);
      await crowd.goesOn(1_000);
    }
    Object.assign(process.env, faked);
    const { server } = floor.product.pids;
    process.kill(server, 'SIGKILL');
    await until(() => floor.product.pids.server !== server, 'the server is dead');
    await crowd.known();
    for (const name of others) delete process.env[name];
    const [after, pauseMs] = [crowd.talking(), crowd.gap()];
    const waits = (await floor.call(waiting.interaction))?.phase;
    await waiting.sipp.tell('HANGUP');
    await waiting.sipp.done();
    const { waitMs } = await floor.record(waiting.interaction);
    await crowd.hangUp();
    const counted = await crowd.counted();
    const times = floor.events.facts.filter(({ at }) => Math.abs(at - queuedAt) > 600_000);
    const lost = `nothing; who waited had waited ${Math.round(waitMs / 1_000)} s`;
    rows.add({ what: 'clock +1 h, -1 h, back, +1 h and a restart', before, after, pauseMs, counted, lost });
    expect([after, waits, counted]).toEqual([many, 'queued', all]);
    expect(waitMs).toBeLessThan(120_000);
    expect(times.map(({ type, at }) => `${type} ${at}`)).toEqual([]);
    await newCallWorks();
  });

  test('the database file is copied while it is written, and started elsewhere', async () => {
    await open();
    const crowd = await gather();
    const before = crowd.talking();
    const copy = mkdtempSync(join(tmpdir(), 'switchroom-copied-'));
    undo.push(() => rmSync(copy, { recursive: true, force: true }));
    const { data, flows } = floor.product.settings;
    for (const name of ['switchroom.sqlite', 'site.key']) copyFileSync(join(data, name), join(copy, name));
    const { events: there } = await floor.ask<{ events: number }>('GET', '/journal/chain');
    const report = await inspectData(copy);
    const elsewhere = await Product.start({ data: copy, env: { SWITCHROOM_FLOWS: flows } });
    const { whole } = await elsewhere.must<{ whole: boolean }>('GET', '/journal/chain');
    await elsewhere.stop({ keep: true });
    const [after, pauseMs] = [crowd.talking(), crowd.gap()];
    await crowd.hangUp();
    const counted = await crowd.counted();
    const lost = `nothing here; the copy without its WAL has ${report.end.seq} of ${there} events, and its chain is whole`;
    rows.add({ what: 'SQLite file copied while running', before, after, pauseMs, counted, lost });
    expect([after, whole, counted]).toEqual([many, true, all]);
  });

  test('a recording is damaged', async () => {
    await open();
    const crowd = await gather(Math.min(2, many));
    const before = crowd.talking();
    await crowd.goesOn(500);
    await crowd.hangUp();
    const counted = await crowd.counted();
    const { data } = floor.product.settings;
    const [interaction] = crowd.interactions;
    const { recordings } = await floor.record(interaction!);
    const id = recordings[0]!.id;
    const file = join(data, 'recordings', `${id}.wav`);
    const bytes = readFileSync(file);
    bytes[bytes.length >> 1]! ^= 1;
    writeFileSync(file, bytes);
    const found = findings(await inspectData(data));
    const lost = `one recording; the audit: "${found.join()}"`;
    rows.add({ what: 'one bit of a recording', before, after: 0, pauseMs: '-', counted, lost });
    expect(found).toEqual([`recording ${id}: the file was changed`]);
  });

  test('30 % of all packets are lost, SIP and sound', async () => {
    await open();
    const crowd = await gather();
    const before = crowd.talking();
    // The same losses in every run.
    let seed = 1;
    const loses = () => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed % 10 < 3;
    };
    const sip = await Relay.to(Number(floor.product.sip.split(':')[1]), loses);
    const line = await floor.line({ record: true });
    const seat = await floor.seat([line.queue]);
    const caller = await floor.caller(line.number, { target: `127.0.0.1:${sip.port}` });
    const sound = await Relay.to(caller.rtp.remote!.port, loses);
    undo.push(() => {
      for (const relay of [sip, sound]) relay.close();
    });
    caller.rtp.remote = { ...caller.rtp.remote!, port: sound.port };
    const invite = await floor.answers(seat, caller.interaction);
    expect(sdpOf(invite)).toContain('m=audio');
    caller.rtp.speak(500);
    seat.rtp.speak(900);
    const heard = caller.rtp.heard.length;
    await until(() => caller.rtp.heard.length > heard + 100 && sound.lost.there > 30, 'sound came through');
    const gap = Math.round(longestGap(caller.rtp, Date.now() - 1_500));
    const [after, pauseMs] = [crowd.talking(), crowd.gap()];
    // The one who hangs up is behind the loss, too.
    await floor.ask('POST', `/live/calls/${caller.interaction}/end`);
    await seat.sipp.done(60_000);
    const record = await floor.record(caller.interaction);
    const share = record.quality.find(({ party }) => party === 'customer') ?? record.quality[0];
    await crowd.hangUp();
    const counted = await crowd.counted();
    const lost = `${sip.lost.there + sip.lost.back} SIP messages, sent again; of her packets ${share?.lost} of ${(share?.lost ?? 0) + (share?.received ?? 0)} (MOS ${share?.mos.toFixed(1)}), longest pause ${gap} ms`;
    rows.add({ what: '30 % packet loss for one more', before: before + 1, after: after + 1, pauseMs, counted, lost });
    expect([after, record.outcome, counted]).toEqual([many, 'answered', all]);
  });

  test('the DNS is gone', async () => {
    await open();
    const crowd = await gather();
    const before = crowd.talking();
    await floor.ask('PUT', '/trunks/carrier', { uri: 'sip:carrier.invalid', country: 'CN' });
    await floor.ask('PUT', '/dial-rules/021', { trunk: 'carrier', strip: 3 });
    const seat = await floor.seat([]);
    const began = performance.now();
    const { interaction } = await floor.ask<{ interaction: string }>('POST', `/agents/${seat.agent}/calls`, {
      to: { number: '02112345678' },
    });
    const invite = await floor.rings(seat);
    seat.rtp.connect(sdpOf(invite));
    await seat.sipp.tell('ANSWER', {}, invite.callId);
    const record = await floor.record(interaction);
    const ms = Math.round(performance.now() - began);
    const [after, pauseMs] = [crowd.talking(), crowd.gap()];
    await crowd.hangUp();
    const counted = await crowd.counted();
    const lost = `one outbound call: ${record.outcome} after ${ms} ms`;
    rows.add({ what: 'DNS gone (trunk by name)', before, after, pauseMs, counted, lost });
    expect([after, record.outcome, counted]).toEqual([many, 'failed', all]);
  });

  test('10,000 connections that say nothing', async () => {
    await open();
    const crowd = await gather();
    const before = crowd.talking();
    const sipPort = Number(floor.product.sip.split(':')[1]);
    const webPort = Number(new URL(floor.product.web).port);
    const sockets: Socket[] = [];
    undo.push(() => {
      for (const socket of sockets) socket.destroy();
    });
    let opened = 0;
    let refused = 0;
    for (let i = 0; i < 10_000; i++) {
      const socket = connect({
        host: '127.0.0.1',
        port: i % 2 === 0 ? sipPort : webPort,
        localAddress: `127.0.0.${2 + (i % 50)}`,
      });
      socket.on('connect', () => opened++);
      socket.on('error', () => refused++);
      sockets.push(socket);
      if (i % 200 === 199) await until(() => opened + refused > i - 50, 'they are through');
    }
    await until(() => opened + refused === 10_000, 'all are through', 60_000);
    await crowd.goesOn(1_000);
    const began = performance.now();
    // At its limit the web refuses everybody, until those that said nothing for 10 s are cut off.
    await until(() => answered(`${floor.product.web}/health`), 'pages are served', 60_000);
    const webMs = Math.round(performance.now() - began);
    const callMs = await newCallWorks();
    const [after, pauseMs] = [crowd.talking(), crowd.gap()];
    await crowd.hangUp();
    const counted = await crowd.counted();
    const lost = `nothing; ${opened} were taken, ${refused} refused; a new call was answered in ${callMs} ms, a page in ${webMs} ms`;
    rows.add({ what: '10,000 silent TCP connections', before, after, pauseMs, counted, lost });
    expect([after, counted]).toEqual([many, all]);
  });

  test('cloud and PostgreSQL are killed', async (context) => {
    if (!hasPostgres) {
      notTried('kill -9 cloud and PostgreSQL', 'no PostgreSQL');
      return context.skip('needs PostgreSQL');
    }
    const postgres = await Postgres.start();
    undo.push(() => postgres.close());
    const folder = mkdtempSync(join(tmpdir(), 'switchroom-chaos-'));
    undo.push(() => rmSync(folder, { recursive: true, force: true }));
    const key = newSiteKey();
    const keyFile = join(folder, 'uplink.key');
    writeFileSync(keyFile, key.privateKey, { mode: 0o600 });
    let cloud: ChildProcess;
    const startCloud = async (publicKey: string, port: string) => {
      cloud = fork(cloudMain, [postgres.url, publicKey, port]);
      return (await once(cloud, 'message'))[0] as string;
    };
    const killCloud = async () => {
      if (cloud.exitCode !== null || cloud.signalCode !== null) return;
      const gone = once(cloud, 'exit');
      cloud.kill('SIGKILL');
      await gone;
    };
    const url = await startCloud(key.publicKey, '0');
    undo.push(killCloud);
    await open({
      env: { SWITCHROOM_SITE: 'bench', SWITCHROOM_UPLINK_URL: url, SWITCHROOM_UPLINK_KEY_FILE: keyFile },
    });
    const crowd = await gather();
    const before = crowd.talking();
    await killCloud();
    await postgres.kill();
    const killed = performance.now();
    await crowd.goesOn(2_000);
    await newCallWorks();
    const [after, pauseMs] = [crowd.talking(), crowd.gap()];
    await crowd.hangUp();
    const counted = await crowd.counted();
    const goneMs = Math.round(performance.now() - killed);
    await postgres.run();
    const back = performance.now();
    await startCloud('', new URL(url).port);
    let said: unknown;
    await until(
      async () => {
        const { uplink } = await floor.ask<{ uplink: { state: string; behind: number } }>('GET', '/uplink');
        said = uplink;
        return uplink.state === 'idle' && uplink.behind === 0;
      },
      () => `the cloud has everything: ${JSON.stringify(said)}`,
      90_000,
    );
    const caughtUpMs = Math.round(performance.now() - back);
    const client = new pg.Client({ connectionString: postgres.url });
    await client.connect();
    const { rows: found } = await client.query<{ id: string; count: number }>(
      "SELECT interaction AS id, count(*)::int AS count FROM events WHERE type = 'interaction.started' GROUP BY 1",
    );
    await client.end();
    const inCloud = crowd.interactions.filter((id) => found.some((row) => row.id === id && row.count === 1)).length;
    const lost = `nothing: gone for ${goneMs} ms, then all ${inCloud} contacts were there, each once, ${caughtUpMs} ms after PostgreSQL was back`;
    rows.add({ what: 'kill -9 cloud and PostgreSQL', before, after, pauseMs, counted, lost });
    expect([after, counted, inCloud]).toEqual([many, all, many]);
  });
});
