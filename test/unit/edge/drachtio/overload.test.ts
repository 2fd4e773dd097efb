import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, expect, test, vi } from 'vitest';
import { Admission, standardLimits } from '../../../../edge/drachtio/admission.ts';
import { CallRate } from '../../../../edge/drachtio/call-rate.ts';
import { Inflow } from '../../../../edge/sip/transport/inflow.ts';
import { type AppResponse, accept, Bench, on, until } from './bench.ts';
import { sdp } from './sip-peer.ts';

let bench: Bench | undefined;
afterEach(async () => {
  await bench?.close();
  bench = undefined;
});

test('an app that does not keep up: new calls get 503, calls under way go on', async () => {
  bench = await Bench.open({ admission: { queueMs: 100, probeMs: 60_000, pending: 100 } });
  const srf = await bench.app();
  const stuck: AppResponse[] = [];
  on(srf, 'invite', (req, res) => {
    if (req.uri.includes('sip:stuck')) stuck.push(res);
    else void accept(srf, req, res, { localSdp: sdp });
  });
  const peer = await bench.peer();
  const talking = peer.call('talk');
  await talking.establish();
  const waiting = peer.call('stuck');
  waiting.invite();
  await until(() => stuck.length === 1, 'the app has the call');
  // One that comes after the queue has been too long for a while: first the probe, then refusals.
  let refused = 0;
  while (refused === 0) {
    const next = peer.call('stuck');
    next.invite();
    await until(() => peer.received.some(({ callId }) => callId === next.callId), 'a word about it');
    refused = bench.edge.counts().refused;
  }
  const refusal = await peer.expect(503);
  const seconds = Number(refusal.header('Retry-After'));
  expect(seconds).toBeGreaterThanOrEqual(2);
  expect(seconds).toBeLessThanOrEqual(8);
  // Nothing is kept of it that would wait for an ACK and be sent again: who sends it again is refused again, by the same tag.
  const before = bench.edge.counts().server;
  peer.send(refusedInvite(refusal));
  const again = await peer.expect(503, (one) => one.callId === 'refused twice');
  peer.send(refusedInvite(refusal));
  const third = await peer.expect(503, (one) => one.callId === 'refused twice' && one !== again);
  expect(third.header('To')).toBe(again.header('To'));
  expect(bench.edge.counts().server).toBe(before);
  talking.send('INFO');
  await peer.expect(200, (one) => one.callId === talking.callId && one.cseq.endsWith('INFO'));
  await talking.bye();
  waiting.cancel();
  await peer.expect(487, (one) => one.callId === waiting.callId);
  // The app catches up: calls are taken again.
  for (const response of stuck) response.send(486);
  await until(() => bench?.edge.counts().pending === 0, 'nothing waits');
  await peer.call('talk').establish();
});

test('the number of calls without a word from the app is bounded', async () => {
  bench = await Bench.open({ admission: { pending: 2 } });
  const srf = await bench.app();
  on(srf, 'invite', () => undefined);
  const peer = await bench.peer();
  for (let i = 0; i < 3; i++) peer.call('x').invite();
  await peer.expect(503);
  expect(bench.edge.counts()).toMatchObject({ pending: 2, refused: 1 });
});

test('a call that others overtake says nothing about the queue', () => {
  const admission = new Admission(standardLimits);
  admission.handed('slow', 0);
  admission.handed('quick', 10);
  expect(admission.queueDelay(1_010)).toBe(1_010);
  admission.heard('quick');
  expect(admission.queueDelay(60_000)).toBe(0);
  expect(admission.admits(60_000)).toBe(true);
  expect(admission.pending).toBe(1);
  admission.heard('slow');
  expect(admission.pending).toBe(0);
  admission.close();
});

test('while nothing gets through, one call in a while is tried', () => {
  const admission = new Admission({ ...standardLimits, probeMs: 1_000 });
  admission.handed('stuck', 0);
  expect([5_000, 5_500, 5_999, 6_000].map((now) => admission.admits(now))).toEqual([true, false, false, true]);
  expect(admission.refused).toBe(2);
  admission.forgotten('stuck');
  expect(admission.admits(6_001)).toBe(true);
  admission.close();
});

test('the rate of new calls is cut while the overload lasts, raised after it, and lifted when nobody asks for as much', () => {
  const rate = new CallRate(0);
  let now = 0;
  /** A fifth of a second in which `offered` calls come. @returns how many are let in */
  const pass = (offered: number, overloaded: boolean): number => {
    let taken = 0;
    for (let i = 0; i < offered; i++) if (rate.take(now + (i * 200) / offered)) taken++;
    now += 200;
    rate.step(now, overloaded ? 'late' : 'calm');
    return taken;
  };
  for (let i = 0; i < 30; i++) expect(pass(80, false)).toBe(80);
  expect(rate.limit).toBe(Number.POSITIVE_INFINITY);
  const cut: number[] = [];
  for (let i = 0; i < 30; i++) cut.push(pass(80, true));
  expect(cut[1]).toBeLessThan(80);
  expect(cut.at(-1)).toBeLessThan(50);
  expect(cut.at(-1)).toBeGreaterThan(0);
  const low = rate.limit;
  for (let i = 0; i < 10; i++) pass(80, false);
  expect(rate.limit).toBeGreaterThan(low);
  expect(rate.limit).toBeLessThan(1.3 * low);
  for (let i = 0; i < 20; i++) pass(2, false);
  expect(rate.limit).toBe(Number.POSITIVE_INFINITY);
});

test('however long the overload lasts, some calls are let in', () => {
  const rate = new CallRate(0);
  for (let now = 200; now < 100_000; now += 200) rate.step(now, 'late');
  expect(rate.limit).toBeGreaterThanOrEqual(5);
  expect(rate.take(101_000)).toBe(true);
});

test('after a cut, the next waits until the first is felt', () => {
  const rate = new CallRate(0);
  const limits: number[] = [];
  for (let now = 0; now < 3_000; now += 10) {
    rate.take(now);
    if (now % 200 !== 190) continue;
    rate.step(now, now < 1_000 ? 'calm' : 'late');
    if (now > 1_000) limits.push(rate.limit);
  }
  // Two seconds of overload: a cut at once, and one more a second later.
  expect(new Set(limits).size).toBe(2);
  expect(limits[0]).toBeGreaterThan(limits.at(-1)!);
});

/**
 * A server that does one thing after the other: a call costs 4 ms at its INVITE and 3 ms a second and three seconds later, so
 * that 100 calls a second fill it.
 * @param stuck between these times it does nothing
 */
function offer(perSecond: number, seconds: number, stuck: [from: number, to: number] = [0, 0]) {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'], now: 0 });
  const admission = new Admission(standardLimits, { utilization: () => 0.5 });
  const queue: { at: number; cost: number; next?: () => void }[] = [];
  const later = new Map<number, typeof queue>();
  const waits: number[] = [];
  let left = 0;
  let offered = 0;
  let calls = 0;
  let done = 0;
  try {
    for (let ms = 0; ms < seconds * 1_000; ms++) {
      vi.advanceTimersByTime(1);
      const now = performance.now();
      const after = (wait: number, cost: number, next?: () => void) => {
        const at = ms + wait;
        later.set(at, [...(later.get(at) ?? []), { at: now + wait, cost, ...(next ? { next } : {}) }]);
      };
      for (; offered < (ms * perSecond) / 1_000; offered++) {
        if (!admission.admits(now)) continue;
        const id = String(++calls);
        admission.handed(id, now);
        const end = () => after(2_000, 3, () => done++);
        const taken = () => {
          admission.heard(id);
          after(1_000, 3, end);
        };
        queue.push({ at: now, cost: 4, next: taken });
      }
      queue.push(...(later.get(ms) ?? []));
      later.delete(ms);
      if (ms >= stuck[0] && ms < stuck[1]) continue;
      for (left++; queue[0] !== undefined && queue[0].cost <= left; ) {
        const work = queue.shift()!;
        left -= work.cost;
        waits.push(now - work.at);
        work.next?.();
      }
      if (queue.length === 0) left = 0;
    }
  } finally {
    admission.close();
    vi.useRealTimers();
  }
  waits.sort((a, b) => a - b);
  return { donePerSecond: done / seconds, refused: admission.refused, p95: waits[Math.floor(waits.length * 0.95)]! };
}

test.each([150, 200, 400])('%d calls a second on a server for 100: it stays busy with calls that complete', (rate) => {
  const { donePerSecond, p95 } = offer(rate, 40);
  expect(donePerSecond).toBeGreaterThan(75);
  expect(p95).toBeLessThan(1_500);
});

test('a server that is stuck for half a second refuses nobody', () => {
  const { refused } = offer(50, 20, [5_000, 5_500]);
  expect(refused).toBe(0);
});

test('a socket that is not emptied is behind, until a turn finds fewer than it could read', async () => {
  let now = 0;
  const inflow = new Inflow(() => now);
  const turn = async (datagrams: number) => {
    for (let i = 0; i < datagrams; i++) inflow.read();
    await nextTurn();
    now += 10;
  };
  await turn(5);
  expect(inflow.behindMs(now)).toBe(0);
  for (let i = 0; i < 4; i++) await turn(32);
  expect(inflow.behindMs(now)).toBe(40);
  await turn(31);
  expect(inflow.behindMs(now)).toBe(0);
  await turn(32);
  await nextTurn();
  expect(inflow.behindMs(now)).toBe(0);
});

function refusedInvite(like: { header(name: string): string | undefined }): string {
  return [
    'INVITE sip:stuck@127.0.0.1 SIP/2.0',
    `Via: ${like.header('Via')?.split(';')[0]};branch=z9hG4bK-refused-twice`,
    'From: <sip:a@127.0.0.1>;tag=a',
    'To: <sip:stuck@127.0.0.1>',
    'Call-ID: refused twice',
    'CSeq: 1 INVITE',
    'Contact: <sip:a@127.0.0.1>',
    'Max-Forwards: 70',
    'Content-Length: 0',
    '',
    '',
  ].join('\r\n');
}
