// What the checkers say, in English and Chinese: every sentence in both, with the same filled in.
import { describe, expect, it } from 'vitest';
import { readFlow } from '../../../server/ivr/check.ts';
import * as flowSchemas from '../../../server/ivr/schema.ts';
import { reasons, sentenceIn, sentences } from '../../../server/ivr/sentences.ts';
import * as testSchemas from '../../../server/ivr/test-schema.ts';
import { readMoment } from '../../../server/moments/check.ts';
import * as momentSchemas from '../../../server/moments/schema.ts';
import { ownMessages } from './own-messages.ts';

const filledIn = (text: string) => [...new Set(text.match(/\{\w+\}/g))].sort();

describe('sentences of the checkers', () => {
  it.each(Object.entries(sentences))('%s is there in both languages, with the same filled in', (name, { en, zh }) => {
    expect(filledIn(zh)).toEqual(filledIn(en));
    expect(en).not.toMatch(/\p{Script=Han}/u);
    // Pieces that are only a value have no words.
    if (!['quoted', 'reason', 'kind-other', 'kind-boolean', 'otherwise-wrong'].includes(name))
      expect(zh).toMatch(/\p{Script=Han}/u);
  });

  it('are there for everything that the schemas say in words of their own', () => {
    const schemas = [flowSchemas, testSchemas, momentSchemas].flatMap((module): unknown[] => Object.values(module));
    const messages = [...ownMessages(...schemas)];
    expect(messages.length).toBeGreaterThan(10);
    expect(messages.filter((message) => !Object.hasOwn(reasons, message))).toEqual([]);
  });

  it('say in Chinese what is wrong with a flow', () => {
    const flow = {
      flow: 'bank',
      start: 'welcom',
      nodes: {
        welcome: { type: 'say', prompt: { en: 'Hello {nobody}' }, next: 'bye' },
        bye: { type: 'hangup' },
        menu: { type: 'menu', prompt: { en: 'x', zh: 'y' }, choices: { '1': 'bye' }, tries: 'two' },
      },
    };
    const zh = (text: string) => readFlow(text, 'bank.json').findings.map(({ said }) => sentenceIn('zh', said));
    expect(zh(JSON.stringify(flow))).toEqual(['"tries" 必须是数字。']);
    const { menu: _, ...nodes } = flow.nodes;
    expect(zh(JSON.stringify({ ...flow, nodes })).sort()).toEqual(
      [
        '没有节点 "welcom"。是否指 "welcome"？',
        '变量 "nobody" 从未被赋值。请在 "variables" 中声明，或用 collect 收集。',
        '提示语缺少中文文本（"zh"）。',
      ].sort(),
    );
    expect(zh('{ "flow": }')).toEqual(['此处应为值；前面可能多了一个逗号。']);
    const hours = { office: { timeZone: 'Asia/Shanghai', week: { mon: ['9-17'] } } };
    expect(zh(JSON.stringify({ ...flow, nodes, hours })).join('')).not.toMatch(/must|[a-z]{4,} [a-z]{3,} /);
  });

  it('say in Chinese what is wrong with a moment', () => {
    const moment = { moment: 'greet', rank: 1, class: 'minutes', when: { event: 'x' } };
    const zh = (rule: object) =>
      readMoment(JSON.stringify(rule), 'greet.json').findings.map(({ said }) => sentenceIn('zh', said));
    expect(zh({ ...moment, do: [{ hint: { en: 'Hi {customer.name}', zh: '好' } }] })).toEqual([
      '{customer.name} 需要写明未知时的替代内容：{customer.name|…}。',
      '两种语言填入的内容不同：en 为 customer.name，zh 为 无。',
    ]);
    expect(zh({ ...moment, moment: 'Greet', do: [{ signal: 'y' }] })).toEqual([
      '"moment"："Greet" 无效，只能是小写字母、数字和短横线。',
    ]);
  });
});
