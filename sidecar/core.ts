// All channels of one sidecar on one folder: the tables, the way to the server, and what is swept.
import { join } from 'node:path';
import type { Logger } from 'pino';
import type { Clock } from '../values/index.ts';
import type { AttachmentSettings } from './attachments.ts';
import { type Backoffs, ChannelAtWork, type ChannelFigures } from './channel.ts';
import type { ConnectorKind } from './connector.ts';
import { openSidecarDatabase, type SidecarLock } from './database.ts';
import { GroupCommit } from './group-commit.ts';
import { Pace } from './pace.ts';
import { Reporting } from './reporting.ts';
import { keyFor, Seal } from './seal.ts';
import { type ServerAddress, ServerApi } from './server-api.ts';
import { Tables } from './tables.ts';

/** One channel as its file says it, secrets resolved and settings checked. */
export interface ChannelSetup {
  name: string;
  kind: ConnectorKind;
  settings: unknown;
}

export interface CoreOptions {
  folder: string;
  siteKey: string;
  channels: readonly ChannelSetup[];
  server: () => ServerAddress;
  attachments: AttachmentSettings;
  /** What came is kept, sealed, for so many days after it was read. */
  keepDays: number;
  clock: Clock;
  /** Of what providers sign or check. Default: the same. */
  providersClock?: Clock | undefined;
  logger: Logger;
  backoffs?: Backoffs | undefined;
  /** How long another sidecar on the folder may still be ending; default 5 s. */
  lockPatienceMs?: number | undefined;
}

const sweepMs = 600_000;
const sweepRows = 2_000;

export class Core {
  readonly channels: ReadonlyMap<string, ChannelAtWork>;
  readonly #lock: SidecarLock;
  readonly #commit: GroupCommit;
  readonly #tables: Tables;
  readonly #server: ServerApi;
  readonly #options: CoreOptions;
  readonly #reporting: Reporting;
  readonly #sweep: NodeJS.Timeout;

  private constructor(
    options: CoreOptions,
    lock: SidecarLock,
    tables: Tables,
    commit: GroupCommit,
    server: ServerApi,
    channels: Map<string, ChannelAtWork>,
  ) {
    this.#options = options;
    this.#lock = lock;
    this.#tables = tables;
    this.#commit = commit;
    this.#server = server;
    this.channels = channels;
    const { clock, logger } = options;
    this.#reporting = new Reporting({
      channels,
      send: (channel, report) => server.report(channel, report),
      clock,
      logger,
    });
    this.#sweep = setInterval(() => void this.sweep(), sweepMs).unref();
  }

  /** @throws sidecar-data-unusable; and what a connector says is wrong with its settings */
  static async open(options: CoreOptions): Promise<Core> {
    const { database, lock } = openSidecarDatabase(options.folder, options.lockPatienceMs);
    const tables = new Tables(database, new Seal(keyFor(options.siteKey, 'tables')));
    const commit = new GroupCommit(database);
    const server = new ServerApi(options.server);
    const channels = new Map<string, ChannelAtWork>();
    const { folder, siteKey, attachments, clock, providersClock, logger, backoffs } = options;
    const clocks = { clock, providersClock };
    const common = {
      folder,
      siteKey,
      tables,
      commit,
      pace: new Pace(),
      server,
      attachments,
      ...clocks,
      logger,
      backoffs,
    };
    try {
      for (const one of options.channels) channels.set(one.name, await ChannelAtWork.open({ ...one, ...common }));
    } catch (error) {
      for (const channel of channels.values()) await channel.connector.stop();
      server.close();
      commit.close();
      lock.release();
      throw error;
    }
    return new Core(options, lock, tables, commit, server, channels);
  }

  start(): void {
    for (const channel of this.channels.values()) channel.start();
    this.#reporting.start();
  }

  figures(): ChannelFigures[] {
    return [...this.channels.values()].map((channel) => channel.figures());
  }

  /** Forgets what was done long enough ago, a piece at a time. */
  async sweep(): Promise<void> {
    const before = this.#options.clock.now() - this.#options.keepDays * 86_400_000;
    try {
      while ((await this.#commit.run(() => this.#tables.purge(before, sweepRows))) >= sweepRows);
    } catch (error) {
      this.#options.logger.error({ err: error }, 'old deliveries could not be swept');
    }
  }

  async stop(): Promise<void> {
    clearInterval(this.#sweep);
    this.#reporting.stop();
    await Promise.all([...this.channels.values()].map((channel) => channel.stop()));
    this.#server.close();
    this.#commit.close();
    this.#lock.release();
  }
}

/** Where a sidecar keeps its things, in the site's data folder. */
export function sidecarFolder(data: string): string {
  return join(data, 'sidecar');
}
