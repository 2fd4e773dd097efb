import { afterAll, beforeAll, expect, it } from 'vitest';
import { channelSchema } from '../../../server/directory/index.ts';
import { longCall } from '../customers/call-events.ts';
import { type ApiServer, startApi } from './api-server.ts';

let api: ApiServer;
beforeAll(async () => {
  api = await startApi();
  const record = { site: 'hq', kind: 'work', channel: 'work', to: { queue: 'service' } };
  const { channels } = api.site.directory;
  await channels.put(channelSchema.parse({ ...record, id: 'tickets' }), 'setup');
  await channels.put(channelSchema.parse({ ...record, id: 'blue-tickets', team: 'blue' }), 'setup');
});
afterAll(() => api.close());

const send = async (method: string, path: string, as: string, body?: unknown, language = 'en') => {
  const response = await api.send(method, `/work-items${path}`, as, body, { 'accept-language': language });
  return { status: response.status, body: JSON.parse(await response.text()) };
};
const given = { via: 'tickets', subject: 'Wrong fee', text: 'Please look into it.' };

it('is made, read, changed, moved, written to and listed', async () => {
  const { agent } = api.tokens;
  const made = await send('post', '', agent, { ...given, priority: 'high', key: 'crm-7' });
  expect(made).toMatchObject({
    status: 201,
    body: { state: 'new', priority: 'high', subject: 'Wrong fee', overdue: false },
  });
  expect((await send('post', '', agent, { ...given, key: 'crm-7' })).body.id).toBe(made.body.id);
  const path = `/${made.body.id}`;
  expect((await send('PATCH', path, agent, { priority: 'urgent', owner: '1001' })).body).toMatchObject({
    priority: 'urgent',
    owner: '1001',
  });
  expect((await send('post', `${path}/state`, agent, { to: 'open' })).body.state).toBe('open');
  expect((await send('post', `${path}/comments`, agent, { text: 'Our mistake.' })).body).toMatchObject({
    number: 2,
    internal: true,
  });
  expect((await send('get', path, agent)).body.written).toMatchObject([
    { text: 'Please look into it.', internal: false },
    { text: 'Our mistake.' },
  ]);
  expect((await send('get', '?state=open&owner=1001', agent)).body.workItems).toMatchObject([
    { id: made.body.id, comments: 2 },
  ]);
  expect((await send('get', '?overdue=true', agent)).body.workItems).toEqual([]);
});

it('says what is wrong, in the language that was asked for', async () => {
  const { agent } = api.tokens;
  const { body } = await send('post', '', agent, given);
  expect(await send('post', `/${body.id}/state`, agent, { to: 'closed' })).toMatchObject({
    status: 409,
    body: { code: 'work-item-state' },
  });
  const chinese = await send('post', `/${body.id}/state`, agent, { to: 'closed' }, 'zh');
  expect(JSON.stringify(chinese.body)).toContain('工单状态为 new');
  expect((await send('post', '', agent, { ...given, via: 'nowhere' })).status).toBe(422);
  expect((await send('post', '', agent, { ...given, subject: '' })).status).toBe(422);
  expect((await send('post', '', agent, { ...given, customer: 'cus_nobody' })).status).toBe(404);
  expect((await send('PATCH', `/${body.id}`, agent, { owner: 'nobody' })).status).toBe(404);
  expect((await send('PATCH', `/${body.id}`, agent, {})).status).toBe(422);
  expect((await send('get', '/wrk_none', agent)).status).toBe(404);
});

it('of another team is not there', async () => {
  const { body } = await send('post', '', api.tokens.admin, { ...given, via: 'blue-tickets' });
  expect(body.team).toBe('blue');
  expect((await send('get', `/${body.id}`, api.tokens.admin)).status).toBe(200);
  expect((await send('get', `/${body.id}`, api.tokens.agent)).status).toBe(404);
  expect((await send('post', '', api.tokens.agent, { ...given, via: 'blue-tickets' })).status).toBe(404);
  const { workItems } = (await send('get', '', api.tokens.agent)).body;
  expect(workItems.some((one: { id: string }) => one.id === body.id)).toBe(false);
});

it('is found by state, owner, priority, channel and words; with the names of owner and customer', async () => {
  const { agent, admin } = api.tokens;
  const customer = await api.deps.customers.create({ name: 'Wang Fang', identities: [] }, 'setup');
  const lost = (await send('post', '', agent, { ...given, subject: 'Lost Card', customer: customer.id })).body;
  expect(lost).toMatchObject({ customerName: 'Wang Fang' });
  await send('PATCH', `/${lost.id}`, agent, { owner: '1001' });
  await send('post', `/${lost.id}/state`, agent, { to: 'open' });
  const found = async (query: string, as = agent) =>
    (await send('get', query, as)).body.workItems.map(({ id }: { id: string }) => id);
  expect(await found('?text=lost%20card')).toEqual([lost.id]);
  expect(await found('?text=lost%25card')).toEqual([]);
  expect(await found('?owner=me&state=open,pending&text=card')).toEqual([lost.id]);
  expect(await found('?owner=me', admin)).toEqual([]);
  expect(await found('?owner=nobody')).not.toContain(lost.id);
  expect(await found('?priority=urgent')).not.toContain(lost.id);
  expect(await found('?via=blue-tickets')).toEqual([]);
  expect((await send('get', '?text=lost', agent)).body.workItems[0]).toMatchObject({ ownerName: 'Ada' });
  expect((await send('get', '?state=open,lost', agent)).status).toBe(400);
});

it('names a customer of another team to nobody who does not know her', async () => {
  const { agent, admin } = api.tokens;
  const { id: customer } = await api.deps.customers.create(
    { name: 'Blue Wang', team: 'blue', identities: [] },
    'setup',
  );
  const about = { ...given, subject: 'Fee of Blue', customer };
  expect(await send('post', '', agent, about)).toMatchObject({ status: 404, body: { code: 'not-found' } });
  const made = await send('post', '', admin, about);
  expect(made.body).toMatchObject({ customer, customerName: 'Blue Wang' });
  const seen = async () => (await send('get', `/${made.body.id}`, agent)).body;
  expect(await seen()).toMatchObject({ subject: 'Fee of Blue' });
  expect(await seen()).not.toHaveProperty('customerName');
  const { workItems } = (await send('get', '?text=blue', agent)).body;
  expect(JSON.stringify(workItems)).not.toContain('Wang');
  await send('PATCH', `/${made.body.id}`, admin, { owner: '1001' });
  expect(await seen()).toMatchObject({ customerName: 'Blue Wang' });
  // From her own contact with her she makes one.
  const { journal, clock } = api.site;
  await journal.append(longCall('int_blue', clock.at, customer));
  await api.projector.settled();
  expect((await send('post', '', agent, { ...about, links: [{ interaction: 'int_blue' }] })).status).toBe(201);
});

it('of another team is seen by the agent whose it is', async () => {
  const { body } = await send('post', '', api.tokens.admin, { ...given, via: 'blue-tickets', owner: '1001' });
  expect((await send('get', `/${body.id}`, api.tokens.agent)).status).toBe(200);
  const { workItems } = (await send('get', '?owner=me', api.tokens.agent)).body;
  expect(workItems.map(({ id }: { id: string }) => id)).toContain(body.id);
});
