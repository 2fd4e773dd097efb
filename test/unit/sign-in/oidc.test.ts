// Single sign-on over the API, as a browser goes through it.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type OidcSettings, settingsSchema } from '../../../config/index.ts';
import { agentSchema } from '../../../server/directory/index.ts';
import { OidcSignIn } from '../../../server/sign-in/index.ts';
import { type ApiServer, startApi } from '../api/api-server.ts';
import { logger } from '../directory/site.ts';
import { type Provider, startProvider } from './provider.ts';

let provider: Provider;
let api: ApiServer;
let folder: string;
let settings: OidcSettings;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'switchroom-oidc-'));
  const clientSecretFile = join(folder, 'secret');
  writeFileSync(clientSecretFile, 'a secret\n');
  provider = await startProvider({ id: 'switchroom', secret: 'a secret' });
  provider.person = { sub: 's-1', preferred_username: 'Lin', name: '林美', groups: ['Desk'] };
  const oidc = {
    issuer: provider.issuer,
    clientId: 'switchroom',
    clientSecretFile,
    publicUrl: 'https://desk.bank.example',
    createAgents: true,
    groups: [
      { group: 'desk', roles: ['agent'] },
      { group: 'leads', roles: ['supervisor'], team: 'red' },
    ],
  };
  settings = settingsSchema.parse({ login: { oidc } }).login.oidc!;
  await start();
});
afterEach(async () => {
  await api.close();
  await provider.close();
  rmSync(folder, { recursive: true });
});

async function start(): Promise<void> {
  let oidc: OidcSignIn | undefined;
  // It needs the site, which is there only after the start.
  const there = () => {
    oidc ??= new OidcSignIn(settings, { ...api.site, logger });
    return oidc;
  };
  api = await startApi({
    secureCookies: true,
    signIn: {
      oidc: {
        label: 'Bank login',
        begin: () => there().begin(),
        finish: (ticket, query) => there().finish(ticket, query),
      },
    },
  });
}

const get = (url: string, cookie?: string) =>
  fetch(url, { redirect: 'manual', headers: cookie === undefined ? {} : { cookie } });

/** To the provider and back. @returns the answer of the callback */
async function through(change: (back: URL) => void = () => {}, keepTicket = true): Promise<Response> {
  const begin = await get(`${api.url}/api/v1/session/oidc`);
  expect(begin.status).toBe(303);
  const ticket = begin.headers.get('set-cookie') ?? '';
  expect(ticket).toMatch(
    /^switchroom_sign_on=[\w-]{43}; Max-Age=600; Path=\/api\/v1\/session\/oidc; .*HttpOnly; Secure; SameSite=Lax$/,
  );
  const there = await get(begin.headers.get('location') ?? '');
  const back = new URL(there.headers.get('location') ?? '');
  expect(back.origin + back.pathname).toBe('https://desk.bank.example/api/v1/session/oidc/callback');
  change(back);
  return get(`${api.url}${back.pathname}${back.search}`, keepTicket ? ticket.split(';')[0] : undefined);
}

const sessionOf = (response: Response) =>
  response.headers.getSetCookie().find((one) => one.startsWith('switchroom_session='));

it('logs a person in with the roles of her groups, and says how', async () => {
  const response = await through();
  expect([response.status, response.headers.get('location')]).toEqual([303, '/']);
  const cookie = sessionOf(response) ?? '';
  expect(cookie).toMatch(/HttpOnly; Secure; SameSite=Strict$/);
  const me = await (await get(`${api.url}/api/v1/session`, cookie.split(';')[0])).json();
  expect(me).toMatchObject({ agent: 'lin', name: '林美', roles: ['agent'], way: 'oidc', csrf: expect.any(String) });
  expect(api.site.journal.read(0, { filter: { types: ['account.logged-in'] } }).at(-1)?.data).toMatchObject({
    way: 'oidc',
  });
});

it('tells the panel which ways there are', async () => {
  expect(await (await get(`${api.url}/api/v1/session/ways`)).json()).toEqual({
    password: true,
    ldap: false,
    oidc: { label: 'Bank login', path: '/api/v1/session/oidc' },
  });
});

it('asks the userinfo endpoint for what the ID token lacks', async () => {
  provider.person = { sub: 's-1', preferred_username: 'lin' };
  provider.more = { groups: ['leads'] };
  expect(sessionOf(await through())).toBeDefined();
  expect(api.site.directory.agents.get('lin')).toMatchObject({ roles: ['supervisor'], team: 'red' });
});

it.each([
  ['a forged signature', () => ({ forged: true })],
  ['a token for another program', () => ({ claims: { aud: 'other' } })],
  ['a token of another issuer', () => ({ claims: { iss: 'https://evil.example' } })],
  ['a token that is over', () => ({ claims: { exp: 1 } })],
  ['a replayed token', () => ({ claims: { nonce: 'another' } })],
  ['a refusal', () => ({ error: 'access_denied' })],
])('does not believe %s', async (_what, lie) => {
  provider.lie = lie();
  const response = await through();
  expect(response.headers.get('location')).toBe('/?login=login-provider-refused');
  expect(sessionOf(response)).toBeUndefined();
});

it('does not take another state, nor another browser, nor the same answer twice', async () => {
  const forged = await through((back) => back.searchParams.set('state', 'forged'));
  expect(forged.headers.get('location')).toBe('/?login=login-provider-refused');
  const elsewhere = await through(() => {}, false);
  expect(elsewhere.headers.get('location')).toBe('/?login=login-expired');
  let address = '';
  await through((back) => {
    address = back.search;
  });
  const again = await get(`${api.url}/api/v1/session/oidc/callback${address}`, 'switchroom_sign_on=x');
  expect(again.headers.get('location')).toBe('/?login=login-expired');
});

it('does not wait for ever', async () => {
  const response = await through(() => {
    api.site.clock.at += 11 * 60_000;
  });
  expect(response.headers.get('location')).toBe('/?login=login-expired');
});

it.each([
  ['is in none of the groups', () => ({ groups: ['cleaning'] })],
  ['has no groups', () => ({ groups: undefined })],
  ['has a login that cannot be one here', () => ({ preferred_username: '../admin' })],
  ['has no login', () => ({ preferred_username: undefined })],
])('does not let in who %s', async (_what, change) => {
  provider.person = { ...provider.person, ...change() };
  expect((await through()).headers.get('location')).toBe('/?login=login-not-permitted');
});

it('does not let in who is disabled here', async () => {
  await api.site.directory.agents.put(agentSchema.parse({ site: 'hq', id: 'lin', name: 'L', disabled: true }), 'setup');
  expect((await through()).headers.get('location')).toBe('/?login=login-not-permitted');
});

it('does not let in who has a password here, and leaves her roles alone', async () => {
  const lin = agentSchema.parse({ site: 'hq', id: 'lin', name: 'L', roles: ['admin'] });
  await api.site.directory.agents.put(lin, 'setup');
  await api.site.accounts.setPassword('lin', 'kept here for her', 'setup');
  expect((await through()).headers.get('location')).toBe('/?login=login-not-permitted');
  expect(api.site.directory.agents.get('lin')).toEqual(lin);
});

it('says so while the provider is away', async () => {
  await api.close();
  settings = { ...settings, issuer: 'http://127.0.0.1:1' };
  await start();
  const away = await get(`${api.url}/api/v1/session/oidc`);
  expect(away.headers.get('location')).toBe('/?login=login-provider-unreachable');
});

it('needs https but on this machine', () => {
  const oidc = { ...settings, issuer: 'http://login.bank.example' };
  expect(settingsSchema.safeParse({ login: { oidc } }).error?.message).toContain('must be https');
});
