// Work items over a real journal, directory, routing and real conversations.
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { agentSchema, hoursRecordSchema, queueSchema } from '../../../server/directory/index.ts';
import { hoursSchema, isOpen } from '../../../server/ivr/index.ts';
import { openWorkItems } from '../../../server/open-work-items.ts';
import {
  newWorkItemSchema,
  type WorkItem,
  type WorkItems,
  workItemMachine,
  workItemStates,
} from '../../../server/work-items/index.ts';
import { stepBetween } from '../../../server/work-items/states.ts';
import { afterWorkTime, workTimeBetween } from '../../../server/work-items/work-time.ts';
import { World } from '../conversations/world.ts';
import { logger } from '../directory/site.ts';

const hour = 3_600_000;
const office = hoursSchema.parse({
  open: [{ days: ['mon', 'tue', 'wed', 'thu', 'fri'], from: '09:00', to: '17:00' }],
  timeZone: 'Asia/Shanghai',
});
/** Friday 2026-11-20, 16:00 in Shanghai. */
const friday = Date.UTC(2026, 10, 20, 8);

describe('time at work', () => {
  it('stands still at night and over the weekend', () => {
    expect(afterWorkTime(friday, hour, office, 'UTC')).toBe(friday + hour);
    expect(afterWorkTime(friday, 2 * hour, office, 'UTC')).toBe(Date.UTC(2026, 10, 23, 2));
    expect(afterWorkTime(friday, 8 * hour, undefined, 'UTC')).toBe(friday + 8 * hour);
    expect(workTimeBetween(friday, Date.UTC(2026, 10, 23, 2), office, 'UTC')).toBe(2 * hour);
    expect(workTimeBetween(friday, friday - 1, office, 'UTC')).toBe(0);
  });

  it('goes there and back', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 60 * 24 * 30 }),
        fc.integer({ min: 1, max: 60 * 200 }),
        (start, minutes) => {
          const from = friday + start * 60_000;
          const due = afterWorkTime(from, minutes * 60_000, office, 'UTC');
          expect(workTimeBetween(from, due, office, 'UTC')).toBe(minutes * 60_000);
          expect(isOpen(office, due - 1, 'UTC')).toBe(true);
        },
      ),
      { seed: 3, numRuns: 60 },
    );
  });
});

describe('states', () => {
  it('lead where the picture says, and nowhere else', () => {
    const pairs = workItemStates.flatMap((from) => workItemStates.map((to) => [from, to] as const));
    const allowed = pairs.filter(([from, to]) => stepBetween(from, to) !== undefined).map((pair) => pair.join('→'));
    expect(allowed).toEqual([
      'new→open',
      'new→pending',
      'new→solved',
      'open→pending',
      'open→solved',
      'pending→open',
      'pending→solved',
      'solved→open',
      'solved→closed',
    ]);
    expect(workItemMachine.can('closed', 'reopen')).toBe(false);
  });
});

describe('work items', () => {
  let world: World;
  let items: WorkItems;
  const opened = () => {
    const { journal, directory, clock } = world.site;
    items = openWorkItems({
      database: world.database,
      journal,
      directory,
      conversations: world.conversations,
      customers: { keepsAlso: () => {} },
      clock,
      logger,
    });
  };
  beforeEach(async () => {
    world = new World();
    await world.configure(
      { id: 'tickets', kind: 'work', channel: 'work', to: { queue: 'service' } },
      { id: 'web', to: { queue: 'service' } },
    );
    const { directory } = world.site;
    await directory.hours.put(hoursRecordSchema.parse({ site: 'hq', name: 'office', ...office }), 'admin');
    await directory.queues.put(
      queueSchema.parse({ site: 'hq', id: 'service', team: 'red', wrapUpMs: 0, hours: 'office' }),
      'admin',
    );
    for (const id of ['1001', '1002']) {
      const capacity = { voice: 1, chat: 1, work: 2 };
      await directory.agents.put(
        agentSchema.parse({ site: 'hq', team: 'red', id, name: id, queues: ['service'], capacity }),
        'admin',
      );
    }
    world.site.clock.at = friday;
    world.start();
    opened();
  });
  afterEach(async () => {
    await items.stop();
    await world.close();
  });

  const made = (more: object = {}) =>
    items.create(
      newWorkItemSchema.parse({ via: 'tickets', subject: 'Wrong fee', text: 'Please look into it.', ...more }),
      'user:admin',
    );
  const round = async (item: WorkItem): Promise<string> => {
    const find = () => world.conversations.list().find((one) => one.thread === item.id)?.interaction;
    await world.until(() => find() !== undefined, 'the item is in its queue');
    return find() ?? '';
  };
  const pass = async (ms: number) => {
    world.site.clock.at += ms;
    items.due();
    await world.settle();
  };
  const types = () =>
    [...world.site.journal.read(0, { limit: 1_000 })]
      .map(({ type }) => type)
      .filter((type) => type.startsWith('work-item.'));

  it('enter their queue, are offered as work, and belong to who takes them', async () => {
    world.ready('1001');
    const item = await made();
    expect(item).toMatchObject({ state: 'new', priority: 'normal', due: Date.UTC(2026, 10, 25, 8), team: undefined });
    const interaction = await round(item);
    expect(world.conversations.get(interaction)).toMatchObject({
      channel: 'work',
      subject: 'Wrong fee',
      variables: { workItem: item.id, priority: 'normal' },
    });
    await world.accepts('1001', interaction);
    await world.until(() => items.get(item.id).state === 'open', 'it is open');
    expect(items.get(item.id)).toMatchObject({ owner: '1001', rounds: 1 });

    await world.conversations.send('1001', interaction, { type: 'text', text: 'The fee is paid back.' }, 'k');
    await world.conversations.note('1001', interaction, 'Was our mistake.');
    await world.until(() => items.comments(item.id).length === 3, 'both are comments');
    expect(items.comments(item.id)).toMatchObject([
      { number: 1, text: 'Please look into it.', internal: false },
      { text: 'The fee is paid back.', internal: false, by: 'agent:1001' },
      { text: 'Was our mistake.', internal: true },
    ]);
    await world.until(
      () => world.conversations.messages(interaction, { limit: 10 }).some((one) => one.state === 'delivered'),
      'her words arrived',
    );
    await world.conversations.close('1001', interaction);
    await items.move(item.id, 'solved', 'agent:1001');
    await items.move(item.id, 'closed', 'agent:1001');
    await expect(items.comment(item.id, 'x', true, 'agent:1001')).rejects.toMatchObject({ code: 'work-item-closed' });
    await expect(items.move(item.id, 'open', 'agent:1001')).rejects.toMatchObject({ code: 'work-item-state' });
    expect(types()).toEqual([
      ...['work-item.created', 'work-item.commented', 'work-item.changed', 'work-item.moved'],
      ...['work-item.commented', 'work-item.commented', 'work-item.moved', 'work-item.moved'],
    ]);
  });

  it('wait while pending: their time stands still; they wake, and come into the queue again', async () => {
    const item = await made({ solveWithinMs: 3 * hour });
    await round(item);
    await world.until(() => items.get(item.id).rounds === 1, 'it was offered');
    await items.move(item.id, 'open', 'user:admin');
    await pass(hour / 2);
    const until = Date.UTC(2026, 10, 24, 1);
    expect(await items.move(item.id, 'pending', 'user:admin', until)).toMatchObject({ leftMs: 2.5 * hour, until });
    world.conversations.giveUp(await round(item));
    await pass(48 * hour);
    expect(items.get(item.id)).toMatchObject({ state: 'pending', overdue: false });
    await pass(until - world.site.clock.at);
    await world.until(() => items.get(item.id).rounds === 2, 'it is offered again');
    expect(items.get(item.id)).toMatchObject({ state: 'open', due: until + 2.5 * hour });
    expect(items.get(item.id).until).toBeUndefined();
  });

  it('wake with what is left to the time that was agreed while they were pending', async () => {
    const item = await made({ solveWithinMs: hour });
    await world.until(() => items.get(item.id).rounds === 1, 'it was offered');
    const until = Date.UTC(2026, 10, 24, 1);
    await items.move(item.id, 'pending', 'user:admin', until);
    // Friday at four, until Monday at three in the afternoon: one hour today and six then.
    const due = Date.UTC(2026, 10, 23, 7);
    expect(await items.change(item.id, { due }, 'user:admin')).toMatchObject({ due, leftMs: 7 * hour });
    world.conversations.giveUp(await round(item));
    await pass(until - world.site.clock.at);
    await world.until(() => items.get(item.id).state === 'open', 'it is open');
    expect(items.get(item.id)).toMatchObject({ due: until + 7 * hour });
  });

  it('are overdue once, by business time', async () => {
    const item = await made({ solveWithinMs: 2 * hour });
    await pass(24 * hour);
    expect(items.get(item.id).overdue).toBe(false);
    await pass(48 * hour);
    await world.until(() => items.get(item.id).overdue, 'it is overdue');
    await pass(hour);
    expect(types().filter((type) => type === 'work-item.overdue')).toHaveLength(1);
    expect(items.list({ overdue: true, limit: 10 }).map(({ id }) => id)).toEqual([item.id]);
    // Another time is agreed.
    expect(await items.change(item.id, { due: world.site.clock.at + hour }, 'user:admin')).toMatchObject({
      overdue: false,
    });
  });

  it('come back where they left the queue and nobody had them', async () => {
    const item = await made();
    await world.until(() => items.get(item.id).rounds === 1, 'it was offered');
    await world.conversations.end(await round(item), 'supervisor');
    await world.until(() => !world.conversations.list().some((one) => one.thread === item.id), 'it is over');
    await pass(59_000);
    expect(items.get(item.id).rounds).toBe(1);
    await pass(2_000);
    await world.until(() => items.get(item.id).rounds === 2, 'it is offered again');
    await round(item);
  });

  it('outlive the server, and are not offered twice', async () => {
    const item = await made();
    await world.until(() => items.get(item.id).rounds === 1, 'it was offered');
    await items.stop();
    await world.restart();
    opened();
    items.due();
    await world.settle();
    expect(world.conversations.list().filter((one) => one.thread === item.id)).toHaveLength(1);
    expect(items.get(item.id).rounds).toBe(1);
  });

  it('of one key are one, also at once; comments at once are all there', async () => {
    const [one, other] = await Promise.all([made({ key: 'crm-1' }), made({ key: 'crm-1' })]);
    expect(other.id).toBe(one.id);
    await Promise.all(Array.from({ length: 10 }, (_, at) => items.comment(one.id, `c${at}`, true, 'user:admin')));
    expect(items.comments(one.id).map(({ number }) => number)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
  });

  it('need a channel of work', async () => {
    await expect(made({ via: 'web' })).rejects.toMatchObject({ code: 'work-item-channel' });
    await expect(made({ via: 'nowhere' })).rejects.toMatchObject({ code: 'work-item-channel' });
    expect(() => items.get('wrk_x')).toThrow(/no work item/);
  });

  it('lose words and person when she is erased, and are in her export', async () => {
    const item = await made({ customer: 'cus_1' });
    expect([...items.records.export({ customers: ['cus_1'], interactions: [] })]).toMatchObject([
      { id: item.id, written: [{ text: 'Please look into it.' }] },
    ]);
    items.records.erase({ customers: ['cus_1'], interactions: [] });
    expect(items.get(item.id)).toMatchObject({ subject: '', state: 'new' });
    expect(items.get(item.id).customer).toBeUndefined();
    expect(items.comments(item.id).map(({ text }) => text)).toEqual(['']);
  });
});
