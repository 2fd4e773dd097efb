// A real Asterisk for tests: unpacked once into a folder of its own (about 12 s, no root), started with the product's own
// configuration on free ports of loopback, stopped and killed by pid.
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeAsteriskConfiguration } from '../../media/asterisk/index.ts';
import { asteriskRoot } from './asterisk-unpacked.ts';

export { hasAsterisk } from './asterisk-unpacked.ts';

export class AsteriskEngine {
  readonly url: string;
  readonly sip: string;
  readonly user = 'switchroom';
  readonly secret: string;
  readonly folder: string;
  readonly rtpPorts: { from: number; to: number };
  #process: ChildProcess | undefined;

  /** Of its HTTP over TLS, where it was started with it. */
  readonly tlsUrl: string;

  private constructor(folder: string, url: string, tlsUrl: string, sip: string, secret: string, firstRtp: number) {
    this.tlsUrl = tlsUrl;
    this.folder = folder;
    this.rtpPorts = { from: firstRtp, to: firstRtp + 1_999 };
    this.url = url;
    this.sip = sip;
    this.secret = secret;
  }

  /**
   * @param elsewhere as on another host: SIP, RTP and HTTP over TLS at that address of loopback; plain HTTP stays where it is,
   * for this class
   */
  static async start(elsewhere?: { address: string; certificate: string; key: string }): Promise<AsteriskEngine> {
    const folder = mkdtempSync(join(tmpdir(), 'asterisk-'));
    const address = elsewhere?.address ?? '127.0.0.1';
    const [http, https, manager, sip] = await Promise.all([
      freeTcpPort('127.0.0.1'),
      freeTcpPort(address),
      freeTcpPort('127.0.0.1'),
      freeUdpPort(address),
    ]);
    const tls = elsewhere && {
      place: `${address}:${https}`,
      certificate: join(folder, 'http.pem'),
      key: join(folder, 'http.key'),
    };
    if (tls) {
      writeFileSync(tls.certificate, elsewhere.certificate);
      writeFileSync(tls.key, elsewhere.key, { mode: 0o600 });
    }
    const secret = randomBytes(18).toString('base64url');
    const first = 10_000 + 2 * Math.floor(Math.random() * 4_000);
    writeAsteriskConfiguration({
      etc: join(folder, 'etc'),
      var: join(folder, 'var'),
      modules: join(asteriskRoot, 'usr/lib/x86_64-linux-gnu/asterisk/modules'),
      data: join(asteriskRoot, 'usr/share/asterisk'),
      http: { address: '127.0.0.1', port: http },
      https: tls,
      managerPort: manager,
      sip: `${address}:${sip}`,
      rtp: { address, first, last: first + 1_999 },
      user: 'switchroom',
      secret,
      server: '127.0.0.1',
      edge: ['127.0.0.1'],
      maxCalls: 0,
    });
    const [plain, secure] = [`http://127.0.0.1:${http}`, `https://${address}:${https}`];
    const engine = new AsteriskEngine(folder, plain, secure, `${address}:${sip}`, secret, first);
    writeFileSync(engine.secretFile, `${secret}\n`, { mode: 0o600 });
    await engine.run();
    return engine;
  }

  /** A file with its password, as an admin has one. */
  get secretFile(): string {
    return join(this.folder, 'secret');
  }

  /** Channels that it has at this moment. */
  async channels(): Promise<number> {
    const answer = await fetch(`${this.url}/ari/channels`, { headers: { authorization: this.#authorization } });
    return ((await answer.json()) as unknown[]).length;
  }

  get #authorization(): string {
    return `Basic ${Buffer.from(`${this.user}:${this.secret}`).toString('base64')}`;
  }

  get pid(): number {
    return this.#process?.pid ?? 0;
  }

  /** Starts it (again) and resolves when ARI answers. */
  async run(): Promise<void> {
    const libraries = join(asteriskRoot, 'usr/lib/x86_64-linux-gnu');
    const loader = join(asteriskRoot, 'lib64/ld-linux-x86-64.so.2');
    const program = ['--library-path', libraries, join(asteriskRoot, 'usr/sbin/asterisk')];
    const child = spawn(loader, [...program, '-f', '-C', join(this.folder, 'etc/asterisk.conf')], { stdio: 'ignore' });
    this.#process = child;
    const deadline = performance.now() + 15_000;
    for (;;) {
      if (child.exitCode !== null || performance.now() > deadline)
        throw new Error(`Asterisk did not start:\n${this.log()}`);
      const answered = await fetch(`${this.url}/ari/asterisk/ping`, {
        headers: { authorization: this.#authorization },
      }).then(
        ({ ok }) => ok,
        () => false,
      );
      if (answered) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** As a crash does. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  async stop(): Promise<void> {
    await this.#end('SIGTERM');
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** What it logged: warnings and errors. */
  log(): string {
    const file = join(this.folder, 'var/log/messages');
    return existsSync(file) ? readFileSync(file, 'utf8') : '';
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill(signal);
    const late = setTimeout(() => child.kill('SIGKILL'), 5_000);
    await gone;
    clearTimeout(late);
  }
}

async function freeTcpPort(address: string): Promise<number> {
  const server = createServer().listen(0, address);
  await once(server, 'listening');
  const bound = server.address();
  server.close();
  await once(server, 'close');
  return typeof bound === 'object' && bound ? bound.port : 0;
}

async function freeUdpPort(address: string): Promise<number> {
  const socket = createSocket('udp4');
  socket.bind(0, address);
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  await once(socket, 'close');
  return port;
}
