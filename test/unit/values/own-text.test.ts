import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { ownText } from '../../../values/index.ts';

test('what is kept of a text does not keep the text', () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const message = (nr: number) => `Call-ID: one-of-many-calls-${nr}@192.0.2.5\r\n`.padEnd(100_000, '.');
  const used = () => {
    collect();
    return process.memoryUsage().heapUsed;
  };
  const before = used();
  const kept = Array.from({ length: 300 }, (_, nr) => ownText(message(nr).slice(9, 35)));
  expect(kept[7]).toBe('one-of-many-calls-7@192.0.');
  expect(used() - before).toBeLessThan(10_000_000);
  expect(kept).toHaveLength(300);
});

test('letters beyond ASCII', () => expect(ownText('客户 Ünal 😀')).toBe('客户 Ünal 😀'));
