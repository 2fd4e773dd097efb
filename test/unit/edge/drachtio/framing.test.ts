import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FrameReader, FramingError, framed } from '../../../../edge/drachtio/index.ts';

describe('frames', () => {
  test('come out whole, however the bytes are split', () => {
    const payload = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(
        fc.array(payload, { maxLength: 12 }),
        fc.infiniteStream(fc.integer({ min: 1, max: 40 })),
        (all, sizes) => {
          const bytes = Buffer.from(all.map(framed).join(''));
          const reader = new FrameReader(10_000);
          const got: string[] = [];
          for (let at = 0; at < bytes.length; ) {
            const size = sizes.next().value as number;
            reader.push(bytes.subarray(at, at + size), (one) => got.push(one));
            at += size;
          }
          expect(got).toEqual(all);
        },
      ),
      { numRuns: 300 },
    );
  });

  test('garbage either throws FramingError or waits for more, and nothing else', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 8 }), (chunks) => {
        const reader = new FrameReader(1_000);
        try {
          for (const chunk of chunks) reader.push(Buffer.from(chunk), () => undefined);
        } catch (error) {
          expect(error).toBeInstanceOf(FramingError);
        }
      }),
      { numRuns: 500 },
    );
  });

  test.each([
    ['a letter', 'x'],
    ['a letter after digits', '12x#'],
    ['an empty frame', '0#'],
    ['no length', '#abc'],
    ['a frame over the cap', '1001#'],
    ['more digits than any frame has', '0000000000000'],
  ])('%s is refused', (_what, bytes) => {
    expect(() => new FrameReader(1_000).push(Buffer.from(bytes), () => undefined)).toThrow(FramingError);
  });

  test('a frame as long as the cap is taken; lengths count bytes', () => {
    const got: string[] = [];
    new FrameReader(1_000).push(Buffer.from(framed('é'.repeat(500))), (one) => got.push(one));
    expect(got[0]).toHaveLength(500);
    expect(framed('é😀')).toBe('6#é😀');
  });
});
