import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Customers, openCustomers, readInteractions } from '../../../server/customers/index.ts';
import { logger, openSite, type TestSite } from '../directory/site.ts';

let site: TestSite;
let customers: Customers;
const phone = { kind: 'phone', value: '+8613800138000' };

beforeEach(() => {
  site = openSite();
  const { database } = site.opened;
  const interactions = readInteractions(database);
  customers = openCustomers({ database, journal: site.journal, interactions, clock: site.clock, logger });
});
afterEach(() => site.close());

it('makes one customer of two calls of a number in one turn, and finds her later', async () => {
  const first = customers.findOrCreate(phone, 'call');
  expect(customers.findOrCreate(phone, 'call')).toBe(first);
  await site.journal.append([]);
  expect(customers.find(phone)).toEqual({ ...first, tags: [] });
  expect(customers.findOrCreate(phone, 'call').id).toBe(first.id);
  expect(site.journal.read(0).map(({ type, customer }) => [type, customer])).toEqual([['customer.created', first.id]]);
});

it('knows her by several identities, but each belongs to one', async () => {
  const ada = await customers.create({ name: 'Ada', identities: [phone] }, '1001');
  const bob = await customers.create({ name: 'Bob', identities: [] }, '1001');
  const account = { kind: 'account', value: '62220011' };
  expect((await customers.addIdentity(ada.id, account, '1001')).identities).toEqual([account, phone]);
  expect(customers.find(account)?.name).toBe('Ada');
  await customers.addIdentity(ada.id, account, '1001');
  await expect(customers.addIdentity(bob.id, account, '1001')).rejects.toMatchObject({ code: 'identity-taken' });
  await expect(customers.create({ identities: [phone] }, '1001')).rejects.toMatchObject({ code: 'identity-taken' });
  await customers.removeIdentity(ada.id, account, '1001');
  expect((await customers.addIdentity(bob.id, account, '1001')).identities).toEqual([account]);
});

it('changes name and language, and null takes a value away', async () => {
  const { id } = await customers.create({ name: 'Ada', language: 'en', identities: [phone] }, '1001');
  site.clock.at += 5;
  expect(await customers.change(id, { name: '陈静' }, '1001')).toMatchObject({
    name: '陈静',
    language: 'en',
    updatedAt: site.clock.at,
  });
  expect((await customers.change(id, { language: null }, '1001')).language).toBeUndefined();
  await expect(customers.change('cus_no', { name: 'x' }, '1001')).rejects.toMatchObject({ code: 'customer-unknown' });
});

it('shows tags until they expire', async () => {
  const { id } = await customers.create({ identities: [phone] }, '1001');
  await customers.tag(id, 'vip', 'admin');
  await customers.tag(id, 'upset', '1001', site.clock.at + 1_000);
  expect(customers.pop(id).customer?.tags).toEqual(['upset', 'vip']);
  site.clock.at += 1_000;
  expect(customers.get(id)?.tags.map(({ tag }) => tag)).toEqual(['vip']);
  await customers.untag(id, 'vip', 'admin');
  expect(customers.get(id)?.tags).toEqual([]);
});

it('keeps notes, newest first', async () => {
  const { id } = await customers.create({ identities: [phone] }, '1001');
  await customers.note(id, 'first', '1001');
  site.clock.at += 5;
  await customers.note(id, 'second', '1002');
  expect(customers.notes(id).map(({ text, by }) => [text, by])).toEqual([
    ['second', '1002'],
    ['first', '1001'],
  ]);
});

it('is searched by name and by the beginning of an identity', async () => {
  await customers.create({ name: 'Ada Lovelace', identities: [phone], team: 'red' }, '1001');
  await customers.create({ name: '陈静', identities: [{ kind: 'account', value: '6222' }] }, '1001');
  const names = (text: string, team?: string) => customers.search(text, { limit: 5, team }).map(({ name }) => name);
  expect(names('love')).toEqual(['Ada Lovelace']);
  expect(names('+86138')).toEqual(['Ada Lovelace']);
  expect(names('陈')).toEqual(['陈静']);
  // What belongs to the whole site is everybody's, what is of a team its own.
  expect(names('6222', 'red')).toEqual(['陈静']);
  expect(names('love', 'blue')).toEqual([]);
  expect(names("' OR 1=1 --")).toEqual([]);
});
