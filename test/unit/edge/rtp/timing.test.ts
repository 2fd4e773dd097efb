import { expect, test } from 'vitest';
import { decodePcma, encodePcma } from '../../../../edge/rtp/codec/g711.ts';
import { Pacer, type PacerTime } from '../../../../edge/rtp/pacer.ts';
import { JitterRing } from '../../../../edge/rtp/packet/jitter-ring.ts';
import { OutStream } from '../../../../edge/rtp/packet/out-stream.ts';

/** A clock that is advanced by hand; timers fire `late(n)` ms after they are due. */
class FakeTime implements PacerTime {
  time = 1000.25;
  fired = 0;
  #timer: { due: number; fire: () => void } | undefined;
  readonly #late: (n: number) => number;

  constructor(late: (n: number) => number) {
    this.#late = late;
  }

  now(): number {
    return this.time;
  }

  after(ms: number, fire: () => void): unknown {
    // As Node: whole milliseconds, at least one.
    this.#timer = { due: this.time + Math.max(1, Math.trunc(ms)), fire };
    return this.#timer;
  }

  cancel(): void {
    this.#timer = undefined;
  }

  runUntil(end: number): void {
    while (this.#timer && this.#timer.due <= end) {
      const { due, fire } = this.#timer;
      this.#timer = undefined;
      this.time = Math.max(this.time, due + this.#late(this.fired++));
      fire();
    }
    this.time = Math.max(this.time, end);
  }
}

test('ten minutes, timers late by up to 4 ms: not a packet too few, no drift, timestamps exact', () => {
  const time = new FakeTime((n) => (n * 7) % 5);
  const out = new OutStream();
  const packet = Buffer.alloc(172);
  const sentAt: number[] = [];
  const stamps: number[] = [];
  const pacer = new Pacer(time, (phase, _, due) => {
    if (phase !== 2) return true;
    out.local(packet, 0, due, 160);
    sentAt.push(time.now());
    stamps.push(packet.readUInt32BE(4));
    return true;
  });
  const began = time.now();
  pacer.wake();
  time.runUntil(began + 600_000);
  pacer.close();
  expect(Math.abs(sentAt.length - 30_000)).toBeLessThanOrEqual(1);
  const lateness = sentAt.map((at, i) => at - ((sentAt[0] as number) + i * 20));
  expect(Math.max(...lateness.slice(-1000))).toBeLessThan(6);
  expect(Math.min(...lateness.slice(-1000))).toBeGreaterThan(-6);
  for (const [i, stamp] of stamps.slice(1).entries()) expect((stamp - (stamps[i] as number)) >>> 0).toBe(160);
  expect(pacer.skipped).toBe(0);
});

test('a thread that was blocked catches up a little, skips a lot, and keeps the timestamps true', () => {
  const time = new FakeTime((n) => (n === 400 ? 3_000 : n === 800 ? 60 : 0));
  const out = new OutStream();
  const packet = Buffer.alloc(172);
  const stamps: number[] = [];
  const pacer = new Pacer(time, (phase, _, due) => {
    if (phase === 0) {
      out.local(packet, 0, due, 160);
      stamps.push(packet.readUInt32BE(4));
    }
    return true;
  });
  const began = time.now();
  pacer.wake();
  time.runUntil(began + 10_000);
  pacer.close();
  expect(pacer.skipped).toBeGreaterThan(500);
  // 10 s less the 3 s of which only a little was made good.
  expect(stamps.length).toBeGreaterThan(345);
  expect(stamps.length).toBeLessThan(360);
  const span = ((stamps.at(-1) as number) - (stamps[0] as number)) >>> 0;
  expect(Math.abs(span - 80_000)).toBeLessThan(400);
});

test('sleeps while nobody needs it, and wakes on the grid', () => {
  const time = new FakeTime(() => 0);
  let wanted = 40;
  const dues: number[] = [];
  const pacer = new Pacer(time, (_, __, due) => {
    dues.push(due);
    return --wanted > 0;
  });
  pacer.wake();
  time.runUntil(5_000);
  const { fired } = time;
  time.runUntil(50_000);
  expect(time.fired).toBe(fired);
  expect(dues).toHaveLength(40);
  wanted = 4;
  pacer.wake();
  time.runUntil(51_000);
  expect(dues).toHaveLength(44);
  for (const due of dues) expect(Math.abs(((due - 1000.25) / 5) % 1)).toBeLessThan(1e-9);
});

/** A stream of samples that say where they come from: 100 × (packet number + 1). */
function payload(n: number): Buffer {
  return Buffer.alloc(160, encodePcma[(100 * ((n % 60) + 1)) & 0xffff] as number);
}

function numberOf(frame: Int16Array | undefined): number {
  return frame ? Math.round((decodePcma[encodePcma[(frame[80] as number) & 0xffff] as number] as number) / 100) : -1;
}

test('gives frames in order although packets came out of order, doubled, and with jitter', () => {
  const ring = new JitterRing();
  const arrivals: { at: number; n: number }[] = [];
  for (let n = 0; n < 50; n++) {
    arrivals.push({ at: n * 20 + ((n * 13) % 4) * 6, n });
    if (n % 7 === 0) arrivals.push({ at: n * 20 + 9, n });
  }
  arrivals.sort((a, b) => a.at - b.at);
  const heard: number[] = [];
  for (let tick = 0; tick < 60; tick++) {
    while (arrivals[0] && arrivals[0].at <= tick * 20) {
      const { n } = arrivals.shift() as { at: number; n: number };
      ring.push((0xfffffc00 + n * 160) >>> 0, payload(n), 0, 160, decodePcma);
    }
    heard.push(numberOf(ring.pull()));
  }
  const said = heard.filter((n) => n > 0);
  const expected = Array.from({ length: 50 }, (_, n) => n + 1);
  for (const n of expected) expect(said.filter((one) => Math.abs(one - n) <= n / 16).length).toBeGreaterThan(0);
  expect([...said.slice(0, 45)].sort((a, b) => a - b)).toEqual(said.slice(0, 45));
  expect(ring.late).toBe(0);
});

test('fills a lost packet by the one before, then fades to silence', () => {
  const ring = new JitterRing();
  const loud = Buffer.alloc(160, encodePcma[8000] as number);
  for (let n = 0; n < 10; n++) if (n !== 4) ring.push(n * 160, loud, 0, 160, decodePcma);
  const frames = Array.from({ length: 20 }, () => {
    const frame = ring.pull();
    return frame ? Math.abs(frame[80] as number) : 0;
  });
  const first = frames.findIndex((sample) => sample > 7000);
  expect(first).toBe(2);
  expect(frames[first + 4]).toBeGreaterThan(3000);
  expect(frames[first + 4]).toBeLessThan(6000);
  expect(frames[first + 5]).toBeGreaterThan(7000);
  expect(frames.slice(first + 14)).toEqual(frames.slice(first + 14).map(() => 0));
});

test('the delay grows where packets come late, shrinks again, and follows the drift of a clock for an hour', () => {
  const ring = new JitterRing();
  let missing = 0;
  let deepest = 0;
  let next = 0;
  // The sender's clock is 200 ppm fast; in the second minute the network swings by 60 ms.
  for (let tick = 0; tick < 180_000; tick++) {
    const now = tick * 20;
    const swing = tick > 3_000 && tick < 6_000 ? 60 : 5;
    while (next * 20 * 0.9998 + ((next * 37) % 11) * (swing / 10) <= now) {
      ring.push((next * 160) >>> 0, payload(next), 0, 160, decodePcma);
      next++;
    }
    if (ring.pull() === undefined) missing++;
    if (tick > 10_000) deepest = Math.max(deepest, ring.buffered);
  }
  expect(missing).toBeLessThan(10);
  expect(ring.late).toBeLessThan(50);
  expect(deepest).toBeLessThan(8 * 100);
});

test('a jump of the timestamps, a pause and a restart begin anew', () => {
  const ring = new JitterRing();
  for (const base of [0, 4_000_000_000, 1_000]) {
    for (let n = 0; n < 5; n++) ring.push((base + n * 160) >>> 0, payload(n), 0, 160, decodePcma);
    const heard = Array.from({ length: 15 }, () => numberOf(ring.pull()));
    expect(heard).toContain(3);
  }
  ring.push(5_000, Buffer.alloc(4000), 0, 4000, decodePcma);
  ring.push(5_000, Buffer.alloc(0), 0, 0, decodePcma);
});
