// Every event that is audited has a sentence in both languages, whatever is said in it.
import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { isAudited } from '../../../server/audit/audited.ts';
import { type EventType, eventTypes } from '../../../server/journal/index.ts';
import { loadDeclarations } from '../../../tools/make-references.ts';
import { type AuditEntry, hasSentence, sentenceOf } from '../../../web/src/admin/audit/sentences.ts';

beforeAll(() => loadDeclarations());

const read = (entry: AuditEntry, language: 'en' | 'zh') =>
  sentenceOf(entry, language)
    .map(({ text }) => text)
    .join('');

/** Data with every combination of its choices, and something in each other field. */
function samples({ schema }: EventType): Record<string, unknown>[] {
  const { properties = {} } = z.toJSONSchema(schema, { unrepresentable: 'any' }) as {
    properties?: Record<string, { type?: string; enum?: unknown[] }>;
  };
  let all: Record<string, unknown>[] = [{}];
  for (const [name, { type, enum: choices }] of Object.entries(properties)) {
    const one =
      type === 'integer' || type === 'number' ? 7 : type === 'array' ? ['a', 'b'] : type === 'object' ? {} : 'x';
    const values = choices ?? (type === 'boolean' ? [true, false] : [one]);
    all = all.flatMap((data) => values.map((value) => ({ ...data, [name]: value })));
  }
  return all;
}

describe('sentences of the audit', () => {
  it('are there for every audited event, in English and Chinese', () => {
    const audited = [...eventTypes.values()].filter(({ name }) => isAudited({ type: name }));
    expect(audited.length).toBeGreaterThan(50);
    for (const event of audited) {
      for (const data of samples(event)) {
        for (const subject of ['1001', undefined]) {
          const entry = { seq: 1, at: 0, type: event.name, by: 'boss', data, ...(subject && { subject }) };
          expect(hasSentence(entry), `${event.name} ${JSON.stringify(data)}`).toBe(true);
          const [en, zh] = [read(entry, 'en'), read(entry, 'zh')];
          for (const text of [en, zh]) expect(text).not.toMatch(/[{}]|undefined|NaN|\[object/);
          expect(zh, zh).toMatch(/\p{Script=Han}/u);
          expect(en, en).not.toMatch(/\p{Script=Han}/u);
        }
      }
    }
  });

  it('say who did what to what', () => {
    const queue = { seq: 1, at: 0, type: 'directory.queue-put', by: 'boss', subject: 'cards' };
    expect(read({ ...queue, data: { before: {}, record: {} } }, 'en')).toBe('boss changed the queue cards');
    expect(read({ ...queue, data: { record: {} } }, 'zh')).toBe('boss 新增了队列 cards');
    const own = { seq: 1, at: 0, type: 'account.password-set', by: '1001', subject: '1001', data: { by: '1001' } };
    expect(read(own, 'en')).toBe('1001 changed the own password');
    expect(read({ ...own, by: 'local' }, 'en')).toBe('The command line set the password of 1001');
    const heard = { seq: 1, at: 0, type: 'call.monitored', by: 'token:t1', subject: '1001' };
    expect(read({ ...heard, data: { what: 'began', mode: 'whisper' } }, 'zh')).toBe(
      '令牌 t1 接入了 1001 的通话（耳语）',
    );
    expect(sentenceOf({ ...queue, data: {} }, 'en').filter(({ name }) => name)).toHaveLength(2);
  });

  it('give the name of an event that is not known here', () => {
    const entry = { seq: 1, at: 0, type: 'later.thing-done', by: 'boss', subject: 'it', data: {} };
    expect(hasSentence(entry)).toBe(false);
    expect(read(entry, 'en')).toBe('boss: later.thing-done → it');
  });
});
