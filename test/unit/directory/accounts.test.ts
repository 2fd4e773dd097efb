import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { agentSchema, openAccounts, sessionCookie } from '../../../server/directory/index.ts';
import { oneTimeCode } from '../../../server/directory/totp.ts';
import { openSite, siteKey, type TestSite } from './site.ts';
import { unbase32 } from './unbase32.ts';

let site: TestSite;
const password = 'correct horse battery';
const address = '192.0.2.7';

beforeEach(async () => {
  site = openSite();
  await site.directory.agents.put(agentSchema.parse({ site: 'hq', id: '1001', name: 'Ada' }), 'setup');
  await site.accounts.setPassword('1001', password, 'setup');
});
afterEach(() => site.close());

const login = (given = password, name = '1001', from = address) =>
  site.accounts.login({ login: name, password: given, address: from });
const asCookie = (cookie: string) => ({ cookie: `other=1; ${sessionCookie}=${cookie}` });

describe('sessions', () => {
  it('are known by their cookie, also after a restart', async () => {
    const { cookie, principal } = await login();
    expect(principal).toMatchObject({ kind: 'session', agent: '1001', roles: ['agent'] });
    expect(site.accounts.authenticate(asCookie(cookie))).toEqual(principal);
    const { journal, directory, clock, opened } = site;
    const restarted = openAccounts({ database: opened.database, journal, directory, clock, siteKey });
    expect(restarted.authenticate(asCookie(cookie))).toEqual(principal);
    expect(site.accounts.authenticate({})).toBeUndefined();
    expect(site.accounts.authenticate(asCookie(`${cookie}x`))).toBeUndefined();
  });

  it('end when they are idle, when they are old, at logout, and when the agent is disabled', async () => {
    const hour = 3_600_000;
    const idle = await login();
    site.clock.at += 13 * hour;
    expect(site.accounts.authenticate(asCookie(idle.cookie))).toBeUndefined();
    const old = await login();
    for (let i = 0; i < 23; i++) {
      site.clock.at += hour;
      expect(site.accounts.authenticate(asCookie(old.cookie))).toBeDefined();
    }
    site.clock.at += 2 * hour;
    expect(site.accounts.authenticate(asCookie(old.cookie))).toBeUndefined();

    const ended: string[] = [];
    site.accounts.onEnded((session) => ended.push(session));
    const left = await login();
    await site.accounts.logout(left.principal);
    expect(site.accounts.authenticate(asCookie(left.cookie))).toBeUndefined();
    const disabled = await login();
    await site.directory.agents.put({ ...site.directory.agents.get('1001')!, disabled: true }, 'admin');
    expect(site.accounts.authenticate(asCookie(disabled.cookie))).toBeUndefined();
    expect(ended).toEqual([left.principal.session, disabled.principal.session]);
    await expect(login()).rejects.toMatchObject({ code: 'login-failed' });
  });

  it('end by the sweep, so that their sockets close; an open panel counts as use, but not for ever', async () => {
    const hour = 3_600_000;
    const ended: (string | undefined)[] = [];
    site.accounts.onEnded((session) => ended.push(session));
    const idle = (await login()).principal.session!;
    const panel = (await login()).principal.session!;
    for (let i = 0; i < 13; i++) {
      site.clock.at += hour;
      site.accounts.sweep(new Set([panel]));
    }
    expect(ended).toEqual([idle]);
    site.clock.at += 11 * hour;
    site.accounts.sweep(new Set([panel]));
    expect(ended).toEqual([idle, panel]);
  });

  it('are at most 32 of one person: the one used longest ago goes', async () => {
    const first = await login();
    const second = await login();
    site.clock.at += 1;
    expect(site.accounts.authenticate(asCookie(first.cookie))).toBeDefined();
    for (let i = 0; i < 31; i++) await login();
    expect(site.accounts.authenticate(asCookie(second.cookie))).toBeUndefined();
    expect(site.accounts.authenticate(asCookie(first.cookie))).toBeDefined();
    const count = site.opened.database.prepare('SELECT count(*) FROM sessions').pluck().get();
    expect(count).toBe(32);
  }, 20_000);

  it('end when the password is changed', async () => {
    const { cookie } = await login();
    await site.accounts.setPassword('1001', 'another good phrase', 'admin');
    expect(site.accounts.authenticate(asCookie(cookie))).toBeUndefined();
    await expect(login()).rejects.toMatchObject({ code: 'login-failed' });
    await login('another good phrase');
  });

  it('are not stored in clear, nor is the password', async () => {
    const { cookie } = await login();
    const dump = JSON.stringify([
      site.opened.database.prepare('SELECT * FROM sessions').all(),
      site.opened.database.prepare('SELECT * FROM logins').all(),
      site.journal.read(0),
    ]);
    expect(dump).not.toContain(cookie);
    expect(dump).not.toContain(password);
    expect(dump).toContain('$argon2id$');
  });
});

describe('passwords that are asked of a directory', () => {
  it('are not asked of it for who has one here, in whatever case her login is typed', async () => {
    await site.directory.agents.put(agentSchema.parse({ site: 'hq', id: 'wang', name: 'Wang' }), 'setup');
    await site.accounts.setPassword('wang', password, 'setup');
    const asked: string[] = [];
    site.accounts.useElsewhere(async (name) => {
      asked.push(name);
      return { agent: 'wang', admit: async () => {} };
    });
    await expect(login('of the directory', 'Wang')).rejects.toMatchObject({ code: 'login-failed' });
    expect((await login(password, 'WANG')).principal).toMatchObject({ agent: 'wang', way: 'password' });
    expect(asked).toEqual([]);
    expect((await login('of the directory', 'lin')).principal.way).toBe('ldap');
    expect(asked).toEqual(['lin']);
  });

  it('change nothing before the second factor was proved', async () => {
    const ada = agentSchema.parse({ site: 'hq', id: 'ada', name: 'Ada' });
    await site.directory.agents.put(ada, 'setup');
    const secret = unbase32(site.accounts.beginSecondFactor('ada').secret);
    const code = (later: number) => oneTimeCode(secret, Math.floor(site.clock.at / 30_000) + later);
    await site.accounts.confirmSecondFactor('ada', code(0), 'ada');
    site.accounts.useElsewhere(async () => ({
      agent: 'ada',
      admit: () => site.directory.agents.put({ ...ada, roles: ['supervisor'] }, 'ldap'),
    }));
    const enter = (given?: string) => site.accounts.login({ login: 'Ada', password: 'hers', address, code: given });
    await expect(enter()).rejects.toMatchObject({ code: 'code-needed' });
    await expect(enter('not a code')).rejects.toMatchObject({ code: 'code-wrong' });
    expect(site.directory.agents.get('ada')?.roles).toEqual(['agent']);
    expect((await enter(code(1))).principal).toMatchObject({ agent: 'ada', roles: ['supervisor'], way: 'ldap' });
  });
});

describe('guessing', () => {
  it('locks a login from one address, known or not alike, and leaves other addresses alone', async () => {
    const outcomes = async (name: string) => {
      const codes: string[] = [];
      for (let i = 0; i < 6; i++) {
        codes.push(
          await login('wrong password', name).then(
            () => 'in',
            (error: { code: string }) => error.code,
          ),
        );
      }
      return codes;
    };
    const known = await outcomes('1001');
    expect(known).toEqual([...Array(5).fill('login-failed'), 'login-locked']);
    expect(await outcomes('nobody')).toEqual(known);
    await expect(login()).rejects.toMatchObject({ code: 'login-locked', details: { seconds: 60 } });
    await expect(login(password, '1001', '192.0.2.8')).resolves.toBeDefined();
    site.clock.at += 61_000;
    await expect(login()).resolves.toBeDefined();
  });

  it('counts all addresses of one IPv6 network as one', async () => {
    const outcomes: string[] = [];
    for (let i = 0; i < 6; i++) {
      const attempt = login('wrong password', '1001', `2001:db8:1:2::${i + 1}`);
      outcomes.push(await attempt.catch((error: { code: string }) => error.code).then(String));
    }
    expect(outcomes.at(-1)).toBe('login-locked');
    await expect(login(password, '1001', '2001:db8:1:3::1')).resolves.toBeDefined();
  });

  it('does not write down a login that nobody has: it may be a password', async () => {
    await expect(login('x', 'My secret phrase')).rejects.toMatchObject({ code: 'login-failed' });
    await expect(login('x')).rejects.toMatchObject({ code: 'login-failed' });
    await site.journal.append([]);
    const refused = site.journal.read(0, { filter: { types: ['account.login-refused'] } });
    expect(refused.map(({ data }) => data)).toEqual([{ address }, { login: '1001', address }]);
  });

  it('counts attempts that come at once', async () => {
    const codes = await Promise.all(
      Array.from({ length: 20 }, () => login('wrong password').catch((error: { code: string }) => error.code)),
    );
    expect(codes.filter((code) => code === 'login-failed')).toHaveLength(5);
    expect(codes.filter((code) => code === 'login-locked')).toHaveLength(15);
  });
});

it.each([
  ['short', /at least 10/],
  ['xx1001xxyyzz', /must not contain the login/],
  ['aaaaaaaaaaaaa', /5 different/],
])('refuses the password %s', async (weak, why) => {
  await expect(site.accounts.setPassword('1001', weak, 'admin')).rejects.toThrow(why);
});

describe('tokens', () => {
  it('work until they are revoked or expire, and their secret is nowhere', async () => {
    const { token, record } = await site.accounts.createToken(
      { name: 'loader', roles: ['supervisor'], agent: '1001', endsAt: site.clock.at + 1_000 },
      'admin',
    );
    const authorization = `Bearer ${token}`;
    expect(site.accounts.authenticate({ authorization })).toMatchObject({
      kind: 'token',
      by: `token:${record.id}`,
      agent: '1001',
      roles: ['supervisor'],
    });
    const { journal, directory, clock, opened } = site;
    const restarted = openAccounts({ database: opened.database, journal, directory, clock, siteKey });
    expect(restarted.authenticate({ authorization })).toBeDefined();
    expect(site.accounts.authenticate({ authorization: `${authorization.slice(0, -1)}!` })).toBeUndefined();
    expect(JSON.stringify(site.opened.database.prepare('SELECT * FROM tokens').all())).not.toContain(token.slice(21));
    clock.at += 1_001;
    expect(site.accounts.authenticate({ authorization })).toBeUndefined();

    const other = await site.accounts.createToken({ name: 'x', roles: ['admin'] }, 'admin');
    await site.accounts.revokeToken(other.record.id, 'admin');
    expect(site.accounts.authenticate({ authorization: `Bearer ${other.token}` })).toBeUndefined();
  });

  it('refuse an agent who does not exist', async () => {
    await expect(site.accounts.createToken({ name: 'x', roles: ['agent'], agent: '9' }, 'a')).rejects.toMatchObject({
      code: 'person-unknown',
    });
  });

  it('a wrong Authorization header is never helped by a right cookie', async () => {
    const { cookie } = await login();
    expect(site.accounts.authenticate({ ...asCookie(cookie), authorization: 'Basic xyz' })).toBeUndefined();
  });
});
