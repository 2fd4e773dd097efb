import { expect, test } from 'vitest';
import { z } from 'zod';
import { agentSchema, dialRuleSchema, queueSchema, trunkSchema } from '../../../server/directory/records.ts';
import { labels } from '../../../web/src/admin/field-words.ts';
import { kinds } from '../../../web/src/admin/kinds.ts';
import { emptyOf, known, type Resolve, type Schema } from '../../../web/src/admin/schema.ts';
import { adminWords, hintOf, labelOf } from '../../../web/src/admin/words.ts';

const schemaOf = (type: z.ZodType): { schema: Schema; resolve: Resolve } => {
  const { $defs = {}, ...schema } = z.toJSONSchema(type, { io: 'input' }) as Schema & {
    $defs?: Record<string, Schema>;
  };
  const resolve: Resolve = (one) => {
    let found = one;
    while (found.$ref !== undefined) {
      const { $ref, ...rest } = found;
      found = { ...$defs[$ref.replace('#/$defs/', '')], ...rest };
    }
    return found;
  };
  return { schema: resolve(schema), resolve };
};

test('a new record begins with what the API would fill in', () => {
  const { schema, resolve } = schemaOf(agentSchema);
  expect(emptyOf(schema, resolve)).toMatchObject({ site: '', id: '', name: '' });
  const phone = resolve(schema.properties?.phone ?? {});
  expect(emptyOf(phone, resolve)).toEqual({ kind: 'none' });
  expect(emptyOf({ oneOf: phone.oneOf ?? [] }, resolve)).toEqual({ kind: 'registered', user: '' });
});

test('what a record shows besides its schema is not put, at any depth', () => {
  const auth: Schema = { type: 'object', properties: { user: { type: 'string' } } };
  const schema: Schema = { type: 'object', properties: { inboundAuth: { $ref: 'auth' }, note: {}, sources: {} } };
  const resolve: Resolve = (one) => (one.$ref === undefined ? one : auth);
  const shown = {
    site: 'main',
    sources: ['::1'],
    note: { free: true },
    inboundAuth: { user: 'acme', realm: 'switchroom' },
  };
  expect(known(shown, schema, resolve)).toEqual({
    sources: ['::1'],
    note: { free: true },
    inboundAuth: { user: 'acme' },
  });
});

test.each([
  ['agents', agentSchema],
  ['queues', queueSchema],
  ['trunks', trunkSchema],
  ['dial-rules', dialRuleSchema],
])('every field of %s has words in both languages, and its page names only fields that exist', (name, type) => {
  const { schema } = schemaOf(type);
  const fields = Object.keys(schema.properties ?? {});
  const missing = fields.filter((field) => labels[field] === undefined);
  expect(missing).toEqual([]);
  const kind = kinds.find((one) => one.name === name);
  expect(kind?.columns.filter((column) => !fields.includes(column))).toEqual([]);
  for (const { name: section, fields: named } of kind?.sections ?? []) {
    expect(Object.keys(adminWords.en)).toContain(`section.${section}`);
    expect(named.filter((field) => !fields.includes(field))).toEqual([]);
  }
});

test('a field that means something else in another kind has words of its own there', () => {
  expect(labelOf('en', 'disabled', 'agents')).toBe('Disabled: cannot sign in');
  expect(labelOf('en', 'disabled', 'channels')).toBe('Switched off');
  expect(hintOf('en', 'kind', 'channels')).toContain('webchat');
  expect(hintOf('en', 'disabled', 'agents')).toBe('What she has done stays.');
});

test('a field without words of its own shows its name in words', () => {
  expect(labelOf('en', 'someNewLimitMs')).toBe('Some new limit');
});
