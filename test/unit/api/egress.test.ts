// What leaves the site, as administrators see it.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ApiServer, startApi } from './api-server.ts';

let api: ApiServer;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.close());

const ask = async (method: string, path: string, body?: object) => {
  const response = await fetch(`${api.url}/api/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${api.tokens.admin}`, ...(body ? { 'content-type': 'application/json' } : {}) },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
};

it('shows what would leave of the newest events, without a cloud too', async () => {
  await ask('POST', '/customers', { name: 'Wang Li', identities: [{ kind: 'phone', value: '+8613800138000' }] });
  const { body } = await ask('POST', '/egress/sample', { last: 5 });
  const { events } = body as { events: { event: { type: string; data: object }; leaves?: { data: object } }[] };
  const created = events.find(({ event }) => event.type === 'customer.created');
  expect(created?.event.data).toMatchObject({ name: 'Wang Li', value: '+8613800138000' });
  expect(created?.leaves?.data).toMatchObject({ name: 'W*** L*', value: '+86138******00' });
  const closed = await ask('POST', '/egress/sample', { last: 5, policy: '{ "events": { "*": "keep" } }' });
  expect((closed.body as { events: { leaves?: object }[] }).events.every(({ leaves }) => leaves === undefined)).toBe(
    true,
  );
  expect((await ask('GET', '/uplink')).body).toEqual({});
});

it('says where a policy is wrong', async () => {
  const policy = '{\n "events": { "customer.creatd": "keep" }\n}';
  expect((await ask('POST', '/egress/check', { policy })).body).toEqual({
    findings: [{ line: 2, column: 14, sentence: 'There is no kind of event customer.creatd.' }],
  });
  expect((await ask('POST', '/egress/sample', { policy })).body).toMatchObject({ code: 'egress-policy-invalid' });
  expect((await ask('GET', '/egress/log/7')).status).toBe(404);
  expect((await ask('GET', '/egress/log/x')).status).toBe(400);
});
