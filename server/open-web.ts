// Where the web listens: every address of the settings, by HTTPS where there is a certificate.
import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import type { Server as TcpServer } from 'node:net';
import type { Logger } from 'pino';
import { readCertificate, type Settings, watchCertificate } from '../config/index.ts';
import type { Desk } from './desk/index.ts';
import { failed } from './errors.ts';
import { createSecureWebServer, createWebServer } from './web-server.ts';

/**
 * Listens on every address of `bind`.
 * @param opened gets how to close again
 * @returns `http://127.0.0.1:8080` …
 * @throws http-port-in-use, http-not-bound, certificate-unusable
 */
export async function openWeb({
  settings: { bind, httpPort, tls },
  app,
  desk,
  logger,
  opened,
}: {
  settings: Pick<Settings, 'bind' | 'httpPort' | 'tls'>;
  app: RequestListener;
  desk: Pick<Desk, 'handleUpgrade'>;
  logger: Logger;
  opened: (() => Promise<void> | void)[];
}): Promise<string[]> {
  const certificate = tls && readCertificate(tls);
  const secure: ReturnType<typeof createSecureWebServer>[] = [];
  const web: string[] = [];
  for (const address of bind) {
    const server = certificate && createSecureWebServer(app, certificate);
    const plain = server === undefined ? createWebServer(app) : undefined;
    const http = server?.https ?? plain!;
    http.on('upgrade', (request, socket, head) => {
      if (!desk.handleUpgrade(request, socket, head)) socket.destroy();
    });
    const port = await listen(server?.listener ?? plain!, { host: address, port: httpPort });
    if (port === undefined) continue;
    opened.push(() => {
      if (server) server.close();
      plain?.close();
      plain?.closeAllConnections();
    });
    if (server) secure.push(server);
    web.push(`${server ? 'https' : 'http'}://${address.includes(':') ? `[${address}]` : address}:${port}`);
  }
  if (tls) {
    const changed = (now: ReturnType<typeof readCertificate>) => {
      for (const server of secure) server.use(now);
    };
    opened.push(watchCertificate(tls, { logger, changed }));
  }
  return web;
}

/** @returns the port, or undefined where this machine lacks the address (no IPv6). @throws http-port-in-use, http-not-bound */
async function listen(server: TcpServer, where: { host: string; port: number }): Promise<number | undefined> {
  const listening = once(server, 'listening');
  server.listen({ ...where, ipv6Only: true });
  try {
    await listening;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'EADDRNOTAVAIL' && where.host === '::1') return undefined;
    const known = code === 'EADDRINUSE' ? 'http-port-in-use' : 'http-not-bound';
    throw failed[known]({ ...where, reason: message }, { cause: error });
  }
  const address = server.address();
  return typeof address === 'object' && address ? address.port : where.port;
}
