// Calls from visitors' browsers, as a connector asks for them: it reaches its channels and nothing else.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { channelSchema } from '../../../server/directory/index.ts';
import type { VisitorCalling, VisitorCallRequest } from '../../../server/ports/index.ts';
import { type ApiServer, startApi } from './api-server.ts';

let api: ApiServer;
let connector: string;
const begun: { request: VisitorCallRequest; customer: string | undefined }[] = [];
const done: string[] = [];

beforeAll(async () => {
  const visitorCalls: VisitorCalling = {
    begin: async (request, customer) => {
      begun.push({ request, customer: customer?.id });
      return { call: 'vis_1', interaction: 'int_1', answer: 'v=0' };
    },
    digits: (via, call, digits) => void done.push(`${via} ${call} ${digits}`),
    end: (via, call) => void done.push(`${via} ${call} end`),
  };
  api = await startApi({ visitorCalls });
  const { directory, accounts } = api.site;
  const channel = { site: 'hq', kind: 'webchat', channel: 'chat', to: { queue: 'service' } };
  for (const id of ['web', 'other']) await directory.channels.put(channelSchema.parse({ ...channel, id }), 'setup');
  connector = (await accounts.createToken({ name: 'con', roles: [], channels: ['web'] }, 'setup')).token;
});
afterAll(() => api.close());

const from = { identities: [{ kind: 'webchat', value: 'v1' }], name: 'Wang', language: 'zh' };
const call = (more: object = {}) => ({ thread: 't1', from, number: '95500', offer: 'v=0', peer: '192.0.2.7', ...more });

it('begins a call for the person of the chat', async () => {
  const answer = await api.send('POST', '/channels/web/calls', connector, call());
  expect(answer.status).toBe(201);
  expect(await answer.json()).toEqual({ call: 'vis_1', interaction: 'int_1', answer: 'v=0' });
  const again = await api.send('POST', '/channels/web/calls', connector, call());
  expect(again.status).toBe(201);
  const [first, second] = begun;
  expect(first?.request).toEqual({
    via: 'web',
    thread: 't1',
    number: '95500',
    offer: 'v=0',
    peer: '192.0.2.7',
    name: 'Wang',
    language: 'zh',
  });
  expect(first?.customer).toBeDefined();
  expect(second?.customer).toBe(first?.customer);
});

it('passes keys and the end on', async () => {
  expect((await api.send('POST', '/channels/web/calls/vis_1/digits', connector, { digits: '1#' })).status).toBe(204);
  expect((await api.send('DELETE', '/channels/web/calls/vis_1', connector)).status).toBe(204);
  expect(done).toEqual(['web vis_1 1#', 'web vis_1 end']);
});

it('lets nobody at the calls of another channel, and no agent at any', async () => {
  const count = [begun.length, done.length];
  for (const [as, channel, status] of [
    [connector, 'other', 404],
    [connector, 'none', 404],
    [api.tokens.agent, 'web', 403],
    [api.tokens.supervisor, 'web', 403],
  ] as const) {
    expect((await api.send('POST', `/channels/${channel}/calls`, as, call())).status).toBe(status);
    expect((await api.send('POST', `/channels/${channel}/calls/vis_1/digits`, as, { digits: '1' })).status).toBe(
      status,
    );
    expect((await api.send('DELETE', `/channels/${channel}/calls/vis_1`, as)).status).toBe(status);
  }
  for (const wrong of [{ number: '' }, { offer: '' }, { peer: 'home' }, { from: { identities: [] } }]) {
    expect((await api.send('POST', '/channels/web/calls', connector, call(wrong))).status).toBe(422);
  }
  expect((await api.send('POST', '/channels/web/calls/vis_1/digits', connector, { digits: 'x' })).status).toBe(422);
  expect([begun.length, done.length]).toEqual(count);
});
