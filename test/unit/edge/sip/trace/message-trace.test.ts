import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MessageTrace, type Passage } from '../../../../../edge/sip/index.ts';

const passage: Passage = {
  protocol: 'udp',
  localAddress: '192.0.2.1',
  localPort: 5060,
  remoteAddress: '192.0.2.9',
  remotePort: 5070,
};

const message = (start: string, callId: string, more = '', name = 'Call-ID') =>
  Buffer.from(
    `${start}\r\n${name}: ${callId}\r\nCSeq: 1 ${/SIP\/2\.0 /.test(start) ? 'INVITE' : start.split(' ')[0]}\r\n${more}\r\n`,
  );
const invite = (callId: string, more = '') => message('INVITE sip:95500@192.0.2.1 SIP/2.0', callId, more);
const all = Number.POSITIVE_INFINITY;

describe('the trace of messages', () => {
  it('gives the messages of the calls that are asked for, oldest first, with where they passed', () => {
    const trace = new MessageTrace(10_000);
    trace.add(invite('a'), 'in', passage, 1_000);
    trace.add(invite('b'), 'in', passage, 1_001);
    trace.add(message('SIP/2.0 200 OK', 'a', '', 'i'), 'out', passage, 1_002);
    const { messages, truncated } = trace.read(new Set(['a']), all);
    expect(messages.map(({ at, way, callId }) => ({ at, way, callId }))).toEqual([
      { at: 1_000, way: 'in', callId: 'a' },
      { at: 1_002, way: 'out', callId: 'a' },
    ]);
    expect(messages[0]).toMatchObject({ ...passage, bytes: String(invite('a')) });
    expect(truncated).toBe(false);
    expect(trace.since).toBe(1_000);
  });

  it('keeps to its memory whatever comes: the oldest give way, the others stay whole', () => {
    const capacity = 1_000;
    const trace = new MessageTrace(capacity);
    const kept: string[] = [];
    let bytes = 0;
    for (let i = 0; i < 3_000; i++) {
      const text = invite(`call-${i}`, `X: ${'x'.repeat(i % 97)}\r\n`);
      trace.add(text, 'in', passage, i);
      kept.push(String(text));
      bytes = trace
        .read(new Set(kept.map((_text, at) => `call-${at}`)), all)
        .messages.reduce((sum, one) => sum + one.bytes.length, 0);
      if (i % 500 === 0) expect(bytes).toBeLessThanOrEqual(capacity);
      if (i > 100 && i % 500 !== 0) kept[i - 100] = '';
    }
    const { messages } = trace.read(new Set(Array.from({ length: 3_000 }, (_one, at) => `call-${at}`)), all);
    expect(messages.length).toBe(trace.size);
    expect(messages.length).toBeGreaterThan(3);
    expect(messages.at(-1)?.callId).toBe('call-2999');
    for (const { callId, bytes: text } of messages) {
      expect(text).toBe(String(invite(callId, `X: ${'x'.repeat(Number(callId.slice(5)) % 97)}\r\n`)));
    }
  });

  it('keeps the newest without a gap, each whole, whatever their lengths are', () => {
    // A record is no more than so much longer than its message.
    const most = 64;
    fc.assert(
      fc.property(
        fc.integer({ min: 300, max: 2_000 }),
        fc.array(fc.integer({ min: 0, max: 160 }), { minLength: 1, maxLength: 120 }),
        (capacity, lengths) => {
          const trace = new MessageTrace(capacity);
          const texts = lengths.map((length, i) => String(invite(`c${i}`, `X: ${'x'.repeat(length)}\r\n`)));
          const ids = new Set(texts.map((_text, i) => `c${i}`));
          for (const [i, text] of texts.entries()) {
            trace.add(Buffer.from(text), i % 2 === 0 ? 'in' : 'out', { ...passage, remotePort: 1 + i }, i);
            const kept = trace.read(ids, all).messages;
            const from = i + 1 - kept.length;
            expect(kept.map(({ bytes }) => bytes)).toEqual(texts.slice(from, i + 1));
            expect(kept.map(({ at, remotePort }) => [at, remotePort])).toEqual(
              kept.map((_one, k) => [from + k, 1 + from + k]),
            );
            expect(trace.size).toBe(kept.length);
            // No more gives way than the new one needs, and what is left over at the end of the ring.
            const bytes = texts.slice(Math.max(0, from - 1), i + 1).reduce((sum, one) => sum + one.length + most, 0);
            const longest = Math.max(...texts.slice(0, i + 1).map((one) => one.length + most));
            if (from > 0) expect(bytes).toBeGreaterThan(capacity - 2 * longest);
          }
        },
      ),
      { numRuns: 150, seed: 7 },
    );
  });

  it('leaves out what is longer than all of its memory, and what begins no call', () => {
    const trace = new MessageTrace(500);
    trace.add(invite('long', `X: ${'x'.repeat(600)}\r\n`), 'in', passage);
    for (const method of ['REGISTER', 'OPTIONS', 'SUBSCRIBE', 'PUBLISH', 'MESSAGE']) {
      trace.add(message(`${method} sip:x SIP/2.0`, 'r'), 'in', passage);
    }
    trace.add(Buffer.from('SIP/2.0 401 Unauthorized\r\nCall-ID: r\r\nCSeq: 7 REGISTER\r\n\r\n'), 'out', passage);
    expect(trace.size).toBe(0);
    trace.add(message('PRACK sip:x SIP/2.0', 'p'), 'in', passage);
    expect(trace.size).toBe(1);
  });

  it('copies: what the sender does with its buffer later changes nothing', () => {
    const trace = new MessageTrace(1_000);
    const bytes = invite('a');
    trace.add(bytes, 'in', passage);
    bytes.fill(0);
    expect(trace.read(new Set(['a']), all).messages[0]?.bytes).toBe(String(invite('a')));
  });

  it('answers no more than is asked for, and says so', () => {
    const trace = new MessageTrace(10_000);
    for (let i = 0; i < 5; i++) trace.add(invite('a'), 'in', passage, i);
    const { messages, truncated } = trace.read(new Set(['a']), 2.5 * invite('a').length);
    expect(messages.map(({ at }) => at)).toEqual([0, 1]);
    expect(truncated).toBe(true);
  });

  it('takes the Call-ID from the head, never from the body, however it is written', () => {
    const trace = new MessageTrace(10_000);
    for (const name of ['Call-ID', 'call-id', 'I', 'Call-ID  ']) {
      trace.add(
        message('INVITE sip:x SIP/2.0', 'mine', 'X: 1\r\n\r\nv=0\r\nCall-ID: another\r\n', name),
        'in',
        passage,
      );
    }
    expect(trace.read(new Set(['mine']), all).messages).toHaveLength(4);
    expect(trace.read(new Set(['another']), all).messages).toHaveLength(0);
  });

  it('shows no secret', () => {
    const trace = new MessageTrace(10_000);
    trace.add(invite('a', 'Authorization: Basic c2VjcmV0OnNlY3JldA==\r\n'), 'in', passage);
    expect(trace.read(new Set(['a']), all).messages[0]?.bytes).not.toContain('c2VjcmV0');
  });
});
