import readWorkbook from 'read-excel-file/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { agentConfig, type Command, decide, emptyState, queueConfig } from '../../../server/acd/index.ts';
import { newEvent } from '../../../server/journal/index.ts';
import { routingDecided } from '../../../server/routing/events.ts';
import { type ApiServer, startApi } from './api-server.ts';

let api: ApiServer;
const today = Date.parse('2023-11-14T16:00:00Z'); // midnight in Shanghai, on the day of the test's clock

beforeAll(async () => {
  api = await startApi();
  const { journal, clock } = api.site;
  const state = emptyState();
  let at = clock.at;
  const give = (command: Command) => {
    const events = decide(state, command, at);
    void journal.append([newEvent(routingDecided, at, { router: 2, configuration: 1, command, events })]);
  };
  give({ type: 'set-queue', queue: queueConfig({ id: 'service' }) });
  give({ type: 'set-agent', agent: agentConfig({ id: '1001', queues: ['service'] }) });
  give({ type: 'sign-in', agent: '1001' });
  give({ type: 'not-ready', agent: '1001', reason: '=lunch' });
  give({ type: 'enqueue', contact: 'int_a', channel: 'voice', queue: 'service' });
  at += 60_000;
  give({ type: 'leave', contact: 'int_a', reason: 'abandoned' });
  clock.at = at + 60_000;
  await journal.append([]);
  await api.reports.settled();
});
afterAll(() => api.close());

const get = async (path: string, as = api.tokens.admin) => {
  const response = await api.send('get', path, as);
  return { status: response.status, text: await response.text(), type: response.headers.get('content-type') };
};

describe('reports', () => {
  it('of queues, by default of today, at the wall clock of the site', async () => {
    const { status, text } = await get('/reports/queues?interval=60');
    expect(status).toBe(200);
    const { rows, timeZone, from } = JSON.parse(text);
    expect({ timeZone, from }).toEqual({ timeZone: 'Asia/Shanghai', from: today });
    expect(rows).toMatchObject([
      { local: '2023-11-15T06:00+08:00', queue: 'service', offered: 1, abandoned: 1, serviceLevel: 0, abandonRate: 1 },
    ]);
    expect(JSON.parse((await get('/reports/queues?from=2023-11-13&until=2023-11-14')).text).rows).toEqual([]);
    const all = JSON.parse((await get('/reports/queues?together=true&queue=service,vip&serviceLevel=d')).text);
    expect(all).toMatchObject({ serviceLevel: 'd', rows: [{ offered: 1 }] });
    expect(all.rows[0]).not.toHaveProperty('queue');
  });

  it('of agents, up to this moment; an agent sees herself', async () => {
    const mine = JSON.parse((await get('/reports/agents', api.tokens.agent)).text);
    expect(mine.rows).toMatchObject([{ agent: '1001', notReadyMs: 120_000, signedInMs: 120_000 }]);
    expect(JSON.parse((await get('/reports/agents?agent=1002')).text).rows).toEqual([]);
    const { text, type } = await get('/reports/agents.csv');
    expect(type).toContain('text/csv');
    expect(text.split('\r\n')[1]).toContain("'=lunch 120");
    const first = async (path: string) =>
      Buffer.from(await (await api.send('get', path, api.tokens.admin)).arrayBuffer()).toString('latin1', 0, 3);
    expect(await first('/reports/agents.csv')).not.toBe('\xef\xbb\xbf');
    expect(await first('/reports/agents.csv?bom=true')).toBe('\xef\xbb\xbf');
    expect(await first('/reports/queues.csv?bom=true')).toBe('\xef\xbb\xbf');
    expect((await get('/reports/queues', api.tokens.agent)).status).toBe(403);
    expect((await get('/reports/agents.csv', api.tokens.agent)).status).toBe(403);
  });

  it('as workbooks: dates, times and shares as such, in the language that is asked for', async () => {
    const read = async (path: string) => {
      const response = await api.send('get', path, api.tokens.admin);
      expect(response.headers.get('content-disposition')).toMatch(/^attachment; filename="\w+\.xlsx"$/);
      const [sheet] = await readWorkbook(Buffer.from(await response.arrayBuffer()));
      const [headings = [], ...rows] = sheet?.data ?? [];
      return {
        name: sheet?.sheet,
        rows: rows.map((row) => Object.fromEntries(headings.map((one, at) => [one, row[at]]))),
      };
    };
    const queues = await read('/reports/queues.xlsx?interval=60&language=zh');
    expect(queues).toMatchObject({
      name: '队列',
      rows: [{ 时段: new Date('2023-11-15T06:00Z'), 队列: 'service', 呼入: 1, 放弃: 1, 服务水平: 0, 放弃率: 1 }],
    });
    const agents = await read('/reports/agents.xlsx?interval=total');
    expect(agents.rows[0]).toMatchObject({
      Agent: '1001',
      Occupancy: null,
      'Signed in': new Date(Date.UTC(1899, 11, 30) + 120_000),
      'Reasons, in seconds': '=lunch 120',
    });
    expect(agents.rows[0]?.Name).toBe(api.site.directory.agents.get('1001')?.name);
    expect((await get('/reports/queues.xlsx', api.tokens.agent)).status).toBe(403);
    expect((await get('/reports/agents.xlsx?interval=15&from=2022-01-01')).status).toBe(400);
  });

  it('say what is wrong with what is asked for', async () => {
    for (const query of [
      'from=yesterday',
      'from=2023-11-15&until=2023-11-15',
      'interval=15&from=2022-01-01',
      'from=2023-99-99',
    ]) {
      const { status, text } = await get(`/reports/queues?${query}`);
      expect([query, status]).toEqual([query, 400]);
      expect(JSON.parse(text).code).toBe('request-invalid');
    }
  });

  it('of staffing, and made again', async () => {
    const { text } = await get('/reports/staffing?callsPerHour=200&handleSeconds=180&patienceSeconds=120');
    const { needed, lines } = JSON.parse(text);
    expect(needed).toBe(14);
    const twelve = lines.find(({ agents }: { agents: number }) => agents === 12);
    expect(twelve.abandoned).toBeCloseTo(0.0616, 4);
    const before = (await get('/reports/queues')).text;
    expect((await api.send('post', '/reports/rebuild', api.tokens.admin)).status).toBe(204);
    expect((await get('/reports/queues')).text).toBe(before);
    expect((await api.send('post', '/reports/rebuild', api.tokens.supervisor)).status).toBe(403);
  });
});
