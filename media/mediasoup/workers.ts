// The worker processes, one per core up to a bound: each with one router, and one UDP and TCP port per address that all
// browsers of it share. One that dies is started again; what was on it is gone, and whoever had something there is told.
import { EventEmitter } from 'node:events';
import type { Router, TransportListenInfo, WebRtcServer, Worker } from 'mediasoup/types';
import type { Logger } from 'pino';
import { mediaErrors } from '../errors.ts';
import { routerCodecs } from './codecs.ts';

export interface MediaWorker {
  readonly index: number;
  readonly router: Router;
  readonly server: WebRtcServer;
  /** Connections and lines on it. */
  load: number;
  dead: boolean;
  /** Producers of other workers that can be consumed here, by id. */
  readonly piped: Map<string, Promise<void>>;
}

export interface WorkersOptions {
  binary: string;
  count: number;
  /** Addresses of this machine that browsers can reach; none of them a wildcard. */
  addresses: readonly string[];
  /** What they are told instead, behind NAT: an address or a name. */
  announce?: string | undefined;
  /** The first that is free is taken, one per worker; all its addresses share the number. */
  ports: readonly [first: number, last: number];
  logger: Logger;
}

export interface WorkersEvents {
  died: [MediaWorker];
  /** None is alive now; the first is alive again. */
  none: [];
  some: [];
}

const restartMs = { least: 200, most: 30_000 };
/** One that lived that long had no fault of its own. */
const soundMs = 10_000;

export class Workers extends EventEmitter<WorkersEvents> {
  readonly #options: WorkersOptions;
  readonly #alive = new Map<number, { media: MediaWorker; process: Worker }>();
  readonly #timers = new Set<NodeJS.Timeout>();
  #closed = false;

  private constructor(options: WorkersOptions) {
    super();
    this.#options = options;
  }

  /** @throws Error where a worker cannot be started at all */
  static async start(options: WorkersOptions): Promise<Workers> {
    const workers = new Workers(options);
    try {
      for (let index = 0; index < options.count; index++) await workers.#start(index, restartMs.least);
    } catch (error) {
      workers.close();
      throw error;
    }
    return workers;
  }

  /** The least loaded. @throws media-unavailable */
  pick(): MediaWorker {
    let best: MediaWorker | undefined;
    for (const { media } of this.#alive.values()) if (!best || media.load < best.load) best = media;
    if (!best) throw mediaErrors['media-unavailable']({ reason: 'no WebRTC worker is alive' });
    return best;
  }

  get alive(): number {
    return this.#alive.size;
  }

  /** Process ids, for tests and for the log. */
  get pids(): number[] {
    return [...this.#alive.values()].map(({ process }) => process.pid);
  }

  close(): void {
    this.#closed = true;
    for (const timer of this.#timers) clearTimeout(timer);
    for (const { process } of this.#alive.values()) process.close();
    this.#alive.clear();
  }

  async #start(index: number, backoffMs: number): Promise<void> {
    const { binary, logger } = this.#options;
    // Loaded only where a worker is there: most installations have none.
    const { createWorker } = await import('mediasoup');
    const process = await createWorker({ workerBin: binary, logLevel: 'error' });
    const startedAt = performance.now();
    let media: MediaWorker;
    try {
      const router = await process.createRouter({ mediaCodecs: routerCodecs() });
      const server = await this.#listen(process);
      media = { index, router, server, load: 0, dead: false, piped: new Map() };
    } catch (error) {
      process.close();
      throw error;
    }
    if (this.#closed) {
      process.close();
      return;
    }
    process.once('died', (error) => {
      logger.error({ err: error, worker: index, pid: process.pid }, 'WebRTC worker died');
      this.#alive.delete(index);
      media.dead = true;
      this.emit('died', media);
      if (this.#alive.size === 0) this.emit('none');
      const sound = performance.now() - startedAt > soundMs;
      this.#again(index, sound ? restartMs.least : Math.min(backoffMs * 2, restartMs.most));
    });
    this.#alive.set(index, { media, process });
    logger.info({ worker: index, pid: process.pid }, 'WebRTC worker started');
    if (this.#alive.size === 1) this.emit('some');
  }

  #again(index: number, delayMs: number): void {
    if (this.#closed) return;
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      this.#start(index, delayMs).catch((error: unknown) => {
        this.#options.logger.error({ err: error, worker: index }, 'WebRTC worker could not be started again');
        this.#again(index, Math.min(delayMs * 2, restartMs.most));
      });
    }, delayMs);
    this.#timers.add(timer);
  }

  /** The first port that is free on all addresses, UDP and TCP. */
  async #listen(process: Worker): Promise<WebRtcServer> {
    const { addresses, announce, ports } = this.#options;
    const [first, last] = ports;
    let problem: unknown;
    for (let port = first; port <= last; port++) {
      const listenInfos = addresses.flatMap((ip) =>
        (['udp', 'tcp'] as const).map(
          (protocol): TransportListenInfo => ({
            protocol,
            ip,
            port,
            ...(announce ? { announcedAddress: announce } : {}),
          }),
        ),
      );
      try {
        return await process.createWebRtcServer({ listenInfos });
      } catch (error) {
        problem = error;
        if (process.closed) break;
      }
    }
    throw mediaErrors['media-no-ports']({ reason: `none of ${first} to ${last} for browsers` }, { cause: problem });
  }
}

/** Makes a producer of one worker's router consumable in another's. */
export async function bring(producer: { id: string }, from: MediaWorker, to: MediaWorker): Promise<void> {
  if (from === to) return;
  let there = to.piped.get(producer.id);
  if (!there) {
    there = from.router.pipeToRouter({ producerId: producer.id, router: to.router }).then(({ pipeProducer }) => {
      pipeProducer?.observer.once('close', () => to.piped.delete(producer.id));
    });
    to.piped.set(producer.id, there);
    there.catch(() => to.piped.delete(producer.id));
  }
  await there;
}
