import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { findings, inspectData } from '../../../server/backup/index.ts';
import { InteractionProjector, InteractionRows, interactionStarted } from '../../../server/customers/index.ts';
import { interactionQueued } from '../../../server/customers/interaction-events.ts';
import { newEvent } from '../../../server/journal/index.ts';
import { Retention } from '../../../server/retention/index.ts';
import { Site } from '../backup/site.ts';

const day = 86_400_000;
const logger = pino({ level: 'silent' });
let site: Site;
let now: number;
let erased: string[];
let records: InteractionProjector;

beforeEach(async () => {
  site = new Site();
  now = 1_000 * day;
  erased = [];
  const clock = { now: () => now, monotonic: () => 0 };
  records = new InteractionProjector(site.journal, new InteractionRows(site.data.database), logger, clock);
  await records.start();
});
afterEach(async () => {
  await records.stop();
  await site.close();
});

interface Contact {
  /** One after the other. */
  queues?: string[];
  customer?: string;
}

/** A contact that ended that many days ago, with one recording, one message, and a number in its first event. */
async function contact(id: string, daysAgo: number, { queues = [], customer }: Contact = {}) {
  const at = now - daysAgo * day;
  const call = { channel: 'voice' as const, direction: 'in' as const, from: `+86${id}` };
  await site.journal.append([
    newEvent(interactionStarted, at, call, { interaction: id, customer }),
    ...queues.map((queue) => newEvent(interactionQueued, at, { priority: 5, skills: [] }, { interaction: id, queue })),
  ]);
  await records.settled();
  const { database } = site.data;
  database.prepare('UPDATE interactions SET ended_at = ?, customer = ? WHERE id = ?').run(at, customer ?? null, id);
  site.record(`rec_${id}`, `talk ${id}`, at);
  database.prepare('UPDATE recordings SET interaction = ? WHERE id = ?').run(id, `rec_${id}`);
  database
    .prepare(
      `INSERT INTO messages (id, via, thread, number, interaction, at, author, state, content)
         VALUES (?, 'web', ?, 1, ?, ?, 'customer', 'received', '{}')`,
    )
    .run(`msg_${id}`, id, id, at);
}

function retention(rules: object[]): Retention {
  const policy = join(site.folder, 'retention.json');
  writeFileSync(policy, JSON.stringify({ rules }));
  return new Retention({
    database: site.data.database,
    reader: site.data.reader,
    journal: site.journal,
    clock: { now: () => now, monotonic: () => 0 },
    logger,
    recordings: site.path('recordings'),
    policy,
    idsOf: (customer) => (customer === 'cus_head' ? ['cus_head', 'cus_part'] : [customer]),
    conversations: {
      erase: ({ interactions }) => {
        erased.push(...interactions);
        const empty = site.data.database.prepare(`UPDATE messages SET content = '' WHERE interaction = ?`);
        for (const id of interactions) empty.run(id);
      },
    },
  });
}

const there = (id: string) => existsSync(site.path(`recordings/rec_${id}.wav`));
const numberOf = (id: string) => site.journal.ofInteraction(id)[0]?.data.from;

describe('retention', () => {
  test('takes away recordings by queue and age, says what, and the audit misses nothing', async () => {
    await contact('old', 100);
    await contact('loan', 100, { queues: ['loans'] });
    await contact('oldloan', 400, { queues: ['loans'] });
    await contact('young', 80);
    const rules = retention([
      { name: 'all', kind: 'recordings', days: 90 },
      { name: 'loans', kind: 'recordings', days: 365, queues: ['loans'] },
    ]);
    const wanted = [
      { rule: 'all', kind: 'recordings', days: 90, count: 1 },
      { rule: 'loans', kind: 'recordings', days: 365, count: 1 },
    ];
    expect(await rules.run({ dryRun: true, by: 'test' })).toEqual(wanted);
    expect(['old', 'loan', 'oldloan', 'young'].map(there)).toEqual([true, true, true, true]);
    expect(await rules.run({ by: 'test' })).toEqual(wanted);
    expect(['old', 'loan', 'oldloan', 'young'].map(there)).toEqual([false, true, false, true]);
    expect((await rules.run({ by: 'test' })).map(({ count }) => count)).toEqual([0, 0]);
    const said = site.journal.read(0, { filter: { types: ['retention.removed'] } }).map(({ data }) => data);
    expect(said).toEqual([
      { kind: 'recordings', rule: 'all', days: 90, count: 1, ids: ['rec_old'], by: 'test' },
      { kind: 'recordings', rule: 'loans', days: 365, count: 1, ids: ['rec_oldloan'], by: 'test' },
    ]);
    const report = await inspectData(site.settings.data);
    expect([findings(report), report.recordings.removed]).toEqual([[], 2]);
    now += 20 * day;
    expect((await rules.run({ by: 'test' })).map(({ count }) => count)).toEqual([1, 0]);
    expect(there('young')).toBe(false);
  });

  test('a hold wins: on the contact, the customer with all her parts, and the queue; until it is released', async () => {
    await contact('one', 100);
    await contact('hers', 100, { customer: 'cus_part' });
    await contact('loan', 100, { queues: ['loans'] });
    await contact('moved', 100, { queues: ['loans', 'general'] });
    await contact('head', 1, { customer: 'cus_head' });
    const rules = retention([{ name: 'all', kind: 'recordings', days: 90 }]);
    const holds = [
      await rules.holds.place({ kind: 'interaction', subject: 'one', reason: 'case 7' }, 'admin'),
      await rules.holds.place({ kind: 'customer', subject: 'cus_head', reason: 'case 8' }, 'admin'),
      await rules.holds.place({ kind: 'queue', subject: 'loans', reason: 'the regulator' }, 'admin'),
    ];
    expect((await rules.run({ by: 'test' }))[0]?.count).toBe(0);
    const erase = (customers: string[], interactions: string[]) => () =>
      rules.holds.mayErase({ customers, interactions });
    expect(erase([], ['one'])).toThrow(/case 7/);
    expect(erase(['cus_head', 'cus_part'], [])).toThrow(/case 8/);
    expect(erase(['cus_other'], ['loan'])).toThrow(/the regulator/);
    expect(erase(['cus_other'], ['moved'])).toThrow(/the regulator/);
    expect(erase(['cus_other'], ['hers'])).not.toThrow();
    for (const { id } of holds) await rules.holds.release(id, 'admin');
    await expect(rules.holds.release(holds[0]!.id, 'admin')).rejects.toMatchObject({ code: 'hold-unknown' });
    expect(erase([], ['one'])).not.toThrow();
    expect((await rules.run({ by: 'test' }))[0]?.count).toBe(4);
    const said = site.journal.read(0, { filter: { types: ['retention.hold-*'] } }).map(({ type }) => type);
    expect(said).toEqual([...Array(3).fill('retention.hold-placed'), ...Array(3).fill('retention.hold-released')]);
  });

  test('a hold on what there never was is refused; on what is gone it is not', async () => {
    await contact('gone', 100, { queues: ['gone-queue'], customer: 'cus_gone' });
    site.data.database.exec('DELETE FROM interactions');
    const figures = `INSERT INTO report_queues (start, team, queue, channel) VALUES (0, '', 'gone-queue', 'voice')`;
    site.data.database.exec(figures);
    const { holds } = retention([]);
    const subjects = { customer: 'cus_gone', interaction: 'gone', queue: 'gone-queue' };
    for (const kind of ['customer', 'interaction', 'queue'] as const) {
      const wrong = { kind, subject: 'typo', reason: 'case 7' };
      await expect(holds.place(wrong, 'admin')).rejects.toMatchObject({ code: 'hold-subject-unknown', status: 404 });
      await holds.place({ ...wrong, subject: subjects[kind] }, 'admin');
    }
    expect(holds.list()).toHaveLength(3);
  });

  test('personal fields, messages and records of contacts go each by their own rule; the chain stays whole', async () => {
    await contact('a', 50, { customer: 'cus_1' });
    await contact('b', 150, { customer: 'cus_1' });
    await contact('c', 800);
    const rules = retention([
      { name: 'records', kind: 'interactions', days: 700 },
      { name: 'talks', kind: 'recordings', days: 700 },
      { name: 'texts', kind: 'messages', days: 40 },
      { name: 'persons', kind: 'personal', days: 100 },
    ]);
    expect((await rules.run({ by: 'test' })).map(({ rule, count }) => `${rule} ${count}`)).toEqual([
      'talks 1',
      'texts 3',
      'persons 2',
      'records 1',
    ]);
    await records.settled();
    // What was written in b and c goes with the persons, too.
    expect(erased.sort()).toEqual(['a', 'b', 'b', 'c', 'c']);
    // What was written went alone: the cloud hears of it, and does the same.
    const [texts] = site.journal.read(0, { filter: { types: ['journal.kinds-erased'] } });
    expect(texts?.data).toMatchObject({ types: 'message.', by: 'rule texts' });
    expect([...((texts?.data.subjects ?? []) as string[])].sort()).toEqual(['a', 'b', 'c']);
    expect([numberOf('a'), numberOf('b'), numberOf('c')]).toEqual(['+86a', undefined, undefined]);
    const rows = site.data.database.prepare('SELECT id, from_e164 FROM interactions ORDER BY id').all();
    expect(rows).toEqual([
      { id: 'a', from_e164: '+86a' },
      { id: 'b', from_e164: null },
    ]);
    expect(findings(await inspectData(site.settings.data))).toEqual([]);
    // Done is done.
    expect((await rules.run({ by: 'test' })).map(({ count }) => count)).toEqual([0, 0, 0, 0]);
    // What is made again from the journal is without them, too.
    await records.rebuild();
    const again = site.data.database.prepare('SELECT id FROM interactions ORDER BY id').pluck().all();
    expect(again).toEqual(['a', 'b']);
  });

  test("an erased person's recordings go with her", async () => {
    await contact('a', 1);
    await contact('b', 1);
    const rules = retention([]);
    await site.journal.append([], () => rules.records.erase({ customers: [], interactions: ['a'] }));
    await site.journal.append([]);
    await expect.poll(() => there('a')).toBe(false);
    expect(there('b')).toBe(true);
    expect(findings(await inspectData(site.settings.data))).toEqual([]);
  });

  test('a policy that is wrong is told at the start', () => {
    expect(() => retention([{ name: 'x', kind: 'recordings', days: -1 }])).toThrow(
      /retention.json, line 1: rules.0.days/,
    );
  });
});
