import { pino } from 'pino';
import { afterEach, expect, test, vi } from 'vitest';
import { CatchUp } from '../../../link/index.ts';

const logger = pino({ level: 'silent' });
let catchUp: CatchUp;
/** Comparisons that run, each waiting for its end. */
let runs: PromiseWithResolvers<void>[] = [];
let connected = true;

function make(retryMs = { first: 1, most: 4 }): void {
  runs = [];
  connected = true;
  catchUp = new CatchUp({
    run: () => {
      const run = Promise.withResolvers<void>();
      runs.push(run);
      return run.promise;
    },
    able: () => connected,
    retryMs,
    logger,
    what: 'test',
  });
}
afterEach(() => catchUp.close());

const running = (count: number) => vi.waitFor(() => expect(runs).toHaveLength(count));

test('what is due is done once, and not again when a connection comes back', async () => {
  make();
  catchUp.due();
  expect(runs).toHaveLength(1);
  runs[0]!.resolve();
  await vi.waitFor(() => expect(catchUp.owed).toBe(false));
  catchUp.resume();
  expect(runs).toHaveLength(1);
});

test('one that fails is tried again by itself, until it is done', async () => {
  make();
  catchUp.due();
  for (let i = 1; i <= 5; i++) {
    await running(i);
    runs[i - 1]!.reject(new Error('no reply'));
  }
  await running(6);
  runs[5]!.resolve();
  await vi.waitFor(() => expect(catchUp.owed).toBe(false));
  expect(runs).toHaveLength(6);
});

test('the delay between attempts doubles up to its bound', async () => {
  vi.useFakeTimers();
  try {
    make({ first: 100, most: 300 });
    catchUp.due();
    const gaps: number[] = [];
    for (let i = 0; i < 4; i++) {
      const before = runs.length;
      runs.at(-1)!.reject(new Error('no reply'));
      await vi.advanceTimersByTimeAsync(0);
      let waited = 0;
      while (runs.length === before) {
        await vi.advanceTimersByTimeAsync(10);
        waited += 10;
      }
      gaps.push(waited);
    }
    expect(gaps).toEqual([100, 200, 300, 300]);
  } finally {
    vi.useRealTimers();
  }
});

test('what becomes due while it runs is done after it', async () => {
  make();
  catchUp.due();
  catchUp.due();
  expect(runs).toHaveLength(1);
  runs[0]!.resolve();
  await running(2);
});

test('without a connection it stays owed, and is done when there is one', async () => {
  make();
  connected = false;
  catchUp.due();
  expect(runs).toHaveLength(0);
  expect(catchUp.owed).toBe(true);
  connected = true;
  catchUp.resume();
  expect(runs).toHaveLength(1);
  // It breaks in the middle: the next connection finds it owed.
  connected = false;
  runs[0]!.reject(new Error('link down'));
  await vi.waitFor(() => expect(catchUp.owed).toBe(true));
  connected = true;
  catchUp.resume();
  await running(2);
});
