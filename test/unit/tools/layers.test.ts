import { join } from 'node:path';
import { expect, it } from 'vitest';
import { breaches } from '../../../tools/layers.ts';

it('imports go down only, to faces only, and never in circles', () => {
  expect(breaches(join(import.meta.dirname, '../../..'))).toEqual([]);
});
