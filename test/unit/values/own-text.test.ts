import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { ownText, phoneNumber } from '../../../values/index.ts';

test.each<[string, (piece: string) => unknown]>([
  ['a text of its own', ownText],
  ['a number that is remembered', (piece) => phoneNumber(piece, 'CN')],
])('%s does not keep the message that it was cut from', (_what, keep) => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const message = (nr: number) => `From: <sip:+861380013${8000 + nr}@192.0.2.5>\r\n`.padEnd(100_000, '.');
  const used = () => {
    collect();
    return process.memoryUsage().heapUsed;
  };
  const before = used();
  const kept = Array.from({ length: 300 }, (_, nr) => keep(message(nr).slice(11, 25)));
  expect(used() - before).toBeLessThan(10_000_000);
  expect(kept).toHaveLength(300);
});

test('letters beyond ASCII', () => expect(ownText('客户 Ünal 😀')).toBe('客户 Ünal 😀'));
