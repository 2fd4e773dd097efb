// Messages that several tests start from.

export const crlf = (lines: readonly string[], body = ''): string => `${lines.join('\r\n')}\r\n\r\n${body}`;

export const sdp =
  'v=0\r\no=user1 53655765 2353687637 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 6000 RTP/AVP 0\r\n';

/** What SIPp sends. */
export const invite = crlf(
  [
    'INVITE sip:service@127.0.0.1:5070 SIP/2.0',
    'Via: SIP/2.0/UDP 127.0.0.1:5065;branch=z9hG4bK-27311-1-0;rport',
    'From: sipp <sip:sipp@127.0.0.1:5065>;tag=27311SIPpTag001',
    'To: service <sip:service@127.0.0.1:5070>',
    'Call-ID: 1-27311@127.0.0.1',
    'CSeq: 1 INVITE',
    'Contact: sip:sipp@127.0.0.1:5065',
    'Max-Forwards: 70',
    'Subject: Performance Test',
    'Content-Type: application/sdp',
    `Content-Length:   ${sdp.length}`,
  ],
  sdp,
);

export const ok = crlf([
  'SIP/2.0 200 OK',
  'Via: SIP/2.0/UDP 127.0.0.1:5065;branch=z9hG4bK-27311-1-0;rport=5065',
  'From: sipp <sip:sipp@127.0.0.1:5065>;tag=27311SIPpTag001',
  'To: service <sip:service@127.0.0.1:5070>;tag=5vvm',
  'Call-ID: 1-27311@127.0.0.1',
  'CSeq: 1 INVITE',
  'Contact: <sip:127.0.0.1:5070>',
  'Content-Length: 0',
]);
