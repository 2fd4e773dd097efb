import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cutText } from '../../../sidecar/cut-text.ts';

describe('long texts', () => {
  test('one that fits is left alone', () => {
    expect(cutText('你好', { most: 6, unit: 'bytes' })).toEqual(['你好']);
    expect(cutText('', { most: 6, unit: 'bytes' })).toEqual(['']);
  });

  test('they are cut where a sentence ends, else where a word does, else anywhere but within a character', () => {
    expect(cutText('您的卡已冻结。请到网点办理。', { most: 10, unit: 'characters' })).toEqual([
      '您的卡已冻结。',
      '请到网点办理。',
    ]);
    expect(cutText('Your card is blocked now', { most: 14, unit: 'characters' })).toEqual([
      'Your card is',
      'blocked now',
    ]);
    expect(cutText('aaaaaaaa', { most: 3, unit: 'characters' })).toEqual(['aaa', 'aaa', 'aa']);
    expect(cutText('😀😀😀', { most: 5, unit: 'bytes' })).toEqual(['😀', '😀', '😀']);
  });

  test('no part is too long or empty, and nothing but space between parts is lost', () => {
    const unit = fc.constantFrom('characters' as const, 'bytes' as const);
    const text = fc.string({ unit: fc.constantFrom('a', ' ', '.', '。', '😀', '\n'), minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(text, fc.integer({ min: 4, max: 40 }), unit, (given, most, by) => {
        const parts = cutText(given, { most, unit: by });
        const size = (part: string) => (by === 'bytes' ? Buffer.byteLength(part) : [...part].length);
        if (size(given) <= most) return parts[0] === given;
        const solid = (one: string) => one.replace(/\s/g, '');
        return parts.every((part) => part !== '' && size(part) <= most) && solid(parts.join('')) === solid(given);
      }),
      { seed: 5, numRuns: 500 },
    );
  });
});
