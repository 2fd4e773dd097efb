import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  InteractionProjector,
  InteractionRows,
  type Interactions,
  interactionDisposed,
  interactionEnded,
  interactionStarted,
  openCustomers,
  readInteractions,
} from '../../../server/customers/index.ts';
import { deskFacts } from '../../../server/desk/index.ts';
import { newEvent } from '../../../server/journal/index.ts';
import { logger, openSite, type TestSite } from '../directory/site.ts';
import { abandonedCall, longCall } from './call-events.ts';

let site: TestSite;
let projector: InteractionProjector;
let interactions: Interactions;

const newProjector = () =>
  new InteractionProjector(site.journal, new InteractionRows(site.opened.database), logger, site.clock);

const dump = () => ({
  interactions: site.opened.database.prepare('SELECT * FROM interactions ORDER BY id').all(),
  agents: site.opened.database.prepare('SELECT * FROM interaction_agents ORDER BY interaction, part').all(),
  recordings: site.opened.database.prepare('SELECT * FROM recordings ORDER BY id').all(),
});

beforeEach(async () => {
  site = openSite();
  projector = newProjector();
  interactions = readInteractions(site.opened.database);
  await projector.start();
});
afterEach(async () => {
  await projector.stop();
  await site.close();
});

describe('the record of a call', () => {
  it('says what happened, how long, by whom, and where it ended', async () => {
    const at = site.clock.at;
    await site.journal.append(longCall('int_a', at, 'cus_1'));
    await projector.settled();
    const record = interactions.get('int_a');
    expect(record).toMatchObject({
      id: 'int_a',
      site: 'hq',
      team: 'demo',
      channel: 'voice',
      customer: 'cus_1',
      from: '+8613800138000',
      fromDialled: '13800138000',
      did: '95500',
      flow: 'bank',
      flowVersion: 'abc',
      queue: 'vip',
      agent: '1001',
      startedAt: at,
      queuedAt: at + 10_000,
      answeredAt: at + 35_000,
      endedAt: at + 100_000,
      waitMs: 25_000 + 5_000,
      holdMs: 5_000 + 20_000,
      talkMs: 25_000 + 10_000,
      wrapUpMs: 22_000,
      outcome: 'answered',
      endedWhere: 'talk',
      endedBy: 'customer',
      sipStatus: 200,
      disposition: 'solved',
      note: 'Card sent',
      transfers: [{ at: at + 65_000, kind: 'queue', to: 'vip', by: '1002' }],
    });
    expect(record?.path.map(({ node, value }) => [node, value])).toEqual([
      ['menu', '2'],
      ['account', '62220011'],
    ]);
    expect(record?.agents).toEqual([
      expect.objectContaining({ agent: '1001', outcome: 'missed', talkMs: 0 }),
      expect.objectContaining({ agent: '1002', outcome: 'accepted', talkMs: 25_000, holdMs: 5_000, wrapUpMs: 10_000 }),
      expect.objectContaining({ agent: '1001', queue: 'vip', talkMs: 10_000, holdMs: 20_000, wrapUpMs: 12_000 }),
    ]);
    expect(record?.quality).toEqual([expect.objectContaining({ leg: 'leg_1', lost: 3, mos: 4.3 })]);
    expect(record?.recordings).toEqual([
      {
        id: 'rec_int_a',
        agent: '1002',
        startedAt: at + 35_000,
        endedAt: at + 100_000,
        ms: 65_000,
        bytes: 2_080_044,
        sha256: 'ff',
      },
    ]);
    expect(interactions.recording('rec_int_a')).toMatchObject({ interaction: 'int_a', site: 'hq', team: 'demo' });
  });

  it('of an abandoned call has its wait', async () => {
    await site.journal.append(abandonedCall('int_b', site.clock.at));
    await projector.settled();
    expect(interactions.get('int_b')).toMatchObject({
      outcome: 'abandoned',
      endedWhere: 'queue',
      waitMs: 7_000,
      agents: [],
    });
  });

  it('takes disposition and note from the desk', async () => {
    const scope = { interaction: 'int_b', agent: '1001' };
    await site.journal.append([
      ...abandonedCall('int_b', site.clock.at),
      newEvent(deskFacts.dispositionSet, 1, { disposition: 'callback' }, scope),
      newEvent(deskFacts.noteWritten, 2, { note: 'tomorrow' }, scope),
      newEvent(deskFacts.dispositionSet, 3, { disposition: 'solved' }, scope),
      newEvent(interactionDisposed, 4, { note: 'on Friday' }, scope),
    ]);
    await projector.settled();
    expect(interactions.get('int_b')).toMatchObject({ disposition: 'solved', note: 'on Friday', lastSeq: 8 });
    await site.journal.append([newEvent(interactionDisposed, 5, { disposition: 'callback' }, scope)]);
    await projector.settled();
    expect(interactions.get('int_b')).toMatchObject({ disposition: 'callback', note: 'on Friday', lastSeq: 9 });
  });

  it.each([
    ['ivr', 'customer', 'contained'],
    ['ivr', 'flow', 'contained'],
    ['ringing', 'customer', 'abandoned'],
    ['queue', 'system', 'failed'],
    ['before', 'customer', 'failed'],
    ['transfer', 'customer', 'transferred'],
  ] as const)('that ended in %s by %s was %s', async (where, by, outcome) => {
    const scope = { interaction: 'int_x' };
    await site.journal.append([
      newEvent(interactionStarted, 1, { channel: 'voice', direction: 'in' }, scope),
      newEvent(interactionEnded, 2, { where, by }, scope),
    ]);
    await projector.settled();
    expect(interactions.get('int_x')?.outcome).toBe(outcome);
  });
});

describe('the projector', () => {
  it('rebuilds the same record from the journal alone', async () => {
    for (let i = 0; i < 30; i++) {
      await site.journal.append(longCall(`int_long${i}`, site.clock.at + i * 60_000, `cus_${i % 3}`));
      await site.journal.append(abandonedCall(`int_short${i}`, site.clock.at + i * 60_000));
      if (i % 7 === 0) await projector.settled();
    }
    await projector.settled();
    const live = dump();
    expect(live.interactions).toHaveLength(60);
    expect(live.agents).toHaveLength(90);
    site.opened.database.exec('DELETE FROM interactions; DELETE FROM interaction_agents; DELETE FROM recordings');
    await projector.rebuild();
    expect(dump()).toEqual(live);
  });

  it('goes on in the middle of a call after a restart, and reads nothing twice', async () => {
    const events = longCall('int_a', site.clock.at, 'cus_1');
    await site.journal.append(events.slice(0, 13));
    await projector.stop();
    await site.journal.append(events.slice(13, 20));
    projector = newProjector();
    await projector.start();
    await site.journal.append(events.slice(20));
    await projector.settled();
    const live = dump();
    await projector.rebuild();
    expect(dump()).toEqual(live);
    expect(interactions.get('int_a')).toMatchObject({ talkMs: 35_000, holdMs: 25_000 });
  });

  it('takes in what comes long after the end', async () => {
    const events = longCall('int_a', site.clock.at, 'cus_1');
    await site.journal.append(events.slice(0, -2));
    await projector.settled();
    site.clock.at += 3_600_000;
    await site.journal.append(abandonedCall('int_b', site.clock.at));
    await projector.settled();
    await site.journal.append(events.slice(-2));
    await projector.settled();
    expect(interactions.get('int_a')).toMatchObject({ disposition: 'solved', wrapUpMs: 22_000, talkMs: 35_000 });
  });

  it('takes the personal fields of an erased person away', async () => {
    const customers = openCustomers({
      database: site.opened.database,
      journal: site.journal,
      interactions,
      clock: site.clock,
      logger,
    });
    const { id } = customers.findOrCreate({ kind: 'phone', value: '+8613800138000' }, 'call');
    await site.journal.append([
      ...longCall('int_a', site.clock.at, id),
      ...longCall('int_b', site.clock.at, 'cus_2', '+491'),
    ]);
    await projector.settled();
    expect(await customers.erase(id, 'admin')).toBeGreaterThan(3);
    await projector.settled();
    const record = interactions.get('int_a');
    expect(record).toMatchObject({ did: '95500', talkMs: 35_000, disposition: 'solved', trunk: 'local' });
    for (const gone of ['from', 'fromDialled', 'to', 'note'] as const) expect(record?.[gone]).toBeUndefined();
    expect(record?.path).toEqual([
      expect.not.objectContaining({ value: '2' }),
      expect.not.objectContaining({ value: '62220011' }),
    ]);
    expect(customers.get(id)).toBeUndefined();
    expect(interactions.get('int_b')?.from).toBe('+491');
    expect(JSON.stringify(site.journal.ofInteraction('int_a'))).not.toContain('13800138000');
    expect((await site.journal.verifyChain()).broken).toBeUndefined();
  });
});

describe('lists', () => {
  beforeEach(async () => {
    for (let i = 0; i < 5; i++) await site.journal.append(longCall(`int_l${i}`, i * 1_000, `cus_${i % 2}`, `+49${i}`));
    await site.journal.append(abandonedCall('int_s', 2_000));
    await projector.settled();
  });

  it('come in pages, newest first, without gap or repetition', () => {
    const ids: string[] = [];
    let after: string | undefined;
    do {
      const page = interactions.list({}, { limit: 2, after });
      ids.push(...page.interactions.map(({ id }) => id));
      after = page.next;
    } while (after !== undefined);
    expect(ids).toEqual(['int_l4', 'int_l3', 'int_s', 'int_l2', 'int_l1', 'int_l0']);
  });

  it('are filtered', () => {
    const ids = (filter: Parameters<Interactions['list']>[0]) =>
      interactions.list(filter, { limit: 10 }).interactions.map(({ id }) => id);
    expect(ids({ outcome: 'abandoned' })).toEqual(['int_s']);
    expect(ids({ agent: '1002', since: 1_000, until: 3_000 })).toEqual(['int_l2', 'int_l1']);
    expect(ids({ customer: 'cus_1' })).toEqual(['int_l3', 'int_l1']);
    expect(ids({ number: '+492' })).toEqual(['int_l2']);
    // Two parts of one agent in a call are one call; and pages join there as well.
    expect(ids({ agent: '1001' })).toEqual(['int_l4', 'int_l3', 'int_l2', 'int_l1', 'int_l0']);
    const first = interactions.list({ agent: '1001', outcome: 'answered' }, { limit: 2 });
    const second = interactions.list({ agent: '1001', outcome: 'answered' }, { limit: 9, after: first.next });
    expect(second.interactions.map(({ id }) => id)).toEqual(['int_l2', 'int_l1', 'int_l0']);
    expect(ids({ team: 'demo', queue: 'service' })).toEqual([]);
  });

  it('give the timeline of a customer, newest first', () => {
    expect(interactions.earlier('cus_0', 2, 'int_l4')).toEqual([
      expect.objectContaining({
        interaction: 'int_l2',
        at: 2_000,
        disposition: 'solved',
        talkMs: 35_000,
        queue: 'vip',
      }),
      expect.objectContaining({ interaction: 'int_l0', at: 0 }),
    ]);
  });
});
