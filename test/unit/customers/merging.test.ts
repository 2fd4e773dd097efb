import { afterEach, beforeEach, expect, it } from 'vitest';
import {
  type Customers,
  type Identity,
  InteractionProjector,
  InteractionRows,
  interactionIdentified,
  interactionStarted,
  openCustomers,
  readInteractions,
  rebuildCustomers,
} from '../../../server/customers/index.ts';
import { newEvent } from '../../../server/journal/index.ts';
import { logger, openSite, type TestSite } from '../directory/site.ts';

let site: TestSite;
let customers: Customers;
let projector: InteractionProjector;
const proved = (kind: string, value: string): Identity => ({ kind, value, verified: true });
const said = (kind: string, value: string): Identity => ({ kind, value });
const settled = () => site.journal.append([]);

beforeEach(async () => {
  site = openSite();
  const { database } = site.opened;
  const interactions = readInteractions(database);
  customers = openCustomers({ database, journal: site.journal, interactions, clock: site.clock, logger });
  projector = new InteractionProjector(site.journal, new InteractionRows(database), logger, site.clock);
  await projector.start();
});
afterEach(async () => {
  await projector.stop();
  await site.close();
});

async function interaction(id: string, customer: string, channel: 'voice' | 'chat' = 'voice'): Promise<void> {
  const scope = { interaction: id, customer };
  await site.journal.append([
    newEvent(
      interactionStarted,
      site.clock.at,
      { channel, direction: 'in' as const, from: '+8613800138000' },
      { interaction: id },
    ),
    newEvent(interactionIdentified, site.clock.at, { by: 'channel' as const }, scope),
  ]);
  await projector.settled();
  site.clock.at += 1_000;
}

/** Everything that the tables of customers hold. */
function tables(): Record<string, unknown[]> {
  const names = [
    'customers',
    'identities',
    'identity_claims',
    'tags',
    'notes',
    'customer_suggestions',
    'customer_events',
    'consents',
  ];
  return Object.fromEntries(
    names.map((name) => [
      name,
      site.opened.database
        .prepare<[], Record<string, unknown>>(`SELECT * FROM ${name}`)
        .all()
        .map((row) => JSON.stringify({ ...row, updated_at: undefined }))
        .sort(),
    ]),
  );
}

it('is one customer at once when two channels prove the same account in one turn', async () => {
  const chat = customers.identify([said('webchat', 'v1'), proved('account', 'A')], 'chat');
  const wechat = customers.identify([said('wechat', 'o1'), proved('account', 'A')], 'wechat');
  expect(wechat.customer.id).toBe(chat.customer.id);
  expect(wechat.customer.identities.map(({ value }) => value)).toEqual(['v1', 'A', 'o1']);
  await settled();
  expect(customers.find(said('wechat', 'o1'))?.id).toBe(chat.customer.id);
  expect(customers.get(chat.customer.id)?.identities).toHaveLength(3);
});

it('merges in one turn with what is not on the disk yet, and again finds both afterwards', async () => {
  const visitor = customers.identify([said('webchat', 'v1')], 'chat');
  const owner = customers.identify([said('phone', '13800138000'), proved('account', 'A')], 'call');
  const again = customers.identify([said('webchat', 'v1'), proved('account', 'A')], 'chat');
  expect(again).toMatchObject({ owner: visitor.customer.id, created: false, customer: { id: owner.customer.id } });
  expect(customers.get(visitor.customer.id)?.id).toBe(owner.customer.id);
  await settled();
  expect(customers.get(visitor.customer.id)).toEqual(customers.get(owner.customer.id));
  expect(customers.find(said('webchat', 'v1'))?.parts).toMatchObject([{ id: visitor.customer.id, why: 'account' }]);
  // Learned once: the same contact again changes nothing.
  const last = site.journal.last;
  customers.identify([said('webchat', 'v1'), proved('account', 'A')], 'chat');
  await settled();
  expect(site.journal.last).toBe(last);
});

it('takes them apart exactly, with what came by each one’s identities since', async () => {
  const ada = await customers.create({ name: 'Ada', identities: [said('phone', '13800138000')] }, '1001');
  const bob = await customers.create({ name: 'Bob', language: 'en', identities: [said('mail', 'B@x.cn')] }, '1001');
  await customers.tag(ada.id, 'vip', '1001');
  await customers.tag(bob.id, 'late', '1001');
  await customers.note(ada.id, 'of ada', '1001');
  site.clock.at += 1;
  await customers.note(bob.id, 'of bob', '1001');
  await interaction('int_a', ada.id);
  await interaction('int_b', bob.id, 'chat');
  const before = { ada: customers.get(ada.id), bob: customers.get(bob.id) };

  const one = await customers.merging.merge(ada.id, bob.id, 'sup');
  expect(one).toMatchObject({ id: ada.id, name: 'Ada', language: 'en', tags: [{ tag: 'late' }, { tag: 'vip' }] });
  expect(customers.get(bob.id)).toEqual(one);
  expect(customers.notes(bob.id).map(({ text }) => text)).toEqual(['of bob', 'of ada']);
  expect(customers.timeline(bob.id, { limit: 9 }).entries.map(({ id }) => id)).toEqual(['int_b', 'int_a']);
  expect(customers.pop(bob.id).earlier.map((each) => each.interaction)).toEqual(['int_b', 'int_a']);
  await expect(customers.merging.merge(bob.id, ada.id, 'sup')).rejects.toMatchObject({
    code: 'customer-merged-already',
  });
  // While they are one: a mail of Bob's.
  const mail = customers.identify([said('mail', 'b@X.cn')], 'mail');
  expect(mail).toMatchObject({ owner: bob.id, customer: { id: ada.id } });
  await interaction('int_c', mail.owner, 'chat');

  await customers.merging.part(bob.id, 'sup');
  expect(customers.get(ada.id)).toEqual({ ...before.ada, updatedAt: expect.any(Number) });
  expect(customers.get(bob.id)).toEqual({ ...before.bob, updatedAt: expect.any(Number) });
  expect(customers.timeline(bob.id, { limit: 9 }).entries.map(({ id }) => id)).toEqual(['int_c', 'int_b']);
  expect(customers.timeline(ada.id, { limit: 9 }).entries.map(({ id }) => id)).toEqual(['int_a']);
  expect(customers.notes(ada.id).map(({ text }) => text)).toEqual(['of ada']);
  await expect(customers.merging.part(bob.id, 'sup')).rejects.toMatchObject({ code: 'customer-not-merged' });
});

it('takes one out of several, with those who were hers', async () => {
  const [a, b, c] = await Promise.all(
    ['a', 'b', 'c'].map((value) => customers.create({ identities: [said('qq', value)] }, 'x')),
  );
  await customers.merging.merge(b!.id, a!.id, 'sup');
  await customers.merging.merge(c!.id, b!.id, 'sup');
  expect(customers.idsOf(a!.id)).toEqual([c!.id, b!.id, a!.id]);
  await customers.merging.part(b!.id, 'sup');
  expect(customers.idsOf(a!.id)).toEqual([b!.id, a!.id]);
  expect(customers.idsOf(c!.id)).toEqual([c!.id]);
});

it('does not merge by rule again whom a person took apart, but suggests it', async () => {
  const visitor = customers.identify([said('webchat', 'v1')], 'chat').customer;
  const { customer } = customers.identify([said('webchat', 'v1'), proved('account', 'A')], 'chat');
  expect(customer.id).toBe(visitor.id);
  const owner = customers.identify([said('wechat', 'o1'), proved('unionid', 'U')], 'wechat').customer;
  customers.identify([said('webchat', 'v1'), proved('unionid', 'U')], 'chat');
  await settled();
  expect(customers.get(visitor.id)?.id).toBe(owner.id);
  await customers.merging.part(visitor.id, 'sup');
  const again = customers.identify([said('webchat', 'v1'), proved('unionid', 'U')], 'chat');
  expect(again).toMatchObject({ owner: owner.id, customer: { id: owner.id } });
  await settled();
  expect(customers.get(visitor.id)?.id).toBe(visitor.id);
});

it('suggests, lets staff decide, and never asks again', async () => {
  const ada = await customers.create({ identities: [said('phone', '13800138000')] }, '1001');
  const chat = () => customers.identify([said('webchat', 'v1'), said('phone', '138 0013 8000')], 'chat').customer;
  const visitor = chat();
  await settled();
  expect(visitor.claims).toEqual([{ kind: 'phone', value: '+8613800138000' }]);
  expect(customers.find(said('phone', '13800138000'))?.id).toBe(ada.id);
  const [first, second] = [ada.id, visitor.id].sort();
  expect(customers.suggestions({ limit: 5 })).toMatchObject([
    { customer: first, other: second, why: 'said', kind: 'phone' },
  ]);
  expect(customers.suggestionsOf(visitor.id)).toHaveLength(1);
  await customers.merging.dismiss(visitor.id, ada.id, 'sup');
  chat();
  await settled();
  expect(customers.suggestions({ limit: 5 })).toEqual([]);
  await customers.merging.suggest(ada.id, visitor.id, '1001');
  await customers.merging.merge(ada.id, visitor.id, 'sup');
  expect(customers.suggestions({ limit: 5 })).toEqual([]);
});

it('makes the same tables from the journal alone, erased persons left out', async () => {
  const ada = await customers.create(
    { name: 'Ada', language: 'zh', identities: [said('phone', '13800138000'), proved('account', 'A')] },
    '1001',
  );
  customers.identify([said('webchat', 'v1'), said('mail', 'a@x.cn')], 'chat');
  customers.identify([said('webchat', 'v1'), proved('account', 'A')], 'chat');
  customers.identify([said('mail', 'a@x.cn')], 'mail');
  await settled();
  await customers.tag(ada.id, 'vip', 'm', site.clock.at + 5_000);
  await customers.note(ada.id, 'n', '1001');
  await customers.consent(ada.id, { channel: 'sms', purpose: 'marketing', given: false }, '1001');
  await customers.happened(
    { key: 'k1', customer: ada.id, at: site.clock.at, name: 'payment-failed', data: { sum: 5 } },
    'shop',
  ).id;
  const gone = await customers.create({ name: 'Gone', identities: [said('qq', '1')] }, '1001');
  await customers.happened({ key: 'k2', customer: gone.id, at: site.clock.at, name: 'x' }, 'shop').id;
  const bob = await customers.create({ identities: [said('qq', '2')] }, '1001');
  await customers.merging.merge(ada.id, bob.id, 'sup');
  await customers.merging.part(bob.id, 'sup');
  await customers.erase(gone.id, 'admin');
  const before = tables();
  expect(before.customers).toHaveLength(4);
  rebuildCustomers(site.opened.database, site.journal);
  expect(tables()).toEqual(before);
});

it('takes an outside event once, and shows it in the timeline by pages', async () => {
  const ada = await customers.create({ identities: [said('phone', '13800138000')] }, '1001');
  const event = { key: 'shop-1', customer: ada.id, at: site.clock.at + 500, name: 'cart-left', data: { sum: 150 } };
  const first = customers.happened(event, 'shop');
  const twin = customers.happened(event, 'shop');
  expect(await twin.id).toBe(await first.id);
  expect(customers.happened(event, 'shop').known).toBe(true);
  for (let n = 0; n < 7; n++) await interaction(`int_${n}`, ada.id, n % 2 ? 'chat' : 'voice');
  const all = customers.timeline(ada.id, { limit: 50 }).entries.map(({ id }) => id);
  expect(all).toHaveLength(8);
  expect(all.at(-2)).toBe(await first.id);
  const paged: string[] = [];
  let after: string | undefined;
  do {
    const page = customers.timeline(ada.id, { limit: 3, after });
    paged.push(...page.entries.map(({ id }) => id));
    after = page.next;
  } while (after !== undefined);
  expect(paged).toEqual(all);
});

it('exports one person with all parts and other folders’ rows, and erases them all', async () => {
  const ada = await customers.create({ name: 'Ada Export', identities: [said('phone', '13800138000')] }, '1001');
  const bob = await customers.create({ identities: [said('mail', 'b@x.cn')] }, '1001');
  await interaction('int_a', ada.id);
  await interaction('int_b', bob.id, 'chat');
  await customers.merging.merge(ada.id, bob.id, 'sup');
  const erased: unknown[] = [];
  customers.keepsAlso({
    name: 'messages',
    erase: (who) => void erased.push(who),
    export: ({ interactions }) => interactions.map((id) => ({ id: `m of ${id}` })),
  });
  const text = [...(await customers.export(bob.id, 'admin'))].join('');
  const whole = JSON.parse(text);
  expect(whole.customer.id).toBe(ada.id);
  expect(whole.messages).toEqual([{ id: 'm of int_a' }, { id: 'm of int_b' }]);
  expect(whole.interactions.map(({ id }: { id: string }) => id)).toEqual(['int_a', 'int_b']);
  expect(whole.journal.length).toBeGreaterThan(3);
  expect(site.journal.read(0).at(-1)?.type).toBe('customer.exported');

  await customers.erase(bob.id, 'admin');
  expect(erased).toEqual([{ customers: [ada.id, bob.id], interactions: ['int_a', 'int_b'] }]);
  expect(customers.get(ada.id)).toBeUndefined();
  expect(customers.get(bob.id)).toBeUndefined();
  const left = JSON.stringify(site.journal.read(0));
  for (const secret of ['Ada Export', '+8613800138000', 'b@x.cn']) expect(left).not.toContain(secret);
});
