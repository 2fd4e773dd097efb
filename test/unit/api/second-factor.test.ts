// TOTP over the API: set up, needed at login, recovery codes, required by role, reset.
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openAccounts } from '../../../server/directory/index.ts';
import { oneTimeCode } from '../../../server/directory/totp.ts';
import { siteKey } from '../directory/site.ts';
import { unbase32 } from '../directory/unbase32.ts';
import { type ApiServer, password, startApi } from './api-server.ts';

let api: ApiServer;
beforeEach(async () => {
  api = await startApi();
});
afterEach(() => api.close());

interface Me {
  cookie: string;
  csrf: string;
  needs?: string;
}

async function login(code?: string): Promise<Me & { status: number; code?: string }> {
  const given = { login: '1001', password, ...(code === undefined ? {} : { code }) };
  const response = await api.send('POST', '/session', undefined, given);
  const cookie = (response.headers.get('set-cookie') ?? '').split(';')[0]!;
  return { ...((await response.json()) as Me), cookie, status: response.status };
}

const as = (me: Me, method: string, path: string, body?: unknown) =>
  api.send(method, path, undefined, body, { cookie: me.cookie, 'x-csrf-token': me.csrf });

async function begun(me: Me): Promise<Buffer> {
  const response = await as(me, 'POST', '/session/second-factor', { password });
  expect(response.status).toBe(200);
  const { secret, uri, qr } = (await response.json()) as { secret: string; uri: string; qr: string };
  expect(uri).toContain(`secret=${secret}`);
  expect(qr).toMatch(/^<svg /);
  return unbase32(secret);
}

async function setUp(me: Me): Promise<{ secret: Buffer; recovery: string[] }> {
  const secret = await begun(me);
  const response = await as(me, 'POST', '/session/second-factor/confirm', { code: codeOf(secret) });
  expect(response.status).toBe(200);
  return { secret, recovery: ((await response.json()) as { recoveryCodes: string[] }).recoveryCodes };
}

const codeOf = (secret: Buffer, later = 0) => oneTimeCode(secret, Math.floor(api.site.clock.at / 30_000) + later);

it('is asked for once it is set up; a code counts once', async () => {
  const { secret } = await setUp(await login());
  expect(await login()).toMatchObject({ status: 401, code: 'code-needed', cookie: '' });
  // The code of the set-up was used by it.
  expect(await login(codeOf(secret))).toMatchObject({ status: 401, code: 'code-wrong' });
  api.site.clock.at += 30_000;
  const code = codeOf(secret);
  expect(await login(code)).toMatchObject({ status: 200 });
  expect(await login(code)).toMatchObject({ status: 401, code: 'code-wrong' });
  const state = await as(await login(codeOf(secret, 1)), 'GET', '/session/second-factor');
  expect(await state.json()).toEqual({ on: true, required: false, recoveryLeft: 10 });
});

it('can be replaced by a recovery code, each of them once, however it is typed', async () => {
  const { recovery } = await setUp(await login());
  expect(recovery).toHaveLength(10);
  const [first = '', second = ''] = recovery;
  expect(await login(first.toLowerCase().replaceAll('-', ' '))).toMatchObject({ status: 200 });
  expect(await login(first)).toMatchObject({ status: 401, code: 'code-wrong' });
  expect(await login(second)).toMatchObject({ status: 200 });
});

it('keeps secret and codes unreadable on disk, and through a restart', async () => {
  const { secret, recovery } = await setUp(await login());
  const { database } = api.site.opened;
  const dump = JSON.stringify([
    database.prepare('SELECT hex(sealed) FROM second_factors').all(),
    database.prepare('SELECT * FROM recovery_codes').all(),
  ]);
  expect(dump).not.toContain(secret.toString('hex').toUpperCase());
  for (const code of recovery) expect(dump).not.toContain(code);
  const { journal, directory, clock } = api.site;
  const restarted = openAccounts({ database, journal, directory, clock, siteKey });
  const attempt = { login: '1001', password, address: '192.0.2.1' };
  await expect(restarted.login(attempt)).rejects.toMatchObject({ code: 'code-needed' });
  await expect(restarted.login({ ...attempt, code: codeOf(secret) })).rejects.toMatchObject({ code: 'code-wrong' });
  await expect(restarted.login({ ...attempt, code: codeOf(secret, 1) })).resolves.toMatchObject({
    cookie: expect.any(String),
  });
});

it('cannot be guessed: wrong codes lock, from wherever they come', async () => {
  const { secret } = await setUp(await login());
  const { accounts } = api.site;
  const codes: string[] = [];
  for (let i = 0; i < 12; i++) {
    const address = `198.51.${i}.1`;
    const attempt = accounts.login({ login: '1001', password, address, code: '000000' });
    codes.push(await attempt.then(() => 'in').catch((error: { code: string }) => error.code));
  }
  expect(codes.slice(0, 10)).toEqual(Array(10).fill('code-wrong'));
  expect(codes.slice(10)).toEqual(['login-locked', 'login-locked']);
  api.site.clock.at += 61_000;
  await expect(
    accounts.login({ login: '1001', password, address: '203.0.113.1', code: codeOf(secret) }),
  ).resolves.toMatchObject({ endsAt: expect.any(Number) });
});

it('does not lock the many behind one address who log in with codes', async () => {
  const { secret } = await setUp(await login());
  for (let i = 0; i < 60; i++) {
    expect(await login()).toMatchObject({ code: 'code-needed' });
    api.site.clock.at += 30_000;
    expect(await login(codeOf(secret))).toMatchObject({ status: 200 });
  }
});

it('needs the password to be begun, and password and code to be removed', async () => {
  const me = await login();
  const refused = await as(me, 'POST', '/session/second-factor', { password: 'not hers at all' });
  expect(((await refused.json()) as { code: string }).code).toBe('login-failed');
  const { secret } = await setUp(me);
  const wrong = await as(me, 'POST', '/session/second-factor/remove', { password, code: '000000' });
  expect(wrong.status).toBe(401);
  const right = await as(me, 'POST', '/session/second-factor/remove', { password, code: codeOf(secret, 1) });
  expect(right.status).toBe(204);
  expect(await login()).toMatchObject({ status: 200 });
});

it('has new recovery codes made, with password and code; the earlier ones count no more', async () => {
  const me = await login();
  const { secret, recovery } = await setUp(me);
  const path = '/session/second-factor/recovery-codes';
  expect((await as(me, 'POST', path, { password, code: '000000' })).status).toBe(401);
  const response = await as(me, 'POST', path, { password, code: codeOf(secret, 1) });
  expect(response.status).toBe(200);
  const { recoveryCodes } = (await response.json()) as { recoveryCodes: string[] };
  expect(recoveryCodes).toHaveLength(10);
  expect(await login(recovery[0])).toMatchObject({ status: 401, code: 'code-wrong' });
  expect(await login(recoveryCodes[0])).toMatchObject({ status: 200 });
});

it('is reset by an administrator, which ends the sessions', async () => {
  const me = await login();
  await setUp(me);
  expect((await api.send('DELETE', '/agents/1001/second-factor', api.tokens.supervisor)).status).toBe(403);
  expect((await api.send('DELETE', '/agents/1001/second-factor', api.tokens.admin)).status).toBe(204);
  expect((await as(me, 'GET', '/session')).status).toBe(401);
  expect(await login()).toMatchObject({ status: 200 });
});

it('shuts out everything else while a role needs it and it is not set up', async () => {
  await api.close();
  api = await startApi({}, { secondFactorFor: ['agent'] });
  const me = await login();
  expect(me.needs).toBe('second-factor');
  for (const [method, path] of [
    ['GET', '/queues'],
    ['POST', '/agents/me/ready'],
  ] as const) {
    expect(await (await as(me, method, path)).json()).toMatchObject({ code: 'second-factor-first' });
  }
  expect(api.asked).toEqual([]);
  const { secret } = await setUp(me);
  expect((await as(me, 'GET', '/queues')).status).toBe(200);
  const kept = await as(me, 'POST', '/session/second-factor/remove', { password, code: codeOf(secret, 1) });
  expect(await kept.json()).toMatchObject({ code: 'second-factor-required' });
});
