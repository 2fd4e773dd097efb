import { describe, expect, test } from 'vitest';
import { infoDigit } from '../../../server/signaling/info-dtmf.ts';
import { directionOf, offeredHold } from '../../../server/signaling/sdp-hold.ts';
import { formatNameAddr, parseNameAddr, parseUri, splitValues } from '../../../server/signaling/sip/index.ts';

describe('name-addr', () => {
  test.each([
    ['<sip:a@b>;tag=x', { name: undefined, uri: 'sip:a@b', params: { tag: 'x' } }],
    [
      '"Ann, \\"A\\" <x>" <sip:a@b;lr>;tag=x;flag',
      { name: 'Ann, "A" <x>', uri: 'sip:a@b;lr', params: { tag: 'x', flag: '' } },
    ],
    ['Bob <sip:b@h>', { name: 'Bob', uri: 'sip:b@h', params: {} }],
    ['sip:a@b;tag=x', { uri: 'sip:a@b', params: { tag: 'x' } }],
    ['<sip:a@b>;expires="60"', { name: undefined, uri: 'sip:a@b', params: { expires: '60' } }],
    ['<sip:broken', { uri: '', params: {} }],
    ['"never closed <sip:a@b>', { name: undefined, uri: 'sip:a@b', params: {} }],
    ['', { uri: '', params: {} }],
  ])('%s', (text, expected) => {
    expect(parseNameAddr(text)).toEqual(expected);
  });

  test('what is formatted is read back', () => {
    const text = formatNameAddr('O"Brien \\ Co\r\nX: y', 'sip:a@b');
    expect(text).not.toMatch(/[\r\n]/);
    expect(parseNameAddr(text).uri).toBe('sip:a@b');
  });

  test('values are split at commas outside quotes and brackets', () => {
    expect(splitValues('"a,b" <sip:a@b?x=1,2>;q=1, <sip:c@d>,  *')).toEqual([
      '"a,b" <sip:a@b?x=1,2>;q=1',
      '<sip:c@d>',
      '*',
    ]);
  });
});

describe('URI', () => {
  test.each([
    ['sip:a@b', { scheme: 'sip', user: 'a', host: 'b', port: undefined, params: {} }],
    [
      'SIPS:a:pw@[2001:db8::1]:5061;transport=tcp',
      { scheme: 'sips', user: 'a', host: '[2001:db8::1]', port: 5061, params: { transport: 'tcp' } },
    ],
    [
      'sip:%2B86;phone-context=x@b;user=phone?h=1',
      { scheme: 'sip', user: '+86', host: 'b', port: undefined, params: { user: 'phone' } },
    ],
    ['sip:192.0.2.1:5060', { scheme: 'sip', user: '', host: '192.0.2.1', port: 5060, params: {} }],
    ['tel:+8613800138000;x=y', { scheme: 'tel', user: '+8613800138000', host: '', params: { x: 'y' } }],
  ])('%s', (text, expected) => {
    expect(parseUri(text)).toEqual(expected);
  });

  test.each(['', 'http://x', 'sip:', 'sip:a@', 'sip:a@b:99999', 'sip:a@b:x', 'a@b'])('refuses %j', (text) => {
    expect(parseUri(text)).toBeUndefined();
  });

  test('a user with a broken escape is taken as it is', () => {
    expect(parseUri('sip:%zz@b')?.user).toBe('%zz');
  });
});

describe('DTMF in INFO', () => {
  test.each([
    ['application/dtmf-relay', 'Signal=5\r\nDuration=160\r\n', { digit: '5', ms: 160 }],
    ['Application/DTMF-Relay; x=y', 'signal= *\nduration = 99999999', { digit: '*' }],
    ['application/dtmf-relay', 'Signal=11\r\n', { digit: '#' }],
    ['application/dtmf', ' d ', { digit: 'D' }],
    ['application/dtmf', '10', { digit: '*' }],
    ['application/dtmf', '12345', undefined],
    ['application/dtmf-relay', 'Duration=160', undefined],
    ['text/plain', '5', undefined],
    ['', '', undefined],
  ])('%s %j', (type, body, expected) => {
    expect(infoDigit(type, body)).toEqual(expected);
  });
});

test('a body of nothing but line breaks costs no time', () => {
  const began = performance.now();
  expect(infoDigit('application/dtmf-relay', '\r\n'.repeat(30_000))).toBeUndefined();
  // Squared, it was ten seconds.
  expect(performance.now() - began).toBeLessThan(1_000);
});

describe('hold in an offer', () => {
  const offer = (session: string, media: string, connection = '192.0.2.1') =>
    `v=0\r\nc=IN IP4 ${connection}\r\n${session}m=audio 4000 RTP/AVP 8\r\n${media}m=video 0 RTP/AVP 99\r\na=inactive\r\n`;
  test.each([
    [offer('', ''), false, 'sendrecv'],
    [offer('', 'a=sendonly\r\n'), true, 'sendonly'],
    [offer('a=inactive\r\n', ''), true, 'inactive'],
    [offer('a=inactive\r\n', 'a=sendrecv\r\n'), false, 'sendrecv'],
    [offer('', 'a=recvonly\r\n'), false, 'recvonly'],
    [offer('', '', '0.0.0.0'), true, 'sendrecv'],
  ])('%#', (sdp, held, direction) => {
    expect(offeredHold(sdp)).toBe(held);
    expect(directionOf(sdp)).toBe(direction);
  });
});
