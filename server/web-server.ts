// HTTP and HTTPS servers that a stranger cannot wear out with slow or endless requests.
import { createServer, type Server as HttpServer, type RequestListener } from 'node:http';
import { createServer as createSecureServer, type Server as HttpsServer } from 'node:https';
import { createServer as createTcpServer, type Socket, type Server as TcpServer } from 'node:net';
import type { Certificate } from '../config/index.ts';

export interface WebLimits {
  /** The head of a request must be there within that time from the connection on. */
  headMs: number;
  /** The whole request, with its body. Answers may take as long as they want. */
  requestMs: number;
  checkMs: number;
  connections: number;
}

const standard: WebLimits = { headMs: 10_000, requestMs: 30_000, checkMs: 2_000, connections: 5_000 };

export function createWebServer(app: RequestListener, limits: Partial<WebLimits> = {}): HttpServer {
  const http = createServer(timeouts(limits), app);
  bound(http, limits);
  return http;
}

function timeouts(limits: Partial<WebLimits>) {
  const { headMs, requestMs, checkMs } = { ...standard, ...limits };
  return { headersTimeout: headMs, requestTimeout: requestMs, connectionsCheckingInterval: checkMs };
}

function bound(http: HttpServer | HttpsServer, limits: Partial<WebLimits>): void {
  http.maxConnections = { ...standard, ...limits }.connections;
  http.maxHeadersCount = 100;
}

/** One port that speaks HTTPS, and sends whoever comes with plain HTTP there. */
export interface SecureWebServer {
  /** To listen with. */
  readonly listener: TcpServer;
  /** Where requests and upgrades (WSS) arrive. */
  readonly https: HttpsServer;
  /** New connections get this certificate; those that stand keep theirs. */
  use(certificate: Certificate): void;
  close(): void;
}

/** First byte of a TLS connection: a handshake record (RFC 8446 §5.1). No HTTP method begins with it. */
const handshake = 0x16;

export function createSecureWebServer(
  app: RequestListener,
  { cert, key }: Certificate,
  limits: Partial<WebLimits> = {},
): SecureWebServer {
  const { headMs, connections } = { ...standard, ...limits };
  const oldest = 'TLSv1.2' as const;
  const https = createSecureServer(
    { ...timeouts(limits), cert, key, minVersion: oldest, handshakeTimeout: headMs },
    app,
  );
  bound(https, limits);
  const redirect = createServer(timeouts(limits), toHttps);
  bound(redirect, limits);
  const open = new Set<Socket>();
  const listener = createTcpServer((socket) => {
    open.add(socket);
    socket.setTimeout(headMs, () => socket.destroy());
    socket.on('close', () => open.delete(socket));
    // Resets of strangers: the close that follows is all that matters.
    socket.on('error', () => socket.destroy());
    socket.once('readable', () => {
      const first = socket.read() as Buffer | null;
      if (first === null) return;
      socket.setTimeout(0);
      socket.removeAllListeners('timeout');
      socket.unshift(first);
      (first[0] === handshake ? https : redirect).emit('connection', socket);
    });
  });
  listener.maxConnections = connections;
  // Node looks for overdue requests from the moment a server listens; these two never do, they are handed connections.
  listener.on('listening', () => {
    for (const server of [https, redirect]) server.emit('listening');
  });
  return {
    listener,
    https,
    use: (next) => https.setSecureContext({ cert: next.cert, key: next.key, minVersion: oldest }),
    close() {
      listener.close();
      for (const server of [https, redirect]) {
        server.close();
        server.closeAllConnections();
      }
      for (const socket of open) socket.destroy();
    },
  };
}

/** 308 keeps method and body (RFC 9110 §15.4.9), but only what reads is sent on: a password has already gone in clear. */
const toHttps: RequestListener = (request, response) => {
  const host = request.headers.host;
  const reads = request.method === 'GET' || request.method === 'HEAD';
  if (!reads || host === undefined || !/^[\w.:[\]-]+$/.test(host)) {
    response.writeHead(400, { 'content-type': 'text/plain; charset=utf-8', connection: 'close' });
    response.end('This port speaks HTTPS only.\n');
    return;
  }
  response.writeHead(308, { location: `https://${host}${request.url ?? '/'}`, connection: 'close' });
  response.end();
};
