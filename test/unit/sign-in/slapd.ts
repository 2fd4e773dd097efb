// OpenLDAP's slapd on a free port of this machine, with people and groups of a bank, by LDAP and LDAPS.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'ldapts';
import { selfSigned } from '../../../cli/self-signed.ts';

const program = '/usr/sbin/slapd';
export const hasSlapd = existsSync(program);
export const base = 'dc=bank,dc=example';
const admin = { dn: `cn=admin,${base}`, password: 'only for this test' };

export interface Slapd {
  ldap: string;
  ldaps: string;
  /** Files: the certificate that it shows, and the password of `bindDn`. */
  ca: string;
  bindDn: string;
  bindPasswordFile: string;
  stop(): Promise<void>;
}

export async function startSlapd(): Promise<Slapd> {
  const folder = mkdtempSync(join(tmpdir(), 'switchroom-slapd-'));
  const file = (name: string) => join(folder, name);
  const [plain, secure] = [await freePort(), await freePort()];
  const span = { from: new Date(Date.now() - 60_000), to: new Date(Date.now() + 3_600_000) };
  const { certificate, key } = selfSigned(['localhost', '127.0.0.1'], span);
  writeFileSync(file('certificate.pem'), certificate);
  writeFileSync(file('key.pem'), key, { mode: 0o600 });
  writeFileSync(file('password'), `${admin.password}\n`, { mode: 0o600 });
  mkdirSync(file('db'));
  writeFileSync(
    file('slapd.conf'),
    `${['core', 'cosine', 'inetorgperson'].map((name) => `include /etc/ldap/schema/${name}.schema`).join('\n')}
modulepath /usr/lib/ldap
moduleload back_mdb
moduleload memberof
pidfile ${file('pid')}
TLSCertificateFile ${file('certificate.pem')}
TLSCertificateKeyFile ${file('key.pem')}
database mdb
maxsize 10485760
suffix "${base}"
rootdn "${admin.dn}"
rootpw "${admin.password}"
directory ${file('db')}
overlay memberof
access to attrs=userPassword by anonymous auth by * none
access to * by users read by * none
`,
  );
  const [ldap, ldaps] = [`ldap://127.0.0.1:${plain}`, `ldaps://127.0.0.1:${secure}`];
  // -d keeps it in the foreground.
  const child = spawn(program, ['-d', '0', '-f', file('slapd.conf'), '-h', `${ldap} ${ldaps}`], { stdio: 'ignore' });
  await answering(child, ldap);
  await fill(ldap);
  return {
    ldap,
    ldaps,
    ca: file('certificate.pem'),
    bindDn: admin.dn,
    bindPasswordFile: file('password'),
    async stop() {
      if (child.exitCode === null) {
        child.kill('SIGTERM');
        await once(child, 'exit');
      }
      rmSync(folder, { recursive: true });
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function answering(child: ChildProcess, url: string): Promise<void> {
  for (;;) {
    if (child.exitCode !== null) throw new Error(`slapd ended with ${child.exitCode}`);
    const client = new Client({ url, connectTimeout: 1_000 });
    try {
      await client.bind(admin.dn, admin.password);
      await client.unbind();
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ECONNREFUSED') throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

async function fill(url: string): Promise<void> {
  const client = new Client({ url });
  await client.bind(admin.dn, admin.password);
  await client.add(base, { objectClass: ['dcObject', 'organization'], dc: 'bank', o: 'Bank' });
  for (const ou of ['people', 'groups']) {
    await client.add(`ou=${ou},${base}`, { objectClass: 'organizationalUnit', ou });
  }
  const person = (uid: string, cn: string, more = {}) =>
    client.add(`uid=${uid},ou=people,${base}`, {
      objectClass: 'inetOrgPerson',
      uid,
      cn,
      sn: cn,
      userPassword: `password of ${uid}`,
      ...more,
    });
  await person('ada', 'Ada Lovelace');
  await person('lin', '林美');
  await person('eve', 'Eve');
  // Two entries that answer to one name.
  await person('twin1', 'Twin', { employeeNumber: 'twin' });
  await person('twin2', 'Twin', { employeeNumber: 'twin' });
  const group = (cn: string, uids: string[]) =>
    client.add(`cn=${cn},ou=groups,${base}`, {
      objectClass: 'groupOfNames',
      cn,
      member: uids.map((uid) => `uid=${uid},ou=people,${base}`),
    });
  await group('Desk', ['ada', 'lin', 'twin1', 'twin2']);
  await group('Leads', ['ada']);
  await group('Cleaning', ['eve']);
  await client.unbind();
}
