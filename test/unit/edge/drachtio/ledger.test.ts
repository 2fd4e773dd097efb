import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { accept, Bench, on, until } from './bench.ts';
import { sdp } from './sip-peer.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ledger-'));
});
afterEach(() => rm(folder, { recursive: true }));

test('an edge that is started after a crash says BYE for the calls that it had noted', async () => {
  const ledger = join(folder, 'dialogs');
  const first = await Bench.open({ ledger });
  const srf = await first.app();
  on(srf, 'invite', (req, res) => void accept(srf, req, res, { localSdp: sdp }));
  const peer = await first.peer();
  const lives = peer.call('lives');
  const ended = peer.call('ended');
  await lives.establish();
  await ended.establish();
  await ended.bye();
  let text = '';
  while (!text.includes(lives.callId)) text = await readFile(ledger, 'utf8');
  await first.edge.crash();
  first.drop(srf);
  expect(peer.count('BYE')).toBe(0);
  const second = await Bench.open({ ledger });
  const bye = await peer.expect('BYE');
  expect(bye.callId).toBe(lives.callId);
  expect(bye.header('From')).toBe(lives.to);
  expect(bye.header('To')).toBe(lives.from);
  expect(Number(bye.cseq.split(' ')[0])).toBeGreaterThan(1);
  peer.respond(bye, '200 OK');
  // Said once: the next start finds nothing.
  expect(await readFile(ledger, 'utf8')).toBe('');
  await second.close();
  const third = await Bench.open({ ledger });
  await third.close();
  expect(peer.count('BYE')).toBe(1);
  peer.close();
});

test('a clean stop leaves no call behind', async () => {
  const ledger = join(folder, 'dialogs');
  const bench = await Bench.open({ ledger });
  const srf = await bench.app();
  on(srf, 'invite', (req, res) => void accept(srf, req, res, { localSdp: sdp }));
  const peer = await bench.peer();
  await peer.call('x').establish();
  await until(() => bench.edge.counts().dialogs === 1, 'a dialog');
  peer.auto = (request) => {
    if (request.what === 'BYE') peer.respond(request, '200 OK');
    return undefined;
  };
  await bench.edge.stop();
  expect((await peer.expect('BYE')).header('Reason')).toContain('Edge stops');
  const lines = (await readFile(ledger, 'utf8')).split('\n').filter((line) => line !== '');
  const live = lines.filter((line) => 'live' in JSON.parse(line)).length;
  const over = lines.filter((line) => 'over' in JSON.parse(line)).length;
  expect(live).toBe(over);
  bench.drop(srf);
  peer.close();
});
