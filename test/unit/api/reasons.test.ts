// Why a value is not taken, in Chinese: for everything that the schemas of records and endpoints can say.
import { expect, it } from 'vitest';
import { z } from 'zod';
import type { ApiDeps } from '../../../server/api/deps.ts';
import { allEndpoints } from '../../../server/api/endpoints/index.ts';
import { reasonInChinese } from '../../../server/api/reasons.ts';
import * as records from '../../../server/directory/records.ts';
import { ownMessages } from '../ivr/own-messages.ts';

/** Something of which every part is there; the shapes of endpoints do not depend on what they are made with. */
const anything: object = new Proxy(() => undefined, { get: () => anything, apply: () => anything });
const deps = new Proxy(
  {},
  { get: (_, name) => (name === 'directory' ? { site: { id: 'hq', timeZone: 'UTC' } } : anything) },
) as ApiDeps;

it('is there in Chinese for every message of the schemas', () => {
  const shapes = allEndpoints(deps).flatMap(({ params, query, body }): unknown[] => [params, query, body]);
  const messages = [...ownMessages(...Object.values(records), ...shapes)];
  expect(messages.length).toBeGreaterThan(25);
  const english = messages.filter((message) => {
    const words = reasonInChinese({ code: 'custom', path: [], message, input: undefined });
    return !/\p{Script=Han}/u.test(words);
  });
  expect(english).toEqual([]);
});

it('is there in Chinese for what zod says by itself', () => {
  const shape = z.strictObject({
    name: z.string().min(3).max(5),
    age: z.number().min(18).max(99),
    kind: z.enum(['a', 'b']),
    tags: z.array(z.string()).min(1),
    mail: z.email(),
  });
  const good = { name: 'Anna', age: 20, kind: 'a', tags: ['x'], mail: 'a@b.cn' };
  const reason = (more: object) => {
    const { error } = shape.safeParse({ ...good, ...more });
    return error?.issues.map(reasonInChinese)[0];
  };
  expect(reason({})).toBeUndefined();
  expect(reason({ name: undefined })).toBe('必须填写');
  expect(reason({ name: 7 })).toBe('应为文本');
  expect(reason({ name: 'x' })).toBe('至少 3 个字符');
  expect(reason({ name: 'xxxxxx' })).toBe('最多 5 个字符');
  expect(reason({ age: 3 })).toBe('不能小于 18');
  expect(reason({ age: 100 })).toBe('不能大于 99');
  expect(reason({ kind: 'c' })).toBe('应为以下之一：a、b');
  expect(reason({ tags: [] })).toBe('不能为空');
  expect(reason({ more: 1 })).toBe('没有字段 “more”');
  expect(reason({ mail: 'x' })).toMatch(/^无效/);
});
