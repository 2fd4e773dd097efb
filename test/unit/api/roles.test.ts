// Every endpoint there is, with every role: nobody gets in who is not named, everybody who is.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { allEndpoints } from '../../../server/api/endpoints/index.ts';
import type { Role } from '../../../server/ports/index.ts';
import { type ApiServer, startApi } from './api-server.ts';

let api: ApiServer;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.close());

// The list is needed before the server runs; roles, methods and paths depend on no port.
const listed = await startApi();
const endpoints = allEndpoints(listed.deps).map(({ method, path, roles, body }) => ({
  method,
  path,
  roles,
  body: body !== undefined,
}));
await listed.close();

const guarded = endpoints.filter(({ roles }) => roles !== 'public');
const roles: Role[] = ['agent', 'supervisor', 'admin'];

/** With a body that no schema takes and a key that is not there, nothing is changed by asking. */
async function statusFor(
  method: string,
  path: string,
  body: boolean,
  token?: string,
): Promise<{ status: number; code: string }> {
  const filled = path.replace(/:(\w+)/g, 'no-such');
  const abort = new AbortController();
  const response = await fetch(`${api.url}/api/v1${filled}`, {
    method: method.toUpperCase(),
    headers: {
      ...(token ? { authorization: `Bearer ${token}` } : {}),
      ...(body ? { 'content-type': 'application/json' } : {}),
    },
    signal: abort.signal,
    ...(body ? { body: '{"no-such-field": 1}' } : {}),
  });
  const json = (response.headers.get('content-type') ?? '').includes('json');
  const code = json ? ((await response.json()) as { code?: string }).code : undefined;
  abort.abort();
  return { status: response.status, code: code ?? '' };
}

it('lists what the product promises', () => {
  expect(endpoints.length).toBeGreaterThan(70);
  expect(endpoints.filter(({ roles: who }) => who === 'public').map(({ path }) => path)).toEqual([
    '/session',
    '/session/ways',
    '/session/oidc',
    '/session/oidc/callback',
  ]);
});

describe.each(guarded)('$method $path', ({ method, path, roles: allowed, body }) => {
  it('asks for a login', async () => {
    expect(await statusFor(method, path, body)).toMatchObject({ status: 401, code: 'not-logged-in' });
  });

  it.each(roles)('treats %s as it says', async (role) => {
    const { status, code } = await statusFor(method, path, body, api.tokens[role]);
    if (!(allowed as readonly Role[]).includes(role)) {
      expect({ status, code }).toEqual({ status: 403, code: 'not-allowed' });
      return;
    }
    expect(status).not.toBe(401);
    expect(status).toBeLessThan(500);
    // An agent may use the endpoint, but only on herself; a token has no password.
    if (!path.startsWith('/agents/:id') && !path.startsWith('/session/')) expect(code).not.toBe('not-allowed');
  });
});
