import { createHash } from 'node:crypto';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import {
  defineEvent,
  type JournalEvent,
  newEvent,
  type OpenDatabase,
  openDatabase,
  openJournal,
  type SiteJournal,
} from '../../../server/journal/index.ts';

const pressed = defineEvent(
  'test.pressed',
  1,
  { digit: z.string(), from: z.string().optional() },
  { personal: ['from'], about: 'A key was pressed.' },
);
const counted = defineEvent('other.counted', 1, { n: z.number() }, { about: 'A number.' });

const logger = pino({ level: 'silent' });
const clock = { now: () => 1_700_000_000_000, monotonic: () => 0 };

let opened: OpenDatabase;
let journal: SiteJournal;

function open(more: { retryMs?: number; mostWaiting?: number } = {}): SiteJournal {
  return openJournal({ database: opened.database, site: 'hq', logger, clock, checked: true, ...more });
}

const press = (digit: string, scope = {}, from?: string) =>
  newEvent(pressed, 5, from === undefined ? { digit } : { digit, from }, scope);

beforeEach(() => {
  opened = openDatabase({ directory: ':memory:', logger });
  journal = open();
});

afterEach(async () => {
  await journal.close();
  await opened.close();
});

describe('append', () => {
  it('numbers events without gaps, in the order of the appends, and commits a turn at once', async () => {
    const commits = await Promise.all([
      journal.append([press('1'), press('2')]),
      journal.append([press('3')]),
      journal.append([]),
    ]);
    expect(commits).toEqual([
      { seq: 2, durable: true },
      { seq: 3, durable: true },
      { seq: 3, durable: true },
    ]);
    expect(journal.last).toBe(3);
    expect(journal.counters.commits).toBe(1);
    expect(journal.read(1).map((event) => [event.seq, event.data])).toEqual([
      [2, { digit: '2' }],
      [3, { digit: '3' }],
    ]);
  });

  it('keeps what was appended even where the caller changes its object afterwards', async () => {
    const data: { digit: string } = { digit: '1' };
    const commit = journal.append([newEvent(pressed, 5, data)]);
    data.digit = '9';
    await commit;
    expect(journal.read(0)[0]?.data).toEqual({ digit: '1' });
  });

  it('writes rows in the same transaction, and undoes both where the rows break a rule', async () => {
    opened.database.exec('CREATE TABLE unique_digits (digit TEXT PRIMARY KEY)');
    const add = (digit: string) =>
      journal.append([press(digit)], (db) => db.prepare('INSERT INTO unique_digits VALUES (?)').run(digit));
    const commits = await Promise.all([add('1'), add('1'), add('2')]);
    expect(commits).toEqual([
      { seq: 1, durable: true },
      { seq: undefined, durable: false, undone: true },
      { seq: 2, durable: true },
    ]);
    expect(journal.read(0).map((event) => event.data.digit)).toEqual(['1', '2']);
    expect(journal.counters.undone).toBe(1);
    expect(await journal.verifyChain()).toEqual({ events: 2, erased: 0 });
  });

  it('writes many events of a turn in order, also around an append that is undone', async () => {
    const some = (from: number, count: number) =>
      Array.from({ length: count }, (_, at) => newEvent(counted, 5, { n: from + at }, { interaction: 'int_a' }));
    const commits = await Promise.all([
      journal.append(some(1, 23)),
      journal.append(some(1_000, 20), () => {
        throw new Error('a rule of the schema');
      }),
      journal.append(some(24, 2)),
      journal.append(some(26, 5), (db) => {
        // What came before is in the table, and so are its own.
        expect(db.prepare('SELECT max(seq), count(*) FROM journal').raw().get()).toEqual([30, 30]);
      }),
      journal.append(some(31, 40)),
    ]);
    expect(commits.map(({ seq }) => seq)).toEqual([23, undefined, 25, 30, 70]);
    expect(journal.counters.commits).toBe(1);
    expect(journal.read(0).map(({ seq, data }) => [seq, data.n])).toEqual(some(1, 70).map((_, at) => [at + 1, at + 1]));
    expect(await journal.verifyChain()).toEqual({ events: 70, erased: 0 });
  });

  it('chains by SHA-256 over the hash before and the row, as docs and auditors know it', async () => {
    await journal.append([press('1', { interaction: 'int_a', customer: 'cus_1' }, '+4930123456'), press('2')]);
    const rows = opened.database.prepare('SELECT * FROM journal ORDER BY seq').all() as Record<string, unknown>[];
    let previous = Buffer.alloc(32);
    for (const row of rows) {
      const digest = row.digest === null ? null : (row.digest as Buffer).toString('base64');
      const columns = ['seq', 'at', 'site', 'team', 'type', 'version', 'interaction', 'agent', 'queue', 'customer'];
      const covered = [...columns, 'data', 'subject'].map((column) => row[column]);
      const text = JSON.stringify([previous.toString('base64'), ...covered, digest]);
      previous = createHash('sha256').update(text).digest();
      expect(row.hash).toEqual(previous);
    }
    const [first] = rows;
    const salted = Buffer.concat([first?.salt as Buffer, Buffer.from(first?.personal as string)]);
    expect(first?.digest).toEqual(createHash('sha256').update(salted).digest());
  });

  it('leaves out an event that the table does not take, and goes on with all others', async () => {
    const wrong = newEvent(pressed, 0.5, { digit: '2' });
    const commits = await Promise.all([
      journal.append([press('1')]),
      journal.append([press('2'), wrong]),
      journal.append([press('3')]),
    ]);
    expect(commits).toEqual([
      { seq: 1, durable: true },
      { seq: undefined, durable: false, undone: true },
      { seq: 2, durable: true },
    ]);
    expect(journal.trouble).toBeUndefined();
    expect(journal.read(0).map(({ data }) => data.digit)).toEqual(['1', '3']);
    expect(await journal.verifyChain()).toEqual({ events: 2, erased: 0 });
  });

  it('refuses data that does not fit its schema where it is checked', () => {
    const wrong = newEvent(counted, 1, { n: 'many' } as unknown as { n: number });
    expect(() => journal.append([wrong])).toThrow(/other\.counted does not fit/);
  });

  it('goes on with number and chain after it was opened again', async () => {
    await journal.append([press('1')]);
    await journal.close();
    journal = open();
    await journal.append([press('2')]);
    expect(journal.last).toBe(2);
    expect(await journal.verifyChain()).toEqual({ events: 2, erased: 0 });
  });
});

describe('read, follow, cursor', () => {
  it('filters by name, prefix and scope', async () => {
    await journal.append([
      press('1', { interaction: 'int_a', agent: '1001' }),
      press('2', { interaction: 'int_b', queue: 'service', team: 'red' }),
      newEvent(counted, 6, { n: 1 }, { interaction: 'int_a' }),
    ]);
    const seqs = (filter: Parameters<SiteJournal['read']>[1]) => journal.read(0, filter).map(({ seq }) => seq);
    expect(seqs({ filter: { types: ['test.*'] } })).toEqual([1, 2]);
    expect(seqs({ filter: { types: ['other.counted', 'test.pressed'], interaction: 'int_a' } })).toEqual([1, 3]);
    expect(seqs({ filter: { types: [] } })).toEqual([]);
    expect(seqs({ filter: { queue: 'service', team: 'red', site: 'hq' } })).toEqual([2]);
    expect(seqs({ filter: { agent: '1001' } })).toEqual([1]);
    expect(seqs({ limit: 1 })).toEqual([1]);
    expect(journal.ofInteraction('int_a').map(({ seq }) => seq)).toEqual([1, 3]);
  });

  it('tells followers what was committed, and a follower that throws stops no other', async () => {
    const seen: JournalEvent[] = [];
    journal.follow(() => {
      throw new Error('broken follower');
    });
    const stop = journal.follow((events) => seen.push(...events));
    await journal.append([press('1', { interaction: 'int_a' }, '+4930123456')]);
    expect(seen).toEqual(journal.read(0));
    stop();
    await journal.append([press('2')]);
    expect(seen).toHaveLength(1);
  });

  it('keeps cursors with the next commit', async () => {
    expect(journal.cursor('reports')).toBe(0);
    journal.moveCursor('reports', 7);
    expect(journal.cursor('reports')).toBe(7);
    await journal.append([press('1')]);
    await journal.close();
    journal = open();
    expect(journal.cursor('reports')).toBe(7);
  });
});

describe('erasing a person', () => {
  it('takes her fields and the salts away and leaves the chain whole', async () => {
    await journal.append([
      press('1', { interaction: 'int_a', customer: 'cus_1' }, '+4930123456'),
      press('2', { interaction: 'int_b', customer: 'cus_2' }, '+4930654321'),
    ]);
    expect(await journal.erase(['cus_1'], 'admin')).toBe(1);
    expect(journal.read(0).map(({ data }) => data)).toEqual([
      { digit: '1' },
      { digit: '2', from: '+4930654321' },
      { subjects: ['cus_1'], by: 'admin', events: 1 },
    ]);
    expect(opened.database.prepare('SELECT salt, personal FROM journal WHERE seq = 1').get()).toEqual({
      salt: null,
      personal: null,
    });
    expect(await journal.verifyChain()).toEqual({ events: 3, erased: 1 });
  });
});

describe('the chain', () => {
  const tamper = (sql: string) => async () => {
    await journal.append([press('1'), press('2', { interaction: 'int_a' }, '+49301'), press('3')]);
    opened.database.exec(sql);
    return (await journal.verifyChain()).broken;
  };
  it('shows a changed event', async () => {
    expect(await tamper(`UPDATE journal SET data = '{"digit":"8"}' WHERE seq = 2`)()).toEqual({
      seq: 2,
      why: 'changed',
    });
  });
  it('shows a missing event', async () => {
    expect(await tamper('DELETE FROM journal WHERE seq = 2')()).toEqual({ seq: 2, why: 'missing' });
  });
  it('shows personal fields that were changed or half erased', async () => {
    const broken = { seq: 2, why: 'personal-changed' };
    expect(await tamper(`UPDATE journal SET personal = '{"from":"+1"}' WHERE seq = 2`)()).toEqual(broken);
  });
});

describe('a full disk', () => {
  const fill = () => {
    const pages = opened.database.pragma('page_count', { simple: true }) as number;
    opened.database.pragma(`max_page_count = ${pages}`);
  };
  const free = () => opened.database.pragma('max_page_count = 1000000');
  const big = () => newEvent(pressed, 5, { digit: 'x'.repeat(20_000) });

  it('keeps events in memory, answers at once, and commits them in order when there is room again', async () => {
    await journal.close();
    journal = open({ retryMs: 5 });
    await journal.append([press('1')]);
    fill();
    expect(await journal.append([big()])).toEqual({ seq: undefined, durable: false });
    expect(await journal.append([press('after')])).toEqual({ seq: undefined, durable: false });
    expect(journal.trouble?.reason).toMatch(/full/);
    expect(journal.counters.waiting).toBe(2);
    const alarm = new Promise<JournalEvent>((resolve) =>
      journal.follow((events) => {
        const found = events.find(({ type }) => type === 'journal.disk-refused');
        if (found) resolve(found);
      }),
    );
    free();
    expect((await alarm).data).toMatchObject({ kept: 2 });
    expect(journal.trouble).toBeUndefined();
    expect(journal.read(0).map(({ type, data }) => [type, String(data.digit).length])).toEqual([
      ['test.pressed', 1],
      ['test.pressed', 20_000],
      ['test.pressed', 5],
      ['journal.disk-refused', 9],
    ]);
    expect(await journal.verifyChain()).toEqual({ events: 4, erased: 0 });
  });

  it('drops what is beyond the bound and says how much', async () => {
    await journal.close();
    journal = open({ retryMs: 5, mostWaiting: 2 });
    fill();
    await journal.append([big()]);
    for (let i = 0; i < 4; i++) await journal.append([press(String(i))]);
    expect(journal.counters).toMatchObject({ waiting: 2, lost: 3 });
    free();
    await vi.waitFor(() => expect(journal.read(0, { filter: { types: ['journal.events-lost'] } })).toHaveLength(1));
    expect(journal.read(0).at(-1)?.data).toMatchObject({ count: 3 });
  });
});
