import type { Request, Response } from 'express';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { securityHeaders } from '../../../server/api/security-headers.ts';
import { type ApiServer, password, startApi } from './api-server.ts';

let api: ApiServer;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.close());

const login = (given = password, headers: Record<string, string> = {}) =>
  api.send('POST', '/session', undefined, { login: '1001', password: given }, headers);

describe('a session', () => {
  let cookie: string;
  let csrf: string;
  beforeEach(async () => {
    const response = await login();
    expect(response.status).toBe(200);
    const set = response.headers.get('set-cookie')!;
    expect(set).toMatch(/^switchroom_session=[\w-]{43}; Path=\/; Expires=[^;]+; HttpOnly; SameSite=Strict$/);
    cookie = set.split(';')[0]!;
    ({ csrf } = (await response.json()) as { csrf: string });
  });

  it('says who it is, and is gone after logging out', async () => {
    const me = await (await api.send('GET', '/session', undefined, undefined, { cookie })).json();
    expect(me).toMatchObject({ kind: 'session', agent: '1001', roles: ['agent'], site: 'hq', csrf });
    const out = await api.send('DELETE', '/session', undefined, undefined, { cookie, 'x-csrf-token': csrf });
    expect(out.status).toBe(204);
    expect((await api.send('GET', '/session', undefined, undefined, { cookie })).status).toBe(401);
  });

  it('changes nothing without the CSRF token, nor for a page of another origin', async () => {
    const act = (headers: Record<string, string>) =>
      api.send('POST', '/agents/me/ready', undefined, undefined, { cookie, ...headers });
    expect((await act({})).status).toBe(403);
    expect((await act({ 'x-csrf-token': `${csrf}x` })).status).toBe(403);
    expect(await (await act({ 'x-csrf-token': csrf, origin: 'https://evil.example' })).json()).toMatchObject({
      code: 'csrf-failed',
    });
    expect(api.asked).toEqual([]);
    expect((await act({ 'x-csrf-token': csrf, origin: api.url })).status).toBe(200);
    expect(api.asked.splice(0)).toEqual([['ready', '1001']]);
  });

  it('ends when the password is changed, for which the old one is needed', async () => {
    const change = (current: string) =>
      api.send(
        'POST',
        '/session/password',
        undefined,
        { current, password: 'brand new phrase' },
        { cookie, 'x-csrf-token': csrf },
      );
    expect(await (await change('not the old one')).json()).toMatchObject({ code: 'login-failed' });
    const sessions = () => api.site.opened.database.prepare('SELECT count(*) FROM sessions').pluck().get();
    const before = sessions();
    const headers = { cookie, 'x-csrf-token': csrf };
    const weak = await api.send(
      'POST',
      '/session/password',
      undefined,
      { current: password, password: 'short' },
      headers,
    );
    expect([weak.status, ((await weak.json()) as { code: string }).code]).toEqual([422, 'password-weak']);
    expect(sessions()).toBe(before);
    expect((await change(password)).status).toBe(204);
    expect((await api.send('GET', '/session', undefined, undefined, { cookie })).status).toBe(401);
    await api.site.accounts.setPassword('1001', password, 'setup');
  });
});

describe('login', () => {
  it('tells an unknown login and a wrong password alike, and locks both', async () => {
    const answers = async (name: string) => {
      const all: string[] = [];
      for (let i = 0; i < 6; i++) {
        const response = await api.send('POST', '/session', undefined, { login: name, password: 'wrong password' });
        const { code, message } = (await response.json()) as { code: string; message: string };
        all.push(`${response.status} ${code} ${message} ${response.headers.get('retry-after')}`);
      }
      return all;
    };
    const known = await answers('1002');
    expect(await answers('nobody')).toEqual(known);
    expect(known[0]).toMatch(/^401 login-failed/);
    expect(known[5]).toMatch(/^429 login-locked .* 60$/);
  });

  it('refuses a page of another origin', async () => {
    expect((await login(password, { origin: 'https://evil.example' })).status).toBe(403);
  });
});

describe('what comes in', () => {
  it('is JSON', async () => {
    const plain = await api.send('POST', '/session', undefined, 'login=1001', { 'content-type': 'text/plain' });
    expect([plain.status, ((await plain.json()) as { code: string }).code]).toEqual([415, 'content-type-unsupported']);
    const broken = await api.send('POST', '/session', undefined, '{"login":');
    expect([broken.status, ((await broken.json()) as { code: string }).code]).toEqual([400, 'body-not-json']);
  });

  it('has a limit', async () => {
    const response = await api.send('POST', '/session', undefined, { login: 'x'.repeat(300_000), password });
    expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([413, 'body-too-large']);
  });

  it('is named where it is wrong', async () => {
    const response = await api.send('POST', '/session', undefined, { login: '1001' });
    expect(response.status).toBe(422);
    expect(await response.json()).toMatchObject({ code: 'invalid-field', field: 'password' });
    const query = await api.send('GET', '/interactions?limit=0', api.tokens.admin);
    expect(query.status).toBe(400);
    expect(await query.json()).toMatchObject({ code: 'request-invalid', details: { part: 'query' }, field: 'limit' });
    expect((await api.send('GET', '/agents/%E0%A4%A', api.tokens.admin)).status).toBe(400);
  });
});

it('answers a fault without a stack trace, and logs it', async () => {
  const broken = await startApi({
    interactions: {
      ...api.deps.interactions,
      get: () => {
        throw new Error('secret /path/of/ours');
      },
    },
  });
  const response = await broken.send('GET', '/interactions/int_a', broken.tokens.admin);
  expect(response.status).toBe(500);
  const text = await response.text();
  expect(text).not.toMatch(/secret|path|\.ts/);
  expect(JSON.parse(text)).toMatchObject({
    code: 'internal-error',
    details: { request: expect.stringMatching(/^req_/) },
  });
  await broken.close();
});

it('sends strict headers with everything', async () => {
  for (const path of ['/api/v1/session', '/api/docs', '/api/no-such']) {
    const { headers } = await fetch(`${api.url}${path}`);
    expect(headers.get('content-security-policy')).toMatch(/default-src 'none'.*frame-ancestors 'none'/);
    expect(headers.get('content-security-policy')).not.toMatch(/unsafe/);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('x-powered-by')).toBeNull();
  }
});

it('lets only the origins of the settings show it in a frame', () => {
  const headersWith = (embedders: readonly string[]) => {
    let set: Record<string, string> = {};
    const response = { set: (headers: Record<string, string>) => (set = headers) } as unknown as Response;
    securityHeaders(true, embedders)({} as Request, response, () => undefined);
    return set;
  };
  expect(headersWith([])).toMatchObject({ 'X-Frame-Options': 'DENY' });
  const embedded = headersWith(['https://crm.bank.example']);
  expect(embedded['Content-Security-Policy']).toMatch(/; frame-ancestors https:\/\/crm\.bank\.example$/);
  expect(embedded).not.toHaveProperty('X-Frame-Options');
});
