import { describe, expect, test } from 'vitest';
import { SipMessage } from '../../../../../edge/sip/message/index.ts';
import { FakeNetwork, makeRequest, Reports, respond } from './fake-network.ts';

/** Fires are at most a tick late, so that times are compared by tenths of a second. */
const tenths = (times: number[]): number[] => times.map((at) => Math.round(at / 100) / 10);

describe('INVITE client', () => {
  test('nobody answers: timer A doubles, B ends it after 64·T1', () => {
    const net = new FakeNetwork();
    net.lose = () => true;
    const reports = new Reports();
    net.request('INVITE', 'udp', reports);
    net.pass(31_900);
    expect(reports.heard).toEqual([]);
    net.pass(200);
    expect(reports.heard).toEqual(['timeout']);
    expect(tenths(net.timesOf('INVITE'))).toEqual([0, 0.5, 1.5, 3.5, 7.5, 15.5, 31.5]);
    expect(net.a.counts().client).toBe(0);
    net.pass(100_000);
    expect(net.sent).toHaveLength(7);
  });

  test('nothing is sent again while the answer may wait to be read', () => {
    const net = new FakeNetwork();
    net.lose = ({ from }) => from === 'b';
    net.transports.a.behind = true;
    net.request('INVITE', 'udp', new Reports());
    net.pass(3_400);
    expect(net.timesOf('INVITE')).toEqual([0]);
    net.transports.a.behind = false;
    net.pass(4_200);
    expect(tenths(net.timesOf('INVITE'))).toEqual([0, 3.5, 7.5]);
  });

  test('a stream loses nothing: no retransmission, but the same B', () => {
    const net = new FakeNetwork();
    const reports = new Reports();
    net.lose = ({ from }) => from === 'b';
    net.request('INVITE', 'tcp', reports);
    net.pass(32_100);
    expect(reports.heard).toEqual(['timeout']);
    expect(net.timesOf('INVITE')).toEqual([0]);
  });

  test('100 is not handed up and stops retransmission; each 18x is handed up; the 2xx once, then `again`; then stray', () => {
    const net = new FakeNetwork();
    const reports = new Reports();
    net.request('INVITE', 'udp', reports);
    net.settle();
    const server = net.userB.requests[0]!;
    respond(server, 100);
    net.pass(10_000);
    expect(net.timesOf('INVITE')).toHaveLength(1);
    respond(server, 180);
    respond(server, 180);
    net.settle();
    expect(reports.heard).toEqual(['180', '180']);
    const ok = SipMessage.response(server.request, 200);
    ok.ensureToTag('bob');
    server.respond(ok);
    net.b.send(ok, { protocol: 'udp', host: '10.0.0.1', port: 5060 });
    net.settle();
    expect(reports.heard).toEqual(['180', '180', '200', '200 again']);
    expect(net.timesOf('ACK')).toEqual([]); // the dialog's business
    net.pass(32_100); // timer M
    expect(net.a.counts().client).toBe(0);
    net.b.send(ok, { protocol: 'udp', host: '10.0.0.1', port: 5060 });
    net.settle();
    expect(net.userA.strays).toHaveLength(1);
    expect(reports.heard).toHaveLength(4);
  });

  test('a second answer from a fork is handed up as `again`', () => {
    const net = new FakeNetwork();
    const reports = new Reports();
    net.userB.answer = (transaction) => void respond(transaction, 200);
    net.request('INVITE', 'udp', reports);
    net.settle();
    const fork = net.sent.find((sent) => sent.what === '200 INVITE')!.message.clone();
    fork.headers.set('To', '<sip:bob@10.0.0.2>;tag=other');
    net.a.message(...net.arriving('b', fork, 'udp'));
    expect(reports.heard).toEqual(['200', '200 again']);
  });

  test('≥ 300: ACK by itself, on the same branch, with the tag of the response; again for each repetition until D', () => {
    const net = new FakeNetwork();
    const reports = new Reports();
    const invite = makeRequest('INVITE');
    invite.headers.add('Route', '<sip:edge;lr>');
    net.a.request(invite, { protocol: 'udp', host: '10.0.0.2', port: 5060 }, reports);
    net.userB.answer = (transaction) => void respond(transaction, 486);
    net.lose = (sent) => sent.what === 'ACK' && sent.at < 1_000;
    net.pass(40_000);
    expect(reports.heard).toEqual(['486']);
    expect(tenths(net.timesOf('486 INVITE', 'b'))).toEqual([0, 0.5, 1.5]);
    expect(tenths(net.timesOf('ACK'))).toEqual([0, 0.5, 1.5]);
    const ack = net.sent.find((sent) => sent.what === 'ACK')!.message;
    expect(ack.headers.all('Via')).toEqual([invite.headers.get('Via')]);
    expect(ack.uri).toBe(invite.uri);
    expect(ack.toTag).toBe('bob');
    expect(ack.cseq).toEqual({ number: 1, method: 'ACK' });
    expect(ack.headers.get('Route')).toBe('<sip:edge;lr>');
    expect(net.userB.acks).toEqual([]);
    expect(net.userB.ends).toEqual(['INVITE done']);
    expect(net.a.counts().client).toBe(0);
    expect(net.b.counts().server).toBe(0);
  });

  test('CANCEL waits for a provisional response, then goes on the same branch; its own 200 is not shown', () => {
    const net = new FakeNetwork();
    const reports = new Reports();
    const client = net.request('INVITE', 'udp', reports);
    net.settle();
    const cancel = client.cancel([['Reason', 'SIP;cause=200;text="x"']]);
    expect(client.cancel()).toBe(cancel);
    net.pass(50);
    expect(net.timesOf('CANCEL')).toEqual([]);
    const server = net.userB.requests[0]!;
    respond(server, 100);
    net.settle();
    expect(net.timesOf('CANCEL')).toHaveLength(1);
    expect(cancel.headers.get('Via')).toBe(client.request.headers.get('Via'));
    expect(cancel.headers.get('Reason')).toContain('cause=200');
    expect(cancel.cseq).toEqual({ number: 1, method: 'CANCEL' });
    expect(net.userB.cancels).toMatchObject([{ invite: server }]);
    expect(net.timesOf('200 CANCEL', 'b')).toHaveLength(1);
    respond(server, 487);
    net.settle();
    expect(reports.heard).toEqual(['487']);
    net.pass(70_000);
    expect(net.a.counts().client + net.b.counts().server).toBe(0);
  });

  test('a cancelled INVITE that nobody finishes is given up after 64·T1', () => {
    const net = new FakeNetwork();
    const reports = new Reports();
    net.userB.answer = (transaction) => void respond(transaction, 180);
    const client = net.request('INVITE', 'udp', reports);
    net.pass(5_000);
    client.cancel();
    net.pass(31_900);
    expect(reports.heard).toEqual(['180']);
    net.pass(200);
    expect(reports.heard).toEqual(['180', 'timeout']);
    expect(net.a.counts().client).toBe(0);
  });

  test('cancelled and never answered at all: B, and no CANCEL on the wire', () => {
    const net = new FakeNetwork();
    net.lose = () => true;
    const reports = new Reports();
    net.request('INVITE', 'udp', reports).cancel();
    net.pass(33_000);
    expect(reports.heard).toEqual(['timeout']);
    expect(net.timesOf('CANCEL')).toEqual([]);
  });

  test('the answer that overtakes the CANCEL is handed up', () => {
    const net = new FakeNetwork();
    const reports = new Reports();
    net.userB.answer = (transaction) => void respond(transaction, 180);
    const client = net.request('INVITE', 'udp', reports);
    net.settle();
    respond(net.userB.requests[0]!, 200);
    client.cancel();
    net.settle();
    expect(reports.heard).toEqual(['180', '200']);
    expect(net.userB.cancels).toMatchObject([{ invite: undefined }]);
    expect(net.timesOf('200 CANCEL', 'b')).toHaveLength(1); // RFC 3261 §9.2: it changes nothing
    expect(client.finalStatus).toBe(200);
    const before = net.timesOf('CANCEL').length;
    client.cancel();
    net.pass(40_000);
    expect(net.timesOf('CANCEL').length).toBe(before);
  });

  test('ringing without a word for timer C is cancelled', () => {
    const net = new FakeNetwork();
    const reports = new Reports();
    net.userB.answer = (transaction) => void respond(transaction, 180);
    net.request('INVITE', 'udp', reports);
    net.pass(180_000);
    respond(net.userB.requests[0]!, 180); // starts C again
    net.pass(184_000);
    expect(net.timesOf('CANCEL')).toEqual([]);
    net.pass(1_500);
    expect(net.timesOf('CANCEL')).toHaveLength(1);
  });
});

describe('non-INVITE client', () => {
  test('nobody answers: timer E doubles up to T2, F ends it', () => {
    const net = new FakeNetwork();
    net.lose = () => true;
    const reports = new Reports();
    net.request('OPTIONS', 'udp', reports);
    net.pass(32_100);
    expect(reports.heard).toEqual(['timeout']);
    expect(tenths(net.timesOf('OPTIONS'))).toEqual([0, 0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5]);
  });

  test('after a provisional response every T2', () => {
    const net = new FakeNetwork();
    const reports = new Reports();
    net.request('OPTIONS', 'udp', reports);
    net.settle();
    respond(net.userB.requests[0]!, 100);
    net.lose = (sent) => sent.from === 'b';
    net.pass(13_000);
    expect(tenths(net.timesOf('OPTIONS'))).toEqual([0, 0.5, 4.5, 8.5, 12.5]);
    expect(reports.heard).toEqual([]);
  });

  test('a lost answer is repeated by the server for the repeated request, and reported once', () => {
    const net = new FakeNetwork();
    const reports = new Reports();
    net.userB.answer = (transaction) => void respond(transaction, 200);
    net.lose = (sent) => sent.what === '200 OPTIONS' && sent.at < 1_000;
    net.request('OPTIONS', 'udp', reports);
    net.pass(4_000);
    expect(reports.heard).toEqual(['200']);
    expect(net.userB.requests).toHaveLength(1);
    expect(net.timesOf('OPTIONS')).toHaveLength(3);
    net.pass(5_000); // K
    expect(net.a.counts().client).toBe(0);
    net.pass(32_000); // J
    expect(net.b.counts().server).toBe(0);
    expect(net.userB.ends).toEqual(['OPTIONS done']);
  });

  test('over a stream K and J are 0', () => {
    const net = new FakeNetwork();
    net.userB.answer = (transaction) => void respond(transaction, 200);
    net.request('OPTIONS', 'tcp', new Reports());
    net.pass(30);
    expect(net.a.counts().client + net.b.counts().server).toBe(0);
  });

  test('a response with a strange Call-ID or branch is nobody’s', () => {
    const net = new FakeNetwork();
    const reports = new Reports();
    net.request('OPTIONS', 'udp', reports);
    net.settle();
    const answer = SipMessage.response(net.userB.requests[0]!.request, 200);
    answer.headers.set('Call-ID', 'other');
    net.a.message(...net.arriving('b', answer, 'udp'));
    expect(reports.heard).toEqual([]);
    expect(net.a.counters().strayResponses).toBe(1);
    expect(net.userA.strays).toEqual([]);
  });
});

describe('a transport that fails', () => {
  test('is reported once, after `request` has returned', async () => {
    const net = new FakeNetwork();
    net.transports.a.unreachable.add('10.0.0.9');
    const reports = new Reports();
    net.request('INVITE', 'udp', reports, '10.0.0.9');
    expect(reports.heard).toEqual([]);
    await Promise.resolve();
    expect(reports.heard).toEqual(['transport']);
    net.pass(40_000);
    expect(reports.heard).toEqual(['transport']);
    expect(net.a.counts().client).toBe(0);
  });

  test('the next target is tried, on a new branch (RFC 3263 §4.3)', async () => {
    const net = new FakeNetwork();
    net.transports.a.unreachable.add('10.0.0.9');
    net.transports.a.extraTargets = ['10.0.0.9'];
    net.userB.answer = (transaction) => void respond(transaction, 200);
    const reports = new Reports();
    const client = net.request('OPTIONS', 'udp', reports);
    const first = client.request.topVia.params.get('branch');
    await Promise.resolve();
    net.settle();
    expect(reports.heard).toEqual(['200']);
    expect(client.request.topVia.params.get('branch')).not.toBe(first);
    expect(client.request.headers.count('Via')).toBe(1);
  });

  test('a CANCEL that waited goes on the branch of the target that was reached', async () => {
    const net = new FakeNetwork();
    net.transports.a.unreachable.add('10.0.0.9');
    net.transports.a.extraTargets = ['10.0.0.9'];
    net.userB.answer = (transaction) => void respond(transaction, 180);
    const client = net.request('INVITE', 'udp', new Reports());
    client.cancel();
    await Promise.resolve();
    net.settle();
    expect(net.userB.cancels).toMatchObject([{ invite: net.userB.requests[0] }]);
  });

  test('a closed UDP port is told by the kernel after the first retransmission', async () => {
    const net = new FakeNetwork();
    net.lose = () => true;
    net.transports.a.closedPorts.add('10.0.0.2');
    const reports = new Reports();
    net.request('INVITE', 'udp', reports);
    net.pass(520);
    await Promise.resolve();
    expect(reports.heard).toEqual(['transport']);
  });

  test('a name that cannot be resolved', async () => {
    const net = new FakeNetwork();
    const reports = new Reports();
    net.request('OPTIONS', 'udp', reports, 'unresolvable');
    await new Promise((resolve) => setImmediate(resolve));
    expect(reports.heard).toEqual(['transport']);
  });

  test('the end of its connection ends what waits for an answer on it, and nothing else', () => {
    const net = new FakeNetwork();
    const waiting = new Reports();
    const answered = new Reports();
    net.userB.answer = (transaction) => void (transaction.request.method === 'OPTIONS' && respond(transaction, 200));
    net.request('INVITE', 'tcp', waiting);
    net.request('OPTIONS', 'tcp', answered);
    net.settle();
    const closed: string[] = [];
    net.a.on('connection-closed', (connection) => closed.push(connection));
    net.a.connectionClosed('another');
    expect(waiting.heard).toEqual([]);
    net.a.connectionClosed('connection');
    expect(waiting.heard).toEqual(['transport']);
    expect(answered.heard).toEqual(['200']);
    expect(closed).toEqual(['another', 'connection']);
  });
});

test('our Via has rport only on UDP, and a branch of its own each time', () => {
  const net = new FakeNetwork();
  const one = net.request('OPTIONS', 'udp', new Reports()).request;
  const other = net.request('OPTIONS', 'tcp', new Reports()).request;
  expect(one.headers.get('Via')).toMatch(/^SIP\/2\.0\/UDP 10\.0\.0\.1:5060;branch=z9hG4bK[\w-]{16};rport$/);
  expect(other.headers.get('Via')).toMatch(/^SIP\/2\.0\/TCP 10\.0\.0\.1:5060;branch=z9hG4bK[\w-]{16}$/);
  expect(one.topVia.params.get('branch')).not.toBe(other.topVia.params.get('branch'));
});

test('an ACK without Via gets one, an ACK with Via keeps it', () => {
  const net = new FakeNetwork();
  const to = { protocol: 'udp', host: '10.0.0.2', port: 5060 } as const;
  const ack = makeRequest('ACK');
  net.a.send(ack, to);
  net.a.send(ack, to);
  net.settle();
  expect(net.userB.acks).toHaveLength(2);
  expect(ack.headers.count('Via')).toBe(1);
});
