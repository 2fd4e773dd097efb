import { afterEach, expect, test } from 'vitest';
import { Admission, standardLimits } from '../../../../edge/drachtio/admission.ts';
import { CallRate } from '../../../../edge/drachtio/call-rate.ts';
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
    await peer.expect(100, (one) => one.callId === next.callId);
    refused = bench.edge.counts().refused;
  }
  const refusal = await peer.expect(503);
  const seconds = Number(refusal.header('Retry-After'));
  expect(seconds).toBeGreaterThanOrEqual(2);
  expect(seconds).toBeLessThanOrEqual(8);
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
    rate.step(now, overloaded ? 1 : 0);
    return taken;
  };
  for (let i = 0; i < 30; i++) expect(pass(80, false)).toBe(80);
  expect(rate.limit).toBe(Number.POSITIVE_INFINITY);
  const cut: number[] = [];
  for (let i = 0; i < 10; i++) cut.push(pass(80, true));
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
  for (let now = 200; now < 100_000; now += 200) rate.step(now, 1);
  expect(rate.limit).toBeGreaterThanOrEqual(5);
  expect(rate.take(101_000)).toBe(true);
});
