// For tests of connectors: a fake server of the connector protocol, and a real sidecar core with one channel on a folder of its
// own, with its public door on a free port of loopback.
//
//   const harness = await Harness.start({ kind: wechat, settings: { … } });   // settings as after its schema (secrets as text)
//   await harness.hook({ method: 'POST', query: '?signature=…', body: '<xml>…' });   // a callback of the provider
//   await harness.server.until(() => harness.server.items.length === 1, 'the message is at the server');
//   harness.server.push({ thread: 'openid', content: { type: 'text', text: 'hello' } });   // goes to connector.send
//   await harness.stop();
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import type { ConnectorKind } from '../../../sidecar/connector.ts';
import { Core, type CoreOptions, createListener } from '../../../sidecar/index.ts';
import { type Clock, systemClock } from '../../../values/index.ts';
import { FakeServer } from './fake-server.ts';

export interface HarnessOptions<Settings> {
  kind: ConnectorKind<Settings>;
  settings: Settings;
  /** Name of the channel; default `test`. */
  channel?: string;
  /** Default: the system's. Timers are real; only what is looked up is this clock's. */
  clock?: Clock;
  /** Take up the folder of a harness that was stopped with `keep`. */
  folder?: string;
  server?: FakeServer;
  more?: Partial<CoreOptions>;
  logger?: CoreOptions['logger'];
}

export class Harness {
  readonly channel: string;
  readonly server: FakeServer;
  readonly core: Core;
  readonly folder: string;
  /** `http://127.0.0.1:40123` */
  readonly url: string;
  readonly #http: Server;

  private constructor(channel: string, server: FakeServer, core: Core, folder: string, http: Server) {
    this.channel = channel;
    this.server = server;
    this.core = core;
    this.folder = folder;
    this.#http = http;
    this.url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  }

  static async start<Settings>(options: HarnessOptions<Settings>): Promise<Harness> {
    const { kind, settings, channel = 'test', clock = systemClock, more = {} } = options;
    const folder = options.folder ?? mkdtempSync(join(tmpdir(), 'switchroom-sidecar-'));
    const server = options.server ?? new FakeServer();
    if (!options.server) await server.start();
    const logger = options.logger ?? pino({ level: process.env.TEST_LOG ?? 'silent' });
    const core = await Core.open({
      folder,
      siteKey: 'a site key of tests',
      channels: [{ name: channel, kind: kind as unknown as ConnectorKind, settings }],
      server: () => ({ url: server.url, token: server.token }),
      attachments: {
        mostBytes: 1024 * 1024,
        types: ['image/*', 'audio/*', 'video/*', 'text/plain', 'application/pdf'],
        scan: {},
      },
      keepDays: 7,
      clock,
      logger,
      backoffs: { provider: { firstMs: 5, mostMs: 50 }, server: { firstMs: 5, mostMs: 50 } },
      ...more,
    });
    const http = createListener({ core, trustProxy: [], clock, logger });
    http.listen(0, '127.0.0.1');
    await once(http, 'listening');
    core.start();
    return new Harness(channel, server, core, folder, http);
  }

  /** A callback of the provider to /hooks/<channel><path><query>. */
  hook(request: {
    method?: string;
    path?: string;
    query?: string;
    headers?: Record<string, string>;
    body?: string | Uint8Array<ArrayBuffer>;
  }): Promise<Response> {
    const { method = 'POST', path = '/', query = '', headers = {}, body } = request;
    return fetch(`${this.url}/hooks/${this.channel}${path}${query}`, {
      method,
      headers,
      ...(body === undefined ? {} : { body }),
    });
  }

  figures() {
    const [figures] = this.core.figures();
    if (!figures) throw new Error('there is no channel');
    return figures;
  }

  /** @param keep leaves the folder, and the fake server running, for the next harness */
  async stop({ keep = false } = {}): Promise<void> {
    this.#http.close();
    this.#http.closeAllConnections();
    await this.core.stop();
    if (keep) return;
    await this.server.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
