// After RFC 4475 (SIP torture tests): the same traps, in our own words where the RFC's text is long.
import { describe, expect, test } from 'vitest';
import {
  checkMandatory,
  parseNameAddr,
  parseUri,
  SipMessage,
  SipSyntaxError,
  splitLists,
} from '../../../../../edge/sip/message/index.ts';
import { crlf } from './samples.ts';

const base = [
  'OPTIONS sip:user@example.com SIP/2.0',
  'Via: SIP/2.0/UDP host1.example.com;branch=z9hG4bK.1',
  'From: <sip:caller@example.net>;tag=1',
  'To: <sip:user@example.com>',
  'Call-ID: torture.1@example.net',
  'CSeq: 8 OPTIONS',
  'Max-Forwards: 70',
  'Content-Length: 0',
];

/** The base message with lines replaced by their beginning, left out (empty) or added. */
function altered(changes: Record<string, string>, body = ''): Buffer {
  const lines = base.map((line) => {
    const change = Object.entries(changes).find(([start]) => line.startsWith(start));
    return change === undefined ? line : change[1];
  });
  const added = Object.entries(changes).filter(([start]) => !base.some((line) => line.startsWith(start)));
  return Buffer.from(
    crlf(
      [...lines, ...added.map(([, line]) => line)].filter((line) => line !== ''),
      body,
    ),
  );
}

function read(bytes: Buffer): SipMessage {
  const message = SipMessage.parse(bytes);
  checkMandatory(message);
  return message;
}

function refusal(bytes: Buffer): SipSyntaxError {
  try {
    read(bytes);
  } catch (error) {
    if (error instanceof SipSyntaxError) return error;
    throw error;
  }
  throw new Error('the message was accepted');
}

describe('valid, though it does not look so (§3.1.1)', () => {
  test('a short tortuous INVITE', () => {
    const message = read(
      Buffer.from(
        [
          'INVITE sip:vivekg@chair-dnrc.example.com;unknownparam SIP/2.0',
          'TO :',
          ' sip:vivekg@chair-dnrc.example.com ;   tag    = 1918181833n',
          'from   : "J Rosenberg \\\\\\""       <sip:jdrosen@example.com>',
          '  ;',
          '  tag = 98asjd8',
          'MaX-fOrWaRdS: 0068',
          'Call-ID: wsinv.ndaksdj@192.0.2.1',
          'Content-Length   : 150',
          'cseq: 0009',
          '  INVITE',
          'Via  : SIP  /   2.0',
          ' /UDP',
          '    192.0.2.2;branch=390skdjuw',
          's :',
          'NewFangledHeader:   newfangled value',
          ' continued newfangled value',
          'UnknownHeaderWithUnusualValue: ;;,,;;,;',
          'Content-Type: application/sdp',
          'Route:',
          ' <sip:services.example.com;lr;unknownwith=value;unknown-no-value>',
          'v:  SIP  / 2.0  / TCP     spindle.example.com   ;',
          '  branch  =   z9hG4bK9ikj8  ,',
          ' SIP  /    2.0   / UDP  192.168.255.111   ; branch=',
          ' z9hG4bK30239',
          'm:"Quoted string \\"\\"" <sip:jdrosen@example.com> ; newparam =',
          '      newvalue ;',
          '  secondparam ; q = 0.33',
          '',
          'v'.repeat(150),
        ].join('\r\n'),
      ),
    );
    expect(message.toTag).toBe('1918181833n');
    expect(message.from).toMatchObject({ display: 'J Rosenberg \\"', uri: 'sip:jdrosen@example.com' });
    expect(message.fromTag).toBe('98asjd8');
    expect(message.cseq).toEqual({ number: 9, method: 'INVITE' });
    expect(message.topVia).toMatchObject({ transport: 'UDP', host: '192.0.2.2' });
    expect(splitLists(message.headers.all('Via'))).toHaveLength(3);
    expect(message.headers.get('NewFangledHeader')).toBe('newfangled value continued newfangled value');
    expect(message.headers.get('UnknownHeaderWithUnusualValue')).toBe(';;,,;;,;');
    expect(message.headers.get('Subject')).toBe('');
    const contact = parseNameAddr(message.headers.get('Contact')!);
    expect(contact.display).toBe('Quoted string ""');
    expect(contact.params.get('newparam')).toBe('newvalue');
    expect(contact.params.get('q')).toBe('0.33');
    expect(message.body).toHaveLength(150);
  });

  test('a wide range of valid characters', () => {
    const method = "!interesting-Method0123456789_*+`.%indeed'~";
    const message = read(
      altered({
        OPTIONS: `${method} sip:1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*:&it+has=1,weird!*pas$wo~d_too.(doesn't-it)@example.com SIP/2.0`,
        From: "From: token1~` token2'+_ token3*%!.- <sip:mundane@example.com>;fromParam''~+*_!.-%=\"\u{43d}\u{430}\";tag=_token~1'+`*%!-.",
        To: 'To: "BEL:\\\u0007 NUL:\\\u0000 DEL:\\\u007f" <sip:1_unusual.URI~(to-be!sure)&isn\'t+it$/crazy?,/;;*@example.com>',
        'Call-ID': 'Call-ID: intmeth.word%ZK-!.*_+\'@word`~)(><:\\/"][?}{',
        CSeq: `CSeq: 139122385 ${method}`,
        extensionHeader: "extensionHeader-!.%*+_`'~: \u{fe80}\u{5927}\u{505c}\u{96fb}",
      }),
    );
    expect(message.method).toBe(method);
    expect(message.fromTag).toBe("_token~1'+`*%!-.");
    expect(parseUri(message.uri)).toMatchObject({
      user: "1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*",
      password: "&it+has=1,weird!*pas$wo~d_too.(doesn't-it)",
      host: 'example.com',
    });
    expect(message.headers.get("EXTENSIONHEADER-!.%*+_`'~")).toBe('\u{fe80}\u{5927}\u{505c}\u{96fb}');
    expect(SipMessage.parse(message.toBuffer()).toString()).toBe(message.toString());
  });

  test('escaped nulls and escapes in general are kept as they are', () => {
    const message = read(
      altered({ To: 'To: sip:null-%00-null@example.com', From: 'From: sip:null-%00-null@example.com;tag=839923423' }),
    );
    expect(message.to.uri).toBe('sip:null-%00-null@example.com');
    expect(parseUri('sip:sips%3Auser%40example.com@example.net').user).toBe('sips%3Auser%40example.com');
    const method = read(
      altered({ OPTIONS: 'RE%47IST%45R sip:registrar.example.com SIP/2.0', CSeq: 'CSeq: 1 RE%47IST%45R' }),
    ).method;
    expect(method).toBe('RE%47IST%45R'); // not REGISTER: methods are not unescaped
  });

  test('long values', () => {
    const long = 'longvalue'.repeat(500);
    const message = read(altered({ From: `From: "${long}" <sip:x@example.net>;tag=${long}`, X: `X-${long}: ${long}` }));
    expect(message.fromTag).toBe(long);
    expect(message.headers.get(`x-${long}`)).toBe(long);
  });

  test('a semicolon in the user part, an unknown transport, no display name blanks', () => {
    expect(parseUri('sip:user;par=u%40example.net@example.com').user).toBe('user;par=u%40example.net');
    expect(read(altered({ Via: 'Via: SIP/2.0/UNKNOWN h.example.com;branch=z9hG4bKkdj.1' })).topVia.transport).toBe(
      'UNKNOWN',
    );
    expect(read(altered({ From: 'From: caller<sip:caller@example.net>;tag=323' })).from.display).toBe('caller');
  });

  test('a reason phrase with UTF-8, and an empty one', () => {
    const phrase = '= 2**3 * 5**2 \u{43d}\u{43e} \u{441}\u{442}\u{43e} \u{434}\u{435}\u{432}\u{44f}\u{43d}\u{43e}';
    expect(read(altered({ OPTIONS: `SIP/2.0 200 ${phrase}` })).reason).toBe(phrase);
    expect(read(altered({ OPTIONS: 'SIP/2.0 100 ' })).reason).toBe('');
    expect(read(altered({ OPTIONS: 'SIP/2.0 100' })).status).toBe(100);
  });

  test('an extra body after the datagram’s own is cut off', () => {
    const second = crlf(['INVITE sip:joe@example.com SIP/2.0']);
    expect(read(altered({}, second)).body).toHaveLength(0);
  });
});

describe('wrong, and answered so (§3.1.2, §3.2, §3.3)', () => {
  test.each<[string, Record<string, string>, RegExp]>([
    ['a negative Content-Length', { 'Content-Length': 'Content-Length: -999' }, /Content-Length/],
    ['a Content-Length beyond the datagram', { 'Content-Length': 'Content-Length: 9999' }, /Content-Length/],
    ['two Content-Lengths', { l: 'l: 0' }, /content-length stands twice/],
    ['an overlarge CSeq', { CSeq: 'CSeq: 36893488147419103232 OPTIONS' }, /CSeq/],
    ['a CSeq of 2^31', { CSeq: 'CSeq: 2147483648 OPTIONS' }, /CSeq/],
    ['a CSeq without method', { CSeq: 'CSeq: 8' }, /CSeq/],
    ['the method of another request in CSeq', { CSeq: 'CSeq: 8 NOTIFY' }, /CSeq/],
    ['an overlarge Max-Forwards', { 'Max-Forwards': 'Max-Forwards: 300' }, /Max-Forwards/],
    ['an unterminated quote in To', { To: 'To: "Mr. J. User <sip:j.user@example.com>' }, /To: a quote/],
    ['a Request-URI in brackets', { OPTIONS: 'OPTIONS <sip:user@example.com> SIP/2.0' }, /URI/],
    ['a blank in the Request-URI', { OPTIONS: 'OPTIONS sip:user@example.com; lr SIP/2.0' }, /URI/],
    ['two blanks after the method', { OPTIONS: 'OPTIONS  sip:user@example.com SIP/2.0' }, /URI/],
    [
      'blanks at the end of the request line',
      { OPTIONS: 'OPTIONS sip:user@example.com SIP/2.0  ' },
      /blanks at its end/,
    ],
    ['no Request-URI', { OPTIONS: 'OPTIONS SIP/2.0' }, /URI is missing/],
    ['a method that is no token', { OPTIONS: 'OP(TIONS sip:user@example.com SIP/2.0' }, /token/],
    ['a header line without colon', { X: 'Nonsense' }, /colon/],
    ['a header name with a blank', { X: 'Odd Name: x' }, /token/],
    ['no Call-ID', { 'Call-ID': '' }, /Call-ID/],
    ['no From', { From: '' }, /From/],
    ['no To', { To: '' }, /To/],
    ['no CSeq', { CSeq: '' }, /CSeq/],
    ['no Via', { Via: '' }, /Via/],
    ['an empty Via', { Via: 'Via:' }, /Via/],
    ['Via parameters that are none', { Via: 'Via: SIP/2.0/UDP 192.0.2.15 x;;,;,,' }, /Via/],
    ['two Call-IDs', { i: 'i: another@x' }, /call-id stands twice/],
    ['two Tos', { t: 't: <sip:x@y>' }, /to stands twice/],
  ])('%s', (_name, changes, sentence) => {
    const error = refusal(altered(changes));
    expect(error.status).toBe(400);
    expect(error.message).toMatch(sentence);
    expect(error.partial?.isRequest).toBe(true);
  });

  test('an unknown version is 505', () => {
    const error = refusal(altered({ OPTIONS: 'OPTIONS sip:user@example.com SIP/7.0' }));
    expect(error.status).toBe(505);
    expect(error.partial?.method).toBe('OPTIONS');
    expect(refusal(altered({ OPTIONS: 'SIP/7.0 200 OK' })).status).toBe(505);
  });

  test('an unknown status', () => {
    for (const line of [
      'SIP/2.0 4294967301 better not',
      'SIP/2.0 99 x',
      'SIP/2.0 700 x',
      'SIP/2.0 abc x',
      'SIP/2.0 1e2 x',
    ]) {
      expect(refusal(altered({ OPTIONS: line })).message).toMatch(/status/);
    }
  });

  test('no empty line after the headers', () => {
    expect(refusal(Buffer.from(base.join('\r\n'))).message).toMatch(/ends inside its headers/);
    expect(refusal(Buffer.from(`${base.join('\r\n')}\r\n`)).message).toMatch(/empty line/);
  });

  test('a fold before any header, a lone CR', () => {
    expect(refusal(Buffer.from('OPTIONS sip:x SIP/2.0\r\n folded\r\n\r\n')).message).toMatch(/folded/);
    expect(refusal(altered({ X: 'X: a\rEvil: b' })).message).toMatch(/carriage return/);
  });

  test('what is no SIP has nothing to answer to', () => {
    for (const text of [
      '',
      '\r\n',
      'hello',
      'GET / HTTP/1.1\r\nHost: x\r\n\r\n',
      '\u0000\u0001\u0000\u0000',
      ' \r\n\r\n',
      ' sip:x SIP/2.0\r\n\r\n',
    ]) {
      const error = refusal(Buffer.from(text));
      expect(error.status).toBe(400);
      expect(error.partial).toBeUndefined();
    }
  });

  test('too large is 513', () => {
    const large = altered({ X: `X: ${'x'.repeat(3000)}` });
    expect(() => SipMessage.parse(large, { maxBytes: 2000 })).toThrow(expect.objectContaining({ status: 513 }));
    const many = Buffer.from(crlf([...base, ...new Array(300).fill('X: y')]));
    expect(refusal(many)).toMatchObject({ status: 513, partial: expect.objectContaining({ method: 'OPTIONS' }) });
  });

  test('the reason never quotes what was received', () => {
    const secret = 'alice-secret';
    const cases: Record<string, string>[] = [
      { To: `To: "${secret}` },
      { OPTIONS: `OPTIONS <sip:${secret}> SIP/2.0` },
      { X: `${secret} no colon` },
    ];
    for (const changes of cases) expect(refusal(altered(changes)).message).not.toContain(secret);
  });
});
