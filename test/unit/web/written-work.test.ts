import { expect, test } from 'vitest';
import { reduce } from '../../../web/src/state/reduce.ts';
import { nothing } from '../../../web/src/state/state.ts';
import { span } from '../../../web/src/work/span.ts';

test('lengths of time are said in their two largest units', () => {
  const [minute, hour, day] = [60_000, 3_600_000, 86_400_000];
  expect(span(20_000, 'en')).toBe('less than a minute');
  expect(span(35 * minute, 'en')).toBe('35 min');
  expect(span(3 * hour, 'en')).toBe('3 h');
  expect(span(3 * hour + 10 * minute, 'zh')).toBe('3 小时 10 分钟');
  expect(span(2 * day + 4 * hour + 50 * minute, 'en')).toBe('2 d 4 h');
  expect(span(2 * day + 59 * minute, 'zh')).toBe('2 天');
});

test('who wrote a public answer is told what became of it, with the note', () => {
  const message = {
    id: 'msg_1',
    interaction: 'int_1',
    number: 1,
    at: 1,
    author: 'agent' as const,
    content: { type: 'text' as const, text: 'We are sorry' },
  };
  const failed = { code: 'sent-back', reason: 'Say why' };
  const back = { message: { ...message, state: 'failed' as const, failed }, approved: false };
  const state = reduce(nothing, { on: 'event', frame: { seq: 1, event: 'answer-reviewed', with: back } });
  expect(state.notices).toMatchObject([{ kind: 'bad', about: 'review', approved: false, why: 'Say why' }]);
  const sent = { message: { ...message, state: 'waiting' as const }, approved: true };
  const after = reduce(state, { on: 'event', frame: { seq: 2, event: 'answer-reviewed', with: sent } });
  expect(after.notices.at(-1)).toMatchObject({ kind: 'good', about: 'review', approved: true });
});
