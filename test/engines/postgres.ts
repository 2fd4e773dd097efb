// A PostgreSQL of our own in a folder of its own, reached by a Unix socket alone: no port, no password, nothing left behind.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';

const versions = '/usr/lib/postgresql';

/** Folder of Debian's newest PostgreSQL programs. */
function programs(): string | undefined {
  if (!existsSync(versions)) return undefined;
  const newest = readdirSync(versions).sort((a, b) => Number(b) - Number(a))[0];
  const folder = newest === undefined ? undefined : join(versions, newest, 'bin');
  return folder !== undefined && existsSync(join(folder, 'initdb')) ? folder : undefined;
}

export const hasPostgres = programs() !== undefined;

/** PostgreSQL refuses to run as root: then it runs as Debian's own user for it. */
function user(): { uid?: number; gid?: number } {
  if (userInfo().uid !== 0) return {};
  const id = (kind: string) => Number(execFileSync('id', [kind, 'postgres'], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}

export class Postgres {
  readonly url: string;
  readonly #folder: string;
  readonly #password: string | undefined;
  readonly #as: { uid?: number; gid?: number };
  #process: ChildProcess | undefined;

  private constructor(folder: string, as: { uid?: number; gid?: number }, password: string | undefined) {
    this.#password = password;
    this.#folder = folder;
    this.#as = as;
    this.url = `postgres://switchroom@/postgres?host=${encodeURIComponent(join(folder, 'run'))}`;
  }

  /** The address with its password, where it has one: what stands in an address counts over every other word. */
  get login(): string {
    if (this.#password === undefined) return this.url;
    return this.url.replace('switchroom@', `switchroom:${encodeURIComponent(this.#password)}@`);
  }

  /** @param password with that only (SCRAM-SHA-256, RFC 7677); without it whoever reaches the socket is let in */
  static async start(password?: string): Promise<Postgres> {
    const as = user();
    const folder = mkdtempSync(join(tmpdir(), 'switchroom-pg-'));
    for (const name of ['run', 'data']) mkdirSync(join(folder, name), { mode: 0o700 });
    if (as.uid !== undefined && as.gid !== undefined)
      for (const path of [folder, join(folder, 'run'), join(folder, 'data')]) chownSync(path, as.uid, as.gid);
    const made = new Postgres(folder, as, password);
    const login = ['-A', 'trust'];
    if (password !== undefined) {
      const file = join(folder, 'password');
      writeFileSync(file, `${password}\n`, { mode: 0o600 });
      if (as.uid !== undefined && as.gid !== undefined) chownSync(file, as.uid, as.gid);
      login.splice(0, 2, '-A', 'scram-sha-256', `--pwfile=${file}`);
    }
    const args = ['-D', join(folder, 'data'), ...login, '-U', 'switchroom', '-E', 'UTF8', '--locale=C', '-N'];
    execFileSync(join(programs() ?? '', 'initdb'), args, { ...as, cwd: folder, stdio: 'ignore' });
    await made.run();
    return made;
  }

  /** Starts it (again), and resolves when it takes connections. */
  async run(): Promise<void> {
    const run = join(this.#folder, 'run');
    const settings = ['fsync=off', 'shared_buffers=32MB', 'max_connections=40'].flatMap((one) => ['-c', one]);
    const args = ['-D', join(this.#folder, 'data'), '-k', run, '-c', 'listen_addresses=', ...settings];
    this.#process = spawn(join(programs() ?? '', 'postgres'), args, {
      ...this.#as,
      cwd: this.#folder,
      stdio: 'ignore',
    });
    const { promise, reject, resolve } = Promise.withResolvers<void>();
    this.#process.once('exit', () => reject(new Error('PostgreSQL did not start')));
    const knock = async (): Promise<void> => {
      const client = new pg.Client({ connectionString: this.login });
      // Not there yet: it says so, and is asked again.
      client.on('error', () => {});
      try {
        await client.connect();
        await client.end();
        resolve();
      } catch {
        setTimeout(() => void knock(), 50);
      }
    };
    void knock();
    await promise;
  }

  /** As when the machine pulls the plug on it. */
  async kill(): Promise<void> {
    const gone = this.#process && this.#process.exitCode === null && once(this.#process, 'exit');
    // Its children find out by themselves.
    this.#process?.kill('SIGKILL');
    await gone;
    rmSync(join(this.#folder, 'data', 'postmaster.pid'), { force: true });
  }

  async close(): Promise<void> {
    const gone = this.#process && this.#process.exitCode === null && once(this.#process, 'exit');
    this.#process?.kill('SIGINT');
    await gone;
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
