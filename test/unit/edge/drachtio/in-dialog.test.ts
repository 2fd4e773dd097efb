import type Srf from 'drachtio-srf';
import { afterEach, expect, test } from 'vitest';
import { type AppDialog, type AppRequest, type AppResponse, accept, Bench, destroyed, on, until } from './bench.ts';
import { type Call, type SipPeer, sdp } from './sip-peer.ts';

let bench: Bench;
let srf: Srf;
let peer: SipPeer;
afterEach(() => bench.close());

/** A call that is up: the app's dialog and the peer's. */
async function talk(
  options: Parameters<typeof Bench.open>[0] = {},
  invite: { headers?: string } = {},
): Promise<{ dialog: AppDialog; call: Call; answer: string }> {
  bench = await Bench.open(options);
  srf = await bench.app();
  peer = await bench.peer();
  const made = new Promise<AppDialog>((resolve, reject) => {
    on(srf, 'invite', (req, res) => void accept(srf, req, res, { localSdp: sdp }).then(resolve, reject));
  });
  const call = peer.call('talk', invite);
  const answer = await call.establish();
  return { dialog: await made, call, answer: answer.text };
}

const held = sdp.replace('sendrecv', 'sendonly');

test('the peer puts the call on hold and takes it back', async () => {
  const { dialog, call } = await talk();
  const changes: string[] = [];
  dialog.on('modify', (req: AppRequest, res: AppResponse) => {
    changes.push(req.body);
    res.send(200, { body: sdp });
  });
  for (const body of [held, sdp]) {
    call.send('INVITE', { body });
    const answer = await peer.expect(200, (one) => one.cseq === `${call.seq} INVITE`);
    expect(answer.header('Contact')).toMatch(/^<sip:127/);
    call.ack();
  }
  expect(changes).toEqual([held, sdp]);
  const over = destroyed(dialog);
  await call.bye();
  await over;
});

test('the app puts the call on hold; its ACK has the number of its INVITE', async () => {
  const { dialog, call } = await talk();
  const changed = dialog.modify(held);
  const invite = await peer.expect('INVITE');
  expect(invite.body).toBe(held);
  expect(invite.header('From')).toBe(call.to);
  peer.respond(invite, '200 OK', { body: sdp });
  const ack = await peer.expect('ACK');
  expect(ack.cseq).toBe(invite.cseq.replace('INVITE', 'ACK'));
  expect(await changed).toBe(sdp);
});

test('glare: 491 while our re-INVITE is under way, 500 while theirs is', async () => {
  const { dialog, call } = await talk();
  const changed = dialog.modify(held);
  const invite = await peer.expect('INVITE');
  call.send('INVITE', { body: sdp });
  await peer.expect(491);
  call.send('ACK', { seq: call.seq });
  peer.respond(invite, '200 OK', { body: sdp });
  await changed;
  await peer.expect('ACK');
  let answer: (() => void) | undefined;
  dialog.on('modify', (_req: AppRequest, res: AppResponse) => {
    answer = () => res.send(200, { body: sdp });
  });
  call.send('INVITE', { body: sdp });
  await until(() => answer !== undefined, 'the app has the re-INVITE');
  await expect(dialog.modify(held)).rejects.toThrow(/pending/);
  call.send('INVITE', { body: sdp });
  const refusal = await peer.expect(500);
  expect(Number(refusal.header('Retry-After'))).toBeLessThan(11);
  answer?.();
  await peer.expect(200, (one) => one.cseq === `${call.seq - 1} INVITE`);
});

test('INFO both ways, REFER with our Contact', async () => {
  const { dialog, call } = await talk();
  dialog.on('info', (req: AppRequest, res: AppResponse) => res.send(req.body === 'Signal=1' ? 200 : 400));
  call.send('INFO', { body: 'Signal=1', headers: 'Content-Type: application/dtmf-relay' });
  await peer.expect(200, (one) => one.cseq.endsWith('INFO'));
  const answered = dialog.request({
    method: 'INFO',
    headers: { 'Content-Type': 'application/dtmf-relay' },
    body: 'Signal=2',
  });
  const info = await peer.expect('INFO');
  expect(info.body).toBe('Signal=2');
  peer.respond(info, '200 OK');
  expect((await answered).status).toBe(200);
  const referred = dialog.request({ method: 'REFER', headers: { 'Refer-To': '<sip:other@127.0.0.1>' } });
  const refer = await peer.expect('REFER');
  expect(refer.header('Contact')).toBe(`<sip:127.0.0.1:${bench.port('udp')}>`);
  peer.respond(refer, '202 Accepted');
  expect((await referred).status).toBe(202);
});

test('an old CSeq is refused, a dialog that is gone is not found', async () => {
  const { call } = await talk();
  call.seq = 5;
  call.send('OPTIONS');
  await peer.expect(200, (one) => one.cseq === '6 OPTIONS');
  call.send('OPTIONS', { seq: 4 });
  await peer.expect(500, (one) => one.cseq === '4 OPTIONS');
  await call.bye();
  call.send('INFO');
  await peer.expect(481);
});

test('requests go to the source where Contact names another place (NAT)', async () => {
  bench = await Bench.open();
  srf = await bench.app();
  peer = await bench.peer();
  const made = new Promise<AppDialog>((resolve, reject) => {
    on(srf, 'invite', (req, res) => void accept(srf, req, res, { localSdp: sdp }).then(resolve, reject));
  });
  const call = peer.call('nat');
  peer.send(
    call.request('INVITE', { seq: 1, body: sdp }).replace(/^Contact: .*$/m, 'Contact: <sip:caller@192.0.2.7:5060>'),
  );
  await call.answered();
  call.seq = 1;
  call.ack();
  const sent = (await made).destroy();
  const bye = await peer.expect('BYE');
  expect(bye.text).toMatch(/^BYE sip:caller@192\.0\.2\.7:5060 SIP/);
  peer.respond(bye, '200 OK');
  await sent;
});

test('the route set is kept, a strict router at its front becomes the request-URI', async () => {
  const route = `<sip:127.0.0.1:0;lr>`;
  bench = await Bench.open();
  srf = await bench.app();
  peer = await bench.peer();
  const made = new Promise<AppDialog>((resolve, reject) => {
    on(srf, 'invite', (req, res) => void accept(srf, req, res, { localSdp: sdp }).then(resolve, reject));
  });
  const loose = route.replace(':0', `:${peer.port}`);
  const call = peer.call('routed', { headers: `Record-Route: ${loose}, <sip:second.invalid;lr>` });
  const answer = await call.establish();
  expect(answer.header('Record-Route')).toBe(`${loose}, <sip:second.invalid;lr>`);
  const dialog = await made;
  const answered = dialog.request({ method: 'INFO' });
  const info = await peer.expect('INFO');
  const routes = info.text.split('\r\n').filter((line) => line.startsWith('Route:'));
  expect(routes).toEqual([`Route: ${loose}`, 'Route: <sip:second.invalid;lr>']);
  peer.respond(info, '200 OK');
  await answered;
});

test('session timer: they refresh, or the call ends', async () => {
  const { dialog, call, answer } = await talk(
    { minSessionSeconds: 1 },
    { headers: 'Supported: timer\r\nSession-Expires: 1;refresher=uac' },
  );
  expect(answer).toMatch(/^Session-Expires: 1;refresher=uac\r$/m);
  expect(answer).toMatch(/^Require: timer\r$/m);
  const over = destroyed(dialog);
  call.send('UPDATE', { headers: 'Supported: timer\r\nSession-Expires: 1;refresher=uac' });
  const refreshed = await peer.expect(200, (one) => one.cseq.endsWith('UPDATE'));
  expect(refreshed.header('Session-Expires')).toBe('1;refresher=uac');
  const bye = await peer.expect('BYE');
  expect(bye.header('Reason')).toContain('Session timer expired');
  peer.respond(bye, '200 OK');
  expect(await over).toBe('Session timer expired');
});

test('session timer: we refresh, unseen by the app, by UPDATE where it is allowed and else by INVITE', async () => {
  const { call } = await talk(
    { minSessionSeconds: 1 },
    { headers: 'Supported: timer\r\nSession-Expires: 1;refresher=uas' },
  );
  const refresh = await peer.expect('INVITE');
  expect(refresh.body).toBe(sdp);
  expect(refresh.header('Session-Expires')).toBe('1;refresher=uac');
  peer.respond(refresh, '200 OK', { body: sdp, headers: 'Session-Expires: 1;refresher=uac' });
  expect((await peer.expect('ACK')).cseq).toBe(refresh.cseq.replace('INVITE', 'ACK'));
  const second = await peer.expect('INVITE');
  peer.respond(second, '200 OK', { body: sdp, headers: 'Session-Expires: 1;refresher=uac' });
  await peer.expect('ACK');
  await call.bye();
  await bench.close();
  await talk(
    { minSessionSeconds: 1 },
    { headers: 'Supported: timer\r\nAllow: INVITE, UPDATE\r\nSession-Expires: 1;refresher=uas' },
  );
  const update = await peer.expect('UPDATE');
  expect(update.body).toBe('');
  peer.respond(update, '481 Call/Transaction Does Not Exist');
  const bye = await peer.expect('BYE');
  expect(bye.header('Reason')).toContain('Session refresh failed');
  peer.respond(bye, '200 OK');
});

test('session timer: a refresh that is refused ends the call only when its time is over', async () => {
  await talk(
    { minSessionSeconds: 1 },
    { headers: 'Supported: timer\r\nAllow: INVITE, UPDATE\r\nSession-Expires: 1;refresher=uas' },
  );
  peer.respond(await peer.expect('UPDATE'), '403 Forbidden');
  const bye = await peer.expect('BYE');
  expect(bye.header('Reason')).toContain('Session timer expired');
  peer.respond(bye, '200 OK');
});

test('a BYE that the app never answers is answered for it', async () => {
  const { call } = await talk({ timing: { t1: 10, t2: 40, t4: 50 } });
  // The app's Dialog throws away what it gets.
  const dialogs = (srf as unknown as { _dialogs: Map<string, { handle: () => void }> })._dialogs;
  for (const dialog of dialogs.values()) dialog.handle = () => undefined;
  await call.bye();
});
