// What the tests of the edge share: an edge on free ports, and the real drachtio-srf connected to it.
import { once } from 'node:events';
import Srf from 'drachtio-srf';
import { pino } from 'pino';
import { type Edge, type EdgeOptions, startEdge } from '../../../../edge/index.ts';
import { SipPeer } from './sip-peer.ts';

export const secret = 'a secret of the test';

export class Bench {
  readonly edge: Edge;
  readonly #closers: (() => void | Promise<void>)[] = [];

  private constructor(edge: Edge) {
    this.edge = edge;
  }

  static async open(options: Partial<EdgeOptions> = {}): Promise<Bench> {
    const edge = await startEdge({
      sip: [
        { protocol: 'udp', address: '127.0.0.1', port: 0 },
        { protocol: 'tcp', address: '127.0.0.1', port: 0 },
      ],
      drachtio: { port: 0, secret },
      link: { secret },
      log: pino({ level: process.env.TEST_LOG ?? 'silent' }),
      ...options,
    });
    const bench = new Bench(edge);
    bench.#closers.push(() => edge.stop());
    return bench;
  }

  port(protocol: 'udp' | 'tcp'): number {
    return this.edge.sip.find((listener) => listener.protocol === protocol)?.port ?? 0;
  }

  async app(tags: string[] = []): Promise<Srf> {
    const srf = tags.length === 0 ? new Srf() : new Srf(tags);
    srf.on('error', () => undefined);
    srf.connect({ ...this.edge.drachtio, secret });
    await once(srf, 'connect');
    this.#closers.push(() => this.drop(srf));
    return srf;
  }

  /** Cuts the app's connection for good, as its death does. */
  drop(srf: Srf): void {
    const agent = (
      srf as unknown as { _app: { client: { wp: { closing: boolean }; mapServer: Map<{ destroy(): void }, unknown> } } }
    )._app.client;
    agent.wp.closing = true;
    for (const socket of agent.mapServer.keys()) socket.destroy();
  }

  async peer(protocol: 'udp' | 'tcp' = 'udp'): Promise<SipPeer> {
    const peer = protocol === 'udp' ? await SipPeer.udp(this.port('udp')) : await SipPeer.tcp(this.port('tcp'));
    this.#closers.push(() => peer.close());
    return peer;
  }

  async close(): Promise<void> {
    for (const close of this.#closers.reverse()) await close();
  }
}

/** Waits until something holds; for states that announce themselves to nobody. */
export async function until(holds: () => boolean, what: string): Promise<void> {
  const end = Date.now() + 8_000;
  while (!holds()) {
    if (Date.now() > end) throw new Error(`never came true: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Resolves with the reason when the dialog is over. */
export function destroyed(dialog: AppDialog): Promise<string> {
  return new Promise((resolve) => {
    dialog.once('destroy', (_bye: unknown, reason: string) => resolve(reason));
  });
}

/** Timers of SIP, a hundred times as fast. */
export const fast = { t1: 10, t2: 40, t4: 50 };

/** What the tests use of drachtio-srf's requests and responses; its own types lack most of it. */
export interface AppRequest {
  method: string;
  uri: string;
  body: string;
  source_port: number;
  receivedOn: string;
  get(name: string): string;
  on(event: 'cancel', heard: (cancel: AppRequest) => void): void;
  on(event: 'response', heard: (response: AppResponse, ack: (options?: object) => void) => void): void;
  cancel(options?: object): void;
}

export interface AppResponse {
  status: number;
  stackDialogId: string;
  body: string;
  get(name: string): string;
  send(status: number, options?: object, sent?: (error: unknown) => void, pracked?: () => void): void;
}

export function on(srf: Srf, method: string, handler: (request: AppRequest, response: AppResponse) => void): void {
  const routes = srf as unknown as Record<
    string,
    (handler: (request: AppRequest, response: AppResponse) => void) => void
  >;
  routes[method]?.(handler);
}

/** createUAS on what `on` gives. */
export function accept(srf: Srf, request: AppRequest, response: AppResponse, options: object): Promise<AppDialog> {
  const uas = srf as unknown as { createUAS(...what: unknown[]): Promise<AppDialog> };
  return uas.createUAS(request, response, options);
}

export interface AppDialog extends NodeJS.EventEmitter {
  id: string;
  local: { sdp: string; uri: string };
  remote: { sdp: string; uri: string };
  destroy(): Promise<unknown>;
  modify(sdp: string): Promise<string>;
  request(options: object): Promise<AppResponse>;
}
