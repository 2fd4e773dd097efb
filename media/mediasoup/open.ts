// Opens the gateway where its worker is there.
import { availableParallelism, networkInterfaces } from 'node:os';
import type { Logger } from 'pino';
import { MediasoupGateway } from './gateway.ts';
import { PortPairs } from './port-pairs.ts';
import { findWorkerBinary } from './worker-binary.ts';
import { Workers } from './workers.ts';

export interface MediasoupOptions {
  /** The worker, if not `MEDIASOUP_WORKER_BIN` or the package's own. */
  binary?: string | undefined;
  /** Addresses to listen on for browsers; `0.0.0.0` and `::` stand for all of this machine. */
  bind: readonly string[];
  /** What browsers are told instead (NAT): an address or a name. */
  announce?: string | undefined;
  /** The first few are the browsers' (one per worker, UDP and TCP), the others the lines'. */
  ports: readonly [first: number, last: number];
  /** Processes; default: one per core, four at most. One carries some hundred agents. */
  workers?: number | undefined;
  /** Seconds of silence until a browser counts as disconnected. */
  consentSeconds?: number | undefined;
  logger: Logger;
}

const mostWorkers = 4;

/**
 * @returns undefined where this machine has no worker, or one that cannot be run; the log says so, and how to get one
 * @throws media-no-ports
 */
export async function openMediasoup(options: MediasoupOptions): Promise<MediasoupGateway | undefined> {
  const { bind, announce, ports, logger, consentSeconds = 8 } = options;
  const binary = findWorkerBinary(options.binary);
  if (binary === undefined) {
    const named = options.binary ?? process.env.MEDIASOUP_WORKER_BIN;
    if (named) logger.error({ binary: named }, 'the mediasoup worker that is named cannot be run');
    else logger.info('no mediasoup worker on this machine; docs/panel-phones.md says how to get one');
    return undefined;
  }
  const count = options.workers ?? Math.min(availableParallelism(), mostWorkers);
  const addresses = ownAddresses(bind);
  const [first, last] = ports;
  const firstLine = first + 2 * count;
  const workers = await Workers.start({ binary, count, addresses, announce, ports: [first, firstLine - 1], logger });
  const lineAddress = addresses.includes('127.0.0.1') ? '127.0.0.1' : (addresses[0] ?? '127.0.0.1');
  return new MediasoupGateway({
    workers,
    pairs: new PortPairs([firstLine, last]),
    lineAddress,
    consentSeconds,
    logger,
  });
}

/** Those of this machine: wildcards spelled out, addresses that it lacks left out. */
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
