// Our reader of messages against drachtio-srf's own: the same results, whatever comes.
import { createRequire } from 'node:module';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { headerName, own, readMessage } from '../../../server/signaling/sip/raw-messages.ts';
import { own as ownSetters } from '../../../server/signaling/sip/raw-requests.ts';
import type { RawIncomingResponse, RawMessage, RawRequest } from '../../../server/signaling/sip/raw-srf.ts';

const require = createRequire(import.meta.url);
const load = <What>(file: string) => require(`drachtio-srf/lib/${file}.js`) as What;
type Headers = Record<string, string>;
const Message =
  load<new (from: string | { headers?: Headers; body?: string }) => RawMessage & { has(name: string): boolean }>(
    'sip-parser/message',
  );
const Request = load<new (message: RawMessage, meta: Headers) => RawRequest>('request');
const Response = load<new () => RawIncomingResponse & { req: RawRequest; msg: RawMessage }>('response');

const invite = [
  'INVITE sip:95500@192.0.2.1 SIP/2.0',
  'Via: SIP/2.0/UDP 192.0.2.5:5060;branch=z9hG4bK1',
  'v: SIP/2.0/UDP 192.0.2.6',
  'From: "Ann" <sip:ann@192.0.2.5>;tag=a',
  't: <sip:95500@192.0.2.1>',
  'Call-ID: one@192.0.2.5',
  'CSeq: 1 INVITE',
  'X-Note:   kept as it is  ',
  'P-Asserted-Identity: <sip:1@h>',
  'P-Charge-Info: x',
  'Diversion: <sip:2@h>',
  'Content-Type: application/sdp',
];
const text = (lines: string[], body = '') => `${lines.join('\r\n')}\r\n\r\n${body}`;
const sdp = 'v=0\r\no=- 1 1 IN IP4 192.0.2.5\r\n';

test.each([
  ['a request', text([...invite, `Content-Length: ${sdp.length}`], sdp)],
  ['without a length', text(invite, sdp)],
  ['without a length, with an empty line', text(invite, `${sdp}\r\n\r\nmore`)],
  ['a length that is too long', text([...invite, 'l: 4000'], sdp)],
  ['a length that is none', text([...invite, 'l: x', 'l: 4'], sdp)],
  ['letters beyond ASCII', text([...invite, 'Subject: 客户', 'l: 9'], '客户在线')],
  ['no header', text(['SIP/2.0 200 OK'])],
  ['a response', text(['SIP/2.0 486 Busy Here ', ...invite.slice(1)])],
  ['a response without a reason', text(['SIP/2.0 200 ', ...invite.slice(1)])],
  ['a response with spaces', text(['SIP/2.0  200   OK', ...invite.slice(1)])],
  ['a folded header', text([...invite, 'Subject: one', '  two: three', '\tfour'])],
  ['a space before the colon', text([...invite, 'Subject : one', 'Organization\t: two'])],
  ['a space in a name', text([...invite, 'Sub ject: one'])],
  ['a line without a colon', text([...invite, 'Subject'])],
  ['no name', text([...invite, ': one'])],
  ['a name of every object', text([...invite, 'constructor: one'])],
  ['an escaped name', text([...invite, 'Sub%6Aect: one'])],
  ['several parts', text([...invite, 'Content-Type: multipart/mixed; boundary=x'], '--x\r\nA: b\r\n\r\nbody\r\n--x--')],
  ['no empty line', invite.join('\r\n')],
  ['escaped characters in the address', text(['INVITE sip:a%20b@h SIP/2.0', ...invite.slice(1)])],
  ['not SIP', 'GET / HTTP/1.1\r\n\r\n'],
  ['nothing', ''],
])('%s', (_what, message) => {
  expect(readMessage(message, true)).toEqual(own.parse(message, true));
});

describe('of several parts the session description is the body', () => {
  const isup = 'Content-Type: application/isup;version=itu-t92+\r\nContent-Disposition: signal\r\n\r\n\u0001\u0002';
  const session = `Content-Type: application/sdp\r\n\r\n${sdp}`;
  const head = invite.slice(0, -1);
  test.each([
    ['first', 'multipart/mixed;boundary=x', [session, isup], sdp],
    ['last', 'multipart/mixed; boundary="a b"', [isup, session.replace('Content-Type', 'content-type')], sdp],
    ['nowhere', 'multipart/mixed;boundary=x', [isup], undefined],
    ['without a boundary', 'multipart/mixed', [session], undefined],
  ])('%s', (_where, type, parts, expected) => {
    const boundary = /"(.*)"/.exec(type)?.[1] ?? 'x';
    const body = `${parts.map((part) => `--${boundary}\r\n${part}\r\n`).join('')}--${boundary}--\r\n`;
    const read = readMessage(text([...head, `Content-Type: ${type}`, `Content-Length: ${body.length}`], body), true);
    expect(read?.body).toBe(expected ?? body);
    expect(read?.headers['content-type']).toBe(expected === undefined ? type : 'application/sdp');
  });
});

describe('whatever is changed in it', () => {
  test('it is read the same', () => {
    const whole = text([...invite, `Content-Length: ${sdp.length}`], sdp);
    const piece = fc.constantFrom(
      '\r\n',
      ' ',
      '\t',
      ':',
      ',',
      ';',
      '\n',
      '\r',
      'X-',
      '%',
      '"',
      'é',
      '0',
      'l: 3\r\n',
      '',
    );
    const change = fc.tuple(fc.nat(whole.length), fc.nat(4), piece);
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
        let changed = whole;
        for (const [at, drop, put] of changes) changed = changed.slice(0, at) + put + changed.slice(at + drop);
        expect(readMessage(changed, true)).toEqual(own.parse(changed, true));
      }),
      { seed: 20261122, numRuns: 3_000 },
    );
  });
});

test('drachtio-srf uses it, and headers are found by any spelling', () => {
  const message = new Message(text([...invite, 'Content-Length: 0']));
  for (const name of ['Call-ID', 'call-id', 'CALL-ID', 'i']) expect(message.get(name)).toBe('one@192.0.2.5');
  expect(message.get('X-Note')).toBe('kept as it is  ');
  expect(message.get('x-note')).toBe('kept as it is  ');
  expect(message.get('via')).toBe('SIP/2.0/UDP 192.0.2.5:5060;branch=z9hG4bK1,SIP/2.0/UDP 192.0.2.6');
  expect(message.get('Subject')).toBeUndefined();
  expect(message.has('Contact')).toBe(false);
  for (const name of ['f', 'Diversion', 'X-y', 'x-y', 'P-Asserted-Identity'])
    expect(headerName(name)).toBe(own.name(name));
});

test.each([
  ['a text', text([...invite, `Content-Length: ${sdp.length}`], sdp)],
  ['a response', text(['SIP/2.0 486 Busy Here', ...invite.slice(1)])],
  [
    'what is to be sent',
    { method: 'INFO', uri: 'sip:a@h', headers: { 'X-Note': 'one' }, body: 'text', proxy: 'sip:b@h' },
  ],
  ['a message', new Message(text(invite, sdp))],
])('a message made of %s is the same as its own, copies or not', (_what, from) => {
  const ours = new Message(from as string);
  const theirs = new own.Message(from as string);
  expect({ ...ours }).toEqual({ ...theirs });
  expect(String(ours)).toBe(String(theirs));
  if (typeof from !== 'object') return;
  ours.headers['x-more'] = 'yes';
  expect(from.headers).not.toHaveProperty('x-more');
});

describe('what stands beside a message is as its own sets it', () => {
  const meta = {
    source: 'network',
    address: '192.0.2.5',
    port: '5062',
    protocol: 'udp',
    time: '10:00',
    transactionId: 't',
  };
  const received = text([...invite, 'Contact: <sip:c@h>']);

  test.each([[meta], [{ ...meta, port: '', dialogId: 'd', receivedOn: '192.0.2.1:5060', sessionToken: 's' }]])(
    'of a request',
    (told: Headers) => {
      const ours = new Request(new Message(received), told);
      const theirs = new Request(new Message(received), told);
      ownSetters.meta?.set?.call(theirs, told);
      expect({ ...ours }).toEqual({ ...theirs });
      expect(ours).toMatchObject({
        source_port: told.port === '' ? 5060 : 5062,
        stackTxnId: 't',
        stackDialogId: told.dialogId,
      });
    },
  );

  test('of an answer: the headers that name the dialog', () => {
    const request = new Request(new Message(received), meta);
    const [ours, theirs] = [new Response(), new Response()];
    for (const response of [ours, theirs]) response.msg.headers.to = '<sip:95500@192.0.2.1>;tag=b';
    ours.req = request;
    ownSetters.req?.set?.call(theirs, request);
    expect(ours.msg.headers).toEqual(theirs.msg.headers);
    expect(ours.msg.headers).toEqual({
      to: '<sip:95500@192.0.2.1>;tag=b',
      from: '"Ann" <sip:ann@192.0.2.5>;tag=a',
      'call-id': 'one@192.0.2.5',
      cseq: '1 INVITE',
    });
    expect(ours.req).toBe(request);
  });
});
