import { once } from 'node:events';
import Srf from 'drachtio-srf';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type DialogRequests, LinkClient } from '../../../../link/index.ts';
import { type AppDialog, type AppRequest, accept, Bench, on, secret, until } from './bench.ts';
import { type Call, type SipPeer, sdp } from './sip-peer.ts';

let bench: Bench;
const links: LinkClient[] = [];

beforeEach(async () => {
  bench = await Bench.open({ gap: { graceMs: 5_000 } });
});
afterEach(async () => {
  for (const link of links.splice(0)) await link.close();
  await bench.close();
});

async function linkOf(epoch: number): Promise<LinkClient> {
  const link = new LinkClient({ address: bench.edge.link, secret, epoch, logger: pino({ level: 'silent' }) });
  links.push(link);
  link.start();
  await link.ready(5_000);
  return link;
}

function ask<Name extends keyof DialogRequests>(
  link: LinkClient,
  name: Name,
  body: DialogRequests[Name]['with'],
): Promise<DialogRequests[Name]['ok']> {
  return link.request(name, body) as Promise<DialogRequests[Name]['ok']>;
}

/** A server of that epoch that answers all calls. */
async function server(epoch: number): Promise<{ srf: Srf; link: LinkClient; dialogs: AppDialog[] }> {
  const link = await linkOf(epoch);
  const srf = await bench.app([`epoch-${epoch}`]);
  const dialogs: AppDialog[] = [];
  on(srf, 'invite', (req, res) => void accept(srf, req, res, { localSdp: sdp }).then((dialog) => dialogs.push(dialog)));
  return { srf, link, dialogs };
}

async function die(dead: { srf: Srf; link: LinkClient }): Promise<void> {
  await dead.link.close();
  bench.drop(dead.srf);
  const peer = await bench.peer();
  // The edge has noticed when it refuses new calls.
  for (;;) {
    const probe = peer.call('probe');
    probe.invite();
    const final = () => peer.received.find(({ callId, what }) => callId === probe.callId && Number(what) >= 200);
    await until(() => final() !== undefined, 'an answer to the probe');
    if (final()?.what === 503) break;
  }
  peer.close();
}

async function twoCalls(): Promise<{ first: SipPeer; second: SipPeer; a: Call; b: Call }> {
  const first = await bench.peer();
  const second = await bench.peer();
  const a = first.call('one');
  const b = second.call('two');
  await a.establish();
  await b.establish();
  return { first, second, a, b };
}

test('calls outlive their server, hang-up works in the gap, and the next server goes on with them', async () => {
  const old = await server(1);
  const { first, second, a, b } = await twoCalls();
  const third = await bench.peer();
  const c = third.call('three');
  await c.establish();
  await until(() => old.dialogs.length === 3, 'three dialogs');
  await ask(old.link, 'dialogs.link', { a: a.dialogId, b: b.dialogId });
  await ask(old.link, 'dialogs.note', { dialogId: a.dialogId, note: 'interaction 1' });
  await ask(old.link, 'dialogs.note', { dialogId: c.dialogId, note: 'interaction 3' });
  await die(old);
  expect(bench.edge.counts().dialogs).toBe(3);

  // New calls are refused, requests in the calls wait, a hang-up is answered and passed on to the linked leg.
  third.call('new').invite();
  expect((await third.expect(503)).header('Retry-After')).toBeDefined();
  c.send('INFO', { body: 'Signal=5', headers: 'Content-Type: application/dtmf-relay' });
  await until(() => bench.edge.counts().held === 1, 'the INFO is held');
  await a.bye();
  const bye = await second.expect('BYE');
  expect(bye.header('Reason')).toContain('Linked call ended');
  second.respond(bye, '200 OK');
  expect(bench.edge.counts().dialogs).toBe(1);
  expect(first.count('BYE')).toBe(0);

  const next = await server(2);
  const info = new Promise<AppRequest>((resolve) => {
    on(next.srf, 'info', (req, res) => {
      res.send(200);
      resolve(req);
    });
  });
  // Somebody sets the edge's clock, by more than any clock is right about: how long ago is still how long ago.
  const setBack = vi.spyOn(Date, 'now').mockReturnValue(Date.now() - 400 * 86_400_000);
  const list = await ask(next.link, 'dialogs.list', {});
  setBack.mockRestore();
  for (const { at } of list.ended) expect(Math.abs(list.now - at)).toBeLessThan(60_000);
  for (const { answeredAt } of list.dialogs) expect(Math.abs(list.now - answeredAt)).toBeLessThan(60_000);
  expect(list.ended.map(({ dialogId, note, by }) => ({ dialogId, note, by }))).toEqual([
    { dialogId: a.dialogId, note: 'interaction 1', by: 'remote' },
    { dialogId: b.dialogId, note: undefined, by: 'linked' },
  ]);
  expect(list.dialogs).toHaveLength(1);
  const [kept] = list.dialogs;
  expect(kept).toMatchObject({
    dialogId: c.dialogId,
    role: 'uas',
    note: 'interaction 3',
    localSdp: sdp,
    remoteSdp: sdp,
  });
  expect(kept?.invite).toMatch(/^INVITE sip:three@/);
  expect(kept?.answer).toMatch(/^SIP\/2\.0 200 OK/);
  expect(kept?.answer).toContain(c.to);
  await ask(next.link, 'dialogs.adopted', {});
  expect((await info).body).toBe('Signal=5');
  await third.expect(200, (one) => one.cseq.endsWith('INFO'));
  // The adopted call obeys the new server.
  const ended = new Promise<void>((resolve, reject) => {
    const app = next.srf as unknown as {
      request(uri: string, options: object, done: (error: unknown, sent: AppRequest) => void): void;
    };
    app.request('sip:placeholder', { method: 'BYE', stackDialogId: c.dialogId }, (error, sent) => {
      if (error) reject(error as Error);
      else sent.on('response', () => resolve());
    });
  });
  third.respond(await third.expect('BYE'), '200 OK');
  await ended;
  expect((await ask(next.link, 'dialogs.list', {})).ended).toEqual([]);
});

test('a re-INVITE in the gap gets 100 and waits', async () => {
  const old = await server(1);
  const { first, a } = await twoCalls();
  await until(() => old.dialogs.length === 2, 'two dialogs');
  await die(old);
  a.send('INVITE', { body: sdp });
  await first.expect(100, (one) => one.cseq === '2 INVITE');
  await until(() => bench.edge.counts().held === 1, 'the re-INVITE is held');
  const next = await server(2);
  on(next.srf, 'invite', (_req, res) => res.send(488)); // the first handler answers what has no dialog id it knows
  await ask(next.link, 'dialogs.adopted', {});
  expect((await first.expect(200, (one) => one.cseq === '2 INVITE')).header('To')).toBe(a.to);
  a.ack();
});

test('what the server had not answered: INVITE 503, its own INVITE cancelled, requests in calls held', async () => {
  const link = await linkOf(1);
  const srf = await bench.app(['epoch-1']);
  const dialogs: AppDialog[] = [];
  on(srf, 'invite', (req, res) => {
    if (req.uri.includes('sip:ring')) res.send(180);
    else
      void accept(srf, req, res, { localSdp: sdp }).then((dialog) => {
        dialog.on('info', () => undefined); // never answers
        dialogs.push(dialog);
      });
  });
  const peer = await bench.peer();
  const talking = peer.call('talk');
  await talking.establish();
  await until(() => dialogs.length === 1, 'a dialog');
  const ringing = peer.call('ring');
  ringing.invite();
  await peer.expect(180);
  const callee = await bench.peer();
  const uac = srf as unknown as { createUAC(...what: unknown[]): Promise<AppDialog> };
  uac.createUAC(`sip:x@127.0.0.1:${callee.port}`, { localSdp: sdp }, {}).catch(() => undefined);
  const invite = await callee.expect('INVITE');
  callee.respond(invite, '180 Ringing');
  const heard = once(dialogs[0] as AppDialog, 'info');
  talking.send('INFO');
  await heard;
  await link.close();
  bench.drop(srf);
  ringing.ackFailure(await peer.expect(503, (one) => one.callId === ringing.callId));
  // The callee answers just before it hears of the CANCEL: it gets ACK and BYE.
  callee.respond(await callee.expect('CANCEL'), '200 OK');
  callee.respond(invite, '200 OK', { body: sdp });
  await callee.expect('ACK');
  callee.respond(await callee.expect('BYE'), '200 OK');
  await until(() => bench.edge.counts().held === 1, 'the INFO waits for the next server');
  expect(bench.edge.counts().dialogs).toBe(1);
});

test('nobody comes back: the calls are ended after the grace time', async () => {
  await bench.close();
  bench = await Bench.open({ gap: { graceMs: 300 } });
  const old = await server(1);
  const { first, second, a } = await twoCalls();
  await until(() => old.dialogs.length === 2, 'two dialogs');
  await old.link.close();
  bench.drop(old.srf);
  a.send('INFO');
  const bye = await first.expect('BYE');
  expect(bye.header('Reason')).toContain('Server lost');
  first.respond(bye, '200 OK');
  second.respond(await second.expect('BYE'), '200 OK');
  expect((await first.expect(503)).cseq).toMatch(/INFO/);
  expect(bench.edge.counts()).toMatchObject({ dialogs: 0, held: 0 });
});

test('an app without epoch: its calls end after the grace time, whatever another server adopts', async () => {
  await bench.close();
  bench = await Bench.open({ gap: { graceMs: 400 } });
  const srf = await bench.app();
  on(srf, 'invite', (req, res) => void accept(srf, req, res, { localSdp: sdp }));
  const peer = await bench.peer();
  await peer.call('plain').establish();
  bench.drop(srf);
  const other = await server(5);
  expect((await ask(other.link, 'dialogs.list', {})).dialogs).toEqual([]);
  await ask(other.link, 'dialogs.adopted', {});
  peer.respond(await peer.expect('BYE'), '200 OK');
});

test('only the newest epoch is obeyed', async () => {
  const two = await server(2);
  // An older one is refused.
  const older = new Srf(['epoch-1']);
  older.on('error', () => undefined);
  older.connect({ ...bench.edge.drachtio, secret });
  const [refusal] = await once(older, 'connect');
  expect(refusal).toBeInstanceOf(Error);
  bench.drop(older);
  // So is another one of the same epoch while the first is there.
  const twin = new Srf(['epoch-2']);
  twin.on('error', () => undefined);
  twin.connect({ ...bench.edge.drachtio, secret });
  const [again] = await once(twin, 'connect');
  expect(again).toBeInstanceOf(Error);
  bench.drop(twin);
  // A newer one displaces it, already by its link.
  const closed = once(two.srf, 'close');
  await linkOf(3);
  await closed;
});

test('a wrong secret is refused', async () => {
  const srf = new Srf();
  srf.on('error', () => undefined);
  srf.connect({ ...bench.edge.drachtio, secret: 'wrong' });
  const [refusal] = await once(srf, 'connect');
  expect(refusal).toBeInstanceOf(Error);
  bench.drop(srf);
});

test('requests about dialogs that are not there are refused with a reason', async () => {
  const link = await linkOf(1);
  await expect(link.request('dialogs.link', { a: 'x', b: 'y' })).rejects.toMatchObject({ code: 'dialog-unknown' });
  await expect(link.request('dialogs.note', { dialogId: 7 })).rejects.toMatchObject({ code: 'request-invalid' });
  await expect(link.request('dialogs.what', {})).rejects.toMatchObject({ code: 'request-unknown' });
});
