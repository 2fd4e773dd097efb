// Moments over the API: drafts, saving, turning on and off, versions, tests, trials, and what they did.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ApiServer, startApi } from './api-server.ts';

// biome-ignore lint/suspicious/noExplicitAny: what an answer holds is looked at by the tests
type Json = any;
let api: ApiServer;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.close());

async function ask(method: string, path: string, as: string, body?: unknown): Promise<[number, Json]> {
  const response = await api.send(method, path, as, body);
  const text = await response.text();
  return [response.status, text === '' ? {} : JSON.parse(text)];
}
const rule = (more: object = {}) =>
  JSON.stringify(
    {
      moment: 'greet',
      rank: 10,
      class: 'minutes',
      when: { event: 'signed-up' },
      do: [
        { message: { en: 'Welcome, {customer.name|dear customer}.', zh: '{customer.name|您}好。' } },
        { tag: 'new', for: '1d' },
      ],
      ...more,
    },
    null,
    2,
  );
const stateOf = async () => (await ask('GET', '/moments', api.tokens.admin))[1].moments;

it('a supervisor drafts, an administrator saves; errors stay out; versions are kept', async () => {
  const { agent, supervisor, admin } = api.tokens;
  expect((await ask('GET', '/moments', agent))[0]).toBe(403);
  const [, drafted] = await ask('PUT', '/moments/greet/draft', supervisor, '{ "moment": "greet" }');
  expect(drafted.findings.length).toBeGreaterThan(0);
  expect(await stateOf()).toMatchObject([
    { moment: 'greet', state: 'draft', draft: { by: expect.stringMatching(/^token:/) } },
  ]);
  expect((await ask('PUT', '/moments/greet', supervisor, rule()))[0]).toBe(403);
  const [status, problem] = await ask('PUT', '/moments/greet', admin, rule({ rank: 500 }));
  expect([status, problem.code, problem.details.count]).toEqual([422, 'moment-has-errors', 1]);
  expect((await ask('PUT', '/moments/greet', admin, rule()))[0]).toBe(200);
  const [one] = await stateOf();
  expect(one).toMatchObject({ moment: 'greet', state: 'current', rule: { again: '1d', when: { event: 'signed-up' } } });
  expect(one.draft).toBeUndefined();

  expect((await ask('PUT', '/moments/greet', admin, rule({ rank: 20 })))[0]).toBe(200);
  const [, { versions }] = await ask('GET', '/moments/greet/versions', supervisor);
  expect(versions).toHaveLength(2);
  expect(versions[0].by).toMatch(/^token:/);
  const [, first] = await ask('GET', `/moments/greet/versions/${versions[1].version}`, supervisor);
  expect(first.rank).toBe(10);
  const saved = api.site.journal.read(0, { filter: { types: ['moment.saved'] } });
  expect(saved.map(({ data }) => data.by)).toEqual([versions[0].by, versions[0].by]);
});

it('is turned off and on without another change of its file, and its draft stays', async () => {
  const { supervisor, admin } = api.tokens;
  await ask('PUT', '/moments/greet/draft', supervisor, rule({ rank: 30 }));
  const before = await (await api.send('GET', '/moments/greet', admin)).text();
  expect((await ask('POST', '/moments/greet/turn', supervisor, { on: false }))[0]).toBe(403);
  expect((await ask('POST', '/moments/greet/turn', admin, { on: false }))[0]).toBe(204);
  expect(await stateOf()).toMatchObject([{ state: 'disabled', draft: { by: expect.stringMatching(/^token:/) } }]);
  expect(await (await api.send('GET', '/moments/greet', admin)).text()).toBe(
    before.replace('"moment": "greet",', '"moment": "greet",\n  "disabled": true,'),
  );
  expect((await ask('POST', '/moments/greet/turn', admin, { on: true }))[0]).toBe(204);
  expect(await (await api.send('GET', '/moments/greet', admin)).text()).toBe(before);
  expect((await ask('DELETE', '/moments/greet/draft', supervisor))[0]).toBe(204);
  expect((await ask('GET', '/moments/greet/draft', supervisor))[0]).toBe(404);
  expect((await ask('POST', '/moments/nothing/turn', admin, { on: true }))[0]).toBe(404);
});

it('is tried on a customer as she is, in words, and nothing comes of it', async () => {
  const { supervisor, blue, admin } = api.tokens;
  const [, customer] = await ask('POST', '/customers', admin, { name: 'Ada', team: 'red', identities: [] });
  // By day: the site has quiet hours.
  const from = Date.parse('2026-01-05T10:00:00+08:00');
  const steps = [{ event: 'signed-in' }, { event: 'signed-up' }];
  const [, { steps: tried }] = await ask('POST', '/moments/greet/try', supervisor, {
    customer: customer.id,
    from,
    steps,
  });
  expect(tried[0].whyNot).toEqual([{ why: 'event', event: 'signed-up' }]);
  expect(tried[1].does[0].said).toEqual({ en: 'Welcome, Ada.', zh: 'Ada好。' });
  expect((await ask('POST', '/moments/greet/try', blue, { customer: customer.id, from, steps }))[0]).toBe(404);
  await ask('PUT', `/customers/${customer.id}/consents/*/*`, admin, { given: false });
  const [, refused] = await ask('POST', '/moments/greet/try', supervisor, { customer: customer.id, from, steps });
  expect(refused.steps[1]).toMatchObject({
    does: [{ kind: 'tag' }],
    held: [{ kind: 'message', why: 'opted-out' }],
  });
  expect(api.site.journal.read(0, { filter: { types: ['moment.fired'] } })).toEqual([]);
  const wrong = await ask('POST', '/moments/greet/try', supervisor, { text: '{ "moment": "greet" }', steps });
  expect([wrong[0], wrong[1].code]).toEqual([422, 'moment-has-errors']);
  expect((await ask('POST', '/moments/greet/test', supervisor, {}))[1]).toEqual({ ok: true, tests: [] });
});

it('tells what moments did to whom by team, and day by day', async () => {
  const { supervisor, blue, admin } = api.tokens;
  await ask(
    'PUT',
    '/moments/tagged',
    admin,
    rule({ moment: 'tagged', do: [{ tag: 'new', for: '1d' }], when: { event: 'came' } }),
  );
  const [, customer] = await ask('POST', '/customers', admin, { name: 'Bea', team: 'red', identities: [] });
  const events = [1, 2].map((at) => ({ key: `came-${at}`, customer: customer.id, name: 'came' }));
  await ask('POST', '/customers/events', admin, { events });
  const moments = api.deps.moments as unknown as { settled(): Promise<void> };
  await moments.settled();
  const [, { lines }] = await ask('GET', '/moments/log?moment=tagged', supervisor);
  expect(lines).toMatchObject([
    { customer: customer.id, name: 'Bea', why: 'again' },
    { customer: customer.id, actions: ['tag'], acted: [{ action: 'tag', result: 'done' }] },
  ]);
  expect((await ask('GET', '/moments/log?what=fired', supervisor))[1].lines).toHaveLength(1);
  expect((await ask('GET', '/moments/log', blue))[1].lines).toEqual([]);
  expect((await ask('GET', `/moments/log?customer=${customer.id}`, blue))[0]).toBe(404);
  const [, { rows }] = await ask('GET', '/reports/moments/days?from=2000-01-01&until=2100-01-01&moment=tagged', admin);
  expect(rows).toMatchObject([{ moment: 'tagged', fired: 1, restrained: 1, reached: 0, answered: 0 }]);
});

it('is told to the second of two who change it, who may then see or replace what the first one did', async () => {
  const { supervisor, admin } = api.tokens;
  const as = (match: Record<string, string>, path: string, who: string, body?: string, method = 'PUT') =>
    api.send(method, path, who, body, match);
  const none = { 'If-None-Match': '*' };
  const first = await as(none, '/moments/greet-2', admin, rule({ moment: 'greet-2' }));
  expect(first.status).toBe(200);
  const read = (await api.send('GET', '/moments/greet-2', admin)).headers.get('etag') ?? '';
  expect(first.headers.get('etag')).toBe(read);
  expect(
    (await as({ 'If-Match': read }, '/moments/greet-2', admin, rule({ moment: 'greet-2', rank: 11 }))).status,
  ).toBe(200);
  const late = rule({ moment: 'greet-2', rank: 12 });
  const refused = await as({ 'If-Match': read }, '/moments/greet-2', admin, late);
  expect(refused.status).toBe(412);
  expect(await refused.json()).toMatchObject({
    code: 'changed-meanwhile',
    details: { kind: 'moment', name: 'greet-2', by: expect.stringMatching(/^token:/), at: expect.any(Number) },
  });
  expect((await as(none, '/moments/greet-2', admin, late)).status).toBe(412);
  expect((await as({ 'If-Match': read }, '/moments/greet-2', admin, undefined, 'DELETE')).status).toBe(412);
  expect((await stateOf()).find(({ moment }: Json) => moment === 'greet-2').rank).toBe(11);
  // Of two at once one is first.
  const now = (await api.send('GET', '/moments/greet-2', admin)).headers.get('etag') ?? '';
  const both = [13, 14].map((rank) =>
    as({ 'If-Match': now }, '/moments/greet-2', admin, rule({ moment: 'greet-2', rank })),
  );
  expect((await Promise.all(both)).map(({ status }) => status).sort()).toEqual([200, 412]);
  expect((await as({}, '/moments/greet-2', admin, late)).status).toBe(200);

  const draft = (text: string, match: Record<string, string>) => as(match, '/moments/greet-2/draft', supervisor, text);
  const begun = (await draft(late, none)).headers.get('etag') ?? '';
  expect((await draft('{ "moment": "greet-2" }', none)).status).toBe(412);
  expect((await draft('{ "moment": "greet-2" }', { 'If-Match': begun })).status).toBe(200);
  // A draft that came meanwhile is not done with by a text that was not made from it.
  const stale = `/moments/greet-2?draft=${begun.slice(1, -1)}`;
  expect((await as({}, stale, admin, late)).status).toBe(200);
  expect((await as({}, '/moments/greet-2?draft=none', admin, late)).status).toBe(200);
  expect((await api.send('GET', '/moments/greet-2/draft', admin)).status).toBe(200);
});

it('is removed with its draft, by an administrator, and can be brought back from its versions', async () => {
  const { supervisor, admin } = api.tokens;
  expect((await ask('DELETE', '/moments/greet-2', supervisor))[0]).toBe(403);
  expect((await ask('DELETE', '/moments/greet-2', admin))[0]).toBe(204);
  expect((await ask('DELETE', '/moments/greet-2', admin))[0]).toBe(404);
  expect((await stateOf()).some(({ moment }: Json) => moment === 'greet-2')).toBe(false);
  const [removed] = api.site.journal.read(0, { filter: { types: ['moment.removed'] } });
  expect(removed?.data).toMatchObject({ moment: 'greet-2', by: expect.stringMatching(/^token:/) });
  const [, { versions }] = await ask('GET', '/moments/greet-2/versions', admin);
  const text = await (await api.send('GET', `/moments/greet-2/versions/${versions[0].version}`, admin)).text();
  expect((await ask('PUT', '/moments/greet-2', admin, text))[0]).toBe(200);
  expect((await ask('DELETE', '/moments/greet-2', admin))[0]).toBe(204);
});
