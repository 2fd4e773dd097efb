import { expect, test } from 'vitest';
import { keepToken } from '../../../sidecar/token-keeper.ts';

/** A provider whose answers come when the test lets them. */
function provider() {
  const asked: { give(token: string, expiresInMs?: number): void; fail(): void }[] = [];
  const clock = { at: 0, now: () => clock.at, monotonic: () => clock.at };
  const fetch = () =>
    new Promise<{ token: string; expiresInMs: number }>((resolve, reject) => {
      asked.push({
        give: (token, expiresInMs = 7_200_000) => resolve({ token, expiresInMs }),
        fail: () => reject(new Error('the provider is away')),
      });
    });
  return { asked, clock, keeper: keepToken({ fetch, marginMs: 60_000 }, clock) };
}

test('many who ask at once are one question to the provider', async () => {
  const { asked, keeper } = provider();
  const all = Promise.all([keeper.get(), keeper.get(), keeper.get()]);
  expect(asked).toHaveLength(1);
  asked[0]?.give('one');
  expect(await all).toEqual(['one', 'one', 'one']);
  expect(await keeper.get()).toBe('one');
  expect(asked).toHaveLength(1);
});

test('it is renewed before its end, and the old one does meanwhile; after its end nobody gets it', async () => {
  const { asked, clock, keeper } = provider();
  const first = keeper.get();
  asked[0]?.give('one');
  await first;
  clock.at = 7_200_000 - 60_000;
  expect(await keeper.get()).toBe('one');
  expect(await keeper.get()).toBe('one');
  expect(asked).toHaveLength(2);
  asked[1]?.give('two');
  await expect.poll(() => keeper.get()).toBe('two');
  clock.at += 7_200_000;
  const late = keeper.get();
  expect(asked).toHaveLength(3);
  asked[2]?.give('three');
  expect(await late).toBe('three');
});

test('a renewal that fails is tried again, not at each question', async () => {
  const { asked, clock, keeper } = provider();
  const first = keeper.get();
  asked[0]?.give('one');
  await first;
  clock.at = 7_200_000 - 60_000;
  await keeper.get();
  asked[1]?.fail();
  await new Promise((resolve) => setImmediate(resolve));
  expect(await keeper.get()).toBe('one');
  expect(asked).toHaveLength(2);
  clock.at += 5_000;
  expect(await keeper.get()).toBe('one');
  expect(asked).toHaveLength(3);
});

test('a refused one is forgotten; who comes late with the old one forgets nothing', async () => {
  const { asked, keeper } = provider();
  const first = keeper.get();
  asked[0]?.give('one');
  await first;
  keeper.refused('one');
  const second = keeper.get();
  asked[1]?.give('two');
  expect(await second).toBe('two');
  keeper.refused('one');
  expect(await keeper.get()).toBe('two');
  expect(asked).toHaveLength(2);
});

test('where the first one cannot be had, the error is told', async () => {
  const { asked, keeper } = provider();
  const first = keeper.get();
  asked[0]?.fail();
  await expect(first).rejects.toThrow('the provider is away');
  const again = keeper.get();
  asked[1]?.give('one');
  expect(await again).toBe('one');
});
