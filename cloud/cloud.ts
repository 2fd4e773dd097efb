// The cloud program: PostgreSQL, HTTP, and nothing else. Several can run on one database.
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Logger } from 'pino';
import type { CloudSettings } from '../config/index.ts';
import { type Clock, systemClock } from '../values/index.ts';
import { Changes } from './changes.ts';
import { createCloud } from './http.ts';
import { openStore } from './store.ts';
import { Tenants } from './tenants.ts';

export interface Cloud {
  readonly addresses: string[];
  readonly tenants: Tenants;
  stop(): Promise<void>;
}

/** @throws cloud-database, or what listening throws */
export async function startCloud(settings: CloudSettings, logger: Logger, clock: Clock = systemClock): Promise<Cloud> {
  const store = await openStore(settings.database, logger);
  const tenants = new Tenants(store);
  const changes = new Changes(store, settings.database, logger);
  const servers: Server[] = [];
  const stop = async (): Promise<void> => {
    for (const server of servers) {
      server.close();
      server.closeAllConnections();
    }
    await changes.close();
    await store.close();
  };
  try {
    await changes.start();
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

function certificates({ certificate, key, clientCa }: NonNullable<CloudSettings['tls']>) {
  return {
    minVersion: 'TLSv1.2' as const,
    cert: readFileSync(certificate),
    key: readFileSync(key),
    ...(clientCa === undefined ? {} : { ca: readFileSync(clientCa), requestCert: true, rejectUnauthorized: true }),
  };
}
