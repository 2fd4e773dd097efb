// A real drachtio-server for tests, where SWITCHROOM_DRACHTIO_SERVER names its program: started on free ports of loopback,
// killed and started again by pid. No package has one, so it comes with nobody.
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freeTcpPort } from '../product/tcp-port.ts';
import { until } from '../product/until.ts';

const program = process.env.SWITCHROOM_DRACHTIO_SERVER ?? '';

/** Whether there is one. @throws where the variable names none */
export function hasDrachtioServer(): boolean {
  if (program !== '' && !existsSync(program)) throw new Error(`SWITCHROOM_DRACHTIO_SERVER: there is no ${program}`);
  return program !== '';
}

export class DrachtioServer {
  /** Of its administration. */
  readonly port: number;
  readonly sipPort: number;
  readonly secret = randomBytes(18).toString('base64url');
  readonly #folder = mkdtempSync(join(tmpdir(), 'drachtio-server-'));
  #process: ChildProcess | undefined;
  #said = '';

  private constructor(port: number, sipPort: number) {
    this.port = port;
    this.sipPort = sipPort;
    writeFileSync(this.secretFile, `${this.secret}\n`);
    writeFileSync(
      join(this.#folder, 'drachtio.conf.xml'),
      `<drachtio>
        <admin port="${port}" secret="${this.secret}">127.0.0.1</admin>
        <sip><contacts><contact>sip:127.0.0.1:${sipPort};transport=udp,tcp</contact></contacts></sip>
        <logging><console/><sofia-loglevel>0</sofia-loglevel><loglevel>notice</loglevel></logging>
      </drachtio>`,
    );
  }

  static async start(): Promise<DrachtioServer> {
    const server = new DrachtioServer(await freeTcpPort(), await freeTcpPort());
    await server.run();
    return server;
  }

  /** A file with its secret, as an admin has one. */
  get secretFile(): string {
    return join(this.#folder, 'secret');
  }

  /** Starts it (again) and resolves when it takes connections. */
  async run(): Promise<void> {
    const file = join(this.#folder, 'drachtio.conf.xml');
    const child = spawn(program, ['--file', file], { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#process = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (text: Buffer) => {
        this.#said = (this.#said + String(text)).slice(-4_000);
      });
    }
    await until(
      async () => {
        if (child.exitCode !== null) throw new Error(`drachtio-server did not start:\n${this.#said}`);
        return answers(this.port);
      },
      () => `drachtio-server takes connections:\n${this.#said}`,
    );
  }

  /** As a crash does. */
  async kill(): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  }

  async stop(): Promise<void> {
    await this.kill();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(port, '127.0.0.1');
    socket.on('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}
