// A real mail server for tests: Debian's Dovecot (IMAP) and Exim (SMTP) on free ports of loopback, all their files in a folder
// of its own. As root only, as both change to users of their own.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const dovecot = '/usr/sbin/dovecot';
const exim = '/usr/sbin/exim4';

/** Why there is none here; undefined: there is one. */
export function noMailServer(): string | undefined {
  if (process.getuid?.() !== 0) return 'Dovecot and Exim change to users of their own: root only';
  const missing = [dovecot, exim].filter((program) => !existsSync(program));
  return missing.length > 0 ? `${missing.join(', ')} are not installed` : undefined;
}

export const password = 'secret';

export class MailServer {
  readonly folder = mkdtempSync(join(tmpdir(), 'switchroom-mail-'));
  readonly ca = join(this.folder, 'cert.pem');
  readonly ports = { imap: 0, imaps: 0, smtp: 0, smtps: 0 };
  #dovecot: ChildProcess | undefined;
  #exim: ChildProcess | undefined;
  #puts = 0;

  static async start(): Promise<MailServer> {
    const server = new MailServer();
    chmodSync(server.folder, 0o755);
    for (const name of ['imap', 'imaps', 'smtp', 'smtps'] as const) server.ports[name] = await freePort();
    server.#certificate();
    server.#configure();
    for (const user of ['li@example.com', 'wang@example.com']) server.addUser(user);
    await server.startImap();
    await server.#startSmtp();
    return server;
  }

  async startImap(): Promise<void> {
    this.#dovecot = spawn(dovecot, ['-F', '-c', join(this.folder, 'dovecot.conf')], {
      stdio: 'ignore',
      detached: true,
    });
    await listening(this.ports.imap);
    await listening(this.ports.imaps);
  }

  async stopImap(): Promise<void> {
    await ended(this.#dovecot);
    this.#dovecot = undefined;
  }

  async stop(): Promise<void> {
    await ended(this.#dovecot);
    await ended(this.#exim);
    rmSync(this.folder, { recursive: true, force: true });
  }

  addUser(user: string): void {
    appendFileSync(join(this.folder, 'users'), `${user}: ${user}\n`);
  }

  /** Puts a mail there, whatever it is. @param mailbox as Maildir++ names it: ".Cards" */
  put(user: string, raw: string, mailbox = ''): void {
    const home = join(this.folder, 'mail', user);
    const folder = join(home, mailbox);
    for (const part of ['new', 'cur', 'tmp']) mkdirSync(join(folder, part), { recursive: true });
    const name = `${Date.now()}.${++this.#puts}.test`;
    writeFileSync(join(folder, 'tmp', name), raw, 'latin1');
    spawnSync('chown', ['-R', 'Debian-exim:Debian-exim', home]);
    renameSync(join(folder, 'tmp', name), join(folder, 'new', name));
  }

  markSeen(user: string, containing: string): void {
    const folder = join(this.folder, 'mail', user);
    for (const name of readdirSync(join(folder, 'new'))) {
      const file = join(folder, 'new', name);
      if (readFileSync(file, 'latin1').includes(`${containing}\n`))
        renameSync(file, join(folder, 'cur', `${name}:2,S`));
    }
  }

  /** The mails of a user, as they were delivered. */
  mails(user: string, mailbox = ''): string[] {
    const folder = join(this.folder, 'mail', user, mailbox);
    return ['new', 'cur'].flatMap((part) => {
      const inside = join(folder, part);
      return existsSync(inside) ? readdirSync(inside).map((name) => readFileSync(join(inside, name), 'latin1')) : [];
    });
  }

  /** All mails of the mailbox get other UIDs. Only while IMAP is stopped. */
  numberAnew(user: string): void {
    const folder = join(this.folder, 'mail', user);
    for (const name of readdirSync(folder)) {
      if (/^dovecot[.-]/.test(name)) rmSync(join(folder, name));
    }
    const list = join(folder, 'dovecot-uidlist');
    writeFileSync(list, `3 V4242 N1 G${'0123456789abcdef'.repeat(2)}\n`);
    spawnSync('chown', ['Debian-exim:Debian-exim', list]);
  }

  /** Words that Dovecot offers from its next start on. */
  capabilities(words: string): void {
    this.#configure(`imap_capability = ${words}`);
  }

  log(): string {
    return ['dovecot.log', 'exim-main.log', 'exim-reject.log', 'exim-panic.log']
      .map((name) => join(this.folder, name))
      .filter((file) => existsSync(file))
      .map((file) => readFileSync(file, 'utf8'))
      .join('\n');
  }

  async #startSmtp(): Promise<void> {
    this.#exim = spawn(exim, ['-bdf', '-q1s', '-C', join(this.folder, 'exim.conf')], {
      stdio: 'ignore',
      detached: true,
    });
    await listening(this.ports.smtp);
    await listening(this.ports.smtps);
  }

  #certificate(): void {
    const made = spawnSync('openssl', [
      ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=mail.bank.example'],
      ...['-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'],
      ...['-keyout', join(this.folder, 'key.pem'), '-out', this.ca],
    ]);
    if (made.status !== 0) throw new Error(`openssl: ${made.stderr}`);
    // Exim reads it as its own user.
    chmodSync(join(this.folder, 'key.pem'), 0o644);
  }

  #configure(more = ''): void {
    const { folder: at, ports } = this;
    for (const name of ['mail', 'spool', 'run', 'state']) mkdirSync(join(at, name), { recursive: true });
    spawnSync('chown', ['Debian-exim:Debian-exim', join(at, 'mail')]);
    spawnSync('chown', ['Debian-exim:Debian-exim', join(at, 'spool'), at]);
    writeFileSync(
      join(at, 'dovecot.conf'),
      `base_dir = ${at}/run
state_dir = ${at}/state
instance_name = switchroom-${ports.imap}
log_path = ${at}/dovecot.log
protocols = imap
listen = 127.0.0.1
ssl = yes
ssl_cert = <${at}/cert.pem
ssl_key = <${at}/key.pem
ssl_min_protocol = TLSv1.2
disable_plaintext_auth = yes
auth_failure_delay = 0
mail_location = maildir:${at}/mail/%u
mail_privileged_group =
first_valid_uid = 1
${more}
passdb {
  driver = static
  args = password=${password}
}
userdb {
  driver = static
  args = uid=Debian-exim gid=Debian-exim home=${at}/mail/%u
}
namespace inbox {
  inbox = yes
  separator = /
  mailbox Sent {
    auto = create
  }
}
service imap-login {
  inet_listener imap {
    port = ${ports.imap}
  }
  inet_listener imaps {
    port = ${ports.imaps}
    ssl = yes
  }
}
`,
    );
    writeFileSync(
      join(at, 'exim.conf'),
      `primary_hostname = mail.bank.example
local_interfaces = 127.0.0.1
daemon_smtp_ports = ${ports.smtp} : ${ports.smtps}
tls_on_connect_ports = ${ports.smtps}
tls_advertise_hosts = *
tls_certificate = ${at}/cert.pem
tls_privatekey = ${at}/key.pem
spool_directory = ${at}/spool
log_file_path = ${at}/exim-%s.log
pid_file_path = ${at}/exim.pid
message_size_limit = 3M
keep_environment =
never_users =
allow_domain_literals
acl_smtp_rcpt = rcpt
begin acl
rcpt:
  deny local_parts = nobody
       message = 5.1.1 there is nobody of that name
  defer local_parts = busy
       message = 4.2.2 come back later
  accept authenticated = *
  accept condition = \${if def:authenticated_id {no}{yes}}
         domains = bank.example : example.com
  deny message = relay not permitted
begin routers
gone:
  driver = redirect
  local_parts = gone
  allow_fail
  data = :fail: 5.1.6 that mailbox has moved
known:
  driver = accept
  condition = \${lookup{$local_part@$domain}lsearch{${at}/users}{yes}{no}}
  local_part_suffix = +*
  local_part_suffix_optional
  transport = maildir
begin transports
maildir:
  driver = appendfile
  directory = ${at}/mail/\${lookup{$local_part@$domain}lsearch{${at}/users}}
  maildir_format
  create_directory
  return_path_add
  user = Debian-exim
  group = Debian-exim
begin retry
* * F,1h,1m
begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = \${if eq{$auth3}{${password}}}
  server_set_id = $auth2
  server_advertise_condition = \${if def:tls_in_cipher}
`,
    );
    chmodSync(join(at, 'exim.conf'), 0o644);
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

async function listening(port: number): Promise<void> {
  for (let tries = 0; ; tries++) {
    const socket = connect(port, '127.0.0.1');
    const there = await new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(true));
      socket.once('error', () => resolve(false));
    });
    socket.destroy();
    if (there) return;
    if (tries > 200) throw new Error(`nobody listens on ${port}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

async function ended(child: ChildProcess | undefined): Promise<void> {
  if (!child || child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  // With all its children at once; politely, Dovecot takes seconds.
  if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
  await exit;
}
