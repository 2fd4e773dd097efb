import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FrameReader, frameBytes } from '../../../../sidecar/channels/sms/cmpp-frame.ts';
import { CmppLink, type LinkOptions } from '../../../../sidecar/channels/sms/cmpp-link.ts';
import {
  authenticatorSource,
  readDeliver,
  readReceipt,
  readSubmitResponse,
  timestampOf,
} from '../../../../sidecar/channels/sms/cmpp-packets.ts';
import { LongTexts } from '../../../../sidecar/channels/sms/long-texts.ts';
import { optOutOf } from '../../../../sidecar/channels/sms/opt-out.ts';
import { customerNumber, dialled, readThread, threadOf } from '../../../../sidecar/channels/sms/sms-number.ts';
import { decodeText, encodeGbk, encodeText, readHeader } from '../../../../sidecar/channels/sms/sms-text.ts';

const options = { chinese: 'ucs2', most: 10, reference: 'm1' } as const;
const submit = {
  part: 1,
  parts: 1,
  receipt: true,
  serviceId: '',
  header: false,
  format: 0,
  source: 'bank01',
  feeUserType: 2,
  feeType: '01',
  feeCode: '000000',
  from: '106',
  to: '13800138000',
  content: Buffer.from('hi'),
};

describe('frames', () => {
  it('come out as they went in, however TCP cuts them', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ command: fc.nat(), sequence: fc.nat(), body: fc.uint8Array({ maxLength: 300 }) }), {
          maxLength: 8,
        }),
        fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 50 }),
        (frames, cuts) => {
          const sent = frames.map((one) => ({ ...one, body: Buffer.from(one.body) }));
          const bytes = Buffer.concat(sent.map(frameBytes));
          const reader = new FrameReader();
          const got = [];
          for (let at = 0, turn = 0; at < bytes.length; turn++) {
            const size = cuts[turn % cuts.length] ?? 1;
            got.push(...reader.read(bytes.subarray(at, at + size)));
            at += size;
          }
          expect(got).toEqual(sent);
        },
      ),
      { seed: 11 },
    );
  });

  it.each([0, 11, 4_097, 0xffff_ffff])('of %d bytes are refused before anything is kept', (length) => {
    const bytes = Buffer.alloc(12);
    bytes.writeUInt32BE(length);
    expect(() => new FrameReader().read(bytes)).toThrow(/not CMPP/);
  });

  it('garbage ends a link, and never throws out of it', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 10 }),
        fc.nat({ max: 10 }),
        (chunks, kind) => {
          const over: string[] = [];
          const link = new CmppLink(
            linkOptions,
            { write: () => {}, opened: () => {}, deliver: async () => {}, over: (why) => over.push(why) },
            0,
          );
          link.connect(0);
          for (const [index, chunk] of chunks.entries()) {
            // Some of them in a frame that is whole, with a body that is not.
            const bytes =
              index % 2
                ? Buffer.from(chunk)
                : frameBytes({
                    command: (kind % 2 ? 0x8000_0000 : 0) + (kind || 5),
                    sequence: 1,
                    body: Buffer.from(chunk),
                  });
            link.receive(bytes, 1);
          }
          expect(over.length).toBeLessThanOrEqual(1);
        },
      ),
      { seed: 12, numRuns: 300 },
    );
  });

  it('bodies that end too early are refused by name', () => {
    expect(() => readDeliver(Buffer.alloc(20), '2.0')).toThrow(/middle of a field/);
    expect(() => readReceipt(Buffer.alloc(30))).toThrow(/middle of a field/);
    expect(() => readSubmitResponse(Buffer.alloc(4))).toThrow(/middle of a field/);
  });
});

describe('the login', () => {
  it('has the time of China, and MD5 over account, nine zeros, secret and time', () => {
    expect(timestampOf(Date.UTC(2026, 11, 31, 16, 5, 9))).toBe('0101000509');
    // md5("901234" + 9 NUL + "1234" + "0708090211"), reckoned with md5sum.
    expect(authenticatorSource('901234', '1234', '0708090211').toString('hex')).toBe(
      '7a751ef48e2ab1357acb6925c583448e',
    );
  });
});

const linkOptions: LinkOptions = {
  account: 'bank01',
  secret: 's',
  version: '2.0',
  window: 2,
  answerMs: 60_000,
  tries: 3,
  keepAliveMs: 180_000,
};

const createProof = (status: Buffer, source: Buffer) =>
  createHash('md5')
    .update(Buffer.concat([status, source, Buffer.from('s')]))
    .digest();

/** A link that a gateway has accepted, with what it wrote. */
function bound(more: Partial<LinkOptions> = {}) {
  const written: { command: number; sequence: number; body: Buffer }[] = [];
  const reader = new FrameReader();
  const ended: string[] = [];
  let commits = Promise.resolve();
  const link = new CmppLink(
    { ...linkOptions, ...more },
    {
      write: (bytes) => written.push(...reader.read(bytes)),
      opened: () => {},
      deliver: () => commits,
      over: (why) => ended.push(why),
    },
    0,
  );
  link.connect(0);
  const [connect] = written.splice(0);
  if (!connect) throw new Error('no CONNECT');
  const status = Buffer.from([0]);
  const proof = createProof(status, connect.body.subarray(6, 22));
  link.receive(
    frameBytes({
      command: 0x8000_0001,
      sequence: connect.sequence,
      body: Buffer.concat([status, proof, Buffer.from([0x20])]),
    }),
    0,
  );
  const answer = (sequence: number, now: number, result = 0) =>
    link.receive(
      frameBytes({
        command: 0x8000_0004,
        sequence,
        body: Buffer.concat([Buffer.alloc(8, sequence), Buffer.from([result])]),
      }),
      now,
    );
  return { link, written, ended, answer, failCommits: () => (commits = Promise.reject(new Error('disk full'))) };
}

describe('a link', () => {
  it('keeps the window, and goes on when answers come', async () => {
    const { link, written, answer } = bound();
    expect(link.state).toBe('open');
    const all = [1, 2, 3].map(() => link.submit(submit));
    expect(written).toHaveLength(2);
    answer(written[0]?.sequence ?? 0, 5);
    expect(written).toHaveLength(3);
    await expect(all[0]).resolves.toMatchObject({ result: 0 });
    for (const frame of written.slice(1)) answer(frame.sequence, 6);
    await Promise.all(all);
  });

  it('sends again after T the same frame, N times in all, and then gives up', async () => {
    const { link, written, ended } = bound();
    const lost = link.submit(submit);
    expect(link.due()).toBe(60_000);
    link.tick(59_999);
    expect(written).toHaveLength(1);
    link.tick(60_000);
    link.tick(120_000);
    expect(written.map((one) => one.sequence)).toEqual(Array(3).fill(written[0]?.sequence));
    expect(ended).toEqual([]);
    link.tick(180_000);
    expect(ended).toEqual(['no answer after 3 tries']);
    await expect(lost).rejects.toMatchObject({ left: true });
    await expect(link.submit(submit)).rejects.toMatchObject({ left: false });
  });

  it('keeps alive after C of silence, and ends where the gateway is dumb', () => {
    const { link, written, ended } = bound();
    expect(link.due()).toBe(180_000);
    link.tick(180_000);
    expect(written.map((one) => one.command)).toEqual([0x8]);
    link.receive(
      frameBytes({ command: 0x8000_0008, sequence: written[0]?.sequence ?? 0, body: Buffer.from([0]) }),
      180_500,
    );
    expect(link.due()).toBe(360_500);
    for (const at of [360_500, 420_500, 480_500, 540_500]) link.tick(at);
    expect(ended).toHaveLength(1);
  });

  it('holds the agreed pace', () => {
    const { link, written } = bound({ perSecond: 10, window: 16 });
    for (let at = 0; at < 5; at++) link.submit(submit).catch(() => {});
    expect(written).toHaveLength(1);
    expect(link.due()).toBe(100);
    link.tick(100);
    link.tick(150);
    expect(written).toHaveLength(2);
    link.tick(200);
    expect(written).toHaveLength(3);
  });

  it('answers a text only when it is committed', async () => {
    const { link, written, failCommits } = bound();
    const deliver = frameBytes({ command: 0x5, sequence: 9, body: Buffer.alloc(8 + 21 + 10 + 3 + 21 + 2 + 8) });
    link.receive(deliver, 1);
    await Promise.resolve();
    await Promise.resolve();
    expect(written.map((one) => one.command)).toEqual([0x8000_0005]);
    failCommits();
    link.receive(deliver, 2);
    await new Promise((resolve) => setImmediate(resolve));
    expect(written).toHaveLength(1);
  });

  it('takes answers to nothing, and second answers, as strange', async () => {
    const { link, written, answer } = bound();
    const sent = link.submit(submit);
    const { sequence = 0 } = written[0] ?? {};
    answer(sequence, 1);
    answer(sequence, 1);
    answer(4_711, 1);
    await sent;
    expect(link.strange).toBe(2);
    expect(link.load).toBe(0);
  });

  it('says TERMINATE, and lets nothing new begin', async () => {
    const { link, written, ended } = bound({ window: 1 });
    const first = link.submit(submit);
    const second = link.submit(submit);
    link.terminate();
    await expect(second).rejects.toMatchObject({ left: false });
    expect(written.map((one) => one.command)).toEqual([0x4, 0x2]);
    link.receive(frameBytes({ command: 0x8000_0002, sequence: written[1]?.sequence ?? 0, body: Buffer.alloc(0) }), 1);
    await expect(first).rejects.toMatchObject({ left: true });
    expect(ended).toEqual(['ended by us']);
  });
});

describe('texts', () => {
  it('go as ASCII, UCS-2 or GBK by what they hold', () => {
    expect(encodeText('Your code: 1234', options)).toEqual([
      { format: 0, header: false, content: Buffer.from('Your code: 1234') },
    ]);
    expect(encodeText('您好', options)?.[0]).toEqual({
      format: 8,
      header: false,
      content: Buffer.from('60a8597d', 'hex'),
    });
    expect(encodeText('您好', { ...options, chinese: 'gbk' })?.[0]).toEqual({
      format: 15,
      header: false,
      content: Buffer.from('c4fabac3', 'hex'),
    });
    // Not in GBK.
    expect(encodeText('您好😀', { ...options, chinese: 'gbk' })?.[0]?.format).toBe(8);
  });

  it.each([
    ['ucs2', 70, 1],
    ['ucs2', 71, 2],
    ['ucs2', 134, 2],
    ['ucs2', 135, 3],
    ['gbk', 70, 1],
    ['gbk', 71, 2],
  ] as const)('in %s of %d characters take %d parts', (chinese, characters, parts) => {
    expect(encodeText('卡'.repeat(characters), { ...options, chinese })).toHaveLength(parts);
  });

  it('come back from their parts, and no character is torn', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('a', '卡', '😀', '\n', '退', '€'), maxLength: 500 }),
        fc.constantFrom('ucs2', 'gbk'),
        (text, chinese) => {
          const parts = encodeText(text, { ...options, chinese, most: 20 });
          const read = parts?.map((part) => {
            expect(part.content.length).toBeLessThanOrEqual(140);
            const { length, part: of } = part.header ? readHeader(part.content) : { length: 0 };
            expect(of?.total ?? 1).toBe(parts.length);
            return decodeText(part.content.subarray(length), part.format);
          });
          expect(read?.join('')).toBe(text);
        },
      ),
      { seed: 13 },
    );
    expect(encodeText('卡'.repeat(700), options)).toBeUndefined();
  });

  it('GBK is what the decoder reads', () => {
    expect(encodeGbk('信用卡€')?.toString('hex')).toBe('d0c5d3c3bfa8a2e3');
    expect(encodeGbk('😀')).toBeUndefined();
  });

  it('headers: 05 00 03, 06 08 04, others beside, and nonsense', () => {
    expect(readHeader(Buffer.from('050003070201', 'hex'))).toEqual({
      length: 6,
      part: { reference: 7, total: 2, number: 1 },
    });
    expect(readHeader(Buffer.from('06080412340302', 'hex'))).toEqual({
      length: 7,
      part: { reference: 0x1234, total: 3, number: 2 },
    });
    expect(readHeader(Buffer.from('0b05040b8423f00003070201', 'hex')).part).toEqual({
      reference: 7,
      total: 2,
      number: 1,
    });
    expect(readHeader(Buffer.from('050003070205', 'hex'))).toEqual({ length: 6, part: undefined });
    expect(readHeader(Buffer.from('ff', 'hex'))).toEqual({ length: 0 });
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 30 }), (bytes) => readHeader(Buffer.from(bytes)).length <= bytes.length),
      { seed: 14 },
    );
  });
});

describe('long texts of customers', () => {
  const memory = () => {
    const facts = new Map<string, string>();
    const forgotten = new Map<string, string>();
    return {
      forgotten,
      get: (key: string) => facts.get(key),
      set(key: string, value: string, { came = false } = {}) {
        facts.set(key, value);
        if (came) forgotten.set(key, value);
        else forgotten.delete(key);
      },
    };
  };
  const part = (number: number, reference = 7) => ({ reference, total: 3, number });
  const about = (key: string, at = 0) => ({ key, at, thread: '+8613800138000' });

  it('are put together in any order, also by another life', () => {
    const kept = memory();
    expect(new LongTexts(kept, 1_000).add('a', part(3), 'C', about('k3'))).toBeUndefined();
    expect(new LongTexts(kept, 1_000).add('a', part(1), 'A', about('k1'))).toBeUndefined();
    const third = new LongTexts(kept, 1_000);
    expect(third.add('b', part(2), 'x', about('other'))).toBeUndefined();
    expect(third.add('a', part(2), 'B', about('k2'))).toBe('ABC');
    // Words are kept as long as what came, and no longer.
    expect([...kept.forgotten.keys()]).toEqual(['join:a:7:3', 'join:b:7:3']);
    // Read again after a crash: the same.
    expect(third.add('a', part(2), 'B', about('k2'))).toBe('ABC');
  });

  it('under a number that went round are another text', () => {
    const long = new LongTexts(memory(), 1_000);
    for (const number of [1, 2, 3]) long.add('a', part(number), `${number}`, about(`k${number}`));
    expect(long.add('a', part(1), '1', about('n1', 10))).toBeUndefined();
    expect(long.add('a', part(2), '2', about('n2', 10))).toBeUndefined();
    expect(long.add('a', part(3), '3', about('n3', 10))).toBe('123');
    // Half of one, and much later half of the next.
    long.add('a', part(1, 9), 'old', about('o1', 0));
    expect(long.add('a', part(2, 9), 'new', about('o2', 5_000))).toBeUndefined();
    expect(long.nextDue()).toBe(6_000);
  });

  it('are given as far as they came when their time is over', () => {
    const long = new LongTexts(memory(), 1_000);
    long.add('a', part(1), 'A', about('k1'));
    long.add('a', part(3), 'C', about('k3', 500));
    expect(long.nextDue()).toBe(1_000);
    expect(long.overdue(999)).toEqual([]);
    const [late] = long.overdue(1_000);
    expect(long.giveUp(late?.name ?? '')).toMatchObject({ text: 'A[…]C' });
    expect(long.giveUp(late?.name ?? '')).toMatchObject({ text: 'A[…]C' });
    expect(long.overdue(2_000)).toEqual([]);
    // Late after all: at least not lost.
    expect(long.add('a', part(2), 'B', about('k2', 2_000))).toBeUndefined();
    expect(long.nextDue()).toBe(3_000);
  });
});

describe('words and numbers', () => {
  it.each(['TD', 'td', ' 退订 ', '【退订】', 'Stop', 'STOP.', 'Ｔ', 't'])('"%s" is an opt-out', (text) => {
    expect(optOutOf(text)).toBe('opt-out');
  });
  it.each(['please stop the transfer', '我要退订宽带', '', 'no', 'N', 'ok', '1'])('"%s" is none', (text) => {
    expect(optOutOf(text)).toBeUndefined();
  });
  it('takes words of its own, and words back', () => {
    expect(optOutOf('不要了', ['不要了'])).toBe('opt-out');
    expect(optOutOf('恢复')).toBe('opt-in');
  });

  it('knows a customer however the carrier writes him', () => {
    for (const raw of ['13800138000', '8613800138000', '+8613800138000', '008613800138000']) {
      expect(customerNumber(raw, 'CN')).toBe('+8613800138000');
    }
    expect(customerNumber('4915112345678', 'CN')).toBe('+4915112345678');
    expect(customerNumber('10086', 'CN')).toBe('10086');
    expect(dialled('+8613800138000', 'national')).toBe('13800138000');
    expect(dialled('+4915112345678', 'national')).toBe('4915112345678');
  });

  it('names threads by the customer and the tail of our number', () => {
    expect(threadOf('+8613800138000', '10690001', '10690001')).toBe('+8613800138000');
    expect(threadOf('+8613800138000', '1069000112', '10690001')).toBe('+8613800138000~12');
    expect(readThread('+8613800138000~12')).toEqual({ customer: '+8613800138000', tail: '12' });
    expect(readThread('mail-abc')).toBeUndefined();
  });
});
