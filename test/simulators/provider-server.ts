// What the simulators of providers share: a real HTTP server on a free port of loopback, a record of what was asked, and
// faults. Nothing here, or in a simulator, comes from sidecar/: they are written from the providers' documents, to check it.
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Asked {
  method: string;
  path: string;
  query: URLSearchParams;
  headers: IncomingHttpHeaders;
  body: Buffer;
  /** The body as JSON; `{}` where it is none. */
  json: Record<string, unknown>;
}

export interface Given {
  status?: number;
  headers?: Record<string, string>;
  body: string | Buffer;
}

export function asJson(value: unknown, status = 200): Given {
  return { status, headers: { 'content-type': 'application/json; charset=utf-8' }, body: JSON.stringify(value) };
}

export abstract class ProviderServer {
  /** Everything that was asked, in order. */
  readonly asked: Asked[] = [];
  /** So many requests, from now on, are left without an answer (the connection is cut). */
  cutNext = 0;
  /** So many requests, from now on, are carried out, and the answer is lost on the way. */
  loseNext = 0;
  /** Answers to the next requests, instead of the right ones. `undefined` lets one through. */
  readonly instead: ((asked: Asked) => Given | undefined)[] = [];
  #http: Server | undefined;
  readonly #waiting = new Set<() => void>();

  get url(): string {
    if (this.#http === undefined) throw new Error('the simulator is not started');
    return `http://127.0.0.1:${(this.#http.address() as AddressInfo).port}`;
  }

  async start(): Promise<this> {
    this.#http = createServer((request, response) => {
      void (async () => {
        const parts: Buffer[] = [];
        for await (const part of request) parts.push(part as Buffer);
        const { pathname, searchParams } = new URL(request.url ?? '/', 'http://provider');
        const body = Buffer.concat(parts);
        const { method = 'GET', headers } = request;
        const asked: Asked = { method, path: pathname, query: searchParams, headers, body, json: jsonOf(body) };
        if (this.cutNext > 0) {
          this.cutNext--;
          request.socket.destroy();
          return;
        }
        const given = this.instead.shift()?.(asked) ?? (await this.answer(asked));
        this.asked.push(asked);
        if (this.loseNext > 0) {
          this.loseNext--;
          request.socket.destroy();
          this.tell();
          return;
        }
        response.writeHead(given.status ?? 200, given.headers);
        response.end(given.body);
        this.tell();
      })();
    });
    this.#http.listen(0, '127.0.0.1');
    await once(this.#http, 'listening');
    return this;
  }

  async stop(): Promise<void> {
    const http = this.#http;
    if (http === undefined) return;
    this.#http = undefined;
    http.closeAllConnections();
    http.close();
    await once(http, 'close');
  }

  /** What was asked of a path. */
  of(path: string): Asked[] {
    return this.asked.filter((one) => one.path === path);
  }

  /** Resolves when `holds`, looked at whenever something was asked. */
  async until(holds: () => boolean, what: string, ms = 15_000): Promise<void> {
    if (holds()) return;
    let look = (): void => {};
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`never came true: ${what}`)), ms);
      look = () => {
        if (!holds()) return;
        clearTimeout(timer);
        resolve();
      };
      this.#waiting.add(look);
    }).finally(() => this.#waiting.delete(look));
  }

  protected tell(): void {
    for (const look of [...this.#waiting]) look();
  }

  protected abstract answer(asked: Asked): Given | Promise<Given>;
}

function jsonOf(body: Buffer): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(body.toString());
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

/** A provider's time: goes on as time does, from another day on, and can be moved ahead. */
export class ProviderClock {
  readonly #start: number;
  readonly #began = performance.now();
  #ahead = 0;

  constructor(start = Date.UTC(2026, 0, 15, 2, 0, 0)) {
    this.#start = start;
  }

  readonly now = (): number => Math.floor(this.#start + this.monotonic());
  readonly monotonic = (): number => performance.now() - this.#began + this.#ahead;

  pass(ms: number): void {
    this.#ahead += ms;
  }
}

export interface PushOptions {
  callback: string;
  headers: Record<string, string>;
  body: string | Buffer;
  /** Waits so long for an answer (the real ones: 5 s). */
  withinMs: number;
}

/** Posts once. @returns undefined where no answer came in time */
export async function post({
  callback,
  headers,
  body,
  withinMs,
}: PushOptions): Promise<{ status: number; text: string } | undefined> {
  try {
    const response = await fetch(callback, {
      method: 'POST',
      headers,
      body: typeof body === 'string' ? body : new Uint8Array(body),
      signal: AbortSignal.timeout(withinMs),
    });
    return { status: response.status, text: await response.text() };
  } catch (error) {
    if (error instanceof Error) return undefined;
    throw error;
  }
}
