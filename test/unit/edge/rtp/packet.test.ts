import { expect, test } from 'vitest';
import { emptyHeader, readHeader, sequenceDistance, writeHeader } from '../../../../edge/rtp/packet/header.ts';
import { Latch } from '../../../../edge/rtp/packet/latch.ts';
import { OutStream } from '../../../../edge/rtp/packet/out-stream.ts';
import { Reception } from '../../../../edge/rtp/packet/reception.ts';
import { buildReport, ntpMiddle, readReport, roundTrip } from '../../../../edge/rtp/packet/rtcp.ts';
import { mos, rating } from '../../../../values/index.ts';

function packet(sequence: number, timestamp: number, ssrc = 7, length = 160): Buffer {
  const made = Buffer.alloc(12 + length);
  writeHeader(made, 0, false, sequence & 0xffff, timestamp >>> 0, ssrc);
  return made;
}

test('reads headers with CSRC, extension and padding, and refuses what does not fit', () => {
  const header = emptyHeader();
  const plain = packet(65535, 0xffffffff, 0xdeadbeef, 4);
  expect(readHeader(plain, header)).toBe(true);
  expect(header).toMatchObject({ sequence: 65535, timestamp: 0xffffffff, ssrc: 0xdeadbeef, start: 12, end: 16 });
  const rich = Buffer.concat([
    Buffer.from([0xb1, 0x80]),
    Buffer.alloc(10),
    Buffer.alloc(4),
    Buffer.from([0, 0, 0, 1]),
    Buffer.alloc(4),
    Buffer.from([9, 9, 0, 2]),
  ]);
  expect(readHeader(rich, header)).toBe(true);
  expect(header).toMatchObject({ start: 24, end: 26, marker: true });
  for (const bad of [
    Buffer.alloc(0),
    plain.subarray(0, 11),
    Buffer.from([0x40, ...plain.subarray(1)]),
    Buffer.from([0x8f, ...plain.subarray(1)]),
    Buffer.from([0x90, ...plain.subarray(1, 13)]),
    Buffer.from([0xa0, ...plain.subarray(1, 15), 200]),
    Buffer.from([0x80, 200, ...plain.subarray(2)]),
  ]) {
    expect(readHeader(bad, header)).toBe(false);
  }
  expect(sequenceDistance(2, 65534)).toBe(4);
  expect(sequenceDistance(65534, 2)).toBe(-4);
});

test('counts loss over the wrap of sequence numbers, and jitter by RFC 3550', () => {
  const reception = new Reception();
  for (let i = 0; i < 1000; i++) {
    // Every tenth is lost; arrivals swing by ±5 ms.
    if (i % 10 !== 4) reception.packet(1, (65000 + i) & 0xffff, i * 160, i * 20 + (i % 2 ? 5 : 0), true);
  }
  expect(reception).toMatchObject({ received: 900, lost: 100 });
  expect(reception.jitterMs).toBeGreaterThan(3.5);
  expect(reception.jitterMs).toBeLessThan(5.5);
  const report = reception.report();
  expect(report).toMatchObject({ cumulativeLost: 100, highestSequence: 65000 + 999 });
  expect(report.fractionLost).toBe(25);
  expect(reception.report().fractionLost).toBe(0);
});

test('a new SSRC and a restart of the numbers are no loss; one stray number is none either', () => {
  const reception = new Reception();
  for (let i = 0; i < 50; i++) reception.packet(1, i, i * 160, i * 20, true);
  reception.packet(1, 30_000, 50 * 160, 1000, true);
  for (let i = 50; i < 60; i++) reception.packet(1, i, i * 160, i * 20, true);
  expect(reception).toMatchObject({ received: 60, lost: 0 });
  for (let i = 0; i < 50; i++) reception.packet(2, 40_000 + i, i * 160, 2_000 + i * 20, true);
  for (let i = 0; i < 50; i++) reception.packet(2, 100 + i, i * 160, 4_000 + i * 20, true);
  expect(reception).toMatchObject({ received: 159, lost: 0 });
});

test('one stream whatever it is made of: paced, relayed, events, and relayed again', () => {
  const out = new OutStream();
  const seen: { sequence: number; timestamp: number; ssrc: number }[] = [];
  const header = emptyHeader();
  const note = (sent: Buffer) => {
    const read = emptyHeader();
    readHeader(sent, read);
    seen.push({ sequence: read.sequence, timestamp: read.timestamp, ssrc: read.ssrc });
  };
  const relay = (from: object, sequence: number, timestamp: number, now: number, ssrc = 7) => {
    const passing = packet(sequence, timestamp, ssrc);
    readHeader(passing, header);
    if (out.relay(passing, header, from, 8, now)) note(passing);
  };
  const [a, b] = [{}, {}];
  let now = 1000;
  const own = packet(0, 0);
  for (let i = 0; i < 5; i++, now += 20) {
    out.local(own, 0, now, 160);
    note(own);
  }
  for (let i = 0; i < 5; i++, now += 20) relay(a, 65533 + i, 4_294_967_000 + i * 160, now);
  // Another source with the same SSRC.
  for (let i = 0; i < 5; i++, now += 20) relay(b, 9 + i, 77 + i * 160, now);
  out.local(own, 0, now, 160);
  note(own);
  const steps = seen.slice(1).map((one, i) => {
    const before = seen[i] as (typeof seen)[number];
    return [(one.sequence - before.sequence) & 0xffff, (one.timestamp - before.timestamp) >>> 0];
  });
  expect(steps).toEqual(steps.map(() => [1, 160]));
  expect(new Set(seen.map(({ ssrc }) => ssrc))).toEqual(new Set([out.ssrc]));
  expect(out.packets).toBe(16);
});

test('relays keep the order of the source, and drop what is older than the switch', () => {
  const out = new OutStream();
  const header = emptyHeader();
  const relay = (sequence: number) => {
    const passing = packet(sequence, sequence * 160);
    readHeader(passing, header);
    if (!out.relay(passing, header, out, 0, sequence * 20)) return undefined;
    return passing.readUInt16BE(2);
  };
  const first = relay(100) as number;
  expect(relay(102)).toBe((first + 2) & 0xffff);
  expect(relay(101)).toBe((first + 1) & 0xffff);
  expect(relay(99)).toBeUndefined();
  // Long talks: the place where the source began stays comparable.
  let last = first;
  for (let i = 103; i < 140_000; i++) last = relay(i & 0xffff) ?? -1;
  expect((last - first) & 0xffff).toBe((139_999 - 100) & 0xffff);
});

test('reports: written, read back, with the round trip of RFC 3550 figure 2', () => {
  const wall = Date.UTC(2026, 0, 1, 12, 0, 0, 500);
  const ours = buildReport({
    ssrc: 11,
    cname: 'x',
    now: 5_000,
    sender: { at: wall, timestamp: 123, packets: 10, octets: 1600 },
    reception: { ssrc: 22, fractionLost: 25, cumulativeLost: -3, highestSequence: 70_000, jitter: 80 },
    last: { middle: 0xb7052000, arrivedAt: 5_000 - 5_250 },
    bye: true,
  });
  expect(ours.length % 4).toBe(0);
  const read = readReport(ours, 22);
  expect(read?.middle).toBe(ntpMiddle(wall));
  expect(read?.block).toEqual({
    fractionLost: 25 / 256,
    cumulativeLost: -3,
    jitter: 80,
    lastReport: 0xb7052000,
    delay: 0x00054000,
  });
  expect(readReport(ours, 23)?.block).toBeUndefined();
  // RFC 3550 figure 2: A = b710:8000, LSR = b705:2000, DLSR = 0005:4000 → 6.125 s; NTP seconds b710 % 65536.
  const a = ((0xb710 - (2_208_988_800 % 65536) + 65536) % 65536) * 1000 + 500;
  expect(roundTrip({ lastReport: 0xb7052000, delay: 0x00054000 }, a)).toBeCloseTo(6125, 1);
  expect(roundTrip({ lastReport: 0, delay: 0 }, a)).toBeUndefined();
});

test('E-model: the values of G.107 for its defaults, and of annex B for the score', () => {
  expect(rating({ loss: 0, oneWayMs: 0 })).toBeCloseTo(93.2, 1);
  for (const [r, score] of [
    [93.2, 4.41],
    [90, 4.34],
    [80, 4.02],
    [70, 3.6],
    [60, 3.1],
    [50, 2.58],
    [0, 1],
    [-5, 1],
    [100, 4.5],
    [3, 1],
  ] as const) {
    expect(mos(r)).toBeCloseTo(score, 1.5);
  }
  // Ie-eff = 95 · Ppl / (Ppl + Bpl), G.107 formula 7-29 at random loss.
  expect(rating({ loss: 0, oneWayMs: 0 }) - rating({ loss: 0.05, oneWayMs: 0 })).toBeCloseTo((95 * 5) / (5 + 25.1), 5);
  const byDelay = [0, 50, 100, 150, 200, 300, 400, 600].map((oneWayMs) => rating({ loss: 0, oneWayMs }));
  expect([...byDelay].sort((x, y) => y - x)).toEqual(byDelay);
  // G.114 figure 1: above 80 up to 200 ms, about 60 at 400 ms and TELR 65.
  expect(byDelay[4]).toBeGreaterThan(80);
  expect(byDelay[6]).toBeGreaterThan(55);
  expect(byDelay[6]).toBeLessThan(70);
});

test('latches on the address of the SDP and lets nobody else in', () => {
  const latch = new Latch();
  latch.expect('10.0.0.1', 4000, '10.0.0.1', 0);
  expect(latch.accept('10.0.0.9', 6666, 1)).toBe(true); // the first to come is believed
  expect(latch.accept('10.0.0.8', 6666, 2)).toBe(false);
  expect(latch.accept('10.0.0.1', 4000, 3)).toBe(true); // until the expected one comes
  expect(latch.state).toBe('locked');
  expect(latch.accept('10.0.0.9', 6666, 4)).toBe(false);
  expect(latch).toMatchObject({ address: '10.0.0.1', port: 4000, foreign: 2 });
});

test('latches on a peer behind NAT, finally after a while, and again after the next exchange, past strangers', () => {
  const latch = new Latch();
  latch.expect('192.168.1.5', 4000, '203.0.113.1', 0);
  expect(latch.accept('203.0.113.1', 31_000, 10)).toBe(true);
  expect(latch.accept('198.51.100.66', 1, 20)).toBe(false); // a stranger ranks below the host of the signaling
  for (let i = 0; i < 60; i++) latch.accept('203.0.113.1', 31_000, 30 + i * 20);
  expect(latch.state).toBe('locked');
  expect(latch.accept('192.168.1.5', 4000, 2_000)).toBe(false);
  latch.expect('192.168.1.5', 4000, '203.0.113.1', 60_000);
  expect(latch.address).toBe('203.0.113.1'); // media go on to where they went
  expect(latch.accept('198.51.100.66', 1, 60_001)).toBe(false);
  expect(latch.accept('203.0.113.1', 31_000, 60_002)).toBe(true); // who was there before comes back
  expect(latch.accept('198.51.100.66', 1, 60_003)).toBe(false);
  expect(latch).toMatchObject({ address: '203.0.113.1', port: 31_000 });
});

/** So many packets that a source is locked. */
function speak(latch: Latch, address: string, port: number, from: number): boolean[] {
  return Array.from({ length: 60 }, (_, i) => latch.accept(address, port, from + i * 20));
}

test('lets no stranger in by a hold, a resume or a refresh, however long the peer is silent', () => {
  const latch = new Latch();
  latch.expect('10.0.0.1', 4000, '10.0.0.1', 0);
  speak(latch, '10.0.0.1', 4000, 0);
  latch.expect('10.0.0.1', 4000, '10.0.0.1', 60_000); // hold
  latch.expect(undefined, 0, '10.0.0.1', 61_000); // the old hold, by 0.0.0.0
  latch.expect('10.0.0.1', 4000, '10.0.0.1', 62_000); // resume
  expect(speak(latch, '198.51.100.66', 1, 62_001)).not.toContain(true);
  expect(latch).toMatchObject({ state: 'open', address: '10.0.0.1', port: 4000 });
  expect(speak(latch, '10.0.0.1', 4000, 70_000)).not.toContain(false);
  expect(latch.final).toBe(true);
});

test('a NAT that forgot the port during a hold: the same host comes from another port, and is followed', () => {
  for (const signaling of ['203.0.113.1', '198.51.100.5']) {
    const latch = new Latch();
    latch.expect('192.168.1.5', 4000, signaling, 0);
    speak(latch, '203.0.113.1', 31_000, 0);
    latch.expect('192.168.1.5', 4000, signaling, 300_000);
    expect(latch.accept('198.51.100.66', 1, 300_001)).toBe(false);
    expect(speak(latch, '203.0.113.1', 31_777, 300_002)).not.toContain(false);
    expect(latch).toMatchObject({ state: 'locked', address: '203.0.113.1', port: 31_777 });
  }
});

test('a re-INVITE that moves the media opens it again, also to a peer behind a NAT', () => {
  const latch = new Latch();
  latch.expect('10.0.0.1', 4000, '10.0.0.1', 0);
  speak(latch, '10.0.0.1', 4000, 0);
  latch.expect('192.168.7.7', 5000, '10.0.0.1', 60_000);
  expect(latch.address).toBeUndefined();
  latch.expect('192.168.7.7', 5000, '10.0.0.1', 75_000); // again, before it spoke: it may still come from anywhere
  expect(speak(latch, '203.0.113.9', 40_000, 80_000)).not.toContain(false);
  expect(latch).toMatchObject({ state: 'locked', address: '203.0.113.9', port: 40_000 });
});

test('a stranger who was first, and long, gives way to the peer, from its SDP address or from a host that is known', () => {
  for (const [host, port] of [
    ['10.0.0.1', 4000],
    ['203.0.113.1', 31_000],
  ] as const) {
    const latch = new Latch();
    latch.expect('10.0.0.1', 4000, '203.0.113.1', 0);
    speak(latch, '198.51.100.66', 1, 0);
    expect(latch).toMatchObject({ state: 'locked', final: false });
    latch.expect('10.0.0.1', 4000, '203.0.113.1', 30_000);
    speak(latch, '198.51.100.66', 1, 30_001);
    expect(latch.accept('198.51.100.67', 1, 60_000)).toBe(false);
    expect(speak(latch, host, port, 60_001)).not.toContain(false);
    expect(latch).toMatchObject({ state: 'locked', address: host, port });
    expect(latch.accept('198.51.100.66', 1, 70_000)).toBe(false);
  }
});

test('another port of the SDP’s own host gives way to the port that the SDP names', () => {
  const latch = new Latch();
  latch.expect('10.0.0.1', 4000, '10.0.0.1', 0);
  speak(latch, '10.0.0.1', 6666, 0);
  expect(latch).toMatchObject({ state: 'locked', final: false, port: 6666 });
  expect(latch.accept('10.0.0.1', 4000, 30_000)).toBe(true);
  expect(latch.accept('10.0.0.1', 6666, 30_001)).toBe(false);
  expect(latch.final).toBe(true);
});

test('does not let a stranger in late, where the peer never sent', () => {
  const latch = new Latch();
  latch.expect('10.0.0.1', 4000, undefined, 0);
  expect(latch.accept('198.51.100.66', 1, 10_001)).toBe(false);
  expect(latch.accept('10.0.0.1', 5000, 10_002)).toBe(true);
});
