// The log of what left stays bounded, and nothing of its proof is lost.
import { appendFileSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { interactionStarted } from '../../../server/customers/index.ts';
import { newEvent } from '../../../server/journal/index.ts';
import {
  EgressArchive,
  EgressLog,
  egressView,
  nextBatch,
  readPlan,
  verifyArchive,
} from '../../../server/uplink/index.ts';
import { logger, openSite, type TestSite } from '../directory/site.ts';

const day = 86_400_000;
const key = Buffer.alloc(32, 7);
const plan = readPlan(undefined);
let site: TestSite;
let folder: string;
let log: EgressLog;

beforeEach(() => {
  site = openSite();
  folder = mkdtempSync(join(tmpdir(), 'switchroom-egress-'));
  log = new EgressLog(site.opened.database);
  log.keepPlan(plan, 0);
});
afterEach(async () => {
  await site.close();
  rmSync(folder, { recursive: true, force: true });
});

const archive = (more: Partial<{ days: number; mostBatches: number }> = {}) =>
  new EgressArchive({
    database: site.opened.database,
    journal: site.journal,
    clock: site.clock,
    logger,
    folder,
    log: { days: 31, mostBatches: 1_000, ...more },
  });

let calls = 0;
/** So many batches of one event each, as the uplink makes and logs them. */
async function leave(count: number): Promise<void> {
  for (let nth = 0; nth < count; nth++) {
    const after = site.journal.last;
    const data = { channel: 'voice', direction: 'in', from: '+8613800138000' } as const;
    await site.journal.append([
      newEvent(interactionStarted, site.clock.now(), data, { interaction: `int_${++calls}` }),
    ]);
    const batch = nextBatch.run(site.opened.database, { after, most: 1, plan, key });
    if (!batch) throw new Error('no batch');
    log.add(batch, plan.id, site.clock.now());
  }
}
const inDatabase = () =>
  site.opened.database.prepare<[], number>('SELECT batch FROM egress_log ORDER BY batch').pluck().all();

describe('the archive of the egress log', () => {
  it('takes whole days that are old enough, one file each, sealed in a chain that the journal knows', async () => {
    await leave(5);
    site.clock.at += day;
    await leave(3);
    site.clock.at += 40 * day;
    await leave(2);
    const one = archive();
    expect(await one.run()).toBe(8);
    expect(inDatabase()).toEqual([9, 10]);
    const [first, second] = one.seals();
    expect(one.seals()).toHaveLength(2);
    expect(first).toMatchObject({ nth: 1, firstBatch: 1, lastBatch: 5, batches: 5, sent: 5, previous: '0'.repeat(64) });
    expect(second).toMatchObject({ nth: 2, firstBatch: 6, lastBatch: 8, previous: first?.seal });
    expect(readdirSync(folder).sort()).toEqual([first?.file, second?.file]);
    const said = site.journal.read(0, { filter: { types: ['egress.log-sealed'] } });
    expect(said.map(({ data }) => data.seal)).toEqual([first?.seal, second?.seal]);
    expect(await verifyArchive(site.opened.database, folder)).toEqual({ seals: 2, batches: 8, wrong: [] });
    expect(await one.run()).toBe(0);
    await leave(1);
    expect(inDatabase().at(-1)).toBe(11);
  });

  it('a batch of a file is made again as any other', async () => {
    await leave(4);
    site.clock.at += 40 * day;
    await leave(1);
    await archive().run();
    const view = egressView({ database: site.opened.database, key, last: () => site.journal.last, archive: folder });
    expect(await view.verify(3)).toMatchObject({
      same: true,
      erasedSince: false,
      text: expect.stringContaining('int_'),
    });
    expect(await view.verify(5)).toMatchObject({ same: true });
    await expect(view.verify(6)).rejects.toMatchObject({ code: 'egress-batch-unknown' });
  });

  it.each([
    ['a file that was changed', (file: string) => appendFileSync(file, 'x'), 'was changed'],
    ['a file that is no longer one', (file: string) => writeFileSync(file, 'x'), 'was changed'],
    ['a file that is gone', (file: string) => rmSync(file), 'is missing'],
    [
      'a seal that was changed',
      () => site.opened.database.exec(`UPDATE egress_seals SET data = json_set(data, '$.batches', 4)`),
      'it was changed',
    ],
    ['a seal that is gone', () => site.opened.database.exec('DELETE FROM egress_seals'), 'it is gone'],
  ])('finds %s', async (_, harm, sentence) => {
    await leave(3);
    site.clock.at += 40 * day;
    await leave(1);
    const one = archive();
    await one.run();
    const [{ file } = { file: '' }] = one.seals();
    harm(join(folder, file));
    const { wrong } = await verifyArchive(site.opened.database, folder);
    expect(wrong.join('\n')).toContain(sentence);
  });

  it('goes on where it was cut off: sealed and not yet taken away, or a file half written', async () => {
    await leave(3);
    site.clock.at += 40 * day;
    await leave(2);
    const rows = site.opened.database.prepare('SELECT * FROM egress_log WHERE batch <= 3').all() as Record<
      string,
      unknown
    >[];
    writeFileSync(join(folder, '000001-1970-01-01.jsonl.zst.coming'), 'half');
    await archive().run();
    for (const row of rows)
      site.opened.database
        .prepare(
          'INSERT INTO egress_log VALUES (:batch, :at, :after, :upto, :sent, :kept, :bytes, :wire, :digest, :policy)',
        )
        .run(row);
    await archive().run();
    expect(inDatabase()).toEqual([4, 5]);
    expect((await verifyArchive(site.opened.database, folder)).wrong).toEqual([]);
  });

  it('keeps the newest batch whatever its age, and rings where there are too many all the same', async () => {
    await leave(2);
    site.clock.at += 400 * day;
    const one = archive();
    await one.run();
    expect(inDatabase()).toEqual([2]);
    await leave(4);
    const small = archive({ mostBatches: 3 });
    await small.run();
    await small.run();
    expect(small.large).toBe(true);
    const alarms = site.journal.read(0, { filter: { types: ['egress.log-large'] } });
    expect(alarms.map(({ data }) => data)).toEqual([{ batches: 4, most: 3, days: 31 }]);
  });
});
