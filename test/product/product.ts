// The whole product for tests and benches: the supervisor with the real edge and the real server, on free ports of
// loopback and a data folder of its own, driven over the public API.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readSettings, type Settings } from '../../config/index.ts';
import { type ServerReady, Supervisor } from '../../supervisor/index.ts';

const root = join(import.meta.dirname, '..', '..');
const mains = {
  edge: join(root, 'edge', 'main.ts'),
  server: join(root, 'server', 'main.ts'),
  sidecar: join(root, 'sidecar', 'main.ts'),
};

export interface Answer<Body> {
  status: number;
  body: Body;
}

export interface ProductOptions {
  /** Settings as environment variables, over those of a test. */
  env?: Record<string, string>;
  /** Digital channels of the sidecar, as in sidecar.json; without any there is no sidecar. */
  channels?: Record<string, { kind: string; settings: Record<string, unknown> }>;
  /** Take up the data of a product that was stopped. */
  data?: string;
  /** Where the programs' logs go; default `<data>/log`. */
  logs?: string;
}

export class Product {
  readonly settings: Settings;
  readonly supervisor: Supervisor;
  /** Only at the first start on a data folder. */
  readonly created: ServerReady['created'];
  /** `127.0.0.1:34567`, UDP. */
  readonly sip: string;
  /** `http://127.0.0.1:34568`. */
  readonly web: string;
  /** `http://127.0.0.1:34569`, where there is a sidecar. */
  readonly sidecar: string;

  private constructor(settings: Settings, started: Awaited<ReturnType<typeof Supervisor.start>>) {
    this.settings = settings;
    this.supervisor = started.supervisor;
    this.created = started.server.created;
    this.sip = (started.server.sip.find((one) => one.startsWith('udp/127.')) ?? '').slice('udp/'.length);
    this.web = started.server.web.find((one) => one.includes('127.0.0.1')) ?? '';
    const { sidecar } = started;
    if (sidecar && 'failed' in sidecar) throw new Error(sidecar.failed);
    this.sidecar = sidecar?.web[0] ?? '';
  }

  /** Starts everything; `stop` ends it. */
  static async start({ env = {}, channels, data, logs }: ProductOptions = {}): Promise<Product> {
    const folder = data ?? mkdtempSync(join(tmpdir(), 'switchroom-product-'));
    if (channels) writeFileSync(join(folder, 'sidecar.json'), JSON.stringify({ channels }));
    const settings = readSettings(
      {
        SWITCHROOM_BIND: '127.0.0.1',
        SWITCHROOM_SIP_PORT: '0',
        SWITCHROOM_HTTP_PORT: '0',
        SWITCHROOM_SIDECAR_PORT: '0',
        SWITCHROOM_SIP_DIGESTS: 'SHA-256,MD5',
        SWITCHROOM_DATA: folder,
        SWITCHROOM_FLOWS: join(root, 'ivr-flows'),
        SWITCHROOM_LOG_LEVEL: 'warn',
        ...env,
      },
      folder,
    );
    return new Product(settings, await Supervisor.start(settings, { mains, logs: logs ?? join(folder, 'log') }));
  }

  get pids(): { edge: number; server: number; sidecar: number } {
    const { edge, server, sidecar } = this.supervisor;
    return { edge: edge.pid ?? 0, server: server.pid ?? 0, sidecar: sidecar?.pid ?? 0 };
  }

  /** Generated secrets of a demo login. */
  login(name: string): NonNullable<ServerReady['created']>[number] {
    const found = this.created?.find(({ login }) => login === name);
    if (!found) throw new Error(`no login ${name} was created`);
    return found;
  }

  /** Asks the API as an administrator, over the local socket. */
  async ask<Body = Record<string, unknown>>(method: string, path: string, body?: unknown): Promise<Answer<Body>> {
    const { status, text } = await this.#request(method, `/api/v1${path}`, body);
    return { status, body: (text === '' ? undefined : JSON.parse(text)) as Body };
  }

  /** The figures of /metrics, as text. */
  async metrics(): Promise<string> {
    return (await this.#request('GET', '/metrics')).text;
  }

  /** As `ask`, but anything from 400 on is an error of the test. */
  async must<Body = Record<string, unknown>>(method: string, path: string, body?: unknown): Promise<Body> {
    const { status, body: answer } = await this.ask<Body>(method, path, body);
    if (status >= 400) throw new Error(`${method} ${path}: ${status} ${JSON.stringify(answer)}`);
    return answer;
  }

  /** Signs an agent in and makes her ready, as a synthetic agent does. */
  async ready(agent: string): Promise<void> {
    await this.must('POST', `/agents/${agent}/sign-in`, {});
    await this.must('POST', `/agents/${agent}/ready`, {});
  }

  /** Kills a program as a crash does; the supervisor starts it again. */
  kill(program: 'edge' | 'server' | 'sidecar'): void {
    process.kill(this.pids[program], 'SIGKILL');
  }

  async stop({ keep = false } = {}): Promise<void> {
    await this.supervisor.stop();
    if (!keep) rmSync(this.settings.data, { recursive: true, force: true });
  }

  async #request(method: string, path: string, body?: unknown): Promise<{ status: number; text: string }> {
    const socketPath = join(this.settings.data, 'run', 'server.sock');
    const headers = body === undefined ? {} : { 'content-type': 'application/json' };
    return new Promise((done, fail) => {
      const asked = request({ socketPath, method, path, headers }, (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (part: string) => {
          text += part;
        });
        response.on('end', () => done({ status: response.statusCode ?? 0, text }));
      });
      asked.on('error', fail);
      asked.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }
}
