// The gateway on the edge's main thread: serves the requests of the link, and starts the thread that does them when the
// first comes, so that an edge beside another gateway holds no port and no memory for it.
import { networkInterfaces } from 'node:os';
import type { Logger } from 'pino';
import { gatewayPrefixes, LinkFailure, type LinkServer } from '../../link/index.ts';
import { type Body, bodyOf, idOf } from '../rtp/index.ts';
import { ThreadHandle } from '../threads/index.ts';
import type { GatewayOptions } from './gateway.ts';

export interface WebRtcOptions {
  link: LinkServer;
  logger: Logger;
  /** Addresses for browsers; `0.0.0.0` and `::` stand for all of this machine. */
  bind: readonly string[];
  /** Address or name that browsers are told instead (NAT). */
  announce?: string | undefined;
  /** The first that is free is the browsers', UDP; the others are the lines', in pairs. */
  ports: { from: number; to: number };
  /** A browser that was not heard for that long is disconnected. Default 8,000 ms. */
  consentMs?: number | undefined;
  /** A connection that is not up by then, or is disconnected for that long, is closed. Default 30,000 ms. */
  patienceMs?: number | undefined;
  /** Between two quality events of a connection. Default 5,000 ms. */
  qualityMs?: number | undefined;
  /** How long connections and lines live on without a server. Default 30,000 ms. */
  graceMs?: number | undefined;
}

export interface WebRtcTier {
  close(): Promise<void>;
  /** Ends its thread as a defect would; all it held is lost. For tests. */
  crash(): Promise<void>;
}

const kind = { entry: new URL('./thread.ts', import.meta.url), name: 'webrtc', called: 'WebRTC thread' };

export class Tier implements WebRtcTier {
  readonly #options: WebRtcOptions;
  readonly #logger: Logger;
  /** Running or on its way. */
  #thread: Promise<ThreadHandle> | undefined;
  readonly #connections = new Set<string>();
  readonly #lines = new Set<string>();
  #grace: NodeJS.Timeout | undefined;
  #closing = false;

  constructor(options: WebRtcOptions) {
    this.#options = options;
    this.#logger = options.logger;
    for (const prefix of gatewayPrefixes) options.link.serve(prefix, (name, body) => this.#request(name, bodyOf(body)));
    options.link.on('down', () => this.#waitForServer());
    options.link.on('up', () => clearTimeout(this.#grace));
  }

  async close(): Promise<void> {
    this.#closing = true;
    clearTimeout(this.#grace);
    await (await this.#running())?.stop();
  }

  async crash(): Promise<void> {
    await (await this.#running())?.kill();
  }

  async #request(name: string, body: Body): Promise<unknown> {
    if (this.#closing) throw new LinkFailure('media-unavailable', 'the edge stops');
    if (this.#thread === undefined && name === 'webrtc.list') return { connections: [], lines: [] };
    const thread = await this.#started();
    const ok = await thread.ask(name, body);
    if (name === 'connection.open') this.#connections.add(idOf(body));
    else if (name === 'line.open') this.#lines.add(idOf(body));
    return ok;
  }

  async #started(): Promise<ThreadHandle> {
    this.#thread ??= this.#start();
    try {
      return await this.#thread;
    } catch (error) {
      // The next request tries again.
      this.#thread = undefined;
      throw error;
    }
  }

  async #start(): Promise<ThreadHandle> {
    const { bind, announce, ports, consentMs = 8_000, patienceMs = 30_000, qualityMs = 5_000 } = this.#options;
    const addresses = ownAddresses(bind);
    const start: GatewayOptions = {
      bind: addresses,
      lineBind: bind,
      announce,
      ports,
      consentMs,
      patienceMs,
      qualityMs,
      restMs: 2_000,
    };
    const outside = {
      event: (event: string, body: unknown) => this.#event(event, body),
      died: (reason: string) => this.#died(reason),
    };
    const thread = new ThreadHandle(kind, outside, this.#logger);
    await thread.start(start);
    return thread;
  }

  /** Undefined where none runs. */
  async #running(): Promise<ThreadHandle | undefined> {
    return this.#thread?.catch(() => undefined);
  }

  #event(event: string, body: unknown): void {
    const { id } = body as { id: string };
    if (event === 'connection.closed') this.#connections.delete(id);
    else if (event === 'line.closed') this.#lines.delete(id);
    this.#options.link.publish(event, body);
  }

  #died(reason: string): void {
    this.#thread = undefined;
    if (this.#closing) return;
    const [connections, lines] = [[...this.#connections], [...this.#lines]];
    this.#logger.error({ reason, connections: connections.length }, 'WebRTC thread died: panels have to connect again');
    for (const id of lines) this.#event('line.closed', { id, why: 'lost' });
    for (const id of connections) this.#event('connection.closed', { id, why: 'lost' });
  }

  /** The server is gone: calls talk on for the grace time, then all ends. */
  #waitForServer(): void {
    clearTimeout(this.#grace);
    if (this.#closing || this.#thread === undefined) return;
    this.#grace = setTimeout(() => {
      const { size } = this.#connections;
      if (size > 0) this.#logger.warn({ connections: size }, 'no server came back: panels’ connections end');
      const thread = this.#thread;
      this.#thread = undefined;
      // It says the ends of all it holds; a server that comes later hears them.
      thread
        ?.then((running) => running.stop())
        .catch((error: unknown) => this.#logger.error({ err: error }, 'WebRTC thread did not stop'));
    }, this.#options.graceMs ?? 30_000);
  }
}

/** Those of this machine: wildcards spelled out, loopback only where there is nothing else. */
function ownAddresses(bind: readonly string[]): string[] {
  const here = Object.values(networkInterfaces()).flatMap((one) => one ?? []);
  const found = bind.flatMap((address) => {
    if (address !== '0.0.0.0' && address !== '::') return here.some((one) => one.address === address) ? [address] : [];
    const family = address === '::' ? 'IPv6' : 'IPv4';
    const all = here.filter((one) => one.family === family && !one.address.startsWith('fe80:'));
    const outside = all.filter(({ internal }) => !internal);
    return (outside.length > 0 ? outside : all).map((one) => one.address);
  });
  return [...new Set(found)];
}
