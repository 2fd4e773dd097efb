import { describe, expect, test } from 'vitest';
import {
  filledRport,
  formatNameAddr,
  formatUri,
  formatVia,
  headerKey,
  parseNameAddr,
  parseUri,
  parseVia,
  SipSyntaxError,
  splitList,
  splitLists,
  tryParseUri,
  unescapeUser,
} from '../../../../../edge/sip/message/index.ts';

describe('URI', () => {
  test.each([
    'sip:alice@atlanta.com',
    'sip:alice:secretword@atlanta.com;transport=tcp',
    'sips:alice@atlanta.com?subject=project%20x&priority=urgent',
    'sip:+1-212-555-1212:1234@gateway.com;user=phone',
    'sips:1212@gateway.com',
    'sip:alice@192.0.2.4',
    'sip:alice;day=tuesday@atlanta.com',
    'sip:user;par=u%40example.net@example.com',
    'sip:[2001:db8::10]:5070;lr',
    'sip:x@[::1]',
    'tel:+358-555-1234567;postd=pp22',
    'nobodyKnowsThisScheme:totallyopaquecontent'.toLowerCase(),
  ])('%s is written as it was read', (text) => {
    expect(formatUri(parseUri(text))).toBe(text);
  });

  test('its parts', () => {
    expect(parseUri('SIP:a;b?c:pw@Host.COM:5070;Transport=tcp;lr?x=y')).toMatchObject({
      scheme: 'sip',
      user: 'a;b?c',
      password: 'pw',
      host: 'host.com',
      port: 5070,
      headers: 'x=y',
    });
    const params = parseUri('sip:h;Transport=tcp;lr').params;
    expect(params.get('transport')).toBe('tcp');
    expect(params.has('lr')).toBe(true);
    expect(params.get('lr')).toBeUndefined();
    expect(parseUri('sip:[::1]:5060').host).toBe('::1');
  });

  test.each([
    '',
    'sip',
    ':x',
    'sip:',
    'sip:@h',
    'sip:h:0',
    'sip:h:65536',
    'sip:h:port',
    'sip:[::1',
    'sip:a b@h',
    'sip:<x>',
    '1x:y',
    'sip:h!x',
    'tel:',
  ])('refuses %j', (text) => {
    expect(() => parseUri(text)).toThrow(SipSyntaxError);
    expect(tryParseUri(text)).toBeUndefined();
  });

  test('escapes are undone where they are UTF-8, else left', () => {
    expect(unescapeUser('%E4%B8%AD+1')).toBe('中+1');
    expect(unescapeUser('%ff')).toBe('%ff');
  });
});

describe('name-addr', () => {
  test.each([
    ['"A. G. Bell" <sip:agb@bell.com> ;tag=a48s', { display: 'A. G. Bell', uri: 'sip:agb@bell.com' }, 'a48s'],
    [
      'sip:+12125551212@server.phone2net.com;tag=887s',
      { display: undefined, uri: 'sip:+12125551212@server.phone2net.com' },
      '887s',
    ],
    [
      'Anonymous <sip:c8oqz84zk7z@privacy.org>;tag=hyh8',
      { display: 'Anonymous', uri: 'sip:c8oqz84zk7z@privacy.org' },
      'hyh8',
    ],
    ['"J Rosenberg \\\\\\"" <sip:jdrosen@example.com> ; tag = 98asjd8', { display: 'J Rosenberg \\"' }, '98asjd8'],
    ['<sip:x@y;tag=inner>;tag=outer', { uri: 'sip:x@y;tag=inner' }, 'outer'],
    ['"<sip:fake@x>;tag=no" <sip:a@b>', { display: '<sip:fake@x>;tag=no', uri: 'sip:a@b' }, undefined],
  ])('%s', (text, parts, tag) => {
    const read = parseNameAddr(text);
    expect(read).toMatchObject(parts);
    expect(read.params.get('tag')).toBe(tag);
    const again = parseNameAddr(formatNameAddr(read));
    expect(again).toEqual(read);
  });

  test.each(['', '"open <sip:a@b>', '<sip:a@b', '"x" sip:a@b', 'x', '<sip:a b@c>', '<sip:a@b>x', '<sip:a@b>;t="x'])(
    'refuses %j',
    (text) => {
      expect(() => parseNameAddr(text)).toThrow(SipSyntaxError);
    },
  );

  test('Contact: *', () => expect(parseNameAddr('*').uri).toBe('*'));
});

describe('Via', () => {
  test('blanks wherever the grammar allows them', () => {
    const via = parseVia(
      'SIP  / 2.0\t/ UDP  first.example.com : 4000 ; ttl = 16 ;maddr=224.2.0.1 ;branch=z9hG4bKa7c6a8dlze.1',
    );
    expect(via).toMatchObject({ transport: 'UDP', host: 'first.example.com', port: 4000 });
    expect(via.params.get('ttl')).toBe('16');
    expect(formatVia(via)).toBe('SIP/2.0/UDP first.example.com:4000;ttl=16;maddr=224.2.0.1;branch=z9hG4bKa7c6a8dlze.1');
  });

  test('IPv6 and rport', () => {
    const via = parseVia('SIP/2.0/TCP [2001:db8::9:1];rport=5061;branch=z9hG4bKas3-111');
    expect(via.host).toBe('2001:db8::9:1');
    expect(filledRport(via)).toBe(5061);
    expect(filledRport(parseVia('SIP/2.0/UDP h;rport'))).toBeUndefined();
    expect(filledRport(parseVia('SIP/2.0/UDP h;rport=99999'))).toBeUndefined();
    expect(formatVia(via)).toContain('[2001:db8::9:1];');
  });

  test.each([
    '',
    'SIP/2.0',
    'SIP/7.0/UDP h',
    'SIP/2.0/UDP',
    'SIP/2.0/ h',
    'SIP/2.0/UDP h:0',
    'SIP/2.0/UDP h;branch="x',
  ])('refuses %j', (text) => {
    expect(() => parseVia(text)).toThrow(SipSyntaxError);
  });
});

describe('lists', () => {
  test('commas in quotes and brackets do not split', () => {
    expect(splitList('"Bell, A" <sip:a,b@c>;x="1,2" , <sip:d>,, sip:e ')).toEqual([
      '"Bell, A" <sip:a,b@c>;x="1,2"',
      '<sip:d>',
      'sip:e',
    ]);
    expect(splitList('"a\\", b" <sip:x>, y')).toEqual(['"a\\", b" <sip:x>', 'y']);
    expect(splitList('')).toEqual([]);
    expect(splitLists(['a, b', 'c'])).toEqual(['a', 'b', 'c']);
  });
});

test('header names in any spelling have one key', () => {
  for (const name of ['f', 'F', 'from', 'FROM', 'From', 'fRoM']) expect(headerKey(name)).toBe('from');
  expect(headerKey('X-Mine')).toBe('x-mine');
});
