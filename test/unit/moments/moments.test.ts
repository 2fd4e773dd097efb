import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { messageDelivered, messageReceived } from '../../../server/conversations/events.ts';
import {
  type Customers,
  interactionAnswered,
  interactionEnded,
  interactionIdentified,
  interactionQueued,
  interactionStarted,
  openCustomers,
  readInteractions,
} from '../../../server/customers/index.ts';
import { newEvent } from '../../../server/journal/index.ts';
import { Effects } from '../../../server/moments/effects.ts';
import {
  type MomentActs,
  type MomentStore,
  Moments,
  type RestraintRules,
  type UsedMoment,
} from '../../../server/moments/index.ts';
import { MomentRows } from '../../../server/moments/moment-rows.ts';
import { momentSchema } from '../../../server/moments/schema.ts';
import { logger, openSite, type TestSite } from '../directory/site.ts';

let site: TestSite;
let customers: Customers;
let moments: Moments;
let asked: unknown[][];
let hinted: unknown[][];
/** Whether her contact is before an agent's eyes. */
let onScreen: boolean;
let store: EventEmitter & { current: UsedMoment[] };
const day = '2026-01-05';
const start = Date.parse('2026-01-05T10:00:00+08:00');

const acts: MomentActs = {
  change: (...given) => void asked.push(['change', ...given]),
  message: async (customer, text, { key, mayUse }) => {
    if (!mayUse('wechat')) return { refused: 'nothing is left' };
    asked.push(['message', customer.id, text]);
    return { message: `msg of ${key.slice(0, 3)}` };
  },
  callback: async (customer, wish) => {
    asked.push(['callback', customer.id, wish.queue, wish.number, wish.from, ...(wish.until ? [wish.until] : [])]);
    return { callback: 'cb_1' };
  },
  hint: (interaction, hints) => {
    hinted.push([interaction, hints]);
    return onScreen;
  },
  kindOf: () => 'wechat',
  language: 'en',
};

const rule = (given: object): UsedMoment => ({
  version: 'v1',
  moment: momentSchema.parse({ rank: 50, class: 'minutes', ...given }),
});

function open(quiet?: RestraintRules['quiet']): void {
  const { database } = site.opened;
  const rules = { mostPerDay: 2, timeZone: 'Asia/Shanghai', consentNeeded: [], quiet };
  moments = new Moments({
    database,
    journal: site.journal,
    customers,
    store: store as unknown as MomentStore,
    rules,
    acts,
    clock: site.clock,
    logger,
  });
}

beforeEach(async () => {
  site = openSite();
  site.clock.at = start;
  asked = [];
  hinted = [];
  onScreen = false;
  store = Object.assign(new EventEmitter(), { current: [] as UsedMoment[] });
  const { database } = site.opened;
  const interactions = readInteractions(database);
  customers = openCustomers({ database, journal: site.journal, interactions, clock: site.clock, logger });
  open();
  await moments.start();
});
afterEach(async () => {
  await moments.close();
  await site.close();
});

const use = (...used: UsedMoment[]) => {
  store.current = used;
  store.emit('loaded', used);
};
const ada = () => customers.create({ name: 'Ada', identities: [{ kind: 'phone', value: '13800138000' }] }, 'x');
let keys = 0;
async function happens(customer: string, name: string, data?: Record<string, number | string>): Promise<void> {
  await customers.happened({ key: `k${++keys}`, customer, at: site.clock.at, name, ...(data && { data }) }, 'shop').id;
  await moments.settled();
}
async function call(interaction: string, customer: string): Promise<void> {
  const scope = { interaction, customer };
  const { at } = site.clock;
  await site.journal.append([
    newEvent(interactionStarted, at, { channel: 'voice' as const, direction: 'in' as const }, { interaction }),
    newEvent(interactionIdentified, at, { by: 'number' as const }, scope),
  ]);
  await moments.settled();
}
const types = () =>
  site.journal
    .read(0)
    .filter(({ type }) => type.startsWith('moment.'))
    .map(({ type, data }) =>
      [type.slice(7), data.action ?? data.why ?? data.how].filter((one) => one !== undefined).join(' '),
    );

it('two failed payments, then a call: a tag that expires, priority for the call that is about to wait, a hint', async () => {
  use(
    rule({
      moment: 'trouble',
      when: {
        sequence: [
          { event: 'payment-failed', count: 2 },
          { event: 'interaction.started', where: { channel: 'voice' } },
        ],
        within: '30m',
      },
      do: [{ tag: 'vip', for: '2h' }, { priority: 9 }, { hint: { en: 'Look at the card' } }],
    }),
  );
  const { id } = await ada();
  await happens(id, 'payment-failed');
  site.clock.at += 60_000;
  await happens(id, 'payment-failed');
  expect(types()).toEqual([]);
  await call('int_1', id);
  expect(types()).toEqual(['fired', 'acted tag', 'acted priority', 'acted hint']);
  expect(customers.get(id)?.tags).toMatchObject([
    { tag: 'vip', by: 'moment:trouble', until: site.clock.at + 7_200_000 },
  ]);
  expect(moments.hints(id)).toEqual([{ en: 'Look at the card' }]);
  await site.journal.append([
    newEvent(interactionQueued, site.clock.at, { priority: 1 }, { interaction: 'int_1', queue: 'service' }),
  ]);
  await moments.settled();
  expect(asked).toEqual([['change', 'int_1', { priority: 9 }]]);
  site.clock.at += 5_000;
  await site.journal.append([
    newEvent(interactionAnswered, site.clock.at, {}, { interaction: 'int_1', agent: '1001' }),
  ]);
  await moments.settled();
  expect(types().at(-1)).toBe('reached contact');
  expect(moments.figures(day, day).map(({ what, detail, count }) => [what, detail, count])).toEqual([
    ['acted', 'hint done', 1],
    ['acted', 'priority done', 1],
    ['acted', 'tag done', 1],
    ['fired', '', 1],
    ['reached', 'contact', 1],
  ]);
});

it('waits for what does not come, over a restart, and measures that she was reached and answered', async () => {
  use(
    rule({
      moment: 'cart',
      when: { event: 'cart', without: { event: 'order' }, within: '20m' },
      do: [{ message: { en: 'Kept for you', zh: '保留' } }],
    }),
  );
  const { id } = await ada();
  await happens(id, 'cart');
  await moments.close();
  open();
  await moments.start();
  site.clock.at += 20 * 60_000;
  await moments.tick();
  await moments.settled();
  expect(asked).toEqual([['message', id, 'Kept for you']]);
  site.clock.at += 1_000;
  const scope = { interaction: 'int_9', customer: id };
  await site.journal.append([
    newEvent(messageDelivered, site.clock.at, { message: 'msg of mom', state: 'sent' as const }, scope),
    newEvent(messageDelivered, site.clock.at, { message: 'msg of mom', state: 'read' as const }, scope),
  ]);
  site.clock.at += 9_000;
  await site.journal.append([
    newEvent(
      messageReceived,
      site.clock.at,
      { message: 'm2', number: 1, via: 'w', type: 'text', text: 'thanks' },
      scope,
    ),
  ]);
  await moments.settled();
  expect(types()).toEqual(['fired', 'acted message', 'reached message', 'answered']);
  const answered = site.journal.read(0).find(({ type }) => type === 'moment.answered');
  expect(answered?.data.ms).toBe(10_000);
});

it('has nobody called back in the quiet hours: neither late nor again', async () => {
  await moments.close();
  open({ from: 21 * 60, until: 8 * 60 });
  await moments.start();
  const calls = (name: string, wait: string) =>
    rule({ moment: name, when: { event: name }, owns: '1s', do: [{ callback: { queue: 'service', in: wait } }] });
  use(calls('soon', '2m'), calls('tonight', '12h'));
  const { id } = await ada();
  await happens(id, 'soon');
  site.clock.at += 60_000;
  await happens(id, 'tonight');
  const at = (time: string) => Date.parse(`${time}:00+08:00`);
  const called = ['callback', id, 'service', '+8613800138000'];
  expect(asked).toEqual([
    [...called, at('2026-01-05T10:02'), at('2026-01-05T21:00')],
    [...called, at('2026-01-06T08:00'), at('2026-01-06T21:00')],
  ]);
});

it('decides once for each event, also when the server ends before it acted', async () => {
  use(
    rule({
      moment: 'rescue',
      when: { event: 'failed' },
      do: [{ callback: { queue: 'service', in: '2m' } }, { signal: 'rescue' }],
    }),
  );
  const { id } = await ada();
  await happens(id, 'failed');
  expect(asked).toEqual([['callback', id, 'service', '+8613800138000', site.clock.at + 120_000]]);
  expect(types()).toEqual(['fired', 'acted callback', 'acted signal', 'signalled']);
  await moments.close();
  open();
  await moments.start();
  await moments.settled();
  expect(asked).toHaveLength(1);
});

it('lets the highest rank act, keeps the cap of a day, and hears an opt-out', async () => {
  const text = (moment: string, rank: number, event: string) =>
    rule({ moment, rank, when: { event }, do: [{ message: { en: moment } }], again: '1m', owns: '1m' });
  use(text('low', 10, 'a'), text('high', 20, 'a'), text('other', 30, 'b'));
  const { id } = await ada();
  await happens(id, 'a');
  expect(asked).toEqual([['message', id, 'high']]);
  expect(types().filter((one) => one.startsWith('restrained'))).toEqual(['restrained outranked']);
  site.clock.at += 120_000;
  await happens(id, 'b');
  site.clock.at += 120_000;
  await happens(id, 'b');
  expect(asked).toHaveLength(2);
  expect(types().at(-1)).toBe('restrained cap');
  site.clock.at += 2 * 86_400_000;
  await customers.consent(id, { channel: '*', purpose: '*', given: false, proof: 'opt-out' }, 'channel');
  await happens(id, 'b');
  expect(asked).toHaveLength(2);
  expect(types().at(-1)).toBe('restrained opted-out');
});

it('knows one person by all of her ids, and forgets whom was erased', async () => {
  use(
    rule({ moment: 'twice', when: { event: 'x', count: 2, within: '1h' }, do: [{ tag: 'twice', for: '1h' }] }),
    rule({ moment: 'tagged', when: { event: 'tag.set', where: { tag: 'twice' } }, do: [{ signal: 'seen' }] }),
  );
  const { id } = await ada();
  const bob = await customers.create({ identities: [{ kind: 'qq', value: '1' }] }, 'x');
  await happens(id, 'x');
  await customers.merging.merge(id, bob.id, 'sup');
  await moments.settled();
  await happens(bob.id, 'x');
  await moments.settled();
  expect(customers.get(id)?.tags.map(({ tag }) => tag)).toEqual(['twice']);
  expect(types().filter((one) => one === 'signalled')).toEqual([]);
  expect(types()).toContain('restrained outranked');
  const rows = () => site.opened.database.prepare('SELECT count(*) FROM moment_firings').pluck().get();
  expect(rows()).toBe(1);
  await customers.erase(id, 'admin');
  await moments.settled();
  expect(rows()).toBe(0);
});

it('shows a hint beside a talk that is under way, and has reached her by that', async () => {
  const hint = { en: '{customer.name|She} was charged {event.sum|money} twice.', zh: '重复扣款 {event.sum|若干} 元。' };
  use(
    rule({ moment: 'twice-charged', when: { event: 'charged-twice' }, do: [{ hint }, { tag: 'charged', for: '1h' }] }),
  );
  const { id } = await ada();
  await call('int_1', id);
  await site.journal.append([
    newEvent(interactionAnswered, site.clock.at, {}, { interaction: 'int_1', agent: '1001' }),
  ]);
  await moments.settled();
  onScreen = true;
  site.clock.at += 4_000;
  await happens(id, 'charged-twice', { sum: 1200, card: 'never kept' });
  const said = { en: 'Ada was charged 1,200 twice.', zh: '重复扣款 1,200 元。' };
  expect(hinted).toEqual([['int_1', [said]]]);
  expect(moments.hints(id)).toEqual([said]);
  expect(types().filter((one) => one.startsWith('reached'))).toEqual(['reached contact']);
  expect(moments.figures(day, day)).toContainEqual(
    expect.objectContaining({ what: 'reached', detail: 'contact', count: 1 }),
  );
  // Only the facts that its texts name are remembered.
  const kept = site.opened.database.prepare('SELECT data FROM moment_firings').pluck().get();
  expect(JSON.parse(String(kept)).facts).toEqual({ sum: 1200 });
});

it('knows the contacts that came while no moment was in use, and as they are by now', async () => {
  const { id } = await ada();
  await call('int_over', id);
  await call('int_talks', id);
  await call('int_waits', id);
  const { at } = site.clock;
  const scope = (interaction: string) => ({ interaction, customer: id, queue: 'cards' });
  const queued = { priority: 0, skills: [] };
  await site.journal.append([
    newEvent(interactionQueued, at, queued, scope('int_talks')),
    newEvent(interactionQueued, at, queued, scope('int_waits')),
    newEvent(interactionAnswered, at, {}, scope('int_talks')),
    newEvent(interactionEnded, at, { where: 'ivr', by: 'customer', cause: 'BYE' }, scope('int_over')),
  ]);
  await moments.settled();
  const trouble = { when: { event: 'payment-failed' }, do: [{ priority: 9 }, { hint: { en: 'Look at the card' } }] };
  use(rule({ moment: 'trouble', ...trouble }));
  await happens(id, 'payment-failed');
  expect(asked).toEqual([['change', 'int_waits', { priority: 9 }]]);
  expect(hinted.map(([interaction]) => interaction)).toEqual(['int_talks', 'int_waits']);
});

it('lets go of what fired a day ago of people who are not heard of again', async () => {
  const hour = 3_600_000;
  const { database } = site.opened;
  const kept = () => database.prepare<[], string>('SELECT customer FROM moment_firings ORDER BY at').pluck().all();
  use(rule({ moment: 'thanks', when: { event: 'paid' }, do: [{ tag: 'paid', for: '1h' }] }));
  const one = await ada();
  const other = await customers.create({ name: 'Bea', identities: [] }, 'x');
  const third = await customers.create({ name: 'Cai', identities: [] }, 'x');
  await happens(one.id, 'paid');
  site.clock.at += 23 * hour;
  await happens(other.id, 'paid');
  expect(kept()).toEqual([one.id, other.id]);
  site.clock.at += 2 * hour;
  await happens(third.id, 'paid');
  expect(kept()).toEqual([other.id, third.id]);

  const effects = new Effects(new MomentRows(database), 'UTC');
  effects.load(site.clock.at);
  const open = () => [other.id, third.id].map((id) => effects.of(id).length);
  expect(open()).toEqual([1, 1]);
  effects.sweep(site.clock.at + 22.5 * hour);
  expect(open()).toEqual([0, 1]);
  effects.sweep(site.clock.at + 24 * hour);
  expect(open()).toEqual([0, 0]);
});

it('keeps a line for each firing with what came of it, and for what was held back; they go with her', async () => {
  use(
    rule({
      moment: 'offer',
      when: { event: 'cart' },
      do: [{ message: { en: 'Hello {customer.name|there}' } }, { tag: 'cart', for: '1h' }],
      again: '1h',
    }),
  );
  const { id } = await ada();
  await happens(id, 'cart');
  await happens(id, 'cart');
  await site.journal.append([
    newEvent(
      messageDelivered,
      site.clock.at,
      { message: 'msg of mom', state: 'read' as const },
      { interaction: 'int_9', customer: id },
    ),
  ]);
  await moments.settled();
  expect(asked).toEqual([['message', id, 'Hello Ada']]);
  const [held, fired, ...rest] = moments.log({ limit: 10, customer: id });
  expect(rest).toEqual([]);
  expect(held).toMatchObject({ moment: 'offer', customer: id, why: 'again' });
  expect(fired).toMatchObject({
    moment: 'offer',
    actions: ['message', 'tag'],
    acted: [
      { action: 'message', result: 'done' },
      { action: 'tag', result: 'done' },
    ],
    reached: { how: 'message', ms: 0 },
  });
  expect(moments.log({ limit: 1, before: held?.id, what: 'fired' })).toMatchObject([{ firing: fired?.firing }]);
  expect(moments.log({ limit: 10, moment: 'another' })).toEqual([]);
  await customers.erase(id, 'admin');
  await moments.settled();
  expect(moments.log({ limit: 10 })).toEqual([]);
});
