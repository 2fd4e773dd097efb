import { createHash } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtemp, open, readdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { pino } from 'pino';
import { expect, test, vi } from 'vitest';
import { encodeClip, openClip } from '../../../../edge/rtp/audio/clip.ts';
import { Player, silencePiece } from '../../../../edge/rtp/audio/player.ts';
import { Recorder } from '../../../../edge/rtp/audio/recorder.ts';
import { AudioMissing, AudioStore } from '../../../../edge/rtp/audio/store.ts';
import { readWav, repairWav, WavError, wavHeader } from '../../../../edge/rtp/audio/wav.ts';
import { Addresses } from '../../../../edge/rtp/ports/addresses.ts';
import { NoPorts, PortPool } from '../../../../edge/rtp/ports/pool.ts';
import { Recordings } from '../../../../edge/rtp/recordings.ts';

const folder = () => mkdtemp(join(tmpdir(), 'rtp-'));
const frame = new Int16Array(160).fill(1000);

test('a recording of a process that died is mended at the next start: nothing that was written is lost', async () => {
  const directory = await folder();
  const path = join(directory, 'r1.wav');
  const recorder = new Recorder('r1', 'e', path, 2, (reason) => expect.fail(reason));
  for (let i = 0; i < 50 * 7 + 10; i++) recorder.write(frame, undefined);
  await vi.waitFor(() => expect(recorder.ms).toBe(7_200));
  await vi.waitFor(() => expect(recorder.bytes).toBe(44 + 7 * 32_000));
  const part = `${path}.part`;
  const before = await readFile(part);
  // Even unmended it is a WAV: the header tells of a part.
  expect(before.toString('latin1', 0, 4)).toBe('RIFF');
  expect(before.readUInt32LE(40)).toBeGreaterThanOrEqual(4 * 32_000);
  expect(before.readUInt32LE(40)).toBeLessThan(before.length - 44);
  await truncate(part, before.length - 3); // the last write was cut
  await writeFile(join(directory, 'r2.wav.part'), 'RIFF');
  // It died while the call was set up: a header, and no sound.
  await writeFile(join(directory, 'r4.wav.part'), before.subarray(0, 44));
  const recordings = await Recordings.open(directory, pino({ level: 'silent' }));
  expect((await readdir(directory)).sort()).toEqual(['r1.wav', 'r2.wav.part.broken']);
  const found = await recordings.find('r1');
  expect(found).toMatchObject({ state: 'finished', channels: 2, bytes: before.length - 4 });
  const mended = await readFile(path);
  expect(mended.readUInt32LE(40)).toBe(mended.length - 44);
  expect(mended.readUInt32LE(4)).toBe(mended.length - 8);
  expect(Buffer.from((await recordings.read('r1', 44, 8)).data, 'base64')).toEqual(mended.subarray(44, 52));
  expect(await recordings.find('r3')).toBeUndefined();
  await expect(recordings.read('r3', 0, 10)).rejects.toMatchObject({ code: 'media-unknown' });
});

test('a disk that fails ends the recording, says so once, and stop tells it', async () => {
  const failures: string[] = [];
  const recorder = new Recorder('r1', 'e', '/nowhere/at/all/r1.wav', 1, (reason) => failures.push(reason));
  for (let i = 0; i < 120; i++) recorder.write(frame, frame);
  await expect(recorder.stop()).rejects.toThrow('ENOENT');
  expect(failures).toHaveLength(1);
  expect(recorder.state).toBe('failed');
});

test('repair leaves a good file and a foreign file alone', async () => {
  const directory = await folder();
  const good = join(directory, 'good.wav');
  await writeFile(good, Buffer.concat([wavHeader(1, 8), Buffer.alloc(8)]));
  const foreign = join(directory, 'foreign.wav');
  await writeFile(foreign, Buffer.alloc(100, 'x'));
  const repair = async (path: string) => {
    const file = await open(path, 'r+');
    return repairWav(file).finally(() => file.close());
  };
  expect(await repair(good)).toEqual({ channels: 1, dataBytes: 8 });
  expect(await repair(foreign)).toBeUndefined();
  expect(await readFile(foreign)).toEqual(Buffer.alloc(100, 'x'));
});

test('reads PCM and G.711 WAV with other chunks around, and says what does not fit', () => {
  const samples = [0, 1000, -1000, 32767];
  const data = Buffer.from(Int16Array.from(samples).buffer);
  const plain = Buffer.concat([wavHeader(1, 8), data]);
  expect([...readWav(plain)]).toEqual(samples);
  const listed = Buffer.concat([
    plain.subarray(0, 36),
    Buffer.from('LIST\x03\0\0\0abc\0', 'latin1'),
    plain.subarray(36),
  ]);
  expect([...readWav(listed)]).toEqual(samples);
  const change = (at: number, value: number) => {
    const file = Buffer.from(plain);
    file.writeUInt16LE(value, at);
    return file;
  };
  expect(() => readWav(change(24, 16000))).toThrow('16000 samples a second');
  expect(() => readWav(change(22, 2))).toThrow('2 channels');
  expect(() => readWav(change(20, 85))).toThrow('tag 85');
  const alaw = change(20, 6);
  alaw.writeUInt16LE(8, 34);
  expect(readWav(alaw)).toHaveLength(8);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), fc.nat(52), (bytes, at) => {
      const file = Buffer.concat([plain.subarray(0, at), bytes, plain.subarray(at)]);
      try {
        readWav(file);
      } catch (error) {
        expect(error).toBeInstanceOf(WavError);
      }
    }),
  );
});

test('audio is loaded once for all who ask, checked, and dropped when the memory is wanted', async () => {
  const directory = await folder();
  const make = async (ms: number) => {
    const file = Buffer.concat([wavHeader(1, ms * 16), Buffer.alloc(ms * 16, 1)]);
    const path = join(directory, `${ms}.wav`);
    await writeFile(path, file);
    return { path, file, hash: createHash('sha256').update(file).digest('hex') };
  };
  const [one, two] = [await make(1000), await make(500)];
  const events: string[] = [];
  const store = new AudioStore(
    { loaded: (hash) => events.push(`+${hash}`), dropped: (hash) => events.push(`-${hash}`) },
    20_000,
  );
  const [a, b] = await Promise.all([store.load(one.hash, one.path), store.load(one.hash, one.path)]);
  expect(a).toBe(b);
  expect(a.samples).toBe(8000);
  await expect(store.load(two.hash, one.path)).rejects.toBeInstanceOf(AudioMissing);
  await expect(store.load(two.hash, join(directory, 'none'))).rejects.toBeInstanceOf(AudioMissing);
  store.put(two.hash, 0, two.file.subarray(0, 1000), false);
  expect(() => store.put(two.hash, 999, two.file.subarray(999), true)).toThrow('begins at 999');
  store.put(two.hash, 0, two.file.subarray(0, 1000), false);
  store.put(two.hash, 1000, two.file.subarray(1000), true);
  expect(events).toEqual([`+${one.hash}`, `+${two.hash}`, `-${one.hash}`]);
  expect(store.get(one.hash)).toBeUndefined();
  expect(store.get(two.hash)?.samples).toBe(4000);
  expect(() => store.put(one.hash, 0, two.file, true)).toThrow('not what its hash says');
});

test('a playback joins its pieces without a gap, waits for files, and an empty list ends', () => {
  const clip = openClip(encodeClip(new Int16Array(100).fill(4000)));
  const ends: string[] = [];
  const end = (why: string) => ends.push(why);
  const player = new Player(
    'p',
    [{ kind: 'clip', clip }, silencePiece(5), { kind: 'clip', clip: undefined, hash: 'h' }],
    2,
    false,
    end,
  );
  const into = Buffer.alloc(160);
  expect(player.read('PCMU', 0xff, into, 0, 160)).toBe(true);
  expect(into.every((byte) => byte === 0xff)).toBe(true); // waits
  expect(player.load('h', clip)).toBe(true);
  const all: number[] = [];
  while (player.read('PCMU', 0xff, into, 0, 160)) all.push(...into);
  const turn = [...clip.PCMU, ...new Array(40).fill(0xff), ...clip.PCMU];
  expect(all).toEqual([...turn, ...turn]);
  player.end('finished');
  player.end('stopped');
  expect(ends).toEqual(['finished']);
  const empty = new Player('q', [silencePiece(0)], 0, false, end);
  expect(empty.read('PCMA', 0xd5, into, 0, 160)).toBe(false);
});

test('ports: pairs from an even one, busy ones are skipped, used ones rest, the end of the range is said', async () => {
  let now = 0;
  const busy = createSocket('udp4');
  busy.bind(0, '127.0.0.1');
  await once(busy, 'listening');
  // The busy port is the odd one of the first pair.
  const from = busy.address().port & ~1;
  const user = { rtp: () => {}, rtcp: () => {} };
  const pool = new PortPool({
    from,
    to: from + 7,
    restMs: 1000,
    now: () => now,
    onerror: (error) => expect.fail(error.message),
  });
  const taken = [pool.take('127.0.0.1', user)];
  expect(taken[0]?.port).toBeGreaterThan(from);
  for (;;) {
    try {
      taken.push(pool.take('127.0.0.1', user));
    } catch (error) {
      expect(error).toBeInstanceOf(NoPorts);
      break;
    }
  }
  expect(taken.length).toBeLessThanOrEqual(3);
  for (const { port } of taken) expect(port % 2).toBe(0);
  const first = taken[0];
  if (!first) throw new Error('no pair');
  pool.give(first);
  pool.give(first);
  expect(() => pool.take('127.0.0.1', user)).toThrow(NoPorts);
  now = 1000;
  expect(pool.take('127.0.0.1', user)).toBe(first);
  expect(() => pool.take('192.0.2.77', user)).toThrow('EADDRNOTAVAIL');
  pool.close();
  busy.close();
});

test('the address in the SDP is the one of the route, or the advertised one; never 0.0.0.0', async () => {
  const now = () => 0;
  const any = new Addresses({ bind: ['0.0.0.0', '::1'], advertise: [] }, now);
  expect(await any.towards('127.0.0.5')).toMatchObject({ bind: '0.0.0.0', sdp: '127.0.0.1' });
  expect(await any.towards('::1')).toMatchObject({ bind: '::1', sdp: '::1' });
  expect((await any.towards(undefined)).sdp).not.toBe('0.0.0.0');
  const behind = new Addresses({ bind: ['127.0.0.1'], advertise: ['203.0.113.9'] }, now);
  expect(await behind.towards('127.0.0.1')).toMatchObject({ bind: '127.0.0.1', sdp: '203.0.113.9' });
  await expect(behind.towards('::1')).rejects.toThrow('family');
});
