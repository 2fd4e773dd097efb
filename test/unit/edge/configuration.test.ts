import { expect, test } from 'vitest';
import { mediaThreads } from '../../../edge/configuration.ts';

test('media threads by the processors: half of them, one at least, four at most', () => {
  expect([1, 2, 3, 4, 6, 8, 64].map(mediaThreads)).toEqual([1, 1, 1, 2, 3, 4, 4]);
});
