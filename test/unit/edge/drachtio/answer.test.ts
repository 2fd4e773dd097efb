import { afterEach, beforeEach, expect, test } from 'vitest';
import { Bench } from './bench.ts';
import { sdp } from './sip-peer.ts';

let bench: Bench;
beforeEach(async () => {
  bench = await Bench.open();
});
afterEach(() => bench.close());

test('a call is answered, acknowledged and ended by the caller', async () => {
  const srf = await bench.app();
  const ended = new Promise<string>((resolve, reject) => {
    srf.invite((req, res) => {
      srf
        .createUAS(req, res, { localSdp: sdp, headers: { 'X-Uas': 'yes' } })
        .then((dialog) => dialog.on('destroy', (_bye, reason) => resolve(reason as string)))
        .catch(reject);
    });
  });
  const peer = await bench.peer();
  const call = peer.call('uas1');
  const answer = await call.establish();
  expect(answer.header('X-Uas')).toBe('yes');
  expect(answer.header('Contact')).toBe(`<sip:127.0.0.1:${bench.port('udp')}>`);
  expect(answer.header('To')).toMatch(/;tag=.+/);
  expect(answer.body).toBe(sdp);
  const bye = await call.bye();
  expect(bye.what).toBe(200);
  expect(await ended).toBe('normal release');
  expect(bench.edge.counts().dialogs).toBe(0);
});
