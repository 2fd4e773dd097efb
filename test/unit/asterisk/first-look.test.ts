// A start must neither miss a host that is about to answer, nor wait for one that is away.
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { FirstLook } from '../../../media/asterisk/first-look.ts';

const patience = { withinMs: 10_000, othersWithinMs: 2_000 };
const [one, other] = [{ up: false }, { up: false }];
let look: FirstLook<{ up: boolean }>;
let done: boolean;

beforeEach(() => {
  vi.useFakeTimers();
  one.up = false;
  other.up = false;
  done = false;
  look = new FirstLook([one, other]);
  void look.done(patience).then(() => {
    done = true;
  });
});
afterEach(() => void vi.useRealTimers());

async function answers(host: { up: boolean }): Promise<void> {
  host.up = true;
  look.tried(host);
  await vi.advanceTimersByTimeAsync(0);
}

test('ends as soon as all are there', async () => {
  await answers(one);
  expect(done).toBe(false);
  await answers(other);
  expect(done).toBe(true);
});

test('waits for no host that could not be reached', async () => {
  look.tried(other);
  await answers(one);
  expect(done).toBe(true);
});

test('waits a little for one that says nothing, once another is there', async () => {
  await answers(one);
  await vi.advanceTimersByTimeAsync(1_999);
  expect(done).toBe(false);
  await vi.advanceTimersByTimeAsync(1);
  expect(done).toBe(true);
});

test('where none could be reached, goes on looking for one, and ends without', async () => {
  for (const host of [one, other]) look.tried(host);
  await vi.advanceTimersByTimeAsync(9_999);
  expect(done).toBe(false);
  await vi.advanceTimersByTimeAsync(1);
  expect(done).toBe(true);
});
