import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MediaSession } from '../../../../edge/rtp/call/media-session.ts';
import { answerDirection, readFar } from '../../../../edge/rtp/sdp/negotiate.ts';
import { parseSdp, SdpError } from '../../../../edge/rtp/sdp/parse.ts';

const both = ['PCMA', 'PCMU'] as const;
function offer(lines: string[], session: string[] = ['c=IN IP4 10.0.0.1']): string {
  return ['v=0', 'o=- 1 1 IN IP4 10.0.0.1', 's=-', ...session, 't=0 0', ...lines, ''].join('\r\n');
}

test('takes the first codec that both know, in the order of the offer', () => {
  const far = readFar(offer(['m=audio 4000 RTP/AVP 9 0 8 96', 'a=rtpmap:96 telephone-event/8000', 'a=ptime:30']), both);
  expect(far).toMatchObject({
    payloadType: 0,
    dtmfPayloadType: 96,
    address: '10.0.0.1',
    port: 4000,
    rtcpPort: 4001,
    packetSamples: 240,
  });
  expect(far.codec.name).toBe('PCMU');
  expect(readFar(offer(['m=audio 4000 RTP/AVP 0 8']), ['PCMA']).codec.name).toBe('PCMA');
  const dynamic = readFar(offer(['m=audio 4000 RTP/AVP 97', 'a=rtpmap:97 PCMA/8000/1']), both);
  expect(dynamic).toMatchObject({ payloadType: 97, dtmfPayloadType: undefined });
});

test('reads connection lines of the media, IPv6, a=rtcp, LF only, and lines that it does not know', () => {
  const text = offer(
    ['m=audio 4000 RTP/AVP 8', 'c=IN IP6 2001:db8::1', 'a=rtcp:5001 IN IP6 2001:db8::2', 'b=AS:64', 'z=0'],
    [],
  );
  const far = readFar(text.replaceAll('\r', ''), both);
  expect(far).toMatchObject({ address: '2001:db8::1', rtcpAddress: '2001:db8::2', rtcpPort: 5001 });
});

test.each([
  ['', 'empty'],
  ['v=1\r\n', 'v=0'],
  ['hello', 'no SDP line'],
  [offer([]), 'no media'],
  [offer(['m=audio 4000 RTP/AVP 9']), 'none of'],
  [offer(['m=audio 0 RTP/AVP 0']), 'port 0'],
  [offer(['m=audio 70000 RTP/AVP 0']), 'no media line'],
  [offer(['m=audio 4000 RTP/SAVP 0']), 'no audio over RTP/AVP'],
  [offer(['m=video 4000 RTP/AVP 96']), 'no audio'],
  [offer(['m=audio 4000 RTP/AVP 0'], []), 'no connection address'],
  [offer(['m=audio 4000 RTP/AVP 0'], ['c=IN IP4 host.example']), 'no IP address'],
  [offer(['m=audio 4000 RTP/AVP 0'], ['c=IN IP4']), 'no connection line'],
])('refuses %j and says why', (text, why) => {
  expect(() => readFar(text, both)).toThrow(SdpError);
  expect(() => readFar(text, both)).toThrow(why);
});

test('answers with all lines, refuses all but one, and mirrors the direction', () => {
  const session = new MediaSession('192.0.2.1', 20_000, both);
  const video = ['m=video 5000 RTP/AVP 96', 'a=rtpmap:96 H264/90000'];
  const answer = session.answer(
    offer([
      ...video,
      'm=audio 4000 RTP/AVP 8 101',
      'a=rtpmap:101 telephone-event/8000',
      'a=sendonly',
      'm=audio 4002 RTP/AVP 8',
    ]),
  );
  const { media } = parseSdp(answer);
  expect(media.map(({ kind, port }) => [kind, port])).toEqual([
    ['video', 0],
    ['audio', 20_000],
    ['audio', 0],
  ]);
  expect(media[1]).toMatchObject({ direction: 'recvonly', formats: ['8', '101'], address: '192.0.2.1' });
  expect(session).toMatchObject({ sending: false, receiving: true });
  // Our next offer keeps the lines (RFC 3264 §8) and counts the version up.
  const next = parseSdp(session.offer('sendrecv'));
  expect(next.media.map(({ port }) => port)).toEqual([0, 20_000, 0]);
  expect(Number(next.origin.split(' ')[2])).toBe(Number(parseSdp(answer).origin.split(' ')[2]) + 1);
});

test('directions: every offer with every wish', () => {
  const far = (direction: string, host = '10.0.0.1') =>
    readFar(offer(['m=audio 4000 RTP/AVP 8', `a=${direction}`], [`c=IN IP4 ${host}`]), both);
  expect(answerDirection(far('sendrecv'), 'sendrecv')).toBe('sendrecv');
  expect(answerDirection(far('sendonly'), 'sendrecv')).toBe('recvonly');
  expect(answerDirection(far('recvonly'), 'sendrecv')).toBe('sendonly');
  expect(answerDirection(far('inactive'), 'sendrecv')).toBe('inactive');
  expect(answerDirection(far('sendonly'), 'sendonly')).toBe('inactive');
  expect(answerDirection(far('sendrecv'), 'sendonly')).toBe('sendonly');
  expect(answerDirection(far('sendrecv', '0.0.0.0'), 'sendrecv')).toBe('recvonly');
});

test('an offer of ours changes nothing until it is answered, and a bad answer changes nothing', () => {
  const session = new MediaSession('192.0.2.1', 20_000, both);
  session.offer();
  expect(session).toMatchObject({ sending: false, receiving: false });
  expect(() => session.accept(offer(['m=audio 0 RTP/AVP 8']), true)).toThrow('port 0');
  expect(session.far).toBeUndefined();
  const good = offer(['m=audio 4000 RTP/AVP 8']);
  expect(session.accept(good, false)).toBe(true);
  expect(session.accept(good, true)).toBe(true);
  expect(session).toMatchObject({ sending: true, receiving: true });
  expect(session.accept(good, true)).toBe(false); // the 200 came again
  expect(() => session.accept(offer(['m=audio 4002 RTP/AVP 8']), true)).toThrow('no offer of ours is open');
  session.offer('inactive');
  expect(session.sending).toBe(true);
  session.accept(offer(['m=audio 4000 RTP/AVP 8', 'a=inactive']), true);
  expect(session).toMatchObject({ sending: false, receiving: false });
  expect(
    () => session.offer() && session.accept(offer(['m=audio 4000 RTP/AVP 8', 'm=video 0 RTP/AVP 9']), true),
  ).toThrow('answers 2 media lines');
});

test('no text makes it do anything but answer or refuse', () => {
  const base = offer([
    'm=audio 4000 RTP/AVP 0 8 101',
    'a=rtpmap:101 telephone-event/8000',
    'a=ptime:20',
    'a=rtcp:1 IN IP4 1.1.1.1',
  ]);
  const mutated = fc
    .tuple(fc.nat(base.length), fc.nat(20), fc.string({ unit: 'binary' }))
    .map(([at, cut, put]) => base.slice(0, at) + put + base.slice(at + cut));
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'binary' }), mutated), (text) => {
      const session = new MediaSession('192.0.2.1', 20_000, both);
      try {
        parseSdp(session.answer(text));
      } catch (error) {
        expect(error).toBeInstanceOf(SdpError);
        expect(session.sdp).toBe('');
      }
    }),
    { numRuns: 3_000 },
  );
});
