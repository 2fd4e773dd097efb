import { describe, expect, test } from 'vitest';
import { SipMessage, SipSyntaxError } from '../../../../../edge/sip/message/index.ts';
import { crlf, invite, ok, sdp } from './samples.ts';

describe('reading', () => {
  test('a request as SIPp sends it', () => {
    const message = SipMessage.parse(Buffer.from(invite));
    expect(message.isRequest).toBe(true);
    expect(message.method).toBe('INVITE');
    expect(message.uri).toBe('sip:service@127.0.0.1:5070');
    expect(message.callId).toBe('1-27311@127.0.0.1');
    expect(message.cseq).toEqual({ number: 1, method: 'INVITE' });
    expect(message.fromTag).toBe('27311SIPpTag001');
    expect(message.toTag).toBeUndefined();
    expect(message.topVia).toMatchObject({ transport: 'UDP', host: '127.0.0.1', port: 5065 });
    expect(message.body.toString()).toBe(sdp);
  });

  test('a response', () => {
    const message = SipMessage.parse(Buffer.from(ok));
    expect(message).toMatchObject({ isRequest: false, status: 200, reason: 'OK', method: '', uri: '' });
    expect(message.toTag).toBe('5vvm');
    expect(message.body).toHaveLength(0);
  });

  test('compact names are their long ones, unknown headers and the order stay', () => {
    const message = SipMessage.parse(
      crlf(['OPTIONS sip:x SIP/2.0', 'v: SIP/2.0/UDP h', 'X-Odd: 1', 'i: abc', 'x-odd: 2', 'k: timer']),
    );
    expect(message.headers.get('Via')).toBe('SIP/2.0/UDP h');
    expect(message.headers.get('call-id')).toBe('abc');
    expect(message.headers.all('X-ODD')).toEqual(['1', '2']);
    expect([...message.headers].map(([name]) => name)).toEqual(['v', 'X-Odd', 'i', 'x-odd', 'k']);
  });

  test('folded lines become one, blanks before the colon go', () => {
    const message = SipMessage.parse(
      'OPTIONS sip:x SIP/2.0\r\nSubject  : one\r\n\ttwo\r\n   three\r\nTo:\r\n <sip:a@b>\r\n\r\n',
    );
    expect(message.headers.get('Subject')).toBe('one two three');
    expect(message.headers.get('To')).toBe('<sip:a@b>');
  });

  test('lines that end in LF alone are read', () => {
    const message = SipMessage.parse(Buffer.from(invite.replaceAll('\r\n', '\n')), { body: 'rest' });
    expect(message.callId).toBe('1-27311@127.0.0.1');
    expect(message.body.toString()).toBe(sdp.replaceAll('\r\n', '\n'));
  });

  test('a datagram may be longer than Content-Length says, and not shorter', () => {
    const text = crlf(['MESSAGE sip:x SIP/2.0', 'Content-Length: 3'], 'abcdef');
    expect(SipMessage.parse(Buffer.from(text)).body.toString()).toBe('abc');
    expect(() => SipMessage.parse(Buffer.from(text.replace(': 3', ': 7')))).toThrow(/Content-Length/);
  });

  test('text from a program that miscounts is taken whole, and written with the right length', () => {
    const message = SipMessage.parse(crlf(['MESSAGE sip:y SIP/2.0', 'Content-Length: 9'], 'hello é😀'));
    expect(message.body.toString()).toBe('hello é😀');
    expect(message.toString()).toContain('Content-Length: 12\r\n');
  });

  test('what was read is read again after a change', () => {
    const message = SipMessage.parse(invite);
    expect(message.cseq.number).toBe(1);
    message.headers.set('CSeq', '2 INVITE');
    expect(message.cseq.number).toBe(2);
    expect(message.ensureToTag('t1')).toBe('t1');
    expect(message.ensureToTag('t2')).toBe('t1');
    expect(message.toTag).toBe('t1');
  });

  test('an empty body does not keep the buffer alive', () => {
    const bytes = Buffer.from(ok);
    expect(SipMessage.parse(bytes).body.buffer).not.toBe(bytes.buffer);
  });
});

describe('writing', () => {
  test('what was read comes out again, byte for byte but for the length line', () => {
    const message = SipMessage.parse(Buffer.from(invite));
    const expected = invite.replace('Content-Length:   ', 'Content-Length: ');
    expect(message.toString()).toBe(expected);
    expect(message.toBuffer().toString()).toBe(expected);
  });

  test('Content-Length is always there, counted in bytes', () => {
    const message = SipMessage.request('MESSAGE', 'sip:x@y');
    message.headers.set('Subject', 'grüß');
    message.body = Buffer.from('äöü');
    const text = message.toBuffer().toString('utf8');
    expect(text).toBe('MESSAGE sip:x@y SIP/2.0\r\nSubject: grüß\r\nContent-Length: 6\r\n\r\näöü');
  });

  test('several Content-Length lines become one', () => {
    const message = SipMessage.request('OPTIONS', 'sip:x');
    message.headers.add('l', '5').add('Content-Length', '6').add('X', 'y');
    expect(message.toString()).toBe('OPTIONS sip:x SIP/2.0\r\nContent-Length: 0\r\nX: y\r\n\r\n');
  });

  test('nobody can smuggle in a line', () => {
    const message = SipMessage.request('OPTIONS', 'sip:x');
    expect(() => message.headers.add('X', 'a\r\nEvil: 1')).toThrow(RangeError);
    expect(() => message.headers.set('X: a', 'b')).toThrow(RangeError);
    expect(() => message.headers.prepend('', 'b')).toThrow(RangeError);
    message.uri = 'sip:x SIP/2.0\r\nEvil: 1';
    expect(() => message.toString()).toThrow(RangeError);
  });

  test('a response copies what RFC 3261 §8.2.6.2 names, with all Vias', () => {
    const request = SipMessage.parse(invite);
    request.headers.prepend('Via', 'SIP/2.0/UDP proxy;branch=z9hG4bKp').add('Record-Route', '<sip:p;lr>');
    const ringing = SipMessage.response(request, 180);
    expect([...ringing.headers].map(([name]) => name)).toEqual([
      'Via',
      'Via',
      'Record-Route',
      'From',
      'To',
      'Call-ID',
      'CSeq',
    ]);
    expect(ringing.reason).toBe('Ringing');
    expect(SipMessage.response(request, 486).headers.has('Record-Route')).toBe(false);
  });

  test('only the top Via is replaced or removed, also where several share a line', () => {
    const message = SipMessage.parse(
      crlf(['OPTIONS sip:x SIP/2.0', 'Via: SIP/2.0/UDP a;branch=1, SIP/2.0/TCP b;x="1,2"', 'Via: SIP/2.0/UDP c']),
    );
    const via = message.topVia;
    via.params.set('received', '10.0.0.1');
    message.topVia = via;
    expect(message.headers.all('Via')).toEqual([
      'SIP/2.0/UDP a;branch=1;received=10.0.0.1, SIP/2.0/TCP b;x="1,2"',
      'SIP/2.0/UDP c',
    ]);
    message.removeTopVia();
    expect(message.topVia.host).toBe('b');
    message.removeTopVia();
    expect(message.headers.all('Via')).toEqual(['SIP/2.0/UDP c']);
  });
});

describe('headers', () => {
  test('set replaces the first and drops the others; remove says how many', () => {
    const { headers } = SipMessage.request('X', 'sip:x');
    headers.add('Route', '<sip:a>').add('To', 'x').add('Route', '<sip:b>');
    headers.set('route', '<sip:c>');
    expect(headers.all('Route')).toEqual(['<sip:c>']);
    expect([...headers]).toEqual([
      ['route', '<sip:c>'],
      ['To', 'x'],
    ]);
    expect(headers.remove('ROUTE')).toBe(1);
    expect(headers.remove('ROUTE')).toBe(0);
    expect(headers.get('route')).toBeUndefined();
    expect(() => headers.setFirst('Route', 'x')).toThrow();
  });

  test('a clone is on its own', () => {
    const message = SipMessage.parse(invite);
    const copy = message.clone();
    copy.headers.remove('Via');
    copy.method = 'BYE';
    expect(message.topVia.host).toBe('127.0.0.1');
    expect(message.method).toBe('INVITE');
  });
});

test('a missing header is named', () => {
  const message = SipMessage.parse('OPTIONS sip:x SIP/2.0\r\n\r\n');
  for (const name of ['callId', 'cseq', 'from', 'to', 'topVia'] as const) {
    expect(() => message[name]).toThrow(SipSyntaxError);
  }
});
