import { describe, expect, test } from 'vitest';
import { checkPolicy } from '../../../server/retention/index.ts';

const check = (policy: unknown, queues?: string[]) =>
  checkPolicy(typeof policy === 'string' ? policy : JSON.stringify(policy, null, 2), queues && new Set(queues));
const rule = { name: 'talks', kind: 'recordings', days: 180 };

describe('the checker of retention.json', () => {
  test('takes a good one', () => {
    const { findings, rules } = check({ rules: [rule, { ...rule, name: 'loans', queues: ['loans'], days: 365 }] }, [
      'loans',
    ]);
    expect(findings).toEqual([]);
    expect(rules.map(({ name }) => name)).toEqual(['talks', 'loans']);
  });

  test.each([
    ['{ "rules": [', 1, 'is not JSON'],
    [{ rules: [{ ...rule, days: 0 }] }, 6, 'rules.0.days: must be at least 1'],
    [{ rules: [{ ...rule, kind: 'calls' }] }, 5, 'rules.0.kind'],
    [{ rules: [{ ...rule, name: 'No Name' }] }, 4, 'rules.0.name: must be small letters'],
    [{ rules: [rule, rule] }, 9, 'there is a rule talks already'],
    [{ rules: [rule, { ...rule, name: 'again' }] }, 8, 'rule talks says already how long recordings of all queues'],
    [{ rules: [{ ...rule, queues: ['gone'] }] }, 7, 'there is no queue gone'],
    [{ rules: [{ ...rule, day: 3 }] }, 3, 'rules.0'],
  ])('tells what is wrong, and where: %j', (policy, line, sentence) => {
    const { findings } = check(policy, ['loans']);
    expect(findings).toContainEqual({ line, column: expect.any(Number), sentence: expect.stringContaining(sentence) });
  });
});
