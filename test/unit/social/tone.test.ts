import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { feelingOf, type Tone } from '../../../server/social/index.ts';

const tones: Record<string, Tone> = { '+': 'positive', '-': 'negative', '0': 'neutral' };

function sample(language: 'zh' | 'en'): { text: string; tone: Tone }[] {
  const file = path.join(import.meta.dirname, `sample-${language}.txt`);
  return readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => ({ tone: tones[line.slice(0, 1)]!, text: line.slice(2) }));
}

describe.each([
  { language: 'zh' as const, right: 0.8, angry: 0.65 },
  { language: 'en' as const, right: 0.8, angry: 0.75 },
])('the tone of $language texts', ({ language, right, angry }) => {
  const all = sample(language);
  const judged = all.map(({ text, tone }) => ({ text, tone, said: feelingOf(text).tone }));
  const share = (list: typeof judged, good: (one: (typeof judged)[number]) => boolean) =>
    list.filter(good).length / list.length;

  it('is right often enough, over at least 200 texts of which no tone has most', () => {
    expect(all.length).toBeGreaterThanOrEqual(200);
    for (const tone of Object.values(tones)) expect(share(judged, (one) => one.tone === tone)).toBeLessThan(0.4);
    const accuracy = share(judged, ({ tone, said }) => tone === said);
    expect(accuracy).toBeGreaterThanOrEqual(right);
  });

  it('finds the angry, and seldom takes them for pleased', () => {
    const negative = judged.filter(({ tone }) => tone === 'negative');
    expect(share(negative, ({ said }) => said === 'negative')).toBeGreaterThanOrEqual(angry);
    expect(share(negative, ({ said }) => said === 'positive')).toBeLessThanOrEqual(0.08);
  });
});

it('turns round what is negated, and hears degree', () => {
  expect(feelingOf('不满意').tone).toBe('negative');
  expect(feelingOf('不是很方便').score).toBeLessThan(0);
  expect(feelingOf('非常满意').score).toBeGreaterThan(feelingOf('满意').score);
  expect(feelingOf('not good').tone).toBe('negative');
  expect(feelingOf('extremely bad').score).toBeLessThan(feelingOf('bad').score);
  expect(feelingOf('')).toEqual({ score: 0, tone: 'neutral' });
  expect(feelingOf('你好，请问有问题吗').tone).toBe('neutral');
});
