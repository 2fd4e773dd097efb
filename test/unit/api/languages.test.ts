import { afterAll, beforeAll, expect, it } from 'vitest';
import { allEndpoints } from '../../../server/api/endpoints/index.ts';
import { chinese } from '../../../server/api/sentences.ts';
import { explanations } from '../../../server/routing/explain.ts';
import { errorRegistry } from '../../../values/index.ts';
import { type ApiServer, startApi } from './api-server.ts';

let api: ApiServer;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.close());

it('answers failures in the language that is asked for', async () => {
  const ask = async (language: string) => {
    const response = await api.send('get', '/queues/none', api.tokens.admin, undefined, {
      'accept-language': language,
    });
    return { in: response.headers.get('content-language'), ...JSON.parse(await response.text()) };
  };
  expect(await ask('zh-CN,zh;q=0.9,en;q=0.8')).toMatchObject({
    in: 'zh',
    code: 'not-found',
    message: '不存在：queue none。',
  });
  expect(await ask('en-GB,zh;q=0.5')).toMatchObject({ in: 'en', message: 'There is no queue none.' });
  expect(await ask('fr')).toMatchObject({ in: 'en' });
});

it('has Chinese for every code that an endpoint names, with the same details', () => {
  const named = new Set(allEndpoints(api.deps).flatMap(({ errors = [] }) => errors));
  expect([...named].filter((code) => !(code in chinese))).toEqual([]);
  const fields = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
  for (const [code, text] of Object.entries(chinese)) {
    const english = errorRegistry.get(code)?.text;
    if (english === undefined) continue;
    expect([code, fields(text).filter((name) => !fields(english).includes(name))]).toEqual([code, []]);
  }
});

it('explains decisions in both, with a code', () => {
  const event = (type: string, data: Record<string, unknown>) => ({
    ...{ seq: 1, version: 1, at: 5, site: 'hq', queue: 'vip', agent: '1001' },
    type,
    data,
  });
  const events = [
    event('interaction.queued', { priority: 3, skills: [{ skill: 'zh', least: 2 }] }),
    event('routing.offer-made', { by: 'contact', rule: 'longest-idle', candidates: 4, ring: 0, waitedMs: 2_500 }),
    event('interaction.offer-ended', { outcome: 'missed' }),
    event('interaction.queue-left', { why: 'full', waitMs: 0 }),
    event('call.rang', {}),
  ];
  expect(explanations(events, 'zh').map(({ code, sentence }) => `${code}: ${sentence}`)).toEqual([
    'queued: 进入队列 vip，优先级 3，要求技能 zh ≥ 2。',
    'offered: 等待 2.5 秒后分配给坐席 1001：在 4 名空闲坐席中空闲时间最长。',
    'offer-ended: 坐席 1001：未接听。',
    'left: 等待 0.0 秒后离开队列 vip：队列已满。',
  ]);
  expect(explanations(events).map(({ sentence }) => sentence)).toContain(
    'Offered to agent 1001 after 2.5 s: of 4 free agents she was idle longest.',
  );
});
