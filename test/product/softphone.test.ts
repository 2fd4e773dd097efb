// Debian's baresip, a real softphone: it registers as an agent's phone, calls the demo and records what it hears.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readTestWav, share, sine, wav } from '../contract/media/listening.ts';
import { Floor } from './floor.ts';
import { freePort, has } from './sipp.ts';
import { until } from './until.ts';

let floor: Floor;
let folder: string;
let phone: ChildProcess | undefined;
let said = '';

describe.skipIf(!has('baresip'))('a softphone (needs baresip)', { timeout: 60_000 }, () => {
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'switchroom-baresip-'));
    // As a newcomer has it: MD5 alone.
    floor = await Floor.open({ env: { SWITCHROOM_SIP_DIGESTS: 'MD5' } });
  });
  afterAll(async () => {
    if (phone && phone.exitCode === null) {
      phone.kill('SIGKILL');
      await once(phone, 'exit');
    }
    await floor?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  test('it registers as 1001, calls 95500, and what it recorded is the greeting', async () => {
    const { sip } = floor.product.login('1001');
    const account = `<sip:1001@${floor.product.sip}>;auth_pass=${sip?.secret};regint=60;audio_codecs=PCMU/8000/1\n`;
    writeFileSync(join(folder, 'accounts'), account);
    writeFileSync(join(folder, 'tone.wav'), wav(sine(440, 8_000 * 30)));
    mkdirSync(join(folder, 'heard'));
    writeFileSync(join(folder, 'config'), await configOf());
    phone = spawn('baresip', ['-f', folder, '-e', `/dial sip:95500@${floor.product.sip}`, '-t', '30'], {
      cwd: join(folder, 'heard'),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [phone.stdout, phone.stderr]) stream?.on('data', (text: Buffer) => (said += String(text)));
    const answered = await floor.events
      .fact('call.answered', () => true, 25_000)
      .catch((error: Error) => {
        throw new Error(`${error.message}\nbaresip said: ${said.slice(-2_000)}`);
      });
    const interaction = answered.interaction as string;
    await floor.ask('POST', '/agents/1001/sign-in', {});
    await until(
      async () => (await floor.product.ask('POST', '/agents/1001/ready', {})).status === 200,
      () => `her phone is registered; baresip said ${said.slice(-1_500)}`,
      30_000,
    );
    await floor.agentIs('1001', 'ready');
    await until(
      () => heard().length > 8_000 * 4,
      () => `four seconds are recorded; baresip said ${said.slice(-1_500)}`,
      30_000,
    );
    phone.kill('SIGINT');
    await once(phone, 'exit');
    const samples = heard();
    const frames = Array.from({ length: Math.floor(samples.length / 160) }, (_, i) =>
      samples.slice(i * 160, i * 160 + 160),
    );
    const loud = frames.filter((frame) => Math.sqrt(frame.reduce((sum, one) => sum + one * one, 0) / 160) > 500);
    expect(loud.length).toBeGreaterThan(frames.length * 0.15);
    expect(loud.length).toBeLessThan(frames.length);
    for (let hz = 100; hz < 4_000; hz += 50) expect(share(samples, hz), `${hz} Hz`).toBeLessThan(0.5);

    // It hangs up when it ends.
    const record = await floor.record(interaction);
    expect(record).toMatchObject({ flow: 'bank', endedBy: 'customer' });
    await until(async () => (await floor.record(interaction)).quality.length === 1, 'the quality is noted');
    const { quality } = await floor.record(interaction);
    expect(quality[0]?.received).toBeGreaterThan(100);
  });
});

/** What it has recorded of the far side so far. */
function heard(): number[] {
  const name = readdirSync(join(folder, 'heard')).find((file) => /dec.*\.wav$|heard\.wav$/.test(file));
  const file = name === undefined ? undefined : join(folder, 'heard', name);
  return file !== undefined && existsSync(file) ? readTestWav(readFileSync(file), 0).samples : [];
}

async function configOf(): Promise<string> {
  const modules = ['/usr/lib/baresip/modules', '/usr/lib/x86_64-linux-gnu/baresip/modules'].find(existsSync);
  const first = 40_000 + (process.pid % 5_000) * 4;
  return [
    `module_path ${modules ?? '/usr/lib/baresip/modules'}`,
    `sip_listen 127.0.0.1:${await freePort()}`,
    'module g711.so',
    'module aufile.so',
    'module auconv.so',
    'module sndfile.so',
    'module_tmp account.so',
    'module_app menu.so',
    `audio_source aufile,${join(folder, 'tone.wav')}`,
    `audio_player aufile,${join(folder, 'heard', 'heard.wav')}`,
    `audio_alert aufile,${join(folder, 'heard', 'alert.wav')}`,
    'audio_srate 8000',
    'audio_channels 1',
    `rtp_ports ${first}-${first + 20}`,
    'net_interface 127.0.0.1',
    'snd_path .',
    '',
  ].join('\n');
}
