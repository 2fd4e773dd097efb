import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readCsv } from '../../../server/api/read-csv.ts';
import { type ApiServer, startApi } from './api-server.ts';

let api: ApiServer;
beforeEach(async () => {
  api = await startApi();
  await api.site.directory.skills.put({ site: 'hq', name: 'loans' }, 'setup');
});
afterEach(() => api.close());

const agents = (csv: string, more: object = {}) =>
  api.send('POST', '/imports/agents', api.tokens.admin, { csv, ...more });
const numbers = (csv: string, more: object = {}) =>
  api.send('POST', '/imports/dids', api.tokens.admin, { csv, ...more });
const events = () => api.site.journal.read(0, { filter: { types: ['directory.agent-put', 'directory.sip-user-put'] } });

describe('agents from CSV', () => {
  const csv = `login,name,roles,phone,skills,queues,team,voice
2001,"Lin, Mei",agent,registered,loans:4,service,red,2
2002,王芳,agent; supervisor,+8613800138000,,service;,,1
1001,Ada Lovelace,agent,sip:ada@pbx.example,loans,service,red,1
`;

  it('are made and changed in one go, by whom is written down, and secrets are shown once', async () => {
    const response = await agents(csv, { passwords: true });
    expect(response.status).toBe(200);
    const { created, changed, secrets } = (await response.json()) as {
      created: string[];
      changed: string[];
      secrets: { login: string; password?: string; sipSecret?: string }[];
    };
    expect({ created, changed }).toEqual({ created: ['2001', '2002'], changed: ['1001'] });
    expect(
      secrets.map(({ login, password, sipSecret }) => [login, password !== undefined, sipSecret !== undefined]),
    ).toEqual([
      ['2001', true, true],
      ['2002', true, false],
    ]);
    const { directory } = api.site;
    expect(directory.agents.get('2001')).toMatchObject({
      name: 'Lin, Mei',
      phone: { kind: 'registered', user: '2001' },
      skills: { loans: 4 },
      team: 'red',
      capacity: { voice: 2 },
    });
    expect(directory.agents.get('2002')).toMatchObject({
      name: '王芳',
      roles: ['agent', 'supervisor'],
      queues: ['service'],
    });
    expect(directory.agents.get('2002')?.team).toBeUndefined();
    expect(directory.agents.get('1001')).toMatchObject({ name: 'Ada Lovelace', skills: { loans: 3 } });
    expect(directory.sipUsers.get('2001')?.agent).toBe('2001');
    const login = await api.send('POST', '/session', undefined, { login: '2001', password: secrets[0]?.password });
    expect(login.status).toBe(200);
    const put = events().find(({ data }) => data.key === '1001' && data.by !== 'setup');
    expect(put?.data).toMatchObject({
      by: expect.stringMatching(/^token:/),
      personBefore: { name: 'Ada' },
      before: { queues: ['service'] },
    });
  });

  it('are only checked in a dry run', async () => {
    const before = api.site.journal.last;
    const response = await agents(csv, { dryRun: true, passwords: true });
    expect(await response.json()).toEqual({ dryRun: true, created: ['2001', '2002'], changed: ['1001'], secrets: [] });
    expect(api.site.journal.last).toBe(before);
    expect(api.site.directory.agents.get('2001')).toBeUndefined();
  });

  it('make no more passwords than one request may take', async () => {
    const before = api.site.journal.last;
    const many = `login\n${Array.from({ length: 501 }, (_, at) => `3${String(at).padStart(4, '0')}`).join('\n')}`;
    for (const dryRun of [true, false]) {
      const response = await agents(many, { passwords: true, dryRun });
      expect(response.status).toBe(422);
      expect(await response.json()).toMatchObject({ code: 'import-refused', message: expect.stringContaining('501') });
    }
    expect(api.site.journal.last).toBe(before);
    expect((await agents(many, { dryRun: true })).status).toBe(200);
  });

  it('are refused all together, every wrong line by its number', async () => {
    const before = events().length;
    const response = await agents(`login,name,roles,skills,queues,voice,disabled
2001,Fine,agent,loans:4,service,1,no
20 02,Bad login,agent,,,1,
2003,Bad role,boss,,,1,
2004,Bad skill,agent,nothing:3,,1,
2005,Bad queue,agent,,"ser
vice",1,
2006,Bad level,agent,loans:9,,1,
2007,Bad voice,agent,,,many,
2008,Bad flag,agent,,,1,perhaps
2001,Twice,agent,,,1,
2009,Too short,agent
`);
    expect(response.status).toBe(422);
    const { code, message, details } = (await response.json()) as {
      code: string;
      message: string;
      details: { problems: { line: number; field?: string; reason: string }[] };
    };
    expect(code).toBe('import-refused');
    expect(message).toMatch(/^Nothing was imported: 9 lines are wrong; the first is line 3: login /);
    expect(details.problems.map(({ line, field }) => [line, field])).toEqual([
      [3, 'login'],
      [4, 'roles'],
      [5, 'skills'],
      [6, 'queues'],
      [8, 'skills'],
      [9, 'voice'],
      [10, 'disabled'],
      [11, 'login'],
      [12, undefined],
    ]);
    expect(details.problems.at(-1)?.reason).toBe('has 3 cells, and the first line 7');
    expect(events().length).toBe(before);
    expect(api.site.directory.agents.get('2001')).toBeUndefined();
  });

  it('keep what the file says nothing of', async () => {
    expect((await agents('login;queues\r\n1001;\r\n')).status).toBe(200);
    expect(api.site.directory.agents.get('1001')).toMatchObject({ name: 'Ada', team: 'red', queues: [] });
  });

  it.each([
    ['an unknown column', 'login,salary\n1,2\n', /salary is no column; known are login/],
    ['a column twice', 'login,name,name\n1,2,3\n', /name is there twice/],
    ['no login', 'name\nAda\n', /login is missing/],
    ['no lines', 'login\n\n', /no lines to import/],
    ['nothing', '', /login is missing/],
    ['an open quotation mark', 'login,name\n1,"Ada\n', /never closed/],
  ])('refuse %s', async (_what, text, sentence) => {
    const { message } = (await (await agents(text)).json()) as { message: string };
    expect(message).toMatch(sentence);
  });

  it('come from administrators only', async () => {
    const response = await api.send('POST', '/imports/agents', api.tokens.supervisor, { csv });
    expect(response.status).toBe(403);
  });

  it('may be thousands at once', async () => {
    const lines = Array.from(
      { length: 3_000 },
      (_, at) => `${10_000 + at},Agent number ${at} with a long enough name,service`,
    );
    const response = await agents(`login,name,queues\n${lines.join('\n')}\n`);
    expect(response.status).toBe(200);
    expect(api.site.directory.agents.list().length).toBe(3_002);
  });
});

describe('numbers from CSV', () => {
  it('are made, also as our own export writes them', async () => {
    const response = await numbers("\uFEFFnumber,flow,language\r\n'+862112345678,bank,zh\r\n95500,bank,\r\n");
    expect(await response.json()).toEqual({ dryRun: false, created: ['+862112345678', '95500'], changed: [] });
    expect(api.site.directory.dids.get('+862112345678')).toMatchObject({ flow: 'bank', language: 'zh', site: 'hq' });
    expect(api.site.directory.dids.get('95500')).toMatchObject({ language: 'en' });
  });

  it('are refused by line', async () => {
    const { details } = (await (await numbers('number,flow\n1 2,bank\n95500,\n')).json()) as {
      details: { problems: { line: number; field: string }[] };
    };
    expect(details.problems.map(({ line, field }) => [line, field])).toEqual([
      [2, 'number'],
      [3, 'flow'],
    ]);
  });
});

it('reads quotation marks, line ends in cells and lines without content', () => {
  const { records } = readCsv('a,b\n"x ""y""","1\n2"\n\n,\n3, 4 \n', { columns: ['a', 'b'], required: [] });
  expect(records).toEqual([
    { line: 2, cells: { a: 'x "y"', b: '1\n2' } },
    { line: 6, cells: { a: '3', b: '4' } },
  ]);
});
