// Reads for reader.test.ts.
import { isMainThread, threadId } from 'node:worker_threads';
import { readJob, readStream } from '../../../server/journal/index.ts';

export const counts = readJob(import.meta.url, 'counts', (database, { prefix }: { prefix: string }) => ({
  rows: database.prepare('SELECT count(*) FROM counters WHERE name LIKE ?').pluck().get(`${prefix}%`) as number,
  mainThread: isMainThread || threadId === 0,
}));

export const numbers = readStream(import.meta.url, 'numbers', function* (_database, last: number) {
  for (let number = 1; number <= last; number++) yield String(number);
});

export const writes = readJob(import.meta.url, 'writes', (database) => {
  database.exec('DELETE FROM counters');
  return 0;
});

export const breaks = readJob(import.meta.url, 'breaks', (): number => {
  throw new Error('secret detail');
});

export const ends = readJob(import.meta.url, 'ends', (): number => process.exit(1));
