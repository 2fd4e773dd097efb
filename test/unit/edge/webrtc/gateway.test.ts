// The edge's gateway with a clock of ours, a browser's side that shares no code with it, and strangers at its port.
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { Gateway } from '../../../../edge/webrtc/gateway.ts';
import type { GatewayRequests } from '../../../../link/index.ts';
import { readBrowserOffer, writeAnswer } from '../../../../media/webrtc/index.ts';
import { type Identity, makeIdentity, Peer } from '../../../bench/webrtc/peer.ts';
import { ManualTime } from './manual-time.ts';

let identity: Identity;
let time: ManualTime;
let gateway: Gateway;
let events: { name: string; body: unknown }[];
let logs: string[];
const opened: { close(): void }[] = [];

beforeAll(async () => {
  identity = await makeIdentity();
});
beforeEach(() => {
  time = new ManualTime();
  events = [];
  logs = [];
  gateway = onFreePorts();
});
afterEach(() => {
  for (const one of opened.splice(0)) one.close();
  gateway.close();
});

/** Other programs of this machine may have some of the ports: then others are taken. */
function onFreePorts(): Gateway {
  for (let tries = 1; ; tries++) {
    const from = 20_000 + 2 * Math.floor(Math.random() * 12_000);
    const times = { consentMs: 8_000, patienceMs: 30_000, qualityMs: 5_000, restMs: 100 };
    const places = { bind: ['127.0.0.1'], lineBind: ['127.0.0.1'], ports: { from, to: from + 99 } };
    const told = {
      event: (name: string, body: unknown) => events.push({ name, body }),
      log: (_level: string, message: string) => logs.push(message),
    };
    try {
      return new Gateway({ ...places, ...times }, told, time);
    } catch (error) {
      if (tries === 100 || !(error instanceof Error && error.message.endsWith('is free on 127.0.0.1'))) throw error;
    }
  }
}

const told = (name: string) => events.filter((event) => event.name === name).map(({ body }) => body);

async function ask<Name extends keyof GatewayRequests>(
  name: Name,
  body: GatewayRequests[Name]['with'],
): Promise<GatewayRequests[Name]['ok']> {
  return (await gateway.handle(name, body)) as GatewayRequests[Name]['ok'];
}

async function browser(id: string, digits?: number): Promise<{ peer: Peer; answer: string }> {
  const peer = await Peer.open(identity);
  opened.push(peer);
  const offer = peer.offer();
  const read = readBrowserOffer(offer, ['PCMU']);
  const { ours } = await ask('connection.open', {
    id,
    offer,
    payloadType: 0,
    digits,
    microphone: peer.ssrc,
    fingerprint: read.fingerprint,
  });
  const { ufrag: usernameFragment, password, fingerprint, sessionId, version, ssrc } = ours;
  const candidates = ours.candidates.map((one) => ({ ...one, protocol: 'udp', type: 'host' }));
  const dtls = { fingerprints: [fingerprint] };
  const ice = { usernameFragment, password };
  return { peer, answer: writeAnswer(read, { ice, candidates, dtls, ssrc, sessionId, version }) };
}

async function socket(): Promise<Socket> {
  const made = createSocket('udp4');
  opened.push(made);
  made.bind(0, '127.0.0.1');
  await once(made, 'listening');
  return made;
}

function rtp(ssrc: number, sequence: number, payload: Buffer, payloadType = 0): Buffer {
  const header = Buffer.alloc(12);
  header[0] = 0x80;
  header[1] = payloadType;
  header.writeUInt16BE(sequence & 0xffff, 2);
  header.writeUInt32BE(sequence * 160, 4);
  header.writeUInt32BE(ssrc, 8);
  return Buffer.concat([header, payload]);
}

/** A call up to the point where both hear each other. */
async function call(id: string, digits: { browser?: number; far?: number } = {}) {
  const { peer, answer } = await browser(`con_${id}`, digits.browser);
  await peer.answered(answer);
  const far = await socket();
  const { port } = far.address();
  const { ours } = await ask('line.open', {
    id: `lin_${id}`,
    payloadType: 0,
    offer: 'v=0',
    far: { address: '127.0.0.1', port, rtcpPort: port + 1, takes: true, sends: true, digits: digits.far },
  });
  await ask('line.attach', { id: `lin_${id}`, connection: `con_${id}` });
  const heard: Buffer[] = [];
  far.on('message', (packet) => heard.push(packet));
  const saying: Buffer[] = [];
  peer.heard = (payload) => saying.push(Buffer.from(payload));
  return { peer, far, line: ours.port, heard, saying };
}

test('payloads go through untouched both ways, as one stream each', async () => {
  const { peer, far, line, heard, saying } = await call('1');
  for (let at = 0; at < 20; at++) {
    peer.speak(Buffer.alloc(160, at));
    far.send(rtp(at < 10 ? 1 : 2, at < 10 ? at : 60_000 + at, Buffer.alloc(160, 100 + at)), line, '127.0.0.1');
    await vi.waitFor(() => expect([heard.length, saying.length]).toEqual([at + 1, at + 1]));
  }
  expect(heard.map((packet) => packet[12])).toEqual(Array.from({ length: 20 }, (_, at) => at));
  expect(saying.map((payload) => payload[0])).toEqual(Array.from({ length: 20 }, (_, at) => 100 + at));
  expect(new Set(heard.map((packet) => packet.readUInt32BE(8))).size).toBe(1);
  const first = heard[0]?.readUInt16BE(2) ?? 0;
  expect(heard.map((packet) => (packet.readUInt16BE(2) - first) & 0xffff)).toEqual([...heard.keys()]);
  expect(peer.broken).toBe(0);
});

test('digits of a browser pass where both sides have agreed on them, under the number of each', async () => {
  const { peer, heard } = await call('1', { browser: 126, far: 101 });
  const { peer: other, heard: nothing } = await call('2', { browser: 126 });
  const { peer: panel, heard: less } = await call('3', { far: 101 });
  for (const one of [peer, other, panel]) {
    one.speak(Buffer.alloc(160));
    one.speak(Buffer.from([4, 0x8a, 3, 0x20]), 126);
    one.speak(Buffer.alloc(160));
  }
  await vi.waitFor(() => expect([heard.length, nothing.length, less.length]).toEqual([3, 2, 2]));
  expect(heard.map((packet) => (packet[1] ?? 0) & 0x7f)).toEqual([0, 101, 0]);
  expect(heard[1]?.subarray(12)).toEqual(Buffer.from([4, 0x8a, 3, 0x20]));
  for (const others of [nothing, less]) expect(others.map((packet) => (packet[1] ?? 0) & 0x7f)).toEqual([0, 0]);
});

test('a far end that repeats a number is not sealed under it twice; other payload types do not pass', async () => {
  const { far, line, saying } = await call('1');
  const say = (packet: Buffer) => far.send(packet, line, '127.0.0.1');
  say(rtp(1, 7, Buffer.alloc(160, 1)));
  say(rtp(1, 7, Buffer.alloc(160, 2)));
  say(rtp(1, 8, Buffer.alloc(160, 3), 101));
  say(rtp(1, 9, Buffer.alloc(160, 4)));
  await vi.waitFor(() => expect(saying.map((payload) => payload[0])).toEqual([1, 4]));
});

test('silent for eight seconds it is disconnected, and a check brings it back', async () => {
  const { peer } = await call('1');
  expect(told('connection.state')).toEqual([{ id: 'con_1', state: 'connected' }]);
  time.advance(7_900);
  expect(told('connection.state')).toHaveLength(1);
  time.advance(400);
  expect(told('connection.state').at(-1)).toEqual({ id: 'con_1', state: 'disconnected' });
  peer.check();
  await vi.waitFor(() => expect(told('connection.state').at(-1)).toEqual({ id: 'con_1', state: 'connected' }));
});

test('who stays away is given up half a minute after it was disconnected; not before a talk is', async () => {
  await call('1');
  time.advance(8_400);
  expect(told('connection.state').at(-1)).toEqual({ id: 'con_1', state: 'disconnected' });
  time.advance(29_000);
  expect(told('connection.closed')).toEqual([]);
  time.advance(1_000);
  expect(told('connection.closed')).toEqual([{ id: 'con_1', why: 'failed' }]);
  expect(told('line.detached')).toEqual([{ id: 'lin_1', from: 'con_1', why: 'closed' }]);
});

test('who never comes up is given up after half a minute', async () => {
  await browser('con_1');
  time.advance(29_900);
  expect(told('connection.closed')).toEqual([]);
  time.advance(500);
  expect(told('connection.closed')).toEqual([{ id: 'con_1', why: 'failed' }]);
  expect(await ask('webrtc.list', {})).toEqual({ connections: [], lines: [] });
});

test('what lives is listed with all that the next server needs', async () => {
  await call('1');
  const { connections, lines } = await ask('webrtc.list', {});
  expect(connections).toMatchObject([{ id: 'con_1', state: 'connected', line: 'lin_1', payloadType: 0 }]);
  expect(connections[0]?.offer).toContain('a=ice-ufrag:');
  expect(lines).toMatchObject([{ id: 'lin_1', connection: 'con_1', far: 'v=0', offering: false }]);
});

test('quality tells of both directions', async () => {
  const { peer, heard } = await call('1');
  for (let at = 0; at < 10; at++) peer.speak(Buffer.alloc(160));
  await vi.waitFor(() => expect(heard).toHaveLength(10));
  time.advance(5_300);
  expect(told('connection.quality')).toMatchObject([{ id: 'con_1', quality: { up: { packets: 10, lost: 0 } } }]);
});

test('garbage at the ports of browsers and lines harms nobody, and is answered by nothing', async () => {
  const { peer, far, line, heard, saying } = await call('1');
  const stranger = await socket();
  const answers: Buffer[] = [];
  stranger.on('message', (packet) => answers.push(packet));
  let seed = 11;
  const random = (below: number) => {
    seed = (seed * 1_103_515_245 + 12_345) & 0x7fffffff;
    return (seed >> 8) % below;
  };
  const firsts = [0, 1, 2, 3, 20, 22, 63, 64, 127, 128, 144, 191, 192, 255];
  const before = { ...gateway.counts };
  const rounds = 3_000;
  for (let round = 0; round < rounds; round++) {
    const packet = Buffer.alloc(random(120));
    for (let at = 0; at < packet.length; at++) packet[at] = random(256);
    if (packet.length > 0) packet[0] = firsts[random(firsts.length)] ?? 0;
    // Some look like a check for somebody.
    if (packet.length >= 20 && round % 3 === 0) {
      packet.writeUInt16BE(1, 0);
      packet.writeUInt16BE(packet.length - 20, 2);
      packet.writeUInt32BE(0x2112a442, 4);
    }
    stranger.send(packet, gateway.port, '127.0.0.1');
    far.send(packet, line, '127.0.0.1');
    // The browser itself may be out of its mind.
    peer.raw(packet);
    if (round % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  const all = () => {
    const { unknown, unauthentic } = gateway.counts;
    return unknown + unauthentic - before.unknown - before.unauthentic;
  };
  await vi.waitFor(() => expect(all()).toBeGreaterThan(rounds / 2));
  const [heardBefore, sayingBefore] = [heard.length, saying.length];
  await vi.waitFor(() => {
    peer.speak(Buffer.alloc(160, 9));
    far.send(rtp(77, 1 + heard.length, Buffer.alloc(160, 10)), line, '127.0.0.1');
    expect(heard.length).toBeGreaterThan(heardBefore);
    expect(saying.length).toBeGreaterThan(sayingBefore);
  });
  expect(answers).toEqual([]);
  expect(gateway.counts.failed).toBe(0);
  expect(told('connection.closed')).toEqual([]);
});

test('a request for a line that is not whole takes no ports', async () => {
  const far = { address: '127.0.0.1', port: 4_000, rtcpPort: 4_001, takes: true, sends: true };
  for (let at = 0; at < 60; at++) {
    const request = gateway.handle('line.open', { id: `lin_${at}`, payloadType: 0, far });
    await expect(request).rejects.toMatchObject({ code: 'request-invalid' });
  }
  await ask('line.open', { id: 'lin_whole', payloadType: 0, offer: 'v=0', far });
});
