// Login against a real OpenLDAP.
import { rmSync, writeFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type LdapSettings, settingsSchema } from '../../../config/index.ts';
import { agentSchema } from '../../../server/directory/index.ts';
import { ldapCheck } from '../../../server/sign-in/index.ts';
import { escapeFilter } from '../../../server/sign-in/ldap.ts';
import { logger, openSite, type TestSite } from '../directory/site.ts';
import { base, hasSlapd, type Slapd, startSlapd } from './slapd.ts';

it('escapes what is typed (RFC 4515)', () => {
  expect(escapeFilter('a*)(uid=*)\\\0')).toBe('a\\2a\\29\\28uid\\3d\\2a\\29\\5c\\00');
  expect(escapeFilter('林')).toBe('\\e6\\9e\\97');
  expect(escapeFilter('ada.l@bank.example')).toBe('ada.l@bank.example');
});

describe.skipIf(!hasSlapd)('login by a directory', () => {
  let slapd: Slapd;
  let site: TestSite;
  beforeAll(async () => {
    slapd = await startSlapd();
  });
  afterAll(() => slapd.stop());
  beforeEach(() => {
    site = openSite();
  });
  afterEach(() => site.close());

  function settings(more: Partial<LdapSettings> = {}): LdapSettings {
    const { ldaps, ca, bindDn, bindPasswordFile } = slapd;
    const groups = [
      { group: 'desk', roles: ['agent'] },
      { group: `CN=Leads,ou=groups,${base}`, roles: ['supervisor'], team: 'red' },
    ];
    const ldap = { url: ldaps, ca, bindDn, bindPasswordFile, base, groups, createAgents: true, ...more };
    return settingsSchema.parse({ login: { ldap } }).login.ldap!;
  }
  const use = (more: Partial<LdapSettings> = {}) => site.accounts.useElsewhere(ldapCheck(settings(more), site, logger));
  const login = (name: string, password = `password of ${name.toLowerCase()}`) =>
    site.accounts.login({ login: name, password, address: '192.0.2.1' });

  it('makes agents with the roles and team of their groups', async () => {
    use();
    const { principal } = await login('ada');
    expect(principal).toMatchObject({ agent: 'ada', name: 'Ada Lovelace', way: 'ldap', team: 'red' });
    expect(principal.roles).toEqual(['agent', 'supervisor']);
    const lin = await login('lin');
    expect(lin.principal).toMatchObject({ agent: 'lin', name: '林美', roles: ['agent'], team: undefined });
    const [event] = site.journal.read(0, { filter: { types: ['directory.agent-put'] } });
    expect(event?.data).toMatchObject({ key: 'ada', by: 'ldap' });
  });

  it('takes a login in any case for one person', async () => {
    use();
    await login('ada');
    expect((await login('ADA')).principal.agent).toBe('ada');
    expect(site.directory.agents.list().map(({ id }) => id)).toEqual(['ada']);
  });

  it.each([
    ['a wrong password', 'ada', 'password of eve'],
    ['somebody unknown', 'nobody', 'password of nobody'],
    ['somebody in none of the groups', 'eve', 'password of eve'],
    ['an empty password', 'ada', ''],
    ['a wildcard', 'a*', 'password of ada'],
    ['an injected filter', 'ada)(uid=*', 'password of ada'],
  ])('refuses %s in the same words', async (_what, name, password) => {
    use();
    await expect(login(name, password)).rejects.toMatchObject({
      code: 'login-failed',
      message: 'Login or password is wrong.',
    });
    expect(site.directory.agents.list()).toEqual([]);
  });

  it('refuses a name that two answer to', async () => {
    use({ filter: '(employeeNumber={login})' });
    await expect(login('twin', 'password of twin1')).rejects.toMatchObject({ code: 'login-failed' });
  });

  it('lets in only agents who are known where it may not make them, and follows their groups', async () => {
    use({ createAgents: false });
    await expect(login('ada')).rejects.toMatchObject({ code: 'login-failed' });
    const ada = agentSchema.parse({ site: 'hq', id: 'Ada', name: 'A.', roles: ['admin'], team: 'blue' });
    await site.directory.agents.put(ada, 'setup');
    expect((await login('ada')).principal).toMatchObject({ agent: 'Ada', roles: ['agent', 'supervisor'], team: 'red' });
    await site.directory.agents.put({ ...ada, disabled: true }, 'setup');
    await expect(login('ada')).rejects.toMatchObject({ code: 'login-failed' });
  });

  it('keeps the password that is kept here for those who have one', async () => {
    use();
    await site.directory.agents.put(agentSchema.parse({ site: 'hq', id: 'ada', name: 'A.' }), 'setup');
    await site.accounts.setPassword('ada', 'kept here for her', 'setup');
    expect((await login('ada', 'kept here for her')).principal.way).toBe('password');
    for (const name of ['ada', 'ADA']) await expect(login(name)).rejects.toMatchObject({ code: 'login-failed' });
    expect(site.directory.agents.get('ada')).toMatchObject({ roles: ['agent'], name: 'A.' });
    expect((await login('ADA', 'kept here for her')).principal).toMatchObject({ agent: 'ada', way: 'password' });
  });

  it('upgrades a plain connection (STARTTLS), and checks the certificate', async () => {
    use({ url: slapd.ldap, startTls: true });
    expect((await login('ada')).principal.way).toBe('ldap');
    const { ca: _, ...untrusting } = settings();
    site.accounts.useElsewhere(ldapCheck(untrusting, site, logger));
    await expect(login('ada')).rejects.toMatchObject({ code: 'login-directory-unreachable' });
  });

  it('says so where the directory is away or its password file is gone', async () => {
    use({ url: 'ldaps://127.0.0.1:1' });
    await expect(login('ada')).rejects.toMatchObject({ code: 'login-directory-unreachable', status: 503 });
    const file = `${slapd.bindPasswordFile}.other`;
    writeFileSync(file, 'wrong');
    use({ bindPasswordFile: file });
    await expect(login('ada')).rejects.toMatchObject({ code: 'login-directory-unreachable' });
    rmSync(file);
    await expect(login('ada')).rejects.toMatchObject({ code: 'login-directory-unreachable' });
  });

  it('is refused by the settings where passwords would go in clear', () => {
    const ldap = { url: 'ldap://dc.bank.example', base, groups: [{ group: 'desk', roles: ['agent'] }] };
    expect(settingsSchema.safeParse({ login: { ldap } }).error?.message).toContain('in clear');
  });
});
