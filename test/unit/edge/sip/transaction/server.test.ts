import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SipMessage, SipSyntaxError } from '../../../../../edge/sip/message/index.ts';
import { FakeNetwork, makeRequest, Reports, respond } from './fake-network.ts';

const tenths = (times: number[]): number[] => times.map((at) => Math.round(at / 100) / 10);

/** A request as if from side a, with a Via of its own; sent as often as one likes. */
function foreign(net: FakeNetwork, method: string, via: string, protocol: 'udp' | 'tcp' = 'udp') {
  const request = makeRequest(method);
  request.headers.prepend('Via', via);
  return { request, arrive: () => net.b.message(...net.arriving('a', request.clone(), protocol)) };
}

const via = 'SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bKforeign';

describe('INVITE server', () => {
  test('a repeated INVITE is absorbed and gets the last response again', () => {
    const net = new FakeNetwork();
    const { arrive } = foreign(net, 'INVITE', via);
    arrive();
    arrive();
    expect(net.userB.requests).toHaveLength(1);
    expect(net.sent).toEqual([]);
    respond(net.userB.requests[0]!, 180);
    arrive();
    expect(net.timesOf('180 INVITE', 'b')).toHaveLength(2);
    expect(net.b.counters().retransmissionsReceived).toBe(2);
  });

  test('what gets no word for 100 ms is told 100 Trying, once, and by itself', () => {
    const net = new FakeNetwork();
    foreign(net, 'INVITE', via).arrive();
    foreign(net, 'INVITE', via.replace('foreign', 'soon')).arrive();
    foreign(net, 'OPTIONS', via.replace('foreign', 'options')).arrive();
    net.pass(50);
    respond(net.userB.requests[1]!, 180);
    expect(net.timesOf('100 INVITE', 'b')).toEqual([]);
    net.pass(1_000);
    expect(tenths(net.timesOf('100 INVITE', 'b'))).toEqual([0.1]);
    expect(net.sent.find(({ what }) => what === '100 INVITE')!.message.topVia.params.get('branch')).toBe(
      'z9hG4bKforeign',
    );
    respond(net.userB.requests[0]!, 200);
    expect(net.timesOf('200 INVITE', 'b')).toHaveLength(1);
    expect(net.sent).toHaveLength(3);
  });

  test('after a 2xx the INVITE is absorbed silently, the ACK handed up, and it ends with L', () => {
    const net = new FakeNetwork();
    const { request, arrive } = foreign(net, 'INVITE', via);
    arrive();
    const server = net.userB.requests[0]!;
    expect(respond(server, 200)).toBe(true);
    expect(respond(server, 200)).toBe(false);
    expect(respond(server, 486)).toBe(false);
    expect(respond(server, 180)).toBe(false);
    arrive();
    expect(net.timesOf('200 INVITE', 'b')).toHaveLength(1);
    const ack = request.clone();
    ack.method = 'ACK';
    ack.headers.set('CSeq', '1 ACK').set('Via', via.replace('foreign', 'another'));
    net.b.message(...net.arriving('a', ack, 'udp'));
    const sameBranch = ack.clone();
    sameBranch.headers.set('Via', via); // some peers do so
    net.b.message(...net.arriving('a', sameBranch, 'udp'));
    expect(net.userB.acks).toHaveLength(2);
    net.pass(32_100);
    expect(net.userB.ends).toEqual(['INVITE done']);
    expect(net.b.counts().server).toBe(0);
  });

  test('≥ 300 is repeated by G until H, when no ACK comes', () => {
    const net = new FakeNetwork();
    foreign(net, 'INVITE', via).arrive();
    respond(net.userB.requests[0]!, 404);
    net.lose = () => true;
    net.pass(32_100);
    expect(tenths(net.timesOf('404 INVITE', 'b'))).toEqual([0, 0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5]);
    expect(net.userB.ends).toEqual(['INVITE timeout']);
    expect(net.b.counts().server).toBe(0);
  });

  test('the ACK to ≥ 300 is absorbed, however often; I ends it', () => {
    const net = new FakeNetwork();
    const { request, arrive } = foreign(net, 'INVITE', via);
    arrive();
    respond(net.userB.requests[0]!, 404);
    const ack = request.clone();
    ack.method = 'ACK';
    ack.headers.set('CSeq', '1 ACK');
    for (let i = 0; i < 3; i++) net.b.message(...net.arriving('a', ack.clone(), 'udp'));
    arrive(); // confirmed: nothing more is said
    net.pass(5_100);
    expect(net.timesOf('404 INVITE', 'b')).toHaveLength(1);
    expect(net.userB.acks).toEqual([]);
    expect(net.userB.ends).toEqual(['INVITE done']);
  });

  test('over a stream ≥ 300 is sent once; H still holds', () => {
    const net = new FakeNetwork();
    foreign(net, 'INVITE', via.replace('UDP', 'TCP'), 'tcp').arrive();
    respond(net.userB.requests[0]!, 404);
    net.pass(33_000);
    expect(net.timesOf('404 INVITE', 'b')).toHaveLength(1);
    expect(net.userB.ends).toEqual(['INVITE timeout']);
  });

  test('a CANCEL is answered 200 with the tag of the INVITE’s responses, without an INVITE 481', () => {
    const net = new FakeNetwork();
    const { request, arrive } = foreign(net, 'INVITE', via);
    const cancel = request.clone();
    cancel.method = 'CANCEL';
    cancel.headers.set('CSeq', '1 CANCEL');
    net.b.message(...net.arriving('a', cancel.clone(), 'udp'));
    expect(net.timesOf('481 CANCEL', 'b')).toHaveLength(1);
    expect(net.userB.cancels).toMatchObject([{ invite: undefined }]);
    const later = cancel.clone();
    request.headers.set('Via', `${via}2`);
    later.headers.set('Via', `${via}2`);
    arrive();
    respond(net.userB.requests[0]!, 180);
    net.b.message(...net.arriving('a', later.clone(), 'udp'));
    net.b.message(...net.arriving('a', later.clone(), 'udp')); // repeated: answered, not reported
    expect(net.timesOf('200 CANCEL', 'b')).toHaveLength(2);
    expect(net.userB.cancels).toHaveLength(2);
    expect(net.userB.cancels[1]!.invite).toBe(net.userB.requests[0]);
    expect(net.sent.find((sent) => sent.what === '200 CANCEL')!.message.toTag).toBe('bob');
  });

  test('without the magic cookie the parts of the dialog identify it (RFC 2543)', () => {
    const net = new FakeNetwork();
    const { request, arrive } = foreign(net, 'INVITE', 'SIP/2.0/UDP 10.0.0.1:5060;branch=1');
    arrive();
    arrive();
    expect(net.userB.requests).toHaveLength(1);
    respond(net.userB.requests[0]!, 486);
    const ack = request.clone();
    ack.method = 'ACK';
    ack.headers.set('CSeq', '1 ACK').set('To', '<sip:bob@10.0.0.2>;tag=bob');
    net.b.message(...net.arriving('a', ack, 'udp'));
    expect(net.userB.acks).toEqual([]);
    const other = foreign(net, 'INVITE', 'SIP/2.0/UDP 10.0.0.1:5060;branch=1');
    other.arrive(); // another Call-ID
    expect(net.userB.requests).toHaveLength(2);
  });

  test('a response that cannot be sent ends it', async () => {
    const net = new FakeNetwork();
    foreign(net, 'INVITE', via).arrive();
    net.transports.b.unreachable.add('10.0.0.1');
    respond(net.userB.requests[0]!, 486);
    await Promise.resolve();
    expect(net.userB.ends).toEqual(['INVITE transport']);
  });
});

describe('non-INVITE server', () => {
  test('says nothing to a repetition before it has an answer, repeats the answer after, ends with J', () => {
    const net = new FakeNetwork();
    const { arrive } = foreign(net, 'BYE', via);
    arrive();
    arrive();
    expect(net.sent).toEqual([]);
    const server = net.userB.requests[0]!;
    expect(respond(server, 200)).toBe(true);
    expect(respond(server, 500)).toBe(false);
    arrive();
    expect(net.timesOf('200 BYE', 'b')).toHaveLength(2);
    net.pass(32_100);
    expect(net.userB.ends).toEqual(['BYE done']);
    expect(net.userB.requests).toHaveLength(1);
  });

  test('of an answered request only its name is kept, and its repetitions are still answered', async () => {
    const net = new FakeNetwork();
    const { request, arrive } = foreign(net, 'BYE', via);
    arrive();
    const server = net.userB.requests[0]!;
    respond(server, 200);
    await new Promise(setImmediate);
    const { callId, cseq } = request;
    expect([...server.request.headers]).toEqual([
      ['Call-ID', callId],
      ['CSeq', `${cseq.number} BYE`],
    ]);
    expect(server.request.method).toBe('BYE');
    arrive();
    expect(net.timesOf('200 BYE', 'b')).toHaveLength(2);
  });

  test('what nobody answers is forgotten when the client has given up', () => {
    const net = new FakeNetwork();
    foreign(net, 'OPTIONS', via).arrive();
    net.pass(32_100);
    expect(net.userB.ends).toEqual(['OPTIONS timeout']);
    expect(respond(net.userB.requests[0]!, 200)).toBe(false);
    expect(net.b.counts().server).toBe(0);
  });

  test('a response without Via gets those of the request, in order', () => {
    const net = new FakeNetwork();
    const { request, arrive } = foreign(net, 'OPTIONS', via);
    request.headers.add('Via', 'SIP/2.0/UDP behind');
    arrive();
    const response = SipMessage.response(request, 200);
    response.headers.remove('Via');
    net.userB.requests[0]!.respond(response);
    expect(net.sent[0]!.message.headers.all('Via')[1]).toBe('SIP/2.0/UDP behind');
    expect(net.sent[0]!.message.topVia.params.get('received')).toBe('10.0.0.1');
  });
});

describe('what goes wrong', () => {
  test('malformed requests are answered, malformed responses and ACKs are not', () => {
    const net = new FakeNetwork();
    const [, arrival] = net.arriving('b', SipMessage.parse('SIP/2.0 200 OK\r\n\r\n'), 'udp');
    const bad = makeRequest('OPTIONS');
    bad.headers.prepend('Via', via).remove('Call-ID');
    expect(net.b.malformed(new SipSyntaxError('Call-ID is missing', 400, bad), arrival)).toBe(true);
    expect(net.sent[0]!.what).toBe('400 OPTIONS');
    expect(net.sent[0]!.message.reason).toBe('Bad Request: Call-ID is missing');
    expect(net.b.malformed(new SipSyntaxError('x', 505, bad), arrival)).toBe(true);
    expect(net.sent[1]!.what).toBe('505 OPTIONS');
    expect(net.sent[1]!.message.toTag).toBeDefined();
    const ack = makeRequest('ACK');
    ack.headers.prepend('Via', via);
    expect(net.b.malformed(new SipSyntaxError('x', 400, ack), arrival)).toBe(false);
    expect(net.b.malformed(new SipSyntaxError('x', 400, SipMessage.response(bad, 200)), arrival)).toBe(false);
    expect(net.b.malformed(new SipSyntaxError('x', 400, makeRequest('OPTIONS')), arrival)).toBe(false); // no Via
    expect(net.b.malformed(new SipSyntaxError('x'), arrival)).toBe(false);
    expect(net.sent).toHaveLength(2);
  });

  test('a defect above is answered 500', () => {
    const net = new FakeNetwork();
    net.userB.answer = () => {
      throw new Error('defect');
    };
    const reports = new Reports();
    net.request('INVITE', 'udp', reports);
    net.settle();
    expect(reports.heard).toEqual(['500']);
  });

  test('too many transactions: 503 without one', () => {
    const net = new FakeNetwork(2);
    for (let i = 0; i < 3; i++) foreign(net, 'INVITE', `${via}${i}`).arrive();
    expect(net.userB.requests).toHaveLength(2);
    expect(net.timesOf('503 INVITE', 'b')).toHaveLength(1);
    expect(net.b.counters().refused).toBe(1);
  });
});

test('whatever the network loses, each transaction is reported once and leaves nothing behind', () => {
  fc.assert(
    fc.property(
      fc.array(fc.boolean(), { maxLength: 60 }),
      fc.constantFrom('INVITE', 'OPTIONS'),
      fc.constantFrom(200, 486),
      (losses, method, status) => {
        const net = new FakeNetwork();
        let next = 0;
        net.lose = () => losses[next++] ?? false;
        net.userB.answer = (transaction) => {
          if (method === 'INVITE') respond(transaction, 100);
          respond(transaction, status);
        };
        const reports = new Reports();
        net.request(method, 'udp', reports);
        net.pass(300_000);
        const finals = reports.heard.filter((one) => !one.endsWith('again'));
        // A 2xx to INVITE is repeated by the dialog above, which is not here: it may be lost, and then C and CANCEL end it.
        expect(finals).toHaveLength(1);
        expect([String(status), 'timeout']).toContain(finals[0]);
        expect(net.userB.requests.length).toBeLessThanOrEqual(2);
        expect(net.a.counts().client).toBe(0);
        expect(net.b.counts().server).toBe(0);
      },
    ),
    { numRuns: 100 },
  );
});
