import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { longCall } from '../customers/call-events.ts';
import { type ApiServer, liveCall, startApi } from './api-server.ts';

let api: ApiServer;

const send = async (method: string, path: string, as: string, body?: unknown) => {
  const response = await api.send(method, `/knowledge${path}`, as, body);
  const text = await response.text();
  return { status: response.status, body: text === '' ? undefined : JSON.parse(text) };
};
const ids = async (path: string, as = api.tokens.agent) =>
  (await send('get', path, as)).body.articles.map((one: { id: string }) => one.id);

let lost: string;
let limits: string;
let draft: string;

beforeAll(async () => {
  api = await startApi();
  const write = async (body: object, as = api.tokens.admin) => (await send('post', '/articles', as, body)).body.id;
  lost = await write({
    en: { question: 'What to do about a lost card?', answer: 'Block it at once, then order a new one.' },
    zh: { question: '信用卡丢失怎么办？', answer: '立即挂失，然后补办新卡。' },
    tags: ['cards'],
    queues: ['service'],
  });
  limits = await write({
    zh: { question: '转账限额是多少', answer: '每日五万元。信用额度另计。' },
    tags: ['transfer'],
  });
  draft = await write({ en: { question: 'Lost passbook', answer: 'To be written' }, draft: true });
});
afterAll(() => api.close());

describe('knowledge', () => {
  it('is found by words and by parts of Chinese words, best first', async () => {
    expect(await ids('/articles?text=lost')).toEqual([lost]);
    expect(await ids(`/articles?text=${encodeURIComponent('丢失')}`)).toEqual([lost]);
    expect(await ids(`/articles?text=${encodeURIComponent('信用')}`)).toEqual([lost, limits]);
    expect(await ids(`/articles?text=${encodeURIComponent('额')}`)).toEqual([limits]);
    // The last character of a run begins no pair.
    expect(await ids(`/articles?text=${encodeURIComponent('少')}`)).toEqual([limits]);
    // Not all of it: what has some of it.
    expect(await ids(`/articles?text=${encodeURIComponent('转账 gold')}`)).toEqual([limits]);
    expect(await ids('/articles?text=%22%2A')).toEqual([]);
    expect(await ids('/articles?tag=transfer')).toEqual([limits]);
    expect(await ids('/articles', api.tokens.admin)).toHaveLength(3);
    expect(await ids('/articles')).toHaveLength(2);
    expect((await send('get', `/articles/${draft}`, api.tokens.agent)).status).toBe(404);
  });

  it('is suggested by the path, the queue and what is said', async () => {
    const { journal, clock } = api.site;
    await journal.append(longCall('int_1', clock.at, 'cus_1').map((event) => ({ ...event, team: 'red' })));
    await api.projector.settled();
    expect((await ids('/suggestions?interaction=int_1'))[0]).toBe(lost);
    expect((await ids(`/suggestions?interaction=int_1&text=${encodeURIComponent('我要转账，限额多少')}`))[0]).toBe(
      limits,
    );
    expect((await send('get', '/suggestions?interaction=int_none', api.tokens.agent)).status).toBe(404);
  });

  it('is suggested to whom a contact is offered, before its record knows of her', async () => {
    const call = liveCall(api, { interaction: 'int_offered', phase: 'queued', agent: undefined, queue: 'service' });
    const suggested = async () =>
      (await send('get', '/suggestions?interaction=int_offered&text=card', api.tokens.agent)).status;
    expect(await suggested()).toBe(200);
    api.work.live.clear();
    expect(await suggested()).toBe(404);
    api.calls.calls.splice(api.calls.calls.indexOf(call), 1);
  });

  it('is suggested for no contact of others, not even to a token with nobody behind it', async () => {
    const { token } = await api.site.accounts.createToken({ name: 'bot', roles: ['agent'] }, 'setup');
    expect((await send('get', '/suggestions?interaction=int_1', token)).status).toBe(404);
  });

  it('of the whole site is not one team to change', async () => {
    const body = { en: { question: 'Mine now?', answer: 'No.' } };
    expect((await send('put', `/articles/${limits}`, api.tokens.blue, body)).status).toBe(403);
    expect((await send('delete', `/articles/${limits}`, api.tokens.blue)).status).toBe(403);
    const own = await send('post', '/articles', api.tokens.blue, body);
    expect(own.body.team).toBe('blue');
    expect((await send('put', `/articles/${own.body.id}`, api.tokens.supervisor, body)).status).toBe(404);
    expect((await send('delete', `/articles/${own.body.id}`, api.tokens.blue)).status).toBe(204);
  });

  it('counts one voice for each person and contact, and follows changes', async () => {
    const rate = (body: object) => send('post', `/articles/${lost}/feedback`, api.tokens.agent, body);
    await rate({ helpful: true, interaction: 'int_1' });
    await rate({ helpful: false });
    expect((await rate({ helpful: true })).body).toMatchObject({ helpful: 2, notHelpful: 0 });
    const changed = { en: { question: 'Stolen card', answer: 'Block it.' } };
    expect((await send('put', `/articles/${lost}`, api.tokens.agent, changed)).status).toBe(403);
    expect((await send('put', `/articles/${lost}`, api.tokens.admin, changed)).body).toMatchObject({ helpful: 2 });
    expect(await ids('/articles?text=lost')).toEqual([]);
    expect(await ids('/articles?text=stol')).toEqual([lost]);
    expect((await send('delete', `/articles/${lost}`, api.tokens.admin)).status).toBe(204);
    expect(await ids('/articles?text=stolen')).toEqual([]);
    expect((await send('get', `/articles/${lost}`, api.tokens.agent)).body.code).toBe('article-unknown');
  });
});
