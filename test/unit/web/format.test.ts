import { expect, test } from 'vitest';
import { dateTime, duration, initials, percent, phone } from '../../../web/src/format.ts';
import { en } from '../../../web/src/i18n/en.ts';
import { isKey, nameIn, translator } from '../../../web/src/i18n/translate.ts';
import { zh } from '../../../web/src/i18n/zh.ts';

test('durations, numbers, names and times as agents read them', () => {
  expect([-5, 7_900, 760_000, 3_723_000].map(duration)).toEqual(['0:00', '0:07', '12:40', '1:02:03']);
  expect(phone('+8613800138000')).toBe('+86 138 0013 8000');
  expect(phone('95500')).toBe('95500');
  expect([initials('Lin Mei'), initials('王建国'), initials('')]).toEqual(['LM', '建国', '']);
  expect([percent(0.874), percent(undefined)]).toEqual(['87 %', '–']);
  const now = Date.UTC(2026, 4, 5, 16, 30);
  expect(dateTime(now - 20 * 60_000, now, 'en', 'Asia/Shanghai')).toBe('00:10');
  expect(dateTime(now - 60 * 60_000, now, 'en', 'Asia/Shanghai')).toBe('5 May, 23:30');
  expect(dateTime(Date.UTC(2024, 0, 2), now, 'zh', 'UTC')).toContain('2024');
});

test('both dictionaries say the same things with the same values', () => {
  const values = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1]).sort();
  for (const [key, text] of Object.entries(en)) {
    expect(isKey(key)).toBe(true);
    if (isKey(key)) expect(values(zh[key]), key).toEqual(values(text));
  }
  expect(Object.keys(zh)).toEqual(Object.keys(en));
  expect(translator('zh')('offer.left', { seconds: 7 })).toBe('剩余 7 秒');
  expect(nameIn('zh', { en: 'Service' }, 'service')).toBe('Service');
  expect(nameIn('en', {}, 'service')).toBe('service');
});
