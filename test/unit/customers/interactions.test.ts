import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  InteractionProjector,
  InteractionRows,
  type Interactions,
  interactionDisposed,
  interactionEnded,
  interactionStarted,
  interactionsForgotten,
  interactionWrappedUp,
  openCustomers,
  readInteractions,
  recordingStarted,
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
  interactions = readInteractions(site.opened.database, projector);
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

  it('event by event gives the same tables as all at once', async () => {
    for (const event of longCall('int_a', site.clock.at, 'cus_1')) {
      await site.journal.append([event]);
      await projector.settled();
    }
    const live = dump();
    await projector.rebuild();
    expect(dump()).toEqual(live);
  });

  it('goes on in the middle of a call after a restart, and reads nothing twice', async () => {
    const events = longCall('int_a', site.clock.at, 'cus_1');
    await site.journal.append(events.slice(0, 13));
    await projector.stop();
    await site.journal.append(events.slice(13, 20));
    projector = newProjector();
    interactions = readInteractions(site.opened.database, projector);
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

describe('what is not written yet', () => {
  const read = (id: string) => [
    interactions.get(id),
    interactions.recording(`rec_${id}`),
    interactions.ofCustomer('cus_1'),
    interactions.earlier('cus_1', 5),
    interactions.earlier(['cus_1', 'cus_2'], 5, 'int_a'),
  ];

  it('is read as it will be when it is written', async () => {
    await site.journal.append(longCall('int_old', site.clock.at - 100_000, 'cus_1'));
    await projector.settled();
    await site.journal.append(longCall('int_a', site.clock.at, 'cus_1'));
    await site.journal.append(longCall('int_b', site.clock.at, 'cus_2').slice(0, 20));
    expect(dump().interactions).toHaveLength(1);
    const before = [...read('int_a'), ...read('int_b')];
    expect(before[0]).toMatchObject({ talkMs: 35_000, disposition: 'solved' });
    expect(before[2]).toEqual(['int_old', 'int_a']);
    expect(interactions.earlier('cus_1', 5).map(({ interaction }) => interaction)).toEqual(['int_a', 'int_old']);
    await projector.settled();
    expect(dump().interactions).toHaveLength(3);
    expect([...read('int_a'), ...read('int_b')]).toEqual(before);
    // Nothing of it is kept in memory any more.
    site.clock.at += 200_000;
    await site.journal.append(abandonedCall('int_c', site.clock.at));
    await projector.settled();
    expect(projector.get('int_a')).toBeUndefined();
    expect(read('int_a')).toEqual(before.slice(0, 5));
  });

  it('is a copy: who changes it changes nothing', async () => {
    await site.journal.append(longCall('int_a', site.clock.at, 'cus_1'));
    interactions.get('int_a')?.agents.pop();
    expect(interactions.get('int_a')?.agents).toHaveLength(3);
  });
});

describe('writing', () => {
  const started = (id: string) =>
    newEvent(interactionStarted, site.clock.at, { channel: 'voice', direction: 'in' }, { interaction: id });
  const changes = () => site.opened.database.prepare<[], number>('SELECT total_changes()').pluck().get()!;
  /** Lets time pass, for the timers of the projector too. */
  const pass = async (ms: number) => {
    site.clock.at += ms;
    await vi.advanceTimersByTimeAsync(ms);
    await site.journal.append([]);
  };
  const written = () => dump().interactions.map((cells) => (cells as { id: string }).id);

  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('waits for a contact under way, but not for one that ended', async () => {
    await site.journal.append([started('int_a')]);
    await site.journal.append(abandonedCall('int_b', site.clock.at));
    await pass(500);
    expect(written()).toEqual(['int_b']);
    await pass(5_000);
    expect(written()).toEqual(['int_a', 'int_b']);
    expect(site.journal.cursor('interactions')).toBe(site.journal.last);
  });

  it('does not wait where a recording begins or ends', async () => {
    const events = longCall('int_a', site.clock.at, 'cus_1');
    const began = events.findIndex(({ type }) => type === recordingStarted);
    await site.journal.append(events.slice(0, began));
    await pass(500);
    expect(written()).toEqual([]);
    await site.journal.append(events.slice(began, began + 1));
    await pass(500);
    expect(dump().recordings).toEqual([expect.objectContaining({ id: 'rec_int_a', ended_at: null })]);
  });

  it('loses nothing of what waits when the server is killed', async () => {
    await site.journal.append([started('int_a')]);
    const before = site.journal.last;
    await site.journal.append(abandonedCall('int_b', site.clock.at));
    await pass(500);
    // It reads on from before the oldest that is not written.
    expect(site.journal.cursor('interactions')).toBeLessThan(before);
    const next = newProjector();
    await next.start();
    expect(written()).toEqual(['int_a', 'int_b']);
    const live = dump();
    await next.rebuild();
    expect(dump()).toEqual(live);
    await next.stop();
  });

  it('takes what was erased out of the tables at once, also of a contact that goes on', async () => {
    await site.journal.append(longCall('int_a', site.clock.at, 'cus_1').slice(0, 20));
    await pass(6_000);
    await site.journal.append([newEvent(interactionDisposed, 1, { note: 'x' }, { interaction: 'int_a' })]);
    await site.journal.erase(['cus_1', 'int_a'], 'admin');
    await pass(500);
    expect(JSON.stringify(dump().interactions)).not.toMatch(/13800138000|62220011/);
    expect(site.journal.cursor('interactions')).toBe(site.journal.last);
  });

  it('a contact that is forgotten does not come back with what waited', async () => {
    await site.journal.append(longCall('int_a', site.clock.at, 'cus_1'));
    await site.journal.append([newEvent(interactionsForgotten, 1, { interactions: ['int_a'] })]);
    await pass(6_000);
    expect(dump()).toEqual({ interactions: [], agents: [], recordings: [] });
    expect(interactions.get('int_a')).toBeUndefined();
  });

  it('touches only the rows that changed, and makes those again that somebody took away', async () => {
    await site.journal.append(longCall('int_a', site.clock.at, 'cus_1').slice(0, -3));
    await projector.settled();
    const wrapUp = (ms: number) =>
      newEvent(interactionWrappedUp, 1, { ms }, { interaction: 'int_a', agent: '1002', queue: 'service' });
    const before = changes();
    await site.journal.append([wrapUp(2)]);
    await projector.settled();
    // The journal's row, the cursor, the record and one of its three parts.
    expect(changes() - before).toBe(4);
    const live = dump();
    site.opened.database.exec('DELETE FROM interactions; DELETE FROM interaction_agents; DELETE FROM recordings');
    await site.journal.append([wrapUp(0)]);
    await projector.settled();
    expect(dump().agents).toEqual(live.agents);
    expect(dump().recordings).toEqual(live.recordings);
    expect(written()).toEqual(['int_a']);
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
