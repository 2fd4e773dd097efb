import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { mediaErrors } from '../../../media/errors.ts';
import type { Control } from '../../../media/freeswitch/control.ts';
import { SharedFolder, wavHeader } from '../../../media/freeswitch/folder.ts';
import { FreeswitchRecording } from '../../../media/freeswitch/recording.ts';

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
      if (what === 'start') writeFileSync(path!, Buffer.concat([wavHeader(3_200, 2), Buffer.alloc(3_200, 1)]));
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
