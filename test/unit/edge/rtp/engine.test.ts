// The engine of one media worker with its real sockets on loopback; time is set by hand.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Engine } from '../../../../edge/rtp/engine.ts';
import { Phone, type PhoneOptions } from '../../../contract/media/phone.ts';

let engine: Engine;
let recordings: string;
let now = 1_000;
const phones: Phone[] = [];
const wait = { timeout: 5_000, interval: 5 };

beforeEach(async () => {
  // The engine's housekeeping.
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  now = 1_000;
  recordings = await mkdtemp(join(tmpdir(), 'engine-'));
  // Ports that are busy are skipped, so any range will do.
  const from = 20_000 + 2 * Math.floor(Math.random() * 15_000);
  engine = new Engine(
    {
      bind: ['127.0.0.1'],
      advertise: [],
      ports: { from, to: from + 999 },
      restMs: 200,
      codecs: ['PCMU', 'PCMA'],
      inbandDtmf: false,
      rtpTimeoutMs: 60_000,
      qualityMs: 60_000,
      recordings,
    },
    { event: () => {}, log: (_, message) => expect.fail(message) },
    { now: () => now, after: () => undefined, cancel: () => {} },
  );
});

afterEach(async () => {
  await engine.close();
  for (const phone of phones.splice(0)) phone.close();
  await rm(recordings, { recursive: true });
  vi.useRealTimers();
});

async function call(id: string, options?: PhoneOptions): Promise<Phone> {
  const phone = await Phone.make(options);
  phones.push(phone);
  const { sdp } = (await engine.handle('endpoint.open', { id, offer: phone.sdp() })) as { sdp: string };
  return phone.connect(sdp);
}

/** Two phones that talk to each other. */
async function talk(): Promise<[Phone, Phone]> {
  const two: [Phone, Phone] = [await call('a'), await call('b')];
  engine.handle('bridge.open', { id: 'talk' });
  for (const endpoint of ['a', 'b']) engine.handle('bridge.add', { id: 'talk', endpoint, role: 'talk' });
  return two;
}

/** Sends packets of silence and waits until the engine has read the last of them. */
async function speak(phone: Phone, packets: number, to: Phone): Promise<void> {
  const before = to.heard.length;
  phone.say(new Array<number>(packets * 160).fill(0));
  await vi.waitFor(() => expect(to.heard.length).toBe(before + packets), wait);
}

/** Lets time go on, and the housekeeping run. */
function later(ms: number): void {
  now += ms;
  vi.advanceTimersByTime(500);
}

/** An RTCP packet's first part, by RFC 3550 §6.4. */
function report(packet: Buffer | undefined) {
  if (!packet) return expect.fail('no report');
  const sender = packet[1] === 200;
  const block = sender ? 28 : 8;
  const parts: number[] = [];
  for (let at = 0; at < packet.length; at += (packet.readUInt16BE(at + 2) + 1) * 4)
    parts.push(packet[at + 1] as number);
  return {
    parts,
    ssrc: packet.readUInt32BE(4),
    sender: sender && {
      wall: (packet.readUInt32BE(8) - 2_208_988_800) * 1000,
      timestamp: packet.readUInt32BE(16),
      packets: packet.readUInt32BE(20),
      octets: packet.readUInt32BE(24),
    },
    block: ((packet[0] as number) & 0x1f) > 0 && {
      ssrc: packet.readUInt32BE(block),
      fractionLost: packet[block + 4] as number,
      lost: packet.readIntBE(block + 5, 3),
      sequence: packet.readUInt32BE(block + 8) & 0xffff,
      last: packet.readUInt32BE(block + 16),
      delay: packet.readUInt32BE(block + 20),
    },
  };
}

test('reports by RTCP: who only hears gets a sender report, who only speaks a receiver report, with the counts', async () => {
  const [one, two] = await talk();
  await speak(one, 5, two);
  one.packet(0, Buffer.alloc(160)); // numbered, but lost on the way
  await speak(one, 4, two);
  const last = two.heard.at(-1);
  expect([one.reports, two.reports]).toEqual([[], []]);
  const wall = Date.now();
  later(8_000);
  await vi.waitFor(() => expect([one.reports.length, two.reports.length]).toEqual([1, 1]), wait);
  const sent = report(two.reports[0]);
  expect(sent).toMatchObject({ parts: [200, 202], ssrc: last?.ssrc, block: false });
  expect(sent.sender).toMatchObject({ packets: 9, octets: 9 * 160 });
  // The timestamp is that of the moment of the report: 8 s after the last packet.
  expect(sent.sender && (sent.sender.timestamp - (last?.timestamp ?? 0)) >>> 0).toBe(8_000 * 8);
  expect(sent.sender && Math.abs(sent.sender.wall - wall)).toBeLessThan(10_000);
  const heard = report(one.reports[0]);
  expect(heard).toMatchObject({ parts: [201, 202], sender: false });
  const sequence = (one.packet(0, Buffer.alloc(160)).readUInt16BE(2) - 1) & 0xffff;
  expect(heard.block).toEqual({ ssrc: one.ssrc, fractionLost: 25, lost: 1, sequence, last: 0, delay: 0 });

  // Nothing was sent since: no sender report any more. What the peer reported is told back to it.
  const own = Buffer.alloc(28);
  own.set([0x80, 200, 0, 6]);
  own.writeUInt32BE(two.ssrc, 4);
  own.writeUInt32BE(0x1234_5678, 8);
  own.writeUInt32BE(0x9abc_def0, 12);
  two.rtcp.send(own, (two.remote?.port ?? 0) + 1, '127.0.0.1');
  await speak(two, 1, one);
  later(8_000);
  await vi.waitFor(() => expect(two.reports.length).toBe(2), wait);
  const second = report(two.reports[1]);
  expect(second).toMatchObject({ parts: [201, 202], block: { ssrc: two.ssrc, last: 0x5678_9abc, delay: 8 * 65_536 } });
});

test('relays packets untouched: every byte of the payload, the steps of numbers and timestamps, and a gap', async () => {
  const [one, two] = await talk();
  const sent: Buffer[] = [];
  let timestamp = 0xffff_fe00;
  for (let n = 0; n < 20; n++) {
    // Every value that a byte can have.
    const packet = one.packet(
      0,
      Buffer.from(Array.from({ length: 160 }, (_, i) => (n * 160 + i) & 0xff)),
      n === 7,
      timestamp,
    );
    timestamp += n === 6 ? 4_000 : 160;
    if (n === 12) continue; // lost on the way: the hole must be seen behind us
    sent.push(Buffer.from(packet));
    one.send(packet);
  }
  const digit = one.packet(one.remote?.event ?? 0, Buffer.from([5, 0x8a, 3, 0x20]), true, timestamp);
  sent.push(Buffer.from(digit));
  one.send(digit);
  await vi.waitFor(() => expect(two.heard.length).toBe(sent.length), wait);
  const first = two.heard[0];
  const asHeard = two.heard.map(({ payload, payloadType, sequence, timestamp, marker }, i) => ({
    payload: payload.toString('hex'),
    payloadType,
    // The first one begins a talk, and is marked in any case.
    marker: i > 0 && marker,
    step: (sequence - (first?.sequence ?? 0)) & 0xffff,
    samples: (timestamp - (first?.timestamp ?? 0)) >>> 0,
  }));
  const asSent = sent.map((packet, i) => ({
    payload: packet.subarray(12).toString('hex'),
    payloadType: (packet[1] as number) & 0x7f,
    marker: i > 0 && (packet[1] as number) >= 0x80,
    step: (packet.readUInt16BE(2) - (sent[0] as Buffer).readUInt16BE(2)) & 0xffff,
    samples: (packet.readUInt32BE(4) - (sent[0] as Buffer).readUInt32BE(4)) >>> 0,
  }));
  expect(asHeard).toEqual(asSent);
  expect(new Set(two.heard.map(({ ssrc }) => ssrc)).size).toBe(1);
});

test('a stranger gets nothing of a call by a hold, and the peer is heard after it', async () => {
  const [one, two] = await talk();
  await speak(one, 60, two);
  const thief = await Phone.make({ host: '127.0.0.2' });
  phones.push(thief);
  thief.remote = one.remote;
  for (const direction of ['sendonly', 'sendrecv']) {
    now += 60_000;
    engine.handle('endpoint.renegotiate', { id: 'a', offer: one.sdp({ direction }) });
  }
  thief.say(new Array<number>(60 * 160).fill(0));
  now += 5_000;
  const strange = two.heard.length;
  await speak(one, 1, two);
  await speak(two, 1, one);
  expect([two.heard.length - strange, thief.heard.length]).toEqual([1, 0]);
});

test('a stranger who spoke first is heard until the peer speaks from where its description says', async () => {
  const [one, two] = await talk();
  const thief = await Phone.make({ host: '127.0.0.2' });
  phones.push(thief);
  thief.remote = one.remote;
  await speak(thief, 60, two);
  await speak(two, 1, thief);
  now += 5_000;
  await speak(one, 60, two);
  await speak(two, 1, one);
  thief.say(new Array<number>(160).fill(0));
  await speak(one, 1, two);
  expect(thief.heard).toHaveLength(1);
});
