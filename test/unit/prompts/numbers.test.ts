import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { digitWords, numberWords, vocabulary } from '../../../media/prompts/index.ts';

const en = (n: number) =>
  numberWords('en', n)
    .map((word) => vocabulary.en[word])
    .join(' ');
const zh = (n: number, how = {}) =>
  numberWords('zh', n, how)
    .map((word) => vocabulary.zh[word])
    .join('');

describe('English', () => {
  it.each([
    [0, 'zero'],
    [7, 'seven'],
    [20, 'twenty'],
    [21, 'twenty one'],
    [90, 'ninety'],
    [100, 'one hundred'],
    [105, 'one hundred and five'],
    [342, 'three hundred and forty two'],
    [1000, 'one thousand'],
    [1001, 'one thousand and one'],
    [1200, 'one thousand two hundred'],
    [20_015, 'twenty thousand and fifteen'],
    [1_000_000, 'one million'],
    [305_000_410, 'three hundred and five million four hundred and ten'],
  ])('%i is "%s"', (number, words) => expect(en(number)).toBe(words));
});

describe('Chinese', () => {
  it.each([
    [0, '零'],
    [2, '二'],
    [10, '十'],
    [12, '十二'],
    [20, '二十'],
    [99, '九十九'],
    [100, '一百'],
    [101, '一百零一'],
    [110, '一百一十'],
    [112, '一百一十二'],
    [200, '二百'],
    [1000, '一千'],
    [1001, '一千零一'],
    [1010, '一千零一十'],
    [1100, '一千一百'],
    [2000, '两千'],
    [2002, '两千零二'],
    [10_000, '一万'],
    [10_001, '一万零一'],
    [10_010, '一万零一十'],
    [10_200, '一万零二百'],
    [12_000, '一万两千'],
    [20_000, '两万'],
    [100_000, '十万'],
    [120_012, '十二万零一十二'],
    [1_000_000, '一百万'],
    [20_000_020, '两千万零二十'],
    [100_000_000, '一亿'],
    [100_010_000, '一亿零一万'],
    [123_456_789, '一亿两千三百四十五万六千七百八十九'],
  ])('%i is "%s"', (number, words) => expect(zh(number)).toBe(words));

  it('says 两 before a measure word, and only for a lone 2', () => {
    expect(zh(2, { beforeMeasure: true })).toBe('两');
    expect(zh(12, { beforeMeasure: true })).toBe('十二');
  });
});

it('spells digits with the telephone 1 in Chinese, and leaves out what is no key', () => {
  expect(digitWords('+10-1*#').map((word) => vocabulary.zh[word])).toEqual(['幺', '零', '幺', '星号', '井号']);
  expect(digitWords('907').map((word) => vocabulary.en[word])).toEqual(['nine', 'zero', 'seven']);
});

it('has a recording for every word of every number, and no two numbers sound alike', () => {
  const number = fc.integer({ min: 0, max: 999_999_999 });
  fc.assert(
    fc.property(number, number, (a, b) => {
      for (const language of ['en', 'zh'] as const) {
        for (const word of numberWords(language, a)) expect(vocabulary[language]).toHaveProperty([word]);
        if (a !== b) expect(numberWords(language, a)).not.toEqual(numberWords(language, b));
      }
    }),
    { numRuns: 3000 },
  );
});
