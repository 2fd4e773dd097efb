// Social care, approvals and the state of channels over HTTP: the conversations, the social reader and the journal are real.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { agentSchema, channelSchema, queueSchema } from '../../../server/directory/index.ts';
import type { ConversationView } from '../../../server/ports/index.ts';
import { Social } from '../../../server/social/index.ts';
import { logger } from '../directory/site.ts';
import { type ApiServer, startApi } from './api-server.ts';

let api: ApiServer;
let social: Social;
/** Of a connector that may reach `weibo`, and of one that may not. */
let connector: string;
let stranger: string;
let ada: string;
let eve: string;

beforeAll(async () => {
  // It needs the site, which is there only after the start.
  api = await startApi({ social: { questions: (...given) => social.questions(...given) } });
  const { opened, journal, clock, directory, accounts } = api.site;
  social = new Social({ database: opened.database, journal, timeZone: 'UTC', raise: () => {}, clock, logger });
  await social.start();
  await directory.queues.put(queueSchema.parse({ site: 'hq', team: 'blue', id: 'blue-care' }), 'setup');
  const record = { site: 'hq', kind: 'weibo', channel: 'social', to: { queue: 'service' } };
  await directory.channels.put(channelSchema.parse({ ...record, id: 'weibo', approval: true }), 'setup');
  await directory.channels.put(channelSchema.parse({ ...record, id: 'blue', to: { queue: 'blue-care' } }), 'setup');
  for (const [id, name] of [
    ['2001', 'Ada'],
    ['2002', 'Eve'],
  ]) {
    const agent = { site: 'hq', team: 'red', id, name, queues: ['service'], roles: ['agent', 'supervisor'] };
    await directory.agents.put(agentSchema.parse(agent), 'setup');
  }
  const token = async (given: Parameters<typeof accounts.createToken>[0]) =>
    (await accounts.createToken(given, 'setup')).token;
  connector = await token({ name: 'weibo', roles: [], channels: ['weibo'] });
  stranger = await token({ name: 'other', roles: [], channels: ['blue'] });
  ada = await token({ name: 'ada', roles: ['supervisor'], team: 'red', agent: '2001' });
  eve = await token({ name: 'eve', roles: ['supervisor'], team: 'red', agent: '2002' });
});
afterAll(async () => {
  await social.close();
  await api.close();
});

/** What is looked at of any answer. */
interface Body {
  id: string;
  interaction: string;
  thread: string;
  state: string;
  phase?: string;
  message: string;
  via: string;
  queue: string;
  code: string;
  cluster: string;
  channel: string;
  reach: number;
  trend: number[];
  retrying: boolean;
  disabled: boolean;
  content: { text: string };
  review: { approved: boolean };
  states: Record<string, number>;
  items: Bodies;
  examples: Bodies;
  problems: Bodies;
  approvals: Bodies;
  channels: Bodies;
  questions: Bodies;
  rows: Bodies;
  messages: Bodies;
}
type Bodies = [Body, Body, ...Body[]];
const send = async (
  method: string,
  path: string,
  as: string,
  body?: unknown,
): Promise<{ status: number; body: Body }> => {
  const response = await api.send(method, path, as, body);
  const text = await response.text();
  return { status: response.status, body: text === '' ? undefined : JSON.parse(text) };
};

let count = 0;
/** @returns id of the item */
async function posted(text: string, post: object = {}, via = 'weibo'): Promise<string> {
  const number = ++count;
  api.site.clock.at += 1_000;
  const item = {
    item: 'message',
    key: `k${number}`,
    at: api.site.clock.at,
    thread: `post-${number}`,
    from: { identities: [{ kind: 'weibo', value: `u${number}` }], name: `Author ${number}` },
    content: { type: 'text', text },
    public: { post: `p${number}`, kind: 'mention', url: `https://weibo.example/p${number}`, reach: 100, ...post },
  };
  const taken = await send('POST', `/channels/${via}/inbound`, api.tokens.admin, { items: [item] });
  expect(taken.body.items).toMatchObject([{ result: 'taken' }]);
  await social.settled();
  const { items } = (await send('GET', '/social/items', api.tokens.admin)).body;
  return items.find((one: Body) => one.thread === `post-${number}`)?.id ?? '';
}

it('shows what is said in public, by team, tone, state and page', async () => {
  const angry = await posted('Terrible service, worst bank ever', { reach: 9_000, likes: 7 });
  const kind = await posted('Great app, love it');
  const theirs = await posted('Hello blue team', {}, 'blue');
  const all = (await send('GET', '/social/items', ada)).body;
  expect(all.items.map(({ id }: Body) => id)).toEqual([kind, angry]);
  expect(all.items[1]).toMatchObject({
    author: 'Author 1',
    reach: 9_000,
    engaged: 7,
    state: 'open',
    phase: 'queued',
    queue: 'service',
    url: 'https://weibo.example/p1',
    content: { text: 'Terrible service, worst bank ever' },
  });
  expect(all.states).toMatchObject({ open: 2, answered: 0 });
  expect((await send('GET', '/social/items?tone=negative', ada)).body.items).toHaveLength(1);
  expect((await send('GET', `/social/items?before=${kind}&limit=1`, ada)).body.items[0].id).toBe(angry);
  expect((await send('POST', `/social/items/${theirs}/ignore`, ada, { ignored: true })).status).toBe(404);
  expect((await send('GET', '/social/items?via=blue', api.tokens.blue)).body.items[0].id).toBe(theirs);
});

it('sets aside what wants no answer, and puts it into a queue again', async () => {
  const id = await posted('Nice weather at your branch');
  const ignored = await send('POST', `/social/items/${id}/ignore`, ada, { ignored: true });
  expect(ignored.body).toMatchObject({ state: 'ignored', ignoredBy: expect.stringMatching(/^token:/) });
  expect(ignored.body.phase).toBeUndefined();
  expect((await send('GET', '/social/items?state=ignored', ada)).body.items).toHaveLength(1);
  const queued = await send('POST', `/social/items/${id}/queue`, ada, { queue: 'service' });
  expect(queued).toMatchObject({ status: 200, body: { phase: 'queued', queue: 'service', name: `Author ${count}` } });
  const [again] = (await send('GET', '/social/items?state=open&limit=1', ada)).body.items;
  expect(again).toMatchObject({ id, state: 'open', phase: 'queued' });
  expect((await send('POST', `/social/items/${id}/queue`, ada, { queue: 'nowhere' })).status).toBe(404);
});

it('lets a second person decide on a public answer, never its writer; who wrote it sees what became of it', async () => {
  const id = await posted('Where is my card?', { reach: 50, kind: 'comment' });
  const written = await send('POST', `/social/items/${id}/answer`, ada, { text: 'Dear {name}, on its way', key: 'a1' });
  expect(written).toMatchObject({
    status: 201,
    body: { state: 'approval', content: { text: `Dear Author ${count}, on its way` } },
  });
  const twice = await send('POST', `/social/items/${id}/answer`, ada, { text: 'Dear {name}, on its way', key: 'a1' });
  expect(twice.body.id).toBe(written.body.id);
  expect((await send('GET', '/social/items?state=waiting', ada)).body.items[0].id).toBe(id);
  const message = written.body.id;
  const [own] = (await send('GET', '/approvals', ada)).body.approvals;
  const [other] = (await send('GET', '/approvals', eve)).body.approvals;
  expect(own).toMatchObject({ message, own: true });
  expect(other).toMatchObject({
    message,
    own: false,
    writer: { id: '2001', name: 'Ada' },
    name: `Author ${count}`,
    original: { content: { text: 'Where is my card?' }, kind: 'comment', reach: 50 },
  });
  expect((await send('GET', '/approvals', api.tokens.blue)).body.approvals).toEqual([]);
  expect((await send('GET', '/approvals', api.tokens.agent)).body.approvals).toEqual([]);
  const self = await send('POST', `/messages/${message}/review`, ada, { approved: true });
  expect(self).toMatchObject({ status: 403, body: { code: 'approval-own' } });

  await send('POST', `/messages/${message}/review`, eve, { approved: false, why: 'Say when' });
  expect((await send('GET', '/approvals/decided?mine=true', ada)).body.approvals).toMatchObject([
    { message, state: 'failed', review: { approved: false, why: 'Say when', by: { id: '2002', name: 'Eve' } } },
  ]);
  // Nothing went out, so it is open again, and can be answered anew.
  expect((await send('GET', `/social/items?state=open&limit=1`, ada)).body.items[0].id).toBe(id);
  const better = await send('POST', `/social/items/${id}/answer`, ada, { text: 'It comes on Monday', key: 'a2' });
  await send('POST', `/messages/${better.body.id}/review`, eve, { approved: true });
  expect((await send('GET', `/social/items?state=answered&limit=1`, ada)).body.items[0].id).toBe(id);
  const [sent] = api.deps.conversations.outbox
    .read('weibo', 0, 1_000)
    .filter((one) => one.item === 'message' && one.content.type === 'text' && one.content.text.includes('Monday'));
  expect(sent).toMatchObject({ thread: `post-${count}`, replyTo: `k${count}`, author: 'agent' });
});

it('lets nobody decide on what she wrote in a colleague’s name', async () => {
  const id = await posted('Is the branch open on Sunday?', { kind: 'comment' });
  api.routing.signIn('2001');
  api.routing.ready('2001');
  const taken = await send('POST', `/social/items/${id}/take`, ada);
  expect(taken).toMatchObject({ status: 200, body: { phase: 'active' } });
  const [{ interaction }] = api.deps.conversations.list().filter(({ agent }) => agent === '2001') as [ConversationView];
  const words = { content: { type: 'text', text: 'It is' }, key: 'e1' };
  const written = await send('POST', `/agents/2001/conversations/${interaction}/messages`, eve, words);
  expect(written.body).toMatchObject({ state: 'approval' });
  const message = written.body.id;
  const review = (as: string, approved: boolean) => send('POST', `/messages/${message}/review`, as, { approved });
  for (const author of [eve, ada]) {
    expect(await review(author, true)).toMatchObject({ status: 403, body: { code: 'approval-own' } });
    const [waits] = (await send('GET', '/approvals?mine=true', author)).body.approvals;
    expect(waits).toMatchObject({ message, own: true, writer: { id: '2001' } });
  }
  const [event] = api.site.journal.ofInteraction(interaction).filter(({ type }) => type === 'message.submitted');
  expect(event).toMatchObject({ agent: '2001', data: { writtenBy: '2002' } });
  expect((await review(api.tokens.supervisor, false)).body).toMatchObject({ state: 'failed' });
  await api.deps.conversations.close('2001', interaction);
  // Nor where the colleague is made to write first; nor is a customer named whom she does not know.
  const first = {
    via: 'weibo',
    thread: `post-${count}`,
    queue: 'service',
    content: { type: 'text', text: 'From 9 to 5' },
  };
  const begin = (more: object) => send('POST', '/agents/2001/conversations', eve, { ...first, ...more });
  const theirs = await api.deps.customers.create({ name: 'Blue Wang', team: 'blue', identities: [] }, 'setup');
  expect(await begin({ customer: theirs.id })).toMatchObject({ status: 404, body: { code: 'not-found' } });
  const begun = await begin({});
  expect(begun.status).toBe(201);
  const [again] = (await send('GET', '/approvals?mine=true', eve)).body.approvals;
  const own = await send('POST', `/messages/${again.message}/review`, eve, { approved: true });
  expect(own).toMatchObject({ status: 403, body: { code: 'approval-own' } });
  await send('POST', `/messages/${again.message}/review`, api.tokens.supervisor, { approved: false });
  await api.deps.conversations.end(begun.body.interaction, 'test');
  api.routing.signOut('2001');
});

it('gathers who asks the same, growing ones first, and answers all through approval', async () => {
  const ask = (more: string) => posted(`I cannot log in to the app since the update ${more}`, { reach: 10 * count });
  for (const more of ['!', '!!', 'please help']) await ask(more);
  const { problems } = (await send('GET', '/social/problems', ada)).body;
  const [problem] = problems;
  expect(problem).toMatchObject({ items: 3, open: 3, newer: 3, older: 0 });
  expect(problem.trend.reduce((sum: number, one: number) => sum + one, 0)).toBe(3);
  expect(problem.examples[0].reach).toBeGreaterThan(problem.examples[1].reach);
  expect((await send('GET', '/social/problems', api.tokens.agent)).status).toBe(403);

  const answer = { text: 'Dear {name}, 5.2.1 mends it', key: 'all' };
  const path = `/social/problems/${problem.cluster}/answer`;
  expect((await send('POST', path, ada, answer)).body).toEqual({ submitted: 3, skipped: [], more: false });
  expect((await send('POST', path, ada, answer)).body).toMatchObject({ submitted: 0 });
  const { approvals } = (await send('GET', '/approvals', eve)).body;
  expect(approvals).toHaveLength(3);
  expect(new Set(approvals.map(({ content }: Body) => content.text)).size).toBe(3);
});

it('counts and quotes for a team only what is hers or nobody’s', async () => {
  const since = api.site.clock.at + 1;
  const asked = (more: string, via: string) => posted(`My blue card does not pay at the till any more${more}`, {}, via);
  await asked(', I am Wang', 'blue');
  for (const more of ['!', '!!']) await asked(more, 'weibo');
  const path = `/social/questions?since=${since}`;
  const questions = async (as: string) => (await send('GET', path, as)).body.questions;
  expect(await questions(ada)).toMatchObject([{ items: 2, sample: 'My blue card does not pay at the till any more!' }]);
  expect(await questions(api.tokens.blue)).toEqual([]);
  expect(await questions(api.tokens.admin)).toMatchObject([{ items: 3, sample: expect.stringContaining('Wang') }]);

  const { rows } = (await send('GET', '/reports/social?from=2000-01-01&until=2099-12-31', api.tokens.admin)).body;
  const channels = async (as: string) =>
    (await send('GET', '/reports/social?from=2000-01-01&until=2099-12-31', as)).body.rows.map(({ via }) => via);
  expect(rows.map(({ via }) => via)).toEqual(['blue', 'weibo']);
  expect([await channels(ada), await channels(api.tokens.blue)]).toEqual([['weibo'], ['blue']]);
});

it('puts an item only into a queue that is there for her', async () => {
  const id = await posted('Do you open accounts for students?');
  const moved = (as: string, queue: string) => send('POST', `/social/items/${id}/queue`, as, { queue });
  expect(await moved(ada, 'blue-care')).toMatchObject({ status: 404, body: { code: 'not-found' } });
  expect((await send('GET', '/social/items?limit=1', ada)).body.items[0]).toMatchObject({ id, queue: 'service' });
  expect(await moved(api.tokens.admin, 'blue-care')).toMatchObject({ status: 200, body: { queue: 'blue-care' } });
});

it('shows how channels stand by what connectors say, and tells them to try again', async () => {
  const report = {
    kind: 'weibo',
    trouble: [],
    policy: { windows: { message: { forMs: 172_800_000, most: 1 } } },
    ...{ received: 4, sent: 1, failures: 0, toRead: 0, setAside: 2, toServer: 0, refused: 0, toSend: 1 },
  };
  const state = async () =>
    (await send('GET', '/channel-health', api.tokens.admin)).body.channels.find((one: Body) => one.channel === 'weibo');
  expect(await state()).toMatchObject({ state: 'away', waiting: 1, failed: 0 });
  expect((await send('PUT', '/channels/weibo/report', stranger, report)).status).toBe(404);
  expect((await send('PUT', '/channels/weibo/report', connector, report)).body).toEqual({ retry: false });
  expect(await state()).toMatchObject({ state: 'trouble', report: { setAside: 2, policy: report.policy } });
  const release = api.deps.conversations.outbox.listen('weibo', { wake() {}, typing() {} });
  expect(await state()).toMatchObject({ state: 'working', trouble: [] });
  await send('PUT', '/channels/weibo/report', connector, { ...report, trouble: ['token refused'] });
  expect(await state()).toMatchObject({ state: 'trouble', trouble: ['token refused'] });
  expect((await send('POST', '/channel-health/weibo/retry', api.tokens.admin)).body.retrying).toBe(true);
  expect((await send('PUT', '/channels/weibo/report', connector, report)).body).toEqual({ retry: true });
  expect((await send('PUT', '/channels/weibo/report', connector, report)).body).toEqual({ retry: false });
  api.site.clock.at += 60_000;
  release();
  expect(await state()).toMatchObject({ state: 'away' });
  expect((await send('POST', '/channel-health/weibo/switch', api.tokens.admin, { on: false })).body.state).toBe('off');
  expect((await send('GET', '/channels/weibo', api.tokens.admin)).body.disabled).toBe(true);
  expect((await send('POST', '/channel-health/weibo/switch', api.tokens.admin, { on: true })).body.state).toBe('away');
  expect((await send('GET', '/channel-health', ada)).status).toBe(403);
});

it('sends again what could not be sent, once, and not what was sent back', async () => {
  const sent = api.deps.conversations.outbox
    .read('weibo', 0, 1_000)
    .find((one) => one.item === 'message' && one.content.type === 'text' && one.content.text.includes('Monday'));
  const message = sent?.item === 'message' ? sent.message : '';
  const failed = {
    item: 'delivery',
    key: 'f1',
    at: 1,
    message,
    state: 'failed',
    code: 'rejected',
    reason: 'frequency',
  };
  await send('POST', '/channels/weibo/inbound', connector, { items: [failed] });
  const list = async () => (await send('GET', '/channel-health/weibo/failed', api.tokens.admin)).body.messages;
  expect(await list()).toMatchObject([{ message, code: 'rejected', reason: 'frequency', agent: '2001' }]);
  const again = await send('POST', `/messages/${message}/retry`, api.tokens.admin);
  expect(again).toMatchObject({ status: 200, body: { state: 'waiting', content: { text: 'It comes on Monday' } } });
  expect((await send('POST', `/messages/${message}/retry`, api.tokens.admin)).body.id).toBe(again.body.id);
  expect(await list()).toEqual([]);
  const [back] = (await send('GET', '/approvals/decided', eve)).body.approvals.filter(
    (one: Body) => !one.review.approved,
  );
  expect(await send('POST', `/messages/${back?.message}/retry`, api.tokens.admin)).toMatchObject({
    status: 409,
    body: { code: 'message-not-failed' },
  });
});
