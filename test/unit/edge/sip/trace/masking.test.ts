import { describe, expect, it } from 'vitest';
import { masked } from '../../../../../edge/sip/trace/masking.ts';

const head = 'INVITE sip:1@h SIP/2.0\r\nCall-ID: a\r\n';

describe('masking', () => {
  it('takes the answer out of a Digest and leaves what tells why it failed', () => {
    const text = masked(
      `${head}Authorization: Digest username="1001", realm="bank", nonce="n0", uri="sip:h", response="0123456789abcdef0123456789abcdef", cnonce="c0ffee", qop=auth, nc=00000001\r\n\r\n`,
    );
    expect(text).toContain('username="1001"');
    expect(text).toContain('nonce="n0"');
    expect(text).toContain(`response="${'*'.repeat(32)}"`);
    expect(text).toContain('cnonce="******"');
  });

  it.each([
    ['Proxy-Authorization: Digest username="u", response="5ec2e7"', '5ec2e7'],
    ['PROXY-AUTHORIZATION : digest username="u",\r\n response="5ec2e7"', '5ec2e7'],
    ['Authorization: Basic 5ec2e7==', '5ec2e7'],
    ['authorization: Bearer 5ec2e7.5ec2e7', '5ec2e7'],
    ['Authorization: Bearer\r\n\t5ec2e7', '5ec2e7'],
    ['Authentication-Info: rspauth="5ec2e7", nc=1', '5ec2e7'],
  ])('%j', (line, secret) => {
    const text = `${head}${line}\r\nTo: x\r\n\r\n`;
    const shown = masked(text);
    expect(shown).not.toContain(secret);
    expect(shown).toHaveLength(text.length);
    expect(shown.endsWith('\r\nTo: x\r\n\r\n')).toBe(true);
  });

  it.each([
    'a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:5ec2e7d0|2^20|1:32',
    'a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:5ec2e7d0|2^20|1:4;inline:5ec2e7d1|2^20|2:4',
    'k=base64:5ec2e7',
    'a=ice-pwd:5ec2e7',
  ])('%s', (line) => {
    const body = `v=0\r\nm=audio 4000 RTP/SAVP 0\r\n${line}\r\na=sendrecv\r\n`;
    const text = `${head}Content-Length: ${body.length}\r\n\r\n${body}`;
    const shown = masked(text);
    expect(shown).not.toContain('5ec2e7');
    expect(shown).toHaveLength(text.length);
    expect(shown).toContain('m=audio 4000 RTP/SAVP 0');
    expect(shown.endsWith('a=sendrecv\r\n')).toBe(true);
  });

  it.each([
    ['application/dtmf-relay', 'Signal=7\r\nDuration=160\r\n', 'Signal=*\r\nDuration=160\r\n'],
    ['application/dtmf', '7', '*'],
  ])('keys of a PIN by INFO, %s', (type, body, shown) => {
    const before = `INFO sip:1@h SIP/2.0\r\nContent-Type: ${type}\r\nContent-Length: ${body.length}\r\n\r\n`;
    expect(masked(before + body)).toBe(before + shown);
  });

  it('leaves everything else as it came', () => {
    const text = `${head}Subject: response="x" a=crypto:1 inline:x\r\n\r\nv=0\r\na=rtpmap:0 PCMU/8000\r\n`;
    expect(masked(text)).toBe(text);
  });
});
