import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { type ApiServer, startApi } from './api-server.ts';

type Json = Record<string, unknown>;
let api: ApiServer;

beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.close());

async function ask(method: string, path: string, as: string, body?: unknown): Promise<[number, Json]> {
  const response = await api.send(method, path, as, body);
  const text = await response.text();
  return [response.status, text === '' ? {} : (JSON.parse(text) as Json)];
}

const made = async (body: unknown): Promise<string> => {
  const [, customer] = await ask('POST', '/customers', api.tokens.admin, body);
  return customer.id as string;
};

it('agents suggest, staff merges and takes apart; agents see every identity masked', async () => {
  const { agent, supervisor, admin } = api.tokens;
  const ada = await made({ name: 'Ada', identities: [{ kind: 'phone', value: '138 0013 8000' }] });
  const bob = await made({ identities: [{ kind: 'wechat', value: 'oABCDEFG', verified: true }] });
  expect((await ask('POST', `/customers/${ada}/suggestions`, agent, { other: bob }))[0]).toBe(201);
  expect((await ask('GET', '/customers/suggestions', agent))[0]).toBe(403);
  expect((await ask('GET', '/customers/suggestions', supervisor))[1].suggestions).toMatchObject([{ why: 'by-hand' }]);
  expect((await ask('POST', `/customers/${ada}/merge`, agent, { other: bob }))[0]).toBe(403);
  const [, one] = await ask('POST', `/customers/${ada}/merge`, supervisor, { other: bob });
  expect(one).toMatchObject({ id: ada, parts: [{ id: bob, why: 'by-hand' }] });
  const [, seen] = await ask('GET', `/customers/${bob}`, agent);
  expect(seen.id).toBe(ada);
  expect(seen.identities).toEqual([
    { kind: 'phone', value: '+86138****8000' },
    { kind: 'wechat', value: 'oA****FG', verified: true },
  ]);
  expect(JSON.stringify(seen)).not.toContain('oABCDEFG');
  expect((await ask('POST', `/customers/${ada}/unmerge`, supervisor))[1].code).toBe('customer-not-merged');
  const [, apart] = await ask('POST', `/customers/${bob}/unmerge`, supervisor);
  expect(apart).toMatchObject({ customer: { id: bob }, from: { id: ada } });
  expect((await ask('DELETE', `/customers/${ada}/suggestions/${bob}`, admin))[0]).toBe(204);
});

it('agents add what a customer says; that it was proved they do not say', async () => {
  const { agent, supervisor } = api.tokens;
  const proved = { kind: 'login', value: 'fay', verified: true };
  const id = await made({ name: 'Fay' });
  const path = `/customers/${id}/identities`;
  expect(await ask('POST', path, agent, proved)).toMatchObject([403, { code: 'identity-proof' }]);
  expect(await ask('POST', '/customers', agent, { name: 'Fay', identities: [proved] })).toMatchObject([
    403,
    { code: 'identity-proof' },
  ]);
  const [, said] = await ask('POST', path, agent, { kind: 'login', value: 'fay', verified: false });
  expect(said.identities).toMatchObject([{ kind: 'login' }]);
  expect(JSON.stringify(said.identities)).not.toContain('verified');
  expect((await ask('POST', path, supervisor, proved))[1].identities).toMatchObject([{ verified: true }]);
});

it('takes outside events once each, and refuses what is wrong without stopping the others', async () => {
  const { agent, admin } = api.tokens;
  const at = api.site.clock.at;
  const events = [
    {
      key: 'a',
      identities: [{ kind: 'account', value: 'A9', verified: true }],
      name: 'payment-failed',
      at,
      data: { sum: 99 },
    },
    { key: 'b', customer: 'cus_none', name: 'x' },
    { key: 'c', identities: [{ kind: 'account', value: 'A9' }], name: 'late', at: at + 3_600_000 },
  ];
  expect((await ask('POST', '/customers/events', agent, { events }))[0]).toBe(403);
  const [status, told] = await ask('POST', '/customers/events', admin, { events });
  expect(status).toBe(200);
  expect(told.events).toMatchObject([{ result: 'taken' }, { result: 'refused' }, { result: 'refused' }]);
  const { customer, event } = (told.events as { customer: string; event: string }[])[0]!;
  const [, again] = await ask('POST', '/customers/events', admin, { events: events.slice(0, 1) });
  expect(again.events).toEqual([{ key: 'a', result: 'known', customer, event }]);
  const [, { entries }] = await ask('GET', `/customers/${customer}/timeline`, agent);
  expect(entries).toEqual([{ entry: 'event', id: event, at, name: 'payment-failed', data: { sum: 99 } }]);
  const both = { key: 'd', customer, identities: [{ kind: 'qq', value: '1' }], name: 'x' };
  expect((await ask('POST', '/customers/events', admin, { events: [both] }))[0]).toBe(422);
});

it('keeps her word on what for, exports and erases her, for administrators alone and in the audit', async () => {
  const { agent, supervisor, admin } = api.tokens;
  const id = await made({ name: 'Eve', identities: [{ kind: 'mail', value: 'Eve@X.cn' }] });
  await ask('PUT', `/customers/${id}/consents/sms/marketing`, agent, { given: false, proof: 'int_1' });
  expect((await ask('GET', `/customers/${id}/consents`, agent))[1].consents).toMatchObject([{ given: false }]);
  expect((await ask('GET', `/customers/${id}/export`, supervisor))[0]).toBe(403);
  const [, whole] = await ask('GET', `/customers/${id}/export`, admin);
  expect(whole).toMatchObject({ customer: { identities: [{ value: 'eve@x.cn' }] }, consents: [{ proof: 'int_1' }] });
  expect((await ask('DELETE', `/customers/${id}`, admin))[0]).toBe(200);
  expect((await ask('GET', `/customers/${id}`, admin))[0]).toBe(404);
  const types = api.site.journal.read(0).map(({ type }) => type);
  expect(types.slice(-2)).toEqual(['customer.exported', 'journal.person-erased']);
});

it('lists who may be one with both of them; what was declined stays declined, whatever is said again', async () => {
  const { supervisor, blue, agent } = api.tokens;
  const eve = await made({ name: 'Eve', team: 'red', identities: [{ kind: 'phone', value: '139 0000 0001' }] });
  const said = (openid: string) =>
    api.deps.customers.identify(
      [
        { kind: 'wechat', value: openid, verified: true },
        { kind: 'phone', value: '13900000001' },
      ],
      'channel',
      { team: 'red' },
    ).customer.id;
  const other = said('oEVE00001');
  type List = { suggestions: { customer: string; other: string; why: string }[]; customers: Record<string, Json> };
  const list = async (as = supervisor) => (await ask('GET', '/customers/suggestions', as))[1] as unknown as List;
  const pair = ({ suggestions }: List) => suggestions.find((one) => [one.customer, one.other].includes(other));
  // What a connector says is written with the next batch of the journal.
  const open = await vi.waitFor(async () => {
    const found = await list();
    expect(pair(found)).toMatchObject({ why: 'said', kind: 'phone' });
    return found;
  });
  expect(open.customers[eve]).toMatchObject({ name: 'Eve' });
  expect(open.customers[other]).toMatchObject({ claims: [{ kind: 'phone', value: '+8613900000001' }] });
  expect(pair(await list(blue))).toBeUndefined();

  expect((await ask('DELETE', `/customers/${other}/suggestions/${eve}`, agent))[0]).toBe(403);
  expect((await ask('DELETE', `/customers/${other}/suggestions/${eve}`, supervisor))[0]).toBe(204);
  expect(pair(await list())).toBeUndefined();
  said('oEVE00001');
  expect(pair(await list())).toBeUndefined();
  // Also where it is now another part of the same person who says so.
  const part = await made({ identities: [{ kind: 'qq', value: '77', verified: true }] });
  await ask('POST', `/customers/${other}/merge`, supervisor, { other: part });
  api.deps.customers.identify(
    [
      { kind: 'qq', value: '77', verified: true },
      { kind: 'phone', value: '13900000001' },
    ],
    'channel',
  );
  const { suggestions } = await list();
  expect(suggestions.filter((one) => [one.customer, one.other].includes(eve))).toEqual([]);
});

it('tells who merged whom, who took them apart and who said that they are two', async () => {
  const { supervisor, blue, agent } = api.tokens;
  const one = await made({ name: 'Gina', team: 'red', identities: [{ kind: 'mail', value: 'Gina@Example.org' }] });
  const two = await made({ team: 'red', identities: [{ kind: 'qq', value: '1122334' }] });
  await ask('POST', `/customers/${one}/suggestions`, agent, { other: two });
  await ask('POST', `/customers/${one}/merge`, supervisor, { other: two });
  type Merges = { decisions: { what: string; undone: boolean; customer: string }[]; customers: Record<string, Json> };
  const read = async (as: string) => (await ask('GET', '/customers/merges?limit=200', as))[1] as unknown as Merges;
  const mine = ({ decisions }: Merges) =>
    decisions.filter(({ customer }) => [one, two].includes(customer)).map(({ what, undone }) => [what, undone]);
  expect((await ask('GET', '/customers/merges', agent))[0]).toBe(403);
  expect(mine(await read(supervisor))).toEqual([['merged', false]]);
  await ask('POST', `/customers/${two}/unmerge`, supervisor);
  expect(mine(await read(supervisor))).toEqual([
    ['unmerged', true],
    ['merged', true],
  ]);
  expect((await read(supervisor)).customers[one]).toMatchObject({ name: 'Gina' });
  expect(mine(await read(blue))).toEqual([]);
});

it('finds by a number as people write it, and by mail in any case', async () => {
  const { supervisor } = api.tokens;
  const id = await made({
    team: 'red',
    identities: [
      { kind: 'phone', value: '137 1234 5678' },
      { kind: 'mail', value: 'Wang@Example.org' },
    ],
  });
  const found = async (text: string) => {
    const [, { customers }] = await ask('GET', `/customers?text=${encodeURIComponent(text)}`, supervisor);
    return (customers as Json[]).map((one) => one.id);
  };
  for (const text of ['13712345678', '137 1234 5678', '+86 137-1234-5678', '+86137', 'WANG@example.ORG']) {
    expect(await found(text), text).toContain(id);
  }
  expect(await found('13712345679')).toEqual([]);
  // What belongs to the whole site she finds, too; another team's she does not.
  const whole = await made({ name: 'Wu Whole', identities: [] });
  const other = await made({ name: 'Wu Blue', team: 'blue', identities: [] });
  expect(await found('Wu ')).toEqual([whole]);
  expect(await found('Wu ')).not.toContain(other);
});
