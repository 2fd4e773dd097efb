// The whole product with its media on a FreeSWITCH double: the edge does SIP alone.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { inspectData } from '../../server/backup/index.ts';
import { FreeswitchDouble } from '../contract/freeswitch/double.ts';
import { type Audio, startAudio } from '../contract/freeswitch/rig.ts';
import { readTestWav, share } from '../contract/media/listening.ts';
import { Floor } from './floor.ts';
import { has } from './sipp.ts';

let floor: Floor;
let audio: Audio;
let double: FreeswitchDouble;
let data: string;

describe.skipIf(!has('sipp'))('with media on FreeSWITCH (a double; needs sipp)', { timeout: 60_000 }, () => {
  beforeAll(async () => {
    data = mkdtempSync(join(tmpdir(), 'switchroom-fs-'));
    audio = await startAudio(data);
    double = await FreeswitchDouble.open(audio.media);
    writeFileSync(join(data, 'password'), double.password, { mode: 0o600 });
    const freeswitch = { port: double.port, secretFile: join(data, 'password') };
    writeFileSync(join(data, 'switchroom.json'), JSON.stringify({ media: 'freeswitch', freeswitch }));
    floor = await Floor.open({ data });
  });
  afterEach(() => floor.tidy());
  afterAll(async () => {
    await floor?.close();
    await double?.crash();
    await audio?.close();
    rmSync(data, { recursive: true, force: true });
  });

  test('a caller hears music, then she and an agent talk, recorded in stereo', async () => {
    const line = await floor.line({ record: true });
    const seat = await floor.seat([line.queue]);
    const caller = await floor.caller(line.number);
    await floor.answers(seat, caller.interaction);
    await floor.hearEachOther(caller.rtp, seat.rtp);
    expect(double.counts).toMatchObject({ channels: 2, conferences: 1 });
    const mark = caller.rtp.heard.length;
    await expect.poll(() => caller.rtp.heard.length - mark, { timeout: 5_000 }).toBeGreaterThan(50);
    await caller.sipp.tell('HANGUP');
    await Promise.all([caller.sipp.done(), seat.sipp.done()]);
    const record = await floor.record(caller.interaction);
    expect(record).toMatchObject({ outcome: 'answered', endedWhere: 'talk', endedBy: 'customer' });
    await floor.free(seat.agent);
    await floor.nothingLeft();
    await expect.poll(() => double.counts, { timeout: 5_000 }).toEqual({ channels: 0, conferences: 0, calls: 0 });
    // It comes home, as every sealed recording of an engine of its own, and nothing of it stays there.
    const folder = join(data, 'recordings');
    const whole = () => readdirSync(folder).filter((name) => name.endsWith('.wav'));
    await expect.poll(() => (existsSync(folder) ? whole().length : 0), { timeout: 10_000 }).toBe(1);
    await expect.poll(() => readdirSync(join(data, 'freeswitch', 'recordings')), { timeout: 10_000 }).toEqual([]);
    const wav = readFileSync(join(folder, whole()[0] ?? ''));
    await expect
      .poll(async () => (await inspectData(data)).recordings)
      .toMatchObject({ right: 1, away: 0, missing: [] });
    expect(share(readTestWav(wav, 0).samples, 500)).toBeGreaterThan(0.5);
    expect(share(readTestWav(wav, 1).samples, 900)).toBeGreaterThan(0.5);
  });
});
