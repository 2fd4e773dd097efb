import { createHash } from 'node:crypto';
import type Srf from 'drachtio-srf';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type AppDialog, type AppRequest, type AppResponse, Bench, destroyed, fast, on, until } from './bench.ts';
import { type Received, responseText, type SipPeer, sdp } from './sip-peer.ts';

let bench: Bench;
let srf: Srf;
let peer: SipPeer;

async function open(options: Parameters<typeof Bench.open>[0] = {}): Promise<void> {
  bench = await Bench.open(options);
  srf = await bench.app();
  peer = await bench.peer();
}

beforeEach(() => open());
afterEach(() => bench.close());

interface Callbacks {
  cbRequest?: (error: unknown, request: AppRequest) => void;
  cbProvisional?: (response: AppResponse) => void;
}

function call(uri: string, options: object = {}, callbacks: Callbacks = {}): Promise<AppDialog> {
  const uac = srf as unknown as { createUAC(...what: unknown[]): Promise<AppDialog> };
  return uac.createUAC(uri, { localSdp: sdp, ...options }, callbacks);
}

function request(uri: string, options: object): Promise<AppResponse> {
  const app = srf as unknown as { request(...what: unknown[]): void };
  return new Promise((resolve, reject) => {
    app.request(uri, options, (error: unknown, sent: AppRequest) => {
      if (error) reject(error as Error);
      else sent.on('response', resolve);
    });
  });
}

const uri = (user = '2000'): string => `sip:${user}@127.0.0.1:${peer.port}`;

test('a call of the app rings, is answered, acknowledged and ended by the peer', async () => {
  const rang: number[] = [];
  const dialogOf = call(
    uri(),
    { callingNumber: '1000', callingName: 'Ann', headers: { 'X-Test': '1' } },
    { cbProvisional: (response) => rang.push(response.status) },
  );
  const invite = await peer.expect('INVITE');
  const port = bench.port('udp');
  expect(invite.header('From')).toMatch(new RegExp(`^"Ann" <sip:1000@127\\.0\\.0\\.1:${port}>;tag=.+`));
  expect(invite.header('Contact')).toBe(`"Ann" <sip:1000@127.0.0.1:${port}>`);
  expect(invite.header('To')).toBe(`<${uri()}>`);
  expect(invite.header('X-Test')).toBe('1');
  expect(invite.header('Content-Type')).toBe('application/sdp');
  expect(invite.header('Max-Forwards')).toBe('70');
  peer.respond(invite, '100 Trying');
  peer.respond(invite, '180 Ringing');
  peer.respond(invite, '200 OK', { body: sdp });
  const dialog = await dialogOf;
  expect(rang).toEqual([180]);
  const ack = await peer.expect('ACK');
  expect(ack.cseq).toBe(`${invite.cseq.split(' ')[0]} ACK`);
  expect(ack.text).toMatch(new RegExp(`^ACK sip:peer@127\\.0\\.0\\.1:${peer.port} SIP`));
  expect(dialog.id).toBe(`${invite.callId};from-tag=${invite.header('From')?.split('tag=')[1]}`);
  // The 2xx again: the ACK again, and nothing for the app.
  peer.respond(invite, '200 OK', { body: sdp });
  expect((await peer.expect('ACK')).text).toBe(ack.text);
  const over = destroyed(dialog);
  peer.send(byeOf(invite));
  await peer.expect(200);
  expect(await over).toBe('normal release');
  expect(bench.edge.counts().dialogs).toBe(0);
});

test('the app ends its call; a challenged BYE does not end the dialog', async () => {
  const dialogOf = call(uri(), { auth: { username: 'u', password: 'p' } });
  const invite = await peer.expect('INVITE');
  peer.respond(invite, '200 OK', { body: sdp });
  const dialog = await dialogOf;
  const sent = dialog.destroy();
  const first = await peer.expect('BYE');
  peer.respond(first, '401 Unauthorized', { headers: 'WWW-Authenticate: Digest realm="r", nonce="n", qop="auth"' });
  const second = await peer.expect('BYE');
  expect(second.header('Authorization')).toMatch(/username="u"/);
  expect(Number(second.cseq.split(' ')[0])).toBeGreaterThan(Number(first.cseq.split(' ')[0]));
  expect(bench.edge.counts().dialogs).toBe(1);
  peer.respond(second, '200 OK');
  await sent;
  await until(() => bench.edge.counts().dialogs === 0, 'the dialog is gone');
});

test('digest: the retry keeps Call-ID and From tag, and is answered', async () => {
  const dialogOf = call(uri(), {
    auth: { username: 'u1', password: 'secret1' },
    callingNumber: '1000',
    headers: { 'P-Asserted-Identity': '<sip:1000@localhost>' },
  });
  const first = await peer.expect('INVITE');
  const challenge = 'Proxy-Authenticate: Digest realm="sipp", nonce="47ebe028", algorithm=MD5, qop="auth"';
  peer.respond(first, '407 Proxy Authentication Required', { headers: challenge });
  expect((await peer.expect('ACK')).header('Via')).toBe(first.header('Via'));
  const second = await peer.expect('INVITE');
  expect(second.callId).toBe(first.callId);
  expect(second.header('From')).toBe(first.header('From'));
  expect(second.header('P-Asserted-Identity')).toBe(`<sip:1000@127.0.0.1:${bench.port('udp')}>`);
  expect(Number(second.cseq.split(' ')[0])).toBe(Number(first.cseq.split(' ')[0]) + 1);
  const credentials = second.header('Proxy-Authorization') ?? '';
  const part = (name: string): string => new RegExp(`\\b${name}="?([^",]+)`).exec(credentials)?.[1] ?? '';
  const md5 = (text: string): string => createHash('md5').update(text).digest('hex');
  const expected = md5(
    `${md5('u1:sipp:secret1')}:47ebe028:${part('nc')}:${part('cnonce')}:auth:${md5(`INVITE:${uri()}`)}`,
  );
  expect(part('response')).toBe(expected);
  peer.respond(second, '200 OK', { body: sdp });
  const dialog = await dialogOf;
  await peer.expect('ACK', (one) => one.cseq === second.cseq.replace('INVITE', 'ACK'));
  const ended = dialog.destroy();
  peer.respond(await peer.expect('BYE'), '200 OK');
  await ended;
});

test('busy', async () => {
  const dialogOf = call(uri());
  const failed = expect(dialogOf).rejects.toMatchObject({ status: 486 });
  peer.respond(await peer.expect('INVITE'), '486 Busy Here');
  await peer.expect('ACK');
  await failed;
  expect(bench.edge.counts().dialogs).toBe(0);
});

test('CANCEL waits for a provisional response, and the 487 reaches the app', async () => {
  const dialogOf = call(
    uri(),
    {},
    { cbRequest: (_error, sent) => sent.cancel({ headers: { Reason: 'SIP;cause=200;text="x"' } }) },
  );
  const failed = expect(dialogOf).rejects.toMatchObject({ status: 487 });
  const invite = await peer.expect('INVITE');
  expect(peer.count('CANCEL')).toBe(0);
  peer.respond(invite, '180 Ringing');
  const cancel = await peer.expect('CANCEL');
  expect(cancel.header('Via')).toBe(invite.header('Via'));
  expect(cancel.header('Reason')).toBe('SIP;cause=200;text="x"');
  expect(cancel.cseq).toBe(invite.cseq.replace('INVITE', 'CANCEL'));
  peer.respond(cancel, '200 OK');
  peer.respond(invite, '487 Request Terminated');
  await failed;
});

test('an answer that wins the race against CANCEL is acknowledged and ended', async () => {
  const dialogOf = call(uri(), {}, { cbProvisional: () => sent?.cancel(), cbRequest: (_error, one) => (sent = one) });
  let sent: AppRequest | undefined;
  const invite = await peer.expect('INVITE');
  peer.respond(invite, '180 Ringing');
  peer.respond(await peer.expect('CANCEL'), '200 OK');
  peer.respond(invite, '200 OK', { body: sdp });
  const dialog = await dialogOf;
  const over = destroyed(dialog);
  await peer.expect('ACK');
  const bye = await peer.expect('BYE');
  expect(bye.header('Reason')).toContain('ACK-BYE due to cancel race condition');
  peer.respond(bye, '200 OK');
  expect(await over).toBe('ACK-BYE due to cancel race condition');
});

test('a second fork that answers too is acknowledged and ended', async () => {
  const dialogOf = call(uri());
  const invite = await peer.expect('INVITE');
  peer.respond(invite, '200 OK', { body: sdp, toTag: 'one' });
  await dialogOf;
  await peer.expect('ACK');
  peer.respond(invite, '200 OK', { body: sdp, toTag: 'two' });
  expect((await peer.expect('ACK')).header('To')).toMatch(/tag=two/);
  const bye = await peer.expect('BYE');
  expect(bye.header('To')).toMatch(/tag=two/);
  peer.respond(bye, '200 OK');
  expect(bench.edge.counts().dialogs).toBe(1);
});

test('a fork that answers when the call is over is acknowledged and ended, once; the one that talked is not heard again', async () => {
  const dialogOf = call(uri());
  const invite = await peer.expect('INVITE');
  peer.respond(invite, '200 OK', { body: sdp, toTag: 'first' });
  const dialog = await dialogOf;
  await peer.expect('ACK', (ack) => ack.header('To')?.includes('first') === true);
  void dialog.destroy();
  const bye = await peer.expect('BYE');
  peer.respond(bye, '200 OK');
  await until(() => bench.edge.counts().dialogs === 0, 'the call is over');
  peer.respond(invite, '200 OK', { body: sdp, toTag: 'first' });
  peer.respond(invite, '200 OK', { body: sdp, toTag: 'late' });
  peer.respond(invite, '200 OK', { body: sdp, toTag: 'late' });
  const late = (message: Received): boolean => message.header('To')?.includes('late') === true;
  await peer.expect('ACK', late);
  await peer.expect('ACK', late);
  peer.respond(await peer.expect('BYE', late), '200 OK');
  expect([peer.count('ACK'), peer.count('BYE')]).toEqual([3, 2]);
});

test('a reliable provisional response is PRACKed once', async () => {
  const early: string[] = [];
  const dialogOf = call(uri(), {}, { cbProvisional: (response) => early.push(response.body) });
  const invite = await peer.expect('INVITE');
  const reliable = { headers: 'Require: 100rel\r\nRSeq: 7001', body: sdp };
  peer.respond(invite, '183 Session Progress', reliable);
  const prack = await peer.expect('PRACK');
  expect(prack.header('RAck')).toBe(`7001 ${invite.cseq}`);
  expect(prack.header('To')).toMatch(/;tag=/);
  peer.respond(invite, '183 Session Progress', reliable);
  peer.respond(prack, '200 OK');
  peer.respond(invite, '200 OK', { body: sdp });
  await dialogOf;
  await peer.expect('ACK');
  expect(early).toEqual([sdp]);
  expect(peer.count('PRACK')).toBe(1);
});

test('an offer of the peer is answered in the ACK', async () => {
  const made = call(uri(), { localSdp: undefined, noAck: true }) as unknown as Promise<{
    sdp: string;
    ack(body: string): Promise<AppDialog>;
  }>;
  const invite = await peer.expect('INVITE');
  expect(invite.body).toBe('');
  peer.respond(invite, '200 OK', { body: sdp });
  const { sdp: offered, ack } = await made;
  expect(offered).toBe(sdp);
  await ack(sdp);
  expect((await peer.expect('ACK')).body).toBe(sdp);
});

describe('failures that nobody sent', () => {
  test('time-out: 408', async () => {
    await bench.close();
    await open({ timing: fast });
    await expect(call(uri())).rejects.toMatchObject({ status: 408 });
  });

  test('refused connection: 503', async () => {
    const response = await request('sip:x@127.0.0.1:1;transport=tcp', { method: 'OPTIONS' });
    expect(response.status).toBe(503);
  });

  test('refusals to the app', async () => {
    const port = bench.port('udp');
    await expect(request(`sip:x@127.0.0.1:${port}`, { method: 'OPTIONS' })).rejects.toThrow(/request to myself/);
    await expect(request('sip:x@127.0.0.1:5099;transport=tls', { method: 'OPTIONS' })).rejects.toThrow(/not available/);
    await expect(request(uri(), { method: 'MESSAGE', body: 'no type' })).rejects.toThrow(/missing content-type/);
    await expect(request(uri(), { method: 'BYE' })).rejects.toMatchObject({ code: 'ENODIALOG' });
  });
});

test('a body that is not ASCII arrives whole, with the right length', async () => {
  const body = 'hello é😀';
  const answered = request(uri(), { method: 'MESSAGE', body, headers: { 'Content-Type': 'text/plain' } });
  const message = await peer.expect('MESSAGE');
  expect(message.body).toBe(body);
  expect(message.header('Content-Length')).toBe('12');
  peer.respond(message, '200 OK');
  expect((await answered).status).toBe(200);
});

test('the next hop that the app names gets the request, whose URI stays', async () => {
  const answered = request('sip:bob@example.invalid', { method: 'OPTIONS', proxy: `sip:127.0.0.1:${peer.port}` });
  const options = await peer.expect('OPTIONS');
  expect(options.text).toMatch(/^OPTIONS sip:bob@example\.invalid SIP/);
  expect(options.header('Route')).toBeUndefined();
  peer.respond(options, '200 OK');
  expect((await answered).status).toBe(200);
});

test('a phone registered over TCP is called over its connection', async () => {
  on(srf, 'register', (req, res) => {
    res.send(200, { headers: { Contact: `${req.get('Contact')};expires=120`, Expires: '120' } });
  });
  const phone = await bench.peer('tcp');
  const contact = 'sip:alice@phone.invalid:5060;transport=tcp';
  const register = phone.call('alice');
  phone.send(
    register.request('REGISTER', { headers: 'Expires: 120' }).replace(/^Contact: .*$/m, `Contact: <${contact}>`),
  );
  await phone.expect(200);
  const dialogOf = call(contact);
  const invite = await phone.expect('INVITE');
  expect(invite.text).toMatch(/^INVITE sip:alice@phone\.invalid:5060;transport=tcp SIP/);
  phone.respond(invite, '200 OK', { body: sdp });
  const dialog = await dialogOf;
  await phone.expect('ACK');
  const ended = dialog.destroy();
  phone.respond(await phone.expect('BYE'), '200 OK');
  await ended;
  // After the connection has gone nobody is there any more.
  phone.close();
  await expect(call(contact)).rejects.toMatchObject({ status: 503 });
});

test('two calls are bridged by createB2BUA', async () => {
  const b2bua = srf as unknown as {
    createB2BUA(...what: unknown[]): Promise<{ uas: AppDialog; uac: AppDialog }>;
  };
  const done = new Promise<void>((resolve, reject) => {
    on(srf, 'invite', (req, res) => {
      b2bua
        .createB2BUA(req, res, uri('service'), { localSdpB: req.body })
        .then(({ uas, uac }) => {
          uas.on('destroy', () => void uac.destroy().then(() => resolve()));
        })
        .catch(reject);
    });
  });
  const caller = await bench.peer();
  const leg = caller.call('b2b1');
  leg.invite();
  const invite = await peer.expect('INVITE');
  peer.respond(invite, '180 Ringing');
  await caller.expect(180);
  peer.respond(invite, '200 OK', { body: sdp });
  await peer.expect('ACK');
  expect((await leg.answered()).body).toBe(sdp);
  leg.ack();
  await leg.bye();
  peer.respond(await peer.expect('BYE'), '200 OK');
  await done;
  await until(() => bench.edge.counts().dialogs === 0, 'both legs are over');
});

/** A BYE of the callee in the dialog that this INVITE began. */
function byeOf(invite: { callId: string; header(name: string): string | undefined }): string {
  const contact = /<([^>]+)>/.exec(invite.header('Contact') ?? '')?.[1];
  return [
    `BYE ${contact} SIP/2.0`,
    `Via: SIP/2.0/UDP 127.0.0.1:${peer.port};branch=${peer.branch()};rport`,
    `From: ${invite.header('To')};tag=peer${peer.port}`,
    `To: ${invite.header('From')}`,
    `Call-ID: ${invite.callId}`,
    'CSeq: 1 BYE',
    'Max-Forwards: 70',
    'Content-Length: 0',
    '',
    '',
  ].join('\r\n');
}

test('malformed headers in an answer harm nobody', async () => {
  const dialogOf = call(uri());
  const invite = await peer.expect('INVITE');
  const answer = responseText(invite, '200 OK', { body: sdp, headers: 'Session-Expires: ;;=' }, peer)
    .replace(/^Contact: .*$/m, 'Contact: "never closed <sip:peer@')
    .replace(/^To: (.*)$/m, 'Record-Route: <<<>, "\r\nTo: $1');
  peer.send(answer);
  await Promise.race([dialogOf.catch(() => undefined), peer.expect('ACK')]);
  const other = request(uri(), { method: 'OPTIONS' });
  peer.respond(await peer.expect('OPTIONS'), '200 OK');
  expect((await other).status).toBe(200);
});
