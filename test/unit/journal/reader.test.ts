import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type OpenDatabase, openDatabase } from '../../../server/journal/index.ts';
import { breaks, counts, ends, numbers, writes } from './reads.ts';

const logger = pino({ level: 'silent' });
let folder: string;
let opened: OpenDatabase;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'reader-'));
  opened = openDatabase({ directory: folder, logger });
});
afterEach(async () => {
  await opened.close();
  rmSync(folder, { recursive: true });
});

const add = (name: string, value: number) =>
  opened.database.prepare('INSERT INTO counters (name, value) VALUES (?, ?)').run(name, value);

async function all(pieces: AsyncIterable<string>): Promise<string[]> {
  const found: string[] = [];
  for await (const piece of pieces) found.push(piece);
  return found;
}

describe('a reader', () => {
  it('reads what was just committed, in another thread', async () => {
    add('a', 1);
    const first = await opened.reader.ask(counts, { prefix: 'a' });
    expect(first).toEqual({ rows: 1, mainThread: false });
    add('ab', 2);
    expect(await opened.reader.ask(counts, { prefix: 'a' })).toEqual({ rows: 2, mainThread: false });
  });

  it('hands a stream out piece by piece, with others in between', async () => {
    const found: string[] = [];
    for await (const piece of opened.reader.stream(numbers, 4)) {
      found.push(piece);
      if (piece === '2') expect((await opened.reader.ask(counts, { prefix: 'epoch' })).rows).toBe(1);
    }
    expect(found).toEqual(['1', '2', '3', '4']);
    for await (const _ of opened.reader.stream(numbers, 1_000_000)) break;
    const both = [opened.reader.stream(numbers, 3), opened.reader.stream(numbers, 2)].map(all);
    expect(await Promise.all(both)).toEqual([
      ['1', '2', '3'],
      ['1', '2'],
    ]);
  });

  it('cannot write, and says that a read failed without its insides', async () => {
    await expect(opened.reader.ask(writes, undefined)).rejects.toMatchObject({ code: 'read-failed' });
    await expect(opened.reader.ask(breaks, undefined)).rejects.toMatchObject({
      code: 'read-failed',
      message: expect.not.stringContaining('secret'),
    });
    expect((await opened.reader.ask(counts, { prefix: 'epoch' })).rows).toBe(1);
  });

  it('outlives its worker', async () => {
    await expect(opened.reader.ask(ends, undefined)).rejects.toMatchObject({ code: 'read-failed' });
    expect((await opened.reader.ask(counts, { prefix: 'epoch' })).rows).toBe(1);
  });

  it('reads a database in memory where it is asked', async () => {
    const memory = openDatabase({ directory: ':memory:', logger });
    expect(await memory.reader.ask(counts, { prefix: 'epoch' })).toMatchObject({ rows: 1 });
    expect(await all(memory.reader.stream(numbers, 2))).toEqual(['1', '2']);
    await memory.close();
  });
});
