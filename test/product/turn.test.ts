// A home agent's panel: its browser may reach the server over a TURN server only. Debian's coturn, with accounts that the server
// makes from the shared secret.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findWorkerBinary } from '../../media/mediasoup/index.ts';
import { BrowserPhone, hasChromium, type IceServer, openAudioBrowser } from '../contract/webrtc/browser-phone.ts';
import { builtWorker } from '../engines/mediasoup/worker.ts';
import { Floor } from './floor.ts';
import { Panel } from './panel.ts';
import { freePort, has } from './sipp.ts';
import { until } from './until.ts';

const binary = findWorkerBinary() ?? builtWorker();
const ready = has('turnserver') && has('sipp') && hasChromium && binary !== undefined;

describe.skipIf(!ready)('a panel behind NAT (needs turnserver, sipp, chromium, mediasoup’s worker)', () => {
  let folder: string;
  let turn: ChildProcess | undefined;
  let floor: Floor;
  let browser: Browser;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'switchroom-turn-'));
    const turnPort = await freePort();
    turn = startTurn(folder, turnPort);
    await listening(turn);
    process.env.MEDIASOUP_WORKER_BIN = binary;
    const first = 20_000 + 20 * Math.floor(Math.random() * 1_000);
    const secretFile = join(folder, 'secret');
    writeFileSync(secretFile, 'shared\n');
    const iceServers = [{ urls: [`turn:127.0.0.1:${turnPort}?transport=udp`], secretFile }];
    const file = join(folder, 'switchroom.json');
    writeFileSync(file, JSON.stringify({ webrtc: { ports: [first, first + 199], iceServers } }));
    floor = await Floor.open({ env: { SWITCHROOM_CONFIG: file } });
    browser = await openAudioBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await floor?.close();
    if (turn && turn.exitCode === null) {
      turn.kill('SIGKILL');
      await once(turn, 'exit');
    }
    rmSync(folder, { recursive: true, force: true });
  });

  test('its audio goes over the TURN server, with an account of its own', { timeout: 60_000 }, async () => {
    const line = await floor.line();
    await floor.ask('PUT', '/agents/1001', {
      name: 'Ann',
      phone: { kind: 'panel', answers: 'at-once' },
      queues: [line.queue],
    });
    const panel = await Panel.open(floor.product, '1001', floor.product.login('1001').password);
    const { iceServers } = await panel.do<{ iceServers: IceServer[] }>('phone-servers');
    expect(iceServers[0]?.username).toMatch(/^\d{10}:1001$/);
    const page = await BrowserPhone.open(browser);
    const offer = await page.offer('sendrecv', { iceServers, iceTransportPolicy: 'relay' });
    const { answer } = await panel.do<{ answer: string }>('phone-connect', { offer });
    await page.answered(answer);
    await panel.event('phone', ({ state }) => state === 'connected');
    await panel.do('ready');
    const caller = await floor.caller(line.number);
    await floor.phase(caller.interaction, 'talking');
    await page.speak(500);
    caller.rtp.speak(900);
    await Promise.all([caller.rtp.hears([500], [900]), page.hears([900], [500])]);
    expect(await page.path()).toBe('relay');
    await caller.sipp.tell('HANGUP');
    await caller.sipp.done();
    panel.close();
  });
});

function startTurn(folder: string, port: number): ChildProcess {
  const relay = 40_000 + 10 * (process.pid % 2_000);
  return spawn(
    'turnserver',
    [
      ...[
        '-n',
        '--no-cli',
        '--no-tls',
        '--no-dtls',
        '--use-auth-secret',
        '--static-auth-secret=shared',
        '--realm=test',
      ],
      ...['--listening-ip=127.0.0.1', `--listening-port=${port}`, '--relay-ip=127.0.0.1', '--allow-loopback-peers'],
      ...[`--min-port=${relay}`, `--max-port=${relay + 50}`, '--log-file=stdout', `--pidfile=${join(folder, 'pid')}`],
      `--userdb=${join(folder, 'users')}`,
    ],
    { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] },
  );
}

async function listening(turn: ChildProcess): Promise<void> {
  let said = '';
  for (const stream of [turn.stdout, turn.stderr]) stream?.on('data', (text: Buffer) => (said += String(text)));
  await until(
    () => turn.exitCode === null && /Total General servers: [\s\S]*DB connection success/.test(said),
    () => `coturn listens; it said ${said.slice(-1_000)}`,
  );
}
