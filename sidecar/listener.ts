// The public door: providers' callbacks under /hooks/<channel>/, customers' programs under /chat/<channel>/, health, metrics.
// What comes is a stranger's until its connector has verified it: size, rate and time are bounded, and nothing of it throws.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Logger } from 'pino';
import type { Certificate } from '../config/index.ts';
import { type Clock, LimitedLog, networkOf } from '../values/index.ts';
import type { ChannelAtWork } from './channel.ts';
import type { CallbackAnswer } from './connector.ts';
import type { Core } from './core.ts';
import { metricsText } from './metrics.ts';
import { Rate } from './rate.ts';
import { collect } from './server-api.ts';

const mostBody = 1024 * 1024;
/** Providers send from a few addresses: per source, so that one who floods stops nobody else. */
const hooksRate = { perSecond: 2_000, burst: 4_000 };
const doorsRate = { perSecond: 50, burst: 400 };

export interface ListenerOptions {
  core: Core;
  /** Addresses of proxies whose X-Forwarded-For is believed. */
  trustProxy: readonly string[];
  clock: Clock;
  logger: Logger;
  /** What is under /chat/ and belongs to no channel: the widget and its page. @returns whether it was that */
  files?(request: IncomingMessage, response: ServerResponse, path: string): boolean;
  rates?: { hooks?: { perSecond: number; burst: number }; doors?: { perSecond: number; burst: number } };
}

/** An HTTP server, or HTTPS where there is a certificate; to be listened with by the caller. */
export function createListener(options: ListenerOptions, certificate?: Certificate): Server {
  const { core, trustProxy, clock, logger, files, rates = {} } = options;
  const hooks = new Rate(rates.hooks ?? hooksRate);
  const doors = new Rate(rates.doors ?? doorsRate);
  const strangers = new LimitedLog(logger, clock, 'too many requests of one source');
  const trusted = new Set(trustProxy);

  const admitted = (rate: Rate, remote: string): boolean => {
    if (rate.admits(networkOf(remote), clock.monotonic())) return true;
    strangers.warn({ pii: { remote } });
    return false;
  };

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = urlOf(request);
    if (url === undefined) return end(response, 400);
    const remote = remoteOf(request, trusted);
    const { pathname } = url;
    if (pathname === '/healthz') return end(response, 200, '{"status":"ok"}', 'application/json');
    if (pathname === '/metrics') {
      if (!isLocal(request)) return end(response, 403);
      return end(response, 200, metricsText(core.figures()), 'text/plain; version=0.0.4; charset=utf-8');
    }
    if (pathname === '/favicon.ico') return end(response, 204);
    const hook = place(pathname, '/hooks/', core);
    if (hook) {
      if (!admitted(hooks, remote)) return end(response, 429);
      return callback(hook, request, response, url, remote);
    }
    if (pathname.startsWith('/chat')) {
      if (!admitted(doors, remote)) return end(response, 429);
      if (files?.(request, response, pathname)) return;
      const door = place(pathname, '/chat/', core);
      if (door?.channel.connector.doors) {
        return door.channel.connector.doors.request(request, response, door.path, remote);
      }
    }
    return end(response, 404);
  };

  const callback = async (
    { channel, path }: { channel: ChannelAtWork; path: string },
    request: IncomingMessage,
    response: ServerResponse,
    url: URL,
    remote: string,
  ): Promise<void> => {
    let body: Buffer;
    try {
      body = await collect(request, mostBody);
    } catch (error) {
      if (error instanceof RangeError) {
        response.setHeader('connection', 'close');
        return end(response, 413);
      }
      // The other side went away within its own request: nobody is there to be answered.
      request.destroy();
      return;
    }
    const headers = request.headers as Record<string, string | undefined>;
    const { method = 'GET' } = request;
    const answer = await channel.receive({ method, path, query: url.searchParams, headers, body, remote });
    give(response, answer);
  };

  const listener = (request: IncomingMessage, response: ServerResponse): void => {
    // Resets of strangers are no news.
    request.on('error', () => request.destroy());
    response.on('error', () => request.destroy());
    handle(request, response).catch((error: unknown) => {
      logger.error({ err: error }, 'a request could not be answered');
      if (response.headersSent) response.destroy();
      else end(response, 500);
    });
  };
  const times = { headersTimeout: 10_000, requestTimeout: 30_000, connectionsCheckingInterval: 2_000 };
  const server = certificate
    ? createSecureServer({ ...times, cert: certificate.cert, key: certificate.key, minVersion: 'TLSv1.2' }, listener)
    : createServer(times, listener);
  server.maxHeadersCount = 100;
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy());
    const url = urlOf(request);
    const door = url && place(url.pathname, '/chat/', core);
    const remote = remoteOf(request, trusted);
    if (!door?.channel.connector.doors || !admitted(doors, remote)) {
      socket.end(`HTTP/1.1 ${door ? '429 Too Many Requests' : '404 Not Found'}\r\nconnection: close\r\n\r\n`);
      return;
    }
    if (!door.channel.connector.doors.upgrade(request, socket, head, door.path, remote)) socket.destroy();
  });
  server.on('clientError', (_error: Error, socket: Duplex) => {
    if (socket.writable) socket.end('HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n');
    else socket.destroy();
  });
  return server as Server;
}

/** `/hooks/bank/a/b` → the channel `bank` and `/a/b`. */
function place(pathname: string, root: string, core: Core): { channel: ChannelAtWork; path: string } | undefined {
  if (!pathname.startsWith(root)) return undefined;
  const [name = '', ...rest] = pathname.slice(root.length).split('/');
  const channel = core.channels.get(name);
  return channel && { channel, path: `/${rest.join('/')}` };
}

function urlOf({ url = '/' }: IncomingMessage): URL | undefined {
  return URL.parse(url, 'http://sidecar') ?? undefined;
}

/** Of the proxies in front only those that are trusted are believed, from the nearest on. */
function remoteOf(request: IncomingMessage, trusted: ReadonlySet<string>): string {
  let remote = plain(request.socket.remoteAddress ?? '');
  const forwarded = request.headers['x-forwarded-for'];
  const steps = (Array.isArray(forwarded) ? forwarded.join(',') : (forwarded ?? ''))
    .split(',')
    .map((one) => one.trim());
  while (trusted.has(remote)) {
    const before = plain(steps.pop() ?? '');
    if (isIP(before) === 0) break;
    remote = before;
  }
  return remote;
}

function plain(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, '');
}

function isLocal(request: IncomingMessage): boolean {
  const address = plain(request.socket.remoteAddress ?? '');
  return request.headers['x-forwarded-for'] === undefined && (address === '::1' || address.startsWith('127.'));
}

function give(response: ServerResponse, { status, headers = {}, body }: CallbackAnswer): void {
  // With its length the answer is one piece; without, Node would send it in chunks.
  const length = status === 204 ? {} : { 'content-length': Buffer.byteLength(body ?? '') };
  response.writeHead(status, { 'x-content-type-options': 'nosniff', ...headers, ...length });
  response.end(body);
}

function end(response: ServerResponse, status: number, body = '', type = 'text/plain; charset=utf-8'): void {
  give(response, { status, headers: { 'content-type': type, 'cache-control': 'no-store' }, body });
}
