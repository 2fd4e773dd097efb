import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type Moment, momentSchema } from '../../../server/moments/schema.ts';
import { conditionInWords, ruleInWords, timeInWords } from '../../../web/src/moments/sentence.ts';

const shipped = (name: string): Moment =>
  momentSchema.parse(JSON.parse(readFileSync(join(import.meta.dirname, '../../../moments', `${name}.json`), 'utf8')));
const queueName = (queue: string) => ({ service: 'Service' })[queue] ?? queue;

test('the shipped moments in English', () => {
  const trouble = ruleInWords(shipped('payment-trouble'), 'en', queueName);
  expect(trouble.when).toBe(
    'When “payment-failed” happens twice, then a contact with her begins (direction is in), all within 30 minutes',
  );
  expect(trouble.does.slice(0, 2)).toEqual([
    'tag her “payment-trouble” for 2 hours',
    'give her contact the priority 9',
  ]);
  expect(trouble.holds).toBe(
    'It acts within 30 seconds or not at all, and not for the same customer again for 2 hours. For 10 minutes it goes before moments of a rank below 80.',
  );
  const cart = ruleInWords(shipped('cart-left'), 'en', queueName);
  expect(cart.when).toBe(
    'When “cart-changed” happens (sum is at least 150, currency is EUR), and it does not follow within 20 minutes that “order-placed” happens',
  );
  expect(cart.only).toBe('if she has not the tag “payment-trouble” or “complaint”');
  expect(ruleInWords(shipped('upgrade-failed'), 'en', queueName).does[1]).toBe(
    'have an agent of Service call her after 2 minutes',
  );
});

test('the shipped moments in Chinese', () => {
  const trouble = ruleInWords(shipped('payment-trouble'), 'zh', queueName);
  expect(trouble.when).toBe('当 30 分钟内先后发生“payment-failed” 2 次，然后与客户的联系开始（direction 为 in）');
  expect(trouble.does[0]).toBe('打上标签“payment-trouble”，保留 2 小时');
  const cart = ruleInWords(shipped('cart-left'), 'zh', queueName);
  expect(cart.when).toBe('当发生“cart-changed”（sum 不小于 150，currency 为 EUR），且 20 分钟内没有发生“order-placed”');
  expect(cart.only).toBe('条件：没有标签“payment-trouble”、“complaint”');
});

test('every kind of condition and action has words', () => {
  expect(conditionInWords('sum', { least: 5, most: 9 }, 'en')).toBe('sum is at least 5 and sum is at most 9');
  expect(conditionInWords('card', { in: ['debit', 'credit'] }, 'zh')).toBe('card 为 debit、credit 之一');
  expect(conditionInWords('vip', true, 'en')).toBe('vip is yes');
  expect(conditionInWords('text', { contains: 'fee', not: 'x' }, 'en')).toBe('text is not x and text contains “fee”');
  expect(timeInWords('1d', 'en')).toBe('1 day');
  const all = momentSchema.parse({
    moment: 'all',
    rank: 1,
    class: 'later',
    when: { event: 'x', count: 3, within: '1h' },
    do: [
      { route: { queue: 'service', skills: { cards: 3 } } },
      { message: { zh: '你好' }, channels: ['wechat', 'sms'] },
      { callback: { queue: 'service' } },
      { signal: 'rescue' },
    ],
  });
  expect(ruleInWords(all, 'en', queueName)).toMatchObject({
    when: 'When “x” happens 3 times within 1 hour',
    does: [
      'send her contact to Service and ask for the skills cards 3',
      'write to her on wechat or sms: “你好”',
      'have an agent of Service call her at once',
      'signal “rescue” to other programs',
    ],
  });
  for (const sentence of ruleInWords(all, 'zh', queueName).does) expect(sentence).toMatch(/\p{Script=Han}/u);
});
