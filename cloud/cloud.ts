// The cloud program: PostgreSQL, HTTP, and nothing else. Several can run on one database.
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { CloudSettings } from '../config/index.ts';
import { type Clock, machineClock } from '../values/index.ts';
import { Changes } from './changes.ts';
import { createCloud } from './http.ts';
import { forgetDaily } from './retention.ts';
import { openStore, type Store } from './store.ts';
import { Tenants } from './tenants.ts';

export interface Cloud {
  readonly addresses: string[];
  readonly tenants: Tenants;
  stop(): Promise<void>;
}

export type CloudOptions = Omit<CloudSettings, 'keep'> & Partial<Pick<CloudSettings, 'keep'>>;

/** PostgreSQL that is away or just starts is waited for. @throws cloud-database, or what listening throws */
export async function startCloud(
  settings: CloudOptions,
  logger: Logger,
  clock: Clock = machineClock,
  stopping: AbortSignal = new AbortController().signal,
): Promise<Cloud> {
  const store = await whenThere(settings, logger, stopping);
  const tenants = new Tenants(store);
  const changes = new Changes(store, settings, logger);
  let forgetting = (): void => {};
  const servers: Server[] = [];
  const stop = async (): Promise<void> => {
    for (const server of servers) {
      server.close();
      server.closeAllConnections();
    }
    forgetting();
    await changes.close();
    await store.close();
  };
  try {
    await changes.start();
    forgetting = forgetDaily(store, settings.keep ?? { batchDays: 400 }, clock, logger);
    const app = createCloud({ store, tenants, changes, clock, logger });
    for (const host of settings.bind) {
      const server = settings.tls ? createSecureServer(certificates(settings.tls), app) : createServer(app);
      servers.push(server);
      server.listen(settings.port, host);
      await once(server, 'listening');
    }
  } catch (error) {
    await stop();
    throw error;
  }
  const scheme = settings.tls ? 'https' : 'http';
  const addresses = servers.map((server) => {
    const { address, port } = server.address() as AddressInfo;
    return `${scheme}://${address.includes(':') ? `[${address}]` : address}:${port}`;
  });
  logger.info({ addresses }, 'cloud is ready');
  return { addresses, tenants, stop };
}

const waitMs = 2_000;
/** What Node and PostgreSQL (class 08, 57P03: it starts up, 53300: too many connections) say where it may be there soon. */
const soon = /^(ECONN\w+|ENOENT|ETIMEDOUT|EAI_AGAIN|ENOTFOUND|EHOSTUNREACH|ENETUNREACH|EPIPE|08\w{3}|57P0\d|53300)$/;

async function whenThere(settings: CloudOptions, logger: Logger, stopping: AbortSignal): Promise<Store> {
  for (;;) {
    try {
      return await openStore(settings, logger);
    } catch (error) {
      const { code = '', message = '' } = ((error as Error).cause ?? {}) as { code?: string; message?: string };
      if (!soon.test(code) && !/timeout|terminated/i.test(message)) throw error;
      logger.warn({ err: error }, 'PostgreSQL is out of reach: waited for');
      await pause(waitMs, undefined, { signal: stopping });
    }
  }
}

function certificates({ certificate, key, clientCa }: NonNullable<CloudSettings['tls']>) {
  return {
    minVersion: 'TLSv1.2' as const,
    cert: readFileSync(certificate),
    key: readFileSync(key),
    ...(clientCa === undefined ? {} : { ca: readFileSync(clientCa), requestCert: true, rejectUnauthorized: true }),
  };
}
