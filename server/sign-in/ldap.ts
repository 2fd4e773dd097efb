// Passwords checked by a directory (LDAP, Active Directory): find the person, then bind as her.
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { Client, type Entry, InvalidCredentialsError, NoSuchObjectError } from 'ldapts';
import type { Logger } from 'pino';
import type { LdapSettings } from '../../config/index.ts';
import type { Vouched } from '../directory/index.ts';
import { admission, type House } from './admit.ts';
import { failed } from './errors.ts';
import { secretIn } from './secret-file.ts';

/** @returns undefined where login or password is wrong, or she may not in. @throws login-directory-unreachable */
export type CheckLdap = (login: string, password: string) => Promise<Vouched | undefined>;

/** What `Accounts.useElsewhere` wants. */
export function ldapCheck(settings: LdapSettings, house: House, logger: Logger): CheckLdap {
  return async (login, password) => {
    // An empty password would be an anonymous bind, which succeeds (RFC 4513 §5.1.2).
    if (password === '') return undefined;
    let person: { name: string | undefined; groups: string[] } | undefined;
    try {
      person = await vouchedFor(settings, login, password);
    } catch (cause) {
      logger.error({ err: cause, url: settings.url }, 'the directory of logins cannot be asked');
      throw failed['login-directory-unreachable']({}, { cause });
    }
    return person && admission(house, { login, ...person }, settings, 'ldap');
  };
}

async function vouchedFor(
  settings: LdapSettings,
  login: string,
  password: string,
): Promise<{ name: string | undefined; groups: string[] } | undefined> {
  const { base, filter, nameAttribute, groupsAttribute, bindDn, bindPasswordFile } = settings;
  const found = await connected(settings, async (client) => {
    if (bindDn !== undefined && bindPasswordFile !== undefined) await client.bind(bindDn, secretIn(bindPasswordFile));
    const { searchEntries } = await client.search(base, {
      scope: 'sub',
      filter: filter.replaceAll('{login}', escapeFilter(login)),
      attributes: [nameAttribute, groupsAttribute],
      sizeLimit: 2,
    });
    // Two who answer to one login: neither is let in.
    return searchEntries.length === 1 ? searchEntries[0] : undefined;
  });
  // Who is not there is tried as well, so that the time does not tell.
  const dn = found?.dn ?? `cn=${randomBytes(8).toString('hex')},${base}`;
  const right = await connected(settings, async (client) => {
    try {
      await client.bind(dn, password);
      return true;
    } catch (error) {
      if (error instanceof InvalidCredentialsError || error instanceof NoSuchObjectError) return false;
      throw error;
    }
  });
  if (!right || found === undefined) return undefined;
  return { name: texts(found, nameAttribute)[0], groups: texts(found, groupsAttribute) };
}

async function connected<Result>(settings: LdapSettings, work: (client: Client) => Promise<Result>): Promise<Result> {
  const { url, startTls, ca, timeoutSeconds } = settings;
  const timeout = timeoutSeconds * 1_000;
  const tlsOptions = { minVersion: 'TLSv1.2' as const, ...(ca === undefined ? {} : { ca: [readFileSync(ca)] }) };
  const secure = url.startsWith('ldaps:');
  const client = new Client({ url, timeout, connectTimeout: timeout, ...(secure ? { tlsOptions } : {}) });
  try {
    if (startTls && !secure) await client.startTLS({ ...tlsOptions, ...nameFor(url) });
    return await work(client);
  } finally {
    await client.unbind();
  }
}

/** RFC 6066 §3: an address is no server name. */
function nameFor(url: string): { servername?: string } {
  const { hostname } = new URL(url);
  return isIP(hostname.replace(/^\[|\]$/g, '')) === 0 ? { servername: hostname } : {};
}

function texts(entry: Entry, attribute: string): string[] {
  const name = Object.keys(entry).find((key) => key.toLowerCase() === attribute.toLowerCase());
  const value = name === undefined ? [] : entry[name];
  return (Array.isArray(value) ? value : [value]).flatMap((one) => (one === undefined ? [] : [String(one)]));
}

/** RFC 4515 §3. */
export function escapeFilter(text: string): string {
  return [...Buffer.from(text)]
    .map((byte) => {
      const letter = String.fromCharCode(byte);
      return /[A-Za-z0-9@._-]/.test(letter) ? letter : `\\${byte.toString(16).padStart(2, '0')}`;
    })
    .join('');
}
