// A sidecar: its channels, its public door, and where the server is.
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { Server } from 'node:http';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { readCertificate, readSecret, type Settings, watchCertificate } from '../config/index.ts';
import type { SidecarConfiguration, SidecarReady } from '../supervisor/index.ts';
import { type Clock, machineClock, SteadyClock, systemClock, watchClock } from '../values/index.ts';
import { connectorKinds } from './channels/index.ts';
import { readChannels } from './channels-file.ts';
import { chatFiles } from './chat-files.ts';
import { openControl } from './control.ts';
import { Core, sidecarFolder } from './core.ts';
import { failed } from './errors.ts';
import { createListener } from './listener.ts';
import type { ServerAddress } from './server-api.ts';

export interface Sidecar {
  readonly core: Core;
  readonly ready: SidecarReady;
  stop(): Promise<void>;
}

/** @throws channels-invalid, channels-unreadable, sidecar-port-in-use, sidecar-data-unusable, certificate-unusable */
export async function startSidecar(
  { settings, secret, run }: SidecarConfiguration,
  logger: Logger,
  clock: Clock = systemClock,
): Promise<Sidecar> {
  const { sidecar, tls, bind } = settings;
  const channels = readChannels(sidecar.file, connectorKinds);
  const core = await Core.open({
    folder: sidecarFolder(settings.data),
    siteKey: secret,
    channels,
    server: () => serverAddress(settings, run),
    attachments: {
      mostBytes: sidecar.attachments.mostMegabytes * 1024 * 1024,
      types: sidecar.attachments.types,
      scan: sidecar.scan,
    },
    keepDays: sidecar.keepDays,
    clock,
    providersClock: clock === systemClock ? machineClock : clock,
    logger,
  });
  const busy = () => core.figures().some(({ toRead, toServer, toSend }) => toRead + toServer + toSend > 0);
  const unwatch = clock instanceof SteadyClock ? watchClock({ clock, logger, busy }) : () => {};
  const chats = channels.filter(({ kind }) => kind.kind === 'webchat').map(({ name }) => name);
  const servers: Server[] = [];
  const web: string[] = [];
  let forget = (): void => {};
  let uncontrol = (): void => {};
  const close = async (): Promise<void> => {
    forget();
    uncontrol();
    unwatch();
    for (const server of servers) {
      server.close();
      server.closeAllConnections();
    }
    await core.stop();
  };
  try {
    const certificate = tls && readCertificate(tls);
    const files = chatFiles(chats);
    for (const host of bind) {
      const trustProxy = sidecar.trustProxy ?? settings.web.trustProxy;
      const server = createListener({ core, trustProxy, clock, logger, files }, certificate);
      const port = await listen(server, host, sidecar.port);
      if (port === undefined) continue;
      servers.push(server);
      web.push(`${certificate ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${port}`);
    }
    uncontrol = await openControl(join(run, 'sidecar.sock'), core);
    if (tls) forget = watchCertificate(tls, { logger, changed: (now) => renew(servers, now) });
  } catch (error) {
    await close();
    throw error;
  }
  core.start();
  const [first] = web;
  const chatPage = chats.length > 0 && first !== undefined ? `${first}/chat/` : undefined;
  return { core, ready: { web, channels: channels.map(({ name }) => name), chatPage }, stop: close };
}

function renew(servers: readonly Server[], { cert, key }: { cert: string; key: string }): void {
  for (const server of servers) {
    if ('setSecureContext' in server && typeof server.setSecureContext === 'function') {
      server.setSecureContext({ cert, key, minVersion: 'TLSv1.2' });
    }
  }
}

/** The server that the settings name; else the one on the same data, wherever it listens now. @throws Error while it is not there */
function serverAddress({ sidecar, tls }: Settings, run: string): ServerAddress {
  if (sidecar.server) {
    const { url, tokenFile } = sidecar.server;
    return { url, token: readSecret('sidecar.server.tokenFile', { file: tokenFile }) };
  }
  const token = readSecret('connector.token', { file: join(run, 'connector.token') });
  const { web } = JSON.parse(readFileSync(join(run, 'server.json'), 'utf8')) as { web: string[] };
  const url = web.find((one) => /127\.0\.0\.1|\[::1\]/.test(one)) ?? web[0];
  if (url === undefined) throw new Error('the server listens nowhere');
  return { url, token, ...(tls ? { trusted: readFileSync(tls.certificate, 'utf8') } : {}) };
}

/** @returns the port, or undefined where this machine lacks the address (no IPv6) */
async function listen(server: Server, host: string, port: number): Promise<number | undefined> {
  const listening = once(server, 'listening');
  server.listen({ host, port, ipv6Only: true });
  try {
    await listening;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'EADDRNOTAVAIL' && host === '::1') return undefined;
    throw failed['sidecar-port-in-use']({ host, port, reason: message }, { cause: error });
  }
  const address = server.address();
  return typeof address === 'object' && address ? address.port : port;
}
