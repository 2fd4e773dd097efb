import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { mediaErrors } from '../../../media/errors.ts';
import type { Control } from '../../../media/freeswitch/control.ts';
import { SharedFolder } from '../../../media/freeswitch/folder.ts';
import { FreeswitchRecording, readRecording } from '../../../media/freeswitch/recording.ts';
import { wavHeader } from '../../../media/recorded-wav.ts';

let root: string;
let folder: SharedFolder;
/** What FreeSWITCH was told, and what stands in its way. */
let told: string[];
let trouble: Error | undefined;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'switchroom-fs-'));
  folder = new SharedFolder(root);
  told = [];
  trouble = undefined;
});
afterEach(() => rmSync(root, { recursive: true }));

const away = () => mediaErrors['media-unavailable']({ reason: 'there is no connection' });

function record(): FreeswitchRecording {
  const control = {
    async command(text: string) {
      if (trouble) throw trouble;
      const [, , what, path] = text.split(' ');
      if (!text.startsWith('uuid_record')) return '+OK';
      told.push(`${what}`);
      // 100 ms of two channels.
      if (what === 'start')
        writeFileSync(path!, Buffer.concat([wavHeader({ channels: 2, dataBytes: 3_200 }), Buffer.alloc(3_200, 1)]));
      return '+OK';
    },
  } as unknown as Control;
  const logger = pino({ level: 'silent' });
  return new FreeswitchRecording({ control, folder, logger, sealed: () => {} }, () => 'channel', { id: 'rec_1' });
}

it('keeps what was written where its channel was gone before it could be stopped', async () => {
  const recording = record();
  await expect.poll(() => told).toEqual(['start']);
  trouble = mediaErrors['media-failed']({ reason: 'uuid_record: -ERR Cannot locate session!' });
  expect(await recording.stop()).toMatchObject({ ms: 100 });
});

it('can be stopped once more when FreeSWITCH is back', async () => {
  const recording = record();
  await expect.poll(() => told).toEqual(['start']);
  trouble = away();
  await expect(recording.stop()).rejects.toMatchObject({ code: 'media-unavailable' });
  expect(recording.over).toBe(false);
  trouble = undefined;
  expect(await recording.stop()).toMatchObject({ ms: 100 });
  expect(told).toEqual(['start', 'stop']);
});

it('makes a pause good that did not get through, and goes on after one that failed', async () => {
  const recording = record();
  await expect.poll(() => told).toEqual(['start']);
  trouble = away();
  recording.pause();
  await new Promise(setImmediate);
  trouble = undefined;
  recording.restored();
  await expect.poll(() => told).toEqual(['start', 'stop']);
  recording.resume();
  await expect.poll(() => told).toEqual(['start', 'stop', 'start']);
  expect(await recording.stop()).toMatchObject({ ms: 200 });
});

it('says that it failed where nothing was ever written', async () => {
  trouble = away();
  const recording = record();
  await expect(recording.stop()).rejects.toMatchObject({ code: 'media-recording-failed' });
});

/** A file as FreeSWITCH writes it, with a chunk between header and samples. */
function piece(n: number, samples: Buffer): void {
  const header = wavHeader({ channels: 2, dataBytes: samples.length });
  const list = Buffer.from('LIST\u0004\0\0\0abcd', 'latin1');
  const whole = Buffer.concat([header.subarray(0, 36), list, header.subarray(36), samples]);
  writeFileSync(folder.pieceThere('rec_2', n), whole);
}

it('makes one file of the pieces, and reads any part of them before and after', async () => {
  const samples = Buffer.from(Array.from({ length: 4_000 }, (_, i) => i % 251));
  piece(1, samples.subarray(0, 1_600));
  piece(2, Buffer.alloc(0));
  piece(10, samples.subarray(1_600));
  const whole = Buffer.concat([wavHeader({ channels: 2, dataBytes: 4_000 }), samples]);
  const ranges = [
    undefined,
    { start: 0, end: 43 },
    { start: 40, end: 49 },
    { start: 1_600, end: 1_700 },
    { start: 4_000 },
  ];
  const seen = async () => {
    for (const range of [...ranges, { start: 9_000 }]) {
      const { stream, size } = await readRecording(folder, 'rec_2', range);
      expect(size).toBe(whole.length);
      const end = range?.end === undefined ? undefined : range.end + 1;
      expect(await buffer(stream)).toEqual(whole.subarray(range?.start ?? 0, end));
    }
  };
  await seen();
  const facts = { ms: 125, bytes: whole.length, sha256: createHash('sha256').update(whole).digest('hex') };
  expect(await folder.seal('rec_2')).toEqual(facts);
  expect(await folder.hasPieces('rec_2')).toBe(false);
  await seen();
  expect(await folder.seal('rec_2')).toEqual(facts);
});

it('seals a recording of hours without holding it in memory', async () => {
  const bytes = 160 * 1024 * 1024;
  for (const n of [1, 2]) {
    const path = folder.pieceThere('rec_3', n);
    writeFileSync(path, wavHeader({ channels: 2, dataBytes: bytes / 2 }));
    truncateSync(path, 44 + bytes / 2);
  }
  const before = process.memoryUsage().arrayBuffers;
  let most = 0;
  let sealed = false;
  const look = () => {
    most = Math.max(most, process.memoryUsage().arrayBuffers - before);
    if (!sealed) setImmediate(look);
  };
  look();
  expect(await folder.seal('rec_3')).toMatchObject({ bytes: 44 + bytes });
  sealed = true;
  // What the collector has not taken back yet counts, too: half of it would be far too much all the same.
  expect(most).toBeLessThan(bytes / 2);
});
