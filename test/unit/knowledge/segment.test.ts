import { expect, it } from 'vitest';
import { indexed, matching, matchingAnyPart } from '../../../server/knowledge/segment.ts';

it('parts Chinese into pairs, and leaves words as they are', () => {
  expect(indexed('信用卡丢失 Lost VISA卡2张？')).toBe('信用 用卡 卡丢 丢失 失 lost visa 卡 2 张');
  expect(indexed('ＡＢＣ １２')).toBe('abc 12');
  expect(indexed('… "* OR')).toBe('or');
});

it('makes queries that no text can break', () => {
  expect(matching('信用卡 "lost OR', true)).toBe('"信用 用卡" AND "lost"* AND "or"*');
  expect(matching('卡', false)).toBe('"卡"*');
  expect(matching(' "*() ', true)).toBeUndefined();
  expect(matchingAnyPart('信用卡, pin')).toBe('"信用" OR "用卡" OR "pin"');
});
