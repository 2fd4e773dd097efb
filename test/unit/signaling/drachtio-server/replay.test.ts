// Our server on a drachtio-server: what it sends is compared with what was captured from the real ones.
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  connectSip,
  type IncomingCall,
  type IncomingRequest,
  type Sip,
  type SipDialog,
} from '../../../../server/signaling/sip/index.ts';
import { until } from '../../../sip/until.ts';
import { captured, capturedSections, readFrame } from './captured.ts';
import { compared, expectSame, Replay } from './replay.ts';
import { type Cut, DrachtioServerDouble } from './server-double.ts';

const logger = pino({ level: 'silent' });
let server: DrachtioServerDouble;
let sip: Sip;
const calls: IncomingCall[] = [];
const requests: IncomingRequest[] = [];

const sdp =
  'v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 40000 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\na=sendrecv\r\n';

async function connected(): Promise<void> {
  sip = await connectSip({ ...server.address, secret: 'cymru', logger, retryMs: { first: 10, most: 40 } });
  await sip.serve({ call: (call) => calls.push(call), request: (request) => requests.push(request) });
}

beforeEach(async () => {
  calls.length = 0;
  requests.length = 0;
  server = await DrachtioServerDouble.listen();
});
afterEach(async () => {
  sip.close();
  await server.close();
});

async function call(): Promise<IncomingCall> {
  await until(() => calls.length > 0, 'a call');
  return calls.shift() as IncomingCall;
}

/** An answered call with the ids of a captured one. */
async function talk(callId: string, tag: string): Promise<SipDialog> {
  server.send(server.invitation(callId, tag));
  const answered = (await call()).answer(sdp);
  server.answerTo(await server.next(), callId, tag);
  return answered;
}

function endings(dialog: SipDialog): unknown[] {
  const seen: unknown[] = [];
  dialog.handler = {
    ended: (ending) => seen.push(ending),
    offered: (_sdp, reply) => reply.reject(488),
    acknowledged: (body) => seen.push(body),
    info: () => {},
    referred: ({ reply }) => reply(603),
  };
  return seen;
}

/** A call of ours; what comes of it. */
function place(uri: string, more: { name?: string; credentials?: { user: string; secret: string } } = {}) {
  const seen: unknown[] = [];
  const { name, credentials } = more;
  const outgoing = sip.call(
    { uri, offer: sdp, from: { user: 'agent', ...(name === undefined ? {} : { name }) }, credentials },
    {
      provisional: (status, body) => seen.push(body === undefined ? status : [status, body]),
      answered: (dialog) => seen.push(dialog),
      failed: (status) => seen.push(status),
    },
  );
  return { outgoing, seen };
}

/** What the captured programs had no reason to send with an INVITE. */
const withInvite = ['supported', 'session-expires', 'allow'];

test('logs in and asks for each method as captured (A.1)', async () => {
  await connected();
  const [authenticate, route] = captured('A.1').filter(({ from }) => from === 'app');
  expectSame(authenticate?.payload ?? '', server.seen[0] ?? '', { bare: true });
  const invite = server.seen.find((frame) => frame.includes('|route|invite'));
  expectSame(route?.payload ?? '', invite ?? '', { bare: true });
  // drachtio-srf repeats them; the server takes any word as often as it comes (protocol facts §16).
  expect([...new Set(server.routes)].sort()).toEqual(
    ['info', 'invite', 'message', 'notify', 'options', 'publish', 'refer', 'register', 'subscribe'].sort(),
  );
  expect(sip.addresses).toEqual(['tcp/127.0.0.1:5070', 'udp/127.0.0.1:5070']);
  expect(sip.canAdopt).toBe(false);
  expect(await sip.find()).toEqual({ dialogs: [], ended: [] });
});

describe.each<Cut>(['frames', 'bytes', 'joined'])('with TCP that cuts into %s', (cut) => {
  test('answers a call, and the BYE of its caller (A.2)', async () => {
    await connected();
    server.cut = cut;
    const replay = new Replay(server, 'A.2');
    replay.says();
    server.flush();
    const incoming = await call();
    expect(incoming).toMatchObject({ callId: '1-27311@127.0.0.1', offer: expect.stringContaining('m=audio 6000') });
    const answered = incoming.answer(sdp, { 'X-Uas': 'yes' });
    await replay.expects();
    replay.says(); // the echo of our 200
    replay.says(); // ACK, with an empty protocol token
    replay.says(); // BYE
    server.flush();
    const dialog = await answered;
    expect(dialog).toMatchObject({ id: '1-27311@127.0.0.1;from-tag=27311SIPpTag001', role: 'uas' });
    const seen = endings(dialog);
    await replay.expects();
    replay.says(); // the echo of the 200 to BYE, without a dialog id
    server.flush();
    expect(seen).toEqual([{ by: 'remote', cause: 'BYE' }]);
    await until(() => sip.counts().dialogs === 0 && sip.counts().pending === 0, 'nothing left');
  });
});

describe('in a dialog', () => {
  beforeEach(connected);

  test('hangs up by the dialog id (A.3)', async () => {
    const dialog = await talk('1-812@127.0.0.1', '812T1');
    const bye = dialog.bye();
    const replay = new Replay(server, 'A.3');
    await replay.expects();
    replay.says();
    replay.says();
    await bye;
    expect(sip.counts()).toEqual({ dialogs: 0, waiting: 0, pending: 0 });
  });

  test('a phone that is switched off, for which the server makes up 503, is lost when it happens twice in a row', async () => {
    const dialog = await talk('1-815@127.0.0.1', '815T1');
    const seen = endings(dialog);
    /** As a drachtio-server 0.9.10 says it. */
    const asks = async (meta: string, status: string) => {
      const asked = dialog.request('OPTIONS').then(
        () => 'answered',
        () => 'refused',
      );
      const { id } = readFrame(await server.next());
      const head =
        'Via: SIP/2.0/UDP 127.0.0.1:19970;rport;branch=z9hG4bKrQ7gea37vj46a\r\nMax-Forwards: 70\r\n' +
        'From: <sip:9570001@127.0.0.1:19970>;tag=X1ajFUp4111mc\r\nTo: <sip:013800138000@127.0.0.1:50394>;tag=815T1\r\n' +
        'Call-ID: 1-815@127.0.0.1\r\nCSeq: 4 OPTIONS\r\nContent-Length: 0\r\n\r\n';
      const sent = `application|326|udp|127.0.0.1|19970|14:43:42.424968|txn-${id}|Msg sent:|`;
      server.send(
        `9a1db579-3212-4207-8430-eb7afb79b2a0|response|${id}|OK|${sent}\r\nOPTIONS sip:013800138000@127.0.0.1:50394;transport=UDP SIP/2.0\r\n${head}`,
      );
      server.send(
        `788e02ee-94ac-44f2-b88e-5af28f7fc263|sip|network|${meta}|14:43:42.425016|txn-${id}|1-815@127.0.0.1;from-tag=815T1|\r\nSIP/2.0 ${status}\r\n${head}`,
      );
      return asked;
    };
    const nobody = ['0|udp||0', '503 Service Unavailable'] as const;
    expect(await asks(...nobody)).toBe('refused');
    // It was the network; and a 503 of its own says that it is there.
    expect(await asks('300|udp|127.0.0.1|50394', '200 OK')).toBe('answered');
    expect(await asks(...nobody)).toBe('refused');
    expect(await asks('300|udp|127.0.0.1|50394', '503 Service Unavailable')).toBe('refused');
    expect(await asks(...nobody)).toBe('refused');
    expect(seen).toEqual([]);
    expect(await asks(...nobody)).toBe('refused');
    expect(seen).toEqual([{ by: 'lost', cause: '503' }]);
    expect(dialog.over).toBe(true);
  });

  test('sends INFO (A.4)', async () => {
    const dialog = await talk('1-815@127.0.0.1', '815T1');
    const replay = new Replay(server, 'A.4');
    const sent = dialog.info('application/dtmf-relay', replay.body);
    await replay.expects();
    replay.says();
    replay.says();
    await sent;
  });

  test('offers anew and acknowledges (A.5)', async () => {
    const dialog = await talk('1-815@127.0.0.1', '815T1');
    const replay = new Replay(server, 'A.5');
    const theirs = dialog.offer(async () => replay.body);
    // The real server puts in the Contact that drachtio-srf's Dialog repeats.
    await replay.expects({ without: ['contact'] });
    replay.says();
    replay.says();
    expect(await theirs).toContain('m=audio');
    await replay.expects();
    replay.says();
  });

  test('is told of a BYE that the server sent by itself (A.20)', async () => {
    const dialog = await talk('1-22329@127.0.0.1', '22329T1');
    const seen = endings(dialog);
    new Replay(server, 'A.20').says();
    await until(() => seen.length > 0, 'the end');
    expect(seen).toEqual([{ by: 'lost', cause: 'SIP;cause=200;text="ACK timeout"' }]);
    expect(sip.counts().dialogs).toBe(0);
  });

  test('takes the answer of a caller who wanted our offer from her ACK (A.22)', async () => {
    const invite = server
      .invitation('1-1039@127.0.0.1', '1039T1')
      .replace(/\r\nv=0[\s\S]*$/, '\r\n')
      .replace(/Content-Length: +129/, 'Content-Length: 0')
      .replace('Content-Type: application/sdp\r\n', '');
    server.send(invite);
    const incoming = await call();
    expect(incoming.offer).toBeUndefined();
    const answered = incoming.answer(sdp);
    const ours = readFrame(await server.next());
    const [, , echo] = captured('A.2');
    server.send(
      (echo?.payload ?? '')
        .replaceAll('1-27311@127.0.0.1', '1-1039@127.0.0.1')
        .replaceAll('27311SIPpTag001', '1039T1')
        .replace(/\|response\|[^|]+/, `|response|${ours.id}`),
    );
    const seen = endings(await answered);
    new Replay(server, 'A.22').says();
    await until(() => seen.length > 0, 'the ACK');
    expect(seen[0]).toContain('m=audio 6004');
  });
});

/** An INVITE as captured in A.2 with the ids, caller and callee of another capture. */
function invitationOf(callId: string, tag: string, transaction: string, callee: string): string {
  return server
    .invitation(callId, tag)
    .replaceAll(`txn-${callId}`, transaction)
    .replace('From: sipp <sip:sipp@127.0.0.1:5065>', 'From: "Bob" <sip:1001@127.0.0.1:5065>')
    .replace('To: uas1 <sip:uas1@127.0.0.1:5070>', `To: <sip:${callee}@127.0.0.1:5070>`);
}

describe('a call that is not answered', () => {
  beforeEach(connected);

  test('gets a reliable 183 where she demands it, and her PRACK its 200 (A.6)', async () => {
    const invite = invitationOf('1-825@127.0.0.1', '825T1', 'a6d3f192-5ff7-45f0-98e9-c93aef061cfb', 'rel1');
    server.send(invite.replace('Max-Forwards: 70\r\n', 'Max-Forwards: 70\r\nRequire: 100rel\r\n'));
    const incoming = await call();
    const replay = new Replay(server, 'A.6');
    incoming.provisional(183, replay.body);
    await replay.expects();
    replay.says(); // the echo, with RSeq
    replay.says(); // PRACK
    await replay.expects();
    replay.says();
    expect(sip.counts()).toEqual({ dialogs: 0, waiting: 1, pending: 0 });
    // Nobody who does not demand it is sent one: the caller might not know it, and the server would refuse to send it.
    server.send(server.invitation('1-826@127.0.0.1', '826T1'));
    (await call()).provisional(183, sdp);
    expect(readFrame(await server.next()).headers.has('require')).toBe(false);
  });

  test('is cancelled before we have said anything: no dialog id stands in it (A.9)', async () => {
    server.send(invitationOf('1-3793@127.0.0.1', '3793T1', '7dbf0c69-4d65-4bfc-ab9a-be16a21f771d', 'never1'));
    const incoming = await call();
    let cancelled = 0;
    incoming.oncancel = () => cancelled++;
    new Replay(server, 'A.9').says();
    await until(() => cancelled > 0, 'cancelled');
    expect(incoming.state).toBe('cancelled');
    expect(sip.counts()).toEqual({ dialogs: 0, waiting: 0, pending: 0 });
    // The server has answered CANCEL and INVITE by itself: whoever answers now sends nothing.
    await expect(incoming.answer(sdp)).rejects.toMatchObject({ code: 'sip-cancelled' });
    incoming.reject(603);
    sip.request('OPTIONS', 'sip:x@127.0.0.1:5099').catch(() => undefined); // ends with the connection
    expect(readFrame(await server.next()).start).toBe('OPTIONS sip:x@127.0.0.1:5099 SIP/2.0');
  });

  test('is cancelled after 180 (A.8)', async () => {
    const replay = new Replay(server, 'A.8');
    replay.says();
    const incoming = await call();
    let cancelled = false;
    incoming.oncancel = () => {
      cancelled = true;
    };
    incoming.provisional(180);
    await replay.expects();
    replay.says();
    replay.says();
    await until(() => cancelled, 'cancelled');
    expect(sip.counts()).toEqual({ dialogs: 0, waiting: 0, pending: 0 });
  });

  test('is refused with 486 (A.10)', async () => {
    server.send(invitationOf('1-3851@127.0.0.1', '3851T1', 'f5cf8c98-265b-481d-9873-9e4f5d9457c2', 'busy1'));
    (await call()).reject(486);
    const replay = new Replay(server, 'A.10');
    await replay.expects();
    replay.says();
    expect(sip.counts()).toMatchObject({ dialogs: 0, waiting: 0 });
  });
});

test('challenges and accepts REGISTER (A.7)', async () => {
  await connected();
  const replay = new Replay(server, 'A.7');
  replay.says();
  await until(() => requests.length > 0, 'REGISTER');
  requests.shift()?.reply(401, undefined, {
    'WWW-Authenticate': 'Digest realm="127.0.0.1", nonce="abc123", algorithm=MD5, qop="auth"',
  });
  await replay.expects();
  replay.says();
  replay.says();
  await until(() => requests.length > 0, 'REGISTER with its answer');
  const second = requests.shift() as IncomingRequest;
  expect(second.header('authorization')).toContain('f2e14683c482dab19e40e69bbad57cd6');
  second.reply(200, undefined, {
    Contact: '<sip:alice@127.0.0.1:5065;transport=UDP>;expires=120',
    Expires: '120',
    'Service-Route': '<sip:127.0.0.1:5070;lr>',
  });
  await replay.expects();
});

describe('a call of ours', () => {
  beforeEach(connected);

  test('rings, is answered and acknowledged (A.11)', async () => {
    const { seen } = place('sip:service@127.0.0.1:5090', { name: 'Agent' });
    const replay = new Replay(server, 'A.11');
    const invite = await replay.expects({ more: withInvite, without: ['to', 'x-foo'], body: true });
    expect(invite.body).toBe(sdp);
    expect(invite.headers.get('content-type')).toBe('application/sdp');
    replay.says();
    replay.says();
    replay.says();
    await replay.expects();
    replay.says();
    await until(() => seen.length === 2, 'answered');
    expect(seen).toMatchObject([
      180,
      { id: 'ac8e8101-6081-1240-1a99-7a47306f7988;from-tag=jj5pr0U5FUaFQ', role: 'uac' },
    ]);
  });

  test('is challenged, and goes again with the same Call-ID, From tag and the next CSeq (A.12)', async () => {
    place('sip:2000@127.0.0.1:5090', { credentials: { user: 'u1', secret: 'p1' } });
    const replay = new Replay(server, 'A.12');
    const first = await server.next();
    replay.stands(first);
    replay.says();
    replay.says();
    const second = await server.next();
    const [, , retry] = captured('A.12');
    // The challenge came from where the request-uri points: no next hop is needed for an address.
    const want = (retry?.payload ?? '').replace('|||sip:127.0.0.1:5090\r\n', '||\r\n');
    const ours = expectSame(want, second, {
      more: withInvite,
      without: ['x-test', 'p-asserted-identity', 'contact'],
      values: ['proxy-authorization'],
    });
    const digest = ours.headers.get('proxy-authorization') ?? '';
    for (const part of [
      'username="u1"',
      'realm="sipp"',
      'nonce="47ebe028cda119c35d4877b383027d28da013815"',
      'uri="sip:2000@127.0.0.1:5090"',
      'algorithm=MD5',
      'qop=auth',
      'nc=00000001',
    ]) {
      expect(digest).toContain(part);
    }
  });

  test('is cancelled with a reason by the transaction of the INVITE (A.13)', async () => {
    const { outgoing, seen } = place('sip:2000@127.0.0.1:5090');
    const invite = await server.next();
    const transaction = '3c5694fc-ee21-4b00-b697-37421ba1096d';
    const [, echo] = captured('A.11');
    server.send(
      (echo?.payload ?? '')
        .replace(/\|response\|[^|]+/, `|response|${readFrame(invite).id}`)
        .replaceAll('2bdb2c2c-e180-4fa4-a321-61d6662fcb33', transaction)
        .replaceAll('sip:service@127.0.0.1:5090', 'sip:2000@127.0.0.1:5090'),
    );
    await until(() => outgoing.callId !== undefined, 'the echo');
    outgoing.cancel('SIP;cause=200;text="x"');
    const replay = new Replay(server, 'A.13');
    await replay.expects();
    replay.says();
    replay.says();
    await until(() => seen.length > 0, 'over');
    // The captured program sends an ACK that the server refuses, as it has sent one itself: ours sends none.
    expect(seen).toEqual([487]);
    expect(sip.counts().pending).toBe(0);
  });

  test('acknowledges a reliable 183 (A.14)', async () => {
    const { seen } = place('sip:2000@127.0.0.1:5090');
    const invite = await server.next();
    const [, echo] = captured('A.11');
    server.send(
      (echo?.payload ?? '')
        .replace(/\|response\|[^|]+/, `|response|${readFrame(invite).id}`)
        .replaceAll('2bdb2c2c-e180-4fa4-a321-61d6662fcb33', '9ba099da-629c-4af3-83db-776898a4fea4')
        .replaceAll('123090240', '123090267')
        .replaceAll('sip:service@127.0.0.1:5090', 'sip:2000@127.0.0.1:5090'),
    );
    const replay = new Replay(server, 'A.14');
    replay.says();
    await replay.expects();
    replay.says();
    replay.says();
    expect(seen).toEqual([[183, expect.stringContaining('m=audio 6000')]]);
  });

  test('that was answered while it was cancelled is taken and ended (A.21)', async () => {
    const { outgoing, seen } = place('sip:2000@127.0.0.1:5590');
    const invite = await server.next();
    const [, echo] = captured('A.11');
    server.send(
      (echo?.payload ?? '')
        .replace(/\|response\|[^|]+/, `|response|${readFrame(invite).id}`)
        .replaceAll('2bdb2c2c-e180-4fa4-a321-61d6662fcb33', 'd1487b20-d7bc-4784-a044-e44f85bf4b77')
        .replaceAll('sip:service@127.0.0.1:5090', 'sip:2000@127.0.0.1:5590'),
    );
    await until(() => outgoing.callId !== undefined, 'the echo');
    outgoing.cancel();
    expect(readFrame(await server.next()).start).toBe('CANCEL sip:2000@127.0.0.1:5590 SIP/2.0');
    const replay = new Replay(server, 'A.21');
    replay.says(); // 200
    await replay.expects(); // ACK
    // We end it ourselves, as the edge would want us to; the server's own BYE crosses ours.
    expect(readFrame(await server.next()).start).toBe('BYE sip:placeholder SIP/2.0');
    replay.says();
    replay.says(); // its BYE, unsolicited
    await until(() => sip.counts().dialogs === 0, 'no dialog');
    expect(seen).toEqual([487]);
  });

  test.each([
    ['can not send request to myself', 0],
    ['requested protocol/transport not available', 2],
  ])('that the server refuses to send ("%s") fails with 503 (A.17)', async (_words, from) => {
    const { seen } = place('sip:x@127.0.0.1:5070');
    const replay = new Replay(server, 'A.17', from);
    replay.skip();
    replay.stands(await server.next());
    replay.says();
    await until(() => seen.length > 0, 'over');
    expect(seen).toEqual([503]);
  });
});

test('an OPTIONS that could not leave is answered 503 by the server itself, with an empty address (A.16)', async () => {
  await connected();
  const answer = sip.request('OPTIONS', 'sip:x@127.0.0.1:5099', { 'User-Agent': 't', 'Content-Type': 'text/plain' });
  const replay = new Replay(server, 'A.16');
  await replay.expects();
  replay.says();
  replay.says();
  expect(await answer).toBe(503);
});

test('a body that is not ASCII leaves whole, although drachtio-srf counts its length in characters (A.18)', async () => {
  await connected();
  const sent = sip.request(
    'MESSAGE',
    'sip:y@127.0.0.1:5065',
    { 'User-Agent': 't', 'Content-Type': 'text/plain' },
    'hello é😀',
  );
  const replay = new Replay(server, 'A.18');
  const ours = await replay.expects({ length: 9 }); // the server counts 12 bytes by itself
  replay.says();
  server.send(answerTo(ours));
  expect(await sent).toBe(200);
});

/** A 200 of the peer to a request of ours outside dialogs, by the transaction of A.18. */
function answerTo({ headers }: { headers: Map<string, string> }): string {
  const [, echo] = captured('A.18');
  const { tokens } = readFrame(echo?.payload ?? '');
  const meta = `d6771e75-efe4-44bd-9abc-43b0c4259d49|sip|network|239|udp|127.0.0.1|5065|19:10:55.494310|${tokens[9]}||`;
  const cseq = headers.get('cseq') ?? '123090335 MESSAGE';
  return `${meta}\r\nSIP/2.0 200 OK\r\nCSeq: ${cseq}\r\nContent-Length: 0\r\n\r\n`;
}

test('a subscription is answered as captured, and keeps nothing (A.15)', async () => {
  await connected();
  const replay = new Replay(server, 'A.15');
  replay.says();
  await until(() => requests.length > 0, 'SUBSCRIBE');
  const request = requests.shift() as IncomingRequest;
  expect(request).toMatchObject({ method: 'SUBSCRIBE', callId: '1-19378@127.0.0.1' });
  expect(request.header('event')).toBe('dialog');
  request.reply(202, undefined, { Expires: '300' });
  await replay.expects();
  replay.says(); // the echo, with the id of a dialog that we do not want
  expect(sip.counts()).toEqual({ dialogs: 0, waiting: 0, pending: 0 });
});

test('what a proxying program would be told harms nothing (A.19)', async () => {
  await connected();
  const replay = new Replay(server, 'A.19');
  replay.says();
  const incoming = await call();
  replay.skip();
  replay.says(); // the 200 of a branch that we never asked for
  replay.says(); // done
  const callId = '1-5878@127.0.0.1';
  expect(incoming).toMatchObject({ callId, state: 'waiting' });
  const answered = incoming.answer(sdp);
  server.answerTo(await server.next(), callId, '5878SIPpTag001');
  expect((await answered).id).toBe(`${callId};from-tag=5878SIPpTag001`);
});

/** What the captured program sent and ours has no reason to. */
const unsent: Record<string, string> = {
  'A.1 ping':
    'is off in drachtio-srf unless asked for; a server that is gone shows by its connection and by what it does not echo',
  'A.5 REFER sip:placeholder SIP/2.0': 'we transfer by a call of our own, and only take REFER from phones',
  'A.13 ACK sip:2000@127.0.0.1:5090 SIP/2.0': 'the server refuses it: the ACK of a 487 is its own (RFC 3261 §17.1.1.3)',
  'A.15 NOTIFY sip:placeholder SIP/2.0': 'we take no subscription (489), so there is none to notify',
  'A.17 OPTIONS sip:x@127.0.0.1:5070 SIP/2.0': 'the refusal is replayed to an INVITE, which is what may go wrong so',
  'A.17 OPTIONS sip:x@127.0.0.1:5099;transport=tls SIP/2.0': 'as the one before',
  'A.19 INVITE sip:service@127.0.0.1:5590 SIP/2.0':
    'the frame `proxy`: we end every call ourselves and place others (RFC 3261 §16 is nothing that we do)',
  'A.22 ACK sip:service@127.0.0.1:5590 SIP/2.0':
    'a call of ours always begins with our own offer, so its ACK has no body',
};

test('every captured frame of the app was compared with one of ours, or is in the table', () => {
  const left = capturedSections().flatMap((section) =>
    captured(section)
      .filter(({ from, payload }) => from === 'app' && !compared.has(readFrame(payload).id))
      .map(({ payload }) => `${section} ${readFrame(payload).start || readFrame(payload).tokens[0]}`),
  );
  expect(left).toEqual(Object.keys(unsent));
});
