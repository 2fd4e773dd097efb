import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { agentSchema } from '../../../server/directory/index.ts';
import { longCall } from '../customers/call-events.ts';
import { type ApiServer, startApi } from './api-server.ts';

let api: ApiServer;
const form = {
  name: { en: 'Call', zh: '通话' },
  sections: [
    {
      id: 'talk',
      name: { en: 'Talk' },
      questions: [
        { id: 'tone', text: { en: 'Tone' }, kind: 'scale', max: 4 },
        { id: 'name', text: { en: 'Name' }, kind: 'yes-no' },
      ],
    },
  ],
};
const about = { form: 'call', interaction: 'int_1', agent: '1001' };
const answers = (tone: number, name: number) => ({ tone: { value: tone }, name: { value: name } });

const send = async (method: string, path: string, as: string, body?: unknown) => {
  const response = await api.send(method, `/quality${path}`, as, body);
  const text = await response.text();
  return { status: response.status, body: text === '' ? undefined : JSON.parse(text) };
};

beforeAll(async () => {
  api = await startApi();
  const { journal, clock } = api.site;
  await journal.append(longCall('int_1', clock.at, 'cus_1').map((event) => ({ ...event, team: 'red' })));
  await api.projector.settled();
});
afterAll(() => api.close());

describe('evaluations', () => {
  it('are made by a version of a form, seen by the agent once submitted, and answered by her', async () => {
    const { agent, supervisor, admin, blue } = api.tokens;
    expect((await send('put', '/forms/call', agent, form)).status).toBe(403);
    expect((await send('put', '/forms/call', admin, form)).body).toMatchObject({ version: 1 });
    expect((await send('put', '/forms/call', admin, form)).body).toMatchObject({ version: 1 });
    const draft = await send('post', '/evaluations', admin, { ...about, answers: { tone: { value: 3 } }, draft: true });
    expect(draft.body).toMatchObject({ state: 'draft', version: 1 });
    const path = `/evaluations/${draft.body.id}`;
    expect((await send('get', path, agent)).status).toBe(404);
    expect((await send('get', path, supervisor)).status).toBe(404);
    const changed = { ...form, name: { en: 'Call', zh: '电话' } };
    expect((await send('put', '/forms/call', admin, changed)).body.version).toBe(2);
    expect((await send('put', path, admin, { answers: { tone: { value: 3 } } })).body).toMatchObject({
      code: 'answers-wrong',
    });
    expect((await send('put', path, admin, { answers: answers(9, 1) })).status).toBe(422);
    const done = await send('put', path, admin, { answers: answers(3, 1), comment: 'Well done' });
    expect(done.body).toMatchObject({ state: 'submitted', version: 1, score: { total: 87.5 } });
    expect((await send('put', path, admin, { answers: answers(4, 1) })).body.code).toBe('evaluation-final');

    expect((await send('get', '/evaluations', agent)).body.evaluations).toMatchObject([{ id: draft.body.id }]);
    const replied = await send('post', `${path}/answer`, agent, { agrees: false, reply: 'I said my name' });
    expect(replied.body).toMatchObject({ state: 'answered', agrees: false, reply: 'I said my name' });
    expect((await send('post', `${path}/answer`, supervisor, { agrees: true })).status).not.toBe(200);
    expect((await send('get', path, blue)).status).toBe(404);
    const events = api.site.journal.read(0, { filter: { types: ['quality.*'] } }).map(({ type }) => type);
    expect(events).toEqual([
      'quality.form-put',
      'quality.evaluated',
      'quality.form-put',
      'quality.evaluated',
      'quality.evaluation-answered',
    ]);
  });

  it('of a calibration stay hidden until it is closed, and show how far the evaluators are apart', async () => {
    const { agent, supervisor, admin } = api.tokens;
    const me = async (as: string) =>
      (await send('post', '/evaluations', as, { ...about, answers: answers(2, 1) })).body.evaluator;
    const evaluators = [await me(admin), await me(supervisor)];
    const opened = await send('post', '/calibrations', admin, { ...about, evaluators });
    expect(opened.status).toBe(201);
    const { id } = opened.body;
    const one = await send('post', '/evaluations', admin, { ...about, calibration: id, answers: answers(4, 1) });
    expect(one.status).toBe(201);
    expect((await send('get', `/evaluations/${one.body.id}`, supervisor)).status).toBe(404);
    expect((await send('get', `/evaluations/${one.body.id}`, agent)).status).toBe(404);
    await send('post', '/evaluations', supervisor, { ...about, calibration: id, answers: answers(2, 0) });
    const open = (await send('get', `/calibrations/${id}`, supervisor)).body;
    expect(open.submitted).toHaveLength(2);
    expect(open).not.toHaveProperty('total');
    const closed = (await send('post', `/calibrations/${id}/close`, admin)).body;
    expect(closed.total).toEqual({ evaluations: 2, mean: 62.5, least: 25, most: 100, deviation: 37.5 });
    expect(closed.questions.tone).toMatchObject({ mean: 3, deviation: 1 });
    expect(closed.evaluations).toHaveLength(2);
    expect(
      (await send('post', '/evaluations', admin, { ...about, calibration: id, answers: answers(1, 1) })).body.code,
    ).toBe('calibration-over');
    // An agent never sees them among hers.
    const hers = (await send('get', '/evaluations', agent)).body.evaluations;
    expect(hers.every((each: { calibration?: string }) => each.calibration === undefined)).toBe(true);
  });
});

it('takes changes that come at once one after the other', async () => {
  const { admin, supervisor } = api.tokens;
  const at = (name: string) => send('put', '/forms/at-once', admin, { ...form, name: { en: name } });
  const saved = await Promise.all([at('One'), at('Two')]);
  expect(saved.map(({ body }) => body.version).sort()).toEqual([1, 2]);
  expect((await send('get', '/forms/at-once', admin)).body.version).toBe(2);

  const mine = await send('post', '/evaluations', supervisor, { ...about, answers: answers(2, 1), draft: true });
  const path = `/evaluations/${mine.body.id}`;
  const submit = { answers: answers(4, 1) };
  const both = await Promise.all([
    send('put', path, supervisor, submit),
    send('put', path, supervisor, { answers: answers(1, 0), draft: true }),
  ]);
  expect(both.map(({ status }) => status).sort()).toEqual(both[0].status === 200 ? [200, 409] : [200, 200]);
  expect((await send('get', path, supervisor)).body).toMatchObject({ state: 'submitted', answers: answers(4, 1) });

  const hers = await send('post', '/evaluations', admin, { ...about, answers: answers(2, 1), draft: true });
  const evaluators = [mine.body.evaluator, hers.body.evaluator];
  const { id } = (await send('post', '/calibrations', supervisor, { ...about, evaluators })).body;
  const first = (tone: number) =>
    send('post', '/evaluations', supervisor, { ...about, calibration: id, answers: answers(tone, 1) });
  const given = await Promise.all([first(4), first(1)]);
  expect(given.map(({ status }) => status).sort()).toEqual([201, 409]);
  const closed = await Promise.all([1, 2].map(() => send('post', `/calibrations/${id}/close`, supervisor)));
  expect(closed.map(({ status }) => status).sort()).toEqual([200, 409]);
  expect((await send('get', `/calibrations/${id}`, supervisor)).body.evaluations).toHaveLength(1);
});

it('does not put a form over a version that was not read', async () => {
  const { admin } = api.tokens;
  const put = async (name: string, headers: Record<string, string>) => {
    const response = await api.send('PUT', '/quality/forms/versed', admin, { ...form, name: { en: name } }, headers);
    const body: { version: number; code: string; details: { version: string } } = JSON.parse(await response.text());
    return [response.status, body] as const;
  };
  expect((await put('One', { 'If-None-Match': '*' }))[0]).toBe(200);
  expect((await put('Other', { 'If-None-Match': '*' }))[0]).toBe(412);
  expect((await put('Two', { 'If-Match': '"1"' }))[1]).toMatchObject({ version: 2 });
  const [status, { code, details }] = await put('Late', { 'If-Match': '"1"' });
  expect([status, code, details.version]).toEqual([412, 'changed-meanwhile', '2']);
  expect((await put('Over it', {}))[1]).toMatchObject({ version: 3 });
});

it('keeps forms to their team, and those of the whole site from one team', async () => {
  const { supervisor, admin, blue } = api.tokens;
  expect((await send('put', '/forms/red-only', supervisor, form)).body).toMatchObject({ team: 'red', version: 1 });
  expect((await send('get', '/forms/red-only', blue)).status).toBe(404);
  expect((await send('put', '/forms/red-only', blue, form)).status).toBe(403);
  expect((await send('put', '/forms/all', admin, form)).status).toBe(200);
  expect((await send('get', '/forms/all', blue)).status).toBe(200);
  expect((await send('put', '/forms/all', blue, form)).status).toBe(403);
  expect((await send('get', '/forms/all', supervisor)).body).not.toHaveProperty('team');
});

it('tells of drafts and open calibrations in no list of events either', async () => {
  const { supervisor, admin } = api.tokens;
  const body = { ...about, answers: answers(1, 1), draft: true };
  const { id } = (await send('post', '/evaluations', admin, body)).body;
  const read = async (as: string) => {
    const { events } = (await (await api.send('get', '/interactions/int_1/events', as)).json()) as {
      events: { type: string; data: Record<string, unknown> }[];
    };
    return events.filter(({ type, data }) => type === 'quality.evaluated' && data.evaluation === id);
  };
  expect(await read(admin)).toHaveLength(1);
  expect(await read(supervisor)).toEqual([]);
});

it('asks only those into a calibration who may evaluate that contact', async () => {
  const { supervisor, admin, blue, agent } = api.tokens;
  const { directory } = api.site;
  const person = (id: string, more: object) =>
    directory.agents.put(agentSchema.parse({ site: 'hq', id, name: id, ...more }), 'setup');
  await person('red-lead', { team: 'red', roles: ['supervisor'] });
  await person('site-lead', { roles: ['supervisor'] });
  await person('blue-lead', { team: 'blue', roles: ['supervisor'] });
  await person('gone', { roles: ['admin'], disabled: true });
  await person('head', { roles: ['admin'] });
  const of = async (as: string) =>
    (await send('get', '/evaluators', as)).body.evaluators.map(({ id }: { id: string }) => id);
  expect(await of(supervisor)).toEqual(['head', 'red-lead', 'site-lead']);
  expect(await of(blue)).toEqual(['blue-lead', 'head', 'site-lead']);
  expect(await of(admin)).toEqual(['blue-lead', 'head', 'red-lead', 'site-lead']);
  expect((await send('get', '/evaluators', agent)).status).toBe(403);

  const open = (evaluators: string[]) => send('post', '/calibrations', supervisor, { ...about, evaluators });
  expect((await open(['red-lead', 'site-lead', 'head'])).status).toBe(201);
  for (const unfit of ['blue-lead', 'gone', '1001', 'nobody']) {
    const refused = await open(['red-lead', unfit]);
    expect(refused).toMatchObject({ status: 422, body: { code: 'evaluator-unfit' } });
    expect(JSON.stringify(refused.body)).toContain(unfit);
  }
  expect((await open(['red-lead', 'red-lead'])).status).toBe(422);
});
