import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { SipMessage, SipSyntaxError } from '../../../../../edge/sip/message/index.ts';
import { StreamFramer } from '../../../../../edge/sip/transport/index.ts';
import { crlf, invite, ok, sdp } from '../message/samples.ts';

class Frames {
  readonly messages: SipMessage[] = [];
  readonly errors: { error: SipSyntaxError; broken: boolean }[] = [];
  pings = 0;
  readonly framer: StreamFramer;

  constructor(maxBytes = 65_535) {
    this.framer = new StreamFramer(
      {
        message: (message) => void this.messages.push(message),
        malformed: (error, _bytes, broken) => void this.errors.push({ error, broken }),
        ping: () => void this.pings++,
      },
      maxBytes,
    );
  }

  push(text: string | Buffer): this {
    this.framer.push(Buffer.from(text as string));
    return this;
  }
}

const binary = Buffer.from([0, 13, 10, 13, 10, 255, 254, 10, 10]);
const withBody = Buffer.concat([Buffer.from(crlf(['MESSAGE sip:x SIP/2.0', `l: ${binary.length}`])), binary]);

describe('cutting', () => {
  test('split at every byte, in two parts', () => {
    const stream = Buffer.concat([Buffer.from(invite), Buffer.from('\r\n\r\n'), withBody, Buffer.from(ok)]);
    for (let at = 0; at <= stream.length; at++) {
      const frames = new Frames().push(stream.subarray(0, at)).push(stream.subarray(at));
      expect(frames.messages.map((message) => message.method || message.status)).toEqual(['INVITE', 'MESSAGE', 200]);
      expect(frames.messages[0]!.body.toString()).toBe(sdp);
      expect(frames.messages[1]!.body.equals(binary)).toBe(true);
      expect(frames.pings).toBe(1);
      expect(frames.errors).toEqual([]);
      expect(frames.framer.inMessage).toBe(false);
    }
  });

  test('byte by byte', () => {
    const frames = new Frames();
    for (const byte of Buffer.concat([withBody, Buffer.from(invite)])) frames.push(Buffer.of(byte));
    expect(frames.messages).toHaveLength(2);
    expect(frames.messages[0]!.body.equals(binary)).toBe(true);
    expect(frames.messages[1]!.body.toString()).toBe(sdp);
  });

  test('any cuts give the same messages', () => {
    const stream = Buffer.concat([Buffer.from(`\r\n${invite}`), withBody, Buffer.from(ok), withBody]);
    fc.assert(
      fc.property(fc.array(fc.nat(stream.length), { maxLength: 30 }), (cuts) => {
        const frames = new Frames();
        let from = 0;
        for (const cut of [...cuts.sort((one, other) => one - other), stream.length]) {
          frames.push(stream.subarray(from, cut));
          from = cut;
        }
        expect(frames.messages.map((message) => message.method || message.status)).toEqual([
          'INVITE',
          'MESSAGE',
          200,
          'MESSAGE',
        ]);
      }),
    );
  });

  test('a body is a copy: what comes later does not change it', () => {
    const chunk = Buffer.from(invite);
    const frames = new Frames();
    frames.framer.push(chunk);
    chunk.fill(0);
    expect(frames.messages[0]!.body.toString()).toBe(sdp);
  });
});

describe('keepalives', () => {
  test('CRLF CRLF is a ping, however it is cut; one CRLF is none', () => {
    const frames = new Frames();
    for (const byte of '\r\n\r\n\r\n\r\n') frames.push(byte);
    expect(frames.pings).toBe(2);
    frames.push(`\r\n${invite}\r\n`).push(invite).push('\r\n').push(invite);
    expect(frames.messages).toHaveLength(3);
    expect(frames.pings).toBe(2);
    expect(frames.framer.inMessage).toBe(false);
  });
});

describe('limits and errors', () => {
  test('no, doubled, negative or unreadable Content-Length breaks the stream', () => {
    for (const lines of [
      [],
      ['Content-Length: 1', 'l: 1'],
      ['Content-Length: -1'],
      ['Content-Length: x'],
      ['Content-Length: 99999999999999999999'],
    ]) {
      const frames = new Frames().push(crlf(['OPTIONS sip:x SIP/2.0', ...lines]) + invite);
      expect(frames.errors).toMatchObject([{ broken: true, error: { status: 400 } }]);
      expect(frames.errors[0]!.error.partial?.method).toBe('OPTIONS');
      expect(frames.messages).toEqual([]);
      frames.push(invite);
      expect(frames.messages).toEqual([]);
    }
  });

  test('a folded Content-Length is read as the parser reads it', () => {
    const frames = new Frames().push('MESSAGE sip:x SIP/2.0\r\nContent-Length:\r\n 2\r\n\r\nab').push(invite);
    expect(frames.messages.map((message) => message.method)).toEqual(['MESSAGE', 'INVITE']);
  });

  test('a malformed message of known length is skipped, and the stream goes on', () => {
    const frames = new Frames().push(crlf(['OPTIONS sip:x SIP/2.0', 'no colon', 'l: 3'], 'abc') + invite);
    expect(frames.errors).toMatchObject([{ broken: false, error: { status: 400 } }]);
    expect(frames.messages).toHaveLength(1);
  });

  test('a head without end is 513, a body too large 413, both before they have come', () => {
    const head = new Frames(1_000).push(`OPTIONS sip:x SIP/2.0\r\nX: ${'x'.repeat(1_000)}`);
    expect(head.errors).toMatchObject([{ broken: true, error: { status: 513 } }]);
    const body = new Frames(1_000).push(crlf(['OPTIONS sip:x SIP/2.0', 'l: 1000']));
    expect(body.errors).toMatchObject([{ broken: true, error: { status: 413 } }]);
    expect(body.errors[0]!.error.partial?.method).toBe('OPTIONS');
  });

  test('what is no SIP breaks the stream', () => {
    expect(new Frames().push('GET / HTTP/1.1\r\nHost: x\r\n\r\n').errors).toMatchObject([{ broken: true }]);
    expect(new Frames(100).push('\u0016\u0003\u0001'.repeat(100)).errors).toMatchObject([{ broken: true }]);
  });

  test('any bytes: nothing is thrown', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 10 }), fc.boolean(), (chunks, begun) => {
        const frames = new Frames(300);
        if (begun) frames.push('OPTIONS sip:x SIP/2.0\r\n');
        for (const chunk of chunks) frames.push(Buffer.from(chunk));
      }),
    );
  });
});
