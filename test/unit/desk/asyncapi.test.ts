import { expect, test } from 'vitest';
import { asyncApi, written } from '../../../tools/build-asyncapi.ts';

test('docs/asyncapi.json is what the protocol says (node tools/build-asyncapi.ts writes it)', () => {
  expect(written()).toEqual(JSON.parse(JSON.stringify(asyncApi())));
});
