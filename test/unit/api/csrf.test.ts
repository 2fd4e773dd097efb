// Every endpoint of the OpenAPI document that changes something: a page of somebody else cannot use a session for it.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { allEndpoints } from '../../../server/api/endpoints/index.ts';
import { agentSchema } from '../../../server/directory/index.ts';
import { type ApiServer, startApi } from './api-server.ts';

let api: ApiServer;
let cookie: string;
let csrf: string;
const password = 'a pass phrase of hers';

beforeAll(async () => {
  api = await startApi();
  const boss = agentSchema.parse({ site: 'hq', id: 'boss', name: 'Boss', roles: ['agent', 'supervisor', 'admin'] });
  await api.site.directory.agents.put(boss, 'setup');
  await api.site.accounts.setPassword('boss', password, 'setup');
  const login = await api.send('POST', '/session', undefined, { login: 'boss', password });
  cookie = (login.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
  ({ csrf } = (await login.json()) as { csrf: string });
});
afterAll(() => api.close());

// The document is what others see; the list is what is served.
const listed = await startApi();
const document = (await (await fetch(`${listed.url}/api/v1/openapi.json`)).json()) as {
  paths: Record<string, Record<string, unknown>>;
};
const served = allEndpoints(listed.deps).map(({ method, path, roles }) => ({ method, path, roles }));
await listed.close();

const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.keys(methods).map((method) => ({ method, path: path.replace(/\{(\w+)\}/g, ':$1') })),
);
const changing = operations.filter(({ method }) => method !== 'get');

it('sees every endpoint that there is', () => {
  const names = (all: { method: string; path: string }[]) => all.map(({ method, path }) => `${method} ${path}`).sort();
  expect(names(operations)).toEqual(names(served));
  expect(changing.length).toBeGreaterThan(40);
  for (const { roles } of served) expect(roles === 'public' || roles.length > 0).toBe(true);
});

const send = (method: string, path: string, headers: Record<string, string>) =>
  api.send(method.toUpperCase(), path.replace(/:(\w+)/g, 'no-such'), undefined, '{"no-such-field": 1}', {
    'content-type': 'application/json',
    ...headers,
  });

const open = new Set(served.filter(({ roles }) => roles === 'public').map(({ method, path }) => `${method} ${path}`));
const guarded = changing.filter(({ method, path }) => !open.has(`${method} ${path}`));

describe('a session without its token, or with another', () => {
  it.each(guarded)('is refused by $method $path', async ({ method, path }) => {
    const wrong: Record<string, string>[] = [{ cookie }, { cookie, 'x-csrf-token': `${csrf.slice(1)}x` }];
    for (const headers of wrong) {
      const response = await send(method, path, headers);
      expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([403, 'csrf-failed']);
    }
  });
});

describe('a page of another origin, even with the token', () => {
  it.each(changing)('is refused by $method $path', async ({ method, path }) => {
    const response = await send(method, path, { cookie, 'x-csrf-token': csrf, origin: 'https://evil.example' });
    expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([403, 'csrf-failed']);
  });
});
