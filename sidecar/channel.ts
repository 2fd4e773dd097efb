// One channel at work: its connector, and the way of what comes and of what is to be sent.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from 'pino';
import type { InboundItem } from '../connector/index.ts';
import type { Clock } from '../values/index.ts';
import { type AttachmentSettings, attachmentsOf } from './attachments.ts';
import type { Backoff } from './backoff.ts';
import type { Callback, CallbackAnswer, Connector, ConnectorKind, ConnectorTools, SendPolicy } from './connector.ts';
import type { GroupCommit } from './group-commit.ts';
import { HandingOver } from './handing-over.ts';
import { limitedFetch } from './limited-fetch.ts';
import { OutboundStream } from './outbound-stream.ts';
import type { Pace } from './pace.ts';
import { windowOf } from './policy.ts';
import { Reading } from './reading.ts';
import { keyFor } from './seal.ts';
import { Sending } from './sending.ts';
import type { ServerApi } from './server-api.ts';
import type { DeliveryRow, Tables } from './tables.ts';
import { keepToken } from './token-keeper.ts';

/** Pauses between tries, where they are not the usual ones (tests). */
export interface Backoffs {
  provider?: Backoff;
  server?: Backoff;
}

/** A supervisor kills after 10 s. */
const patienceMs = 3_000;
/** That a fact is used still is noted at most so often. */
const usedAgainMs = 86_400_000;

export interface ChannelOptions {
  name: string;
  kind: ConnectorKind;
  settings: unknown;
  folder: string;
  siteKey: string;
  tables: Tables;
  commit: GroupCommit;
  /** Of all channels together. */
  pace: Pace;
  server: ServerApi;
  attachments: AttachmentSettings;
  clock: Clock;
  /** Default: the same. */
  providersClock?: Clock | undefined;
  logger: Logger;
  backoffs?: Backoffs | undefined;
}

export interface ChannelFigures {
  channel: string;
  kind: string;
  /** Since the start. */
  received: number;
  fresh: number;
  handedOver: number;
  sent: number;
  failures: number;
  retries: number;
  strange: number;
  /** In the tables now. */
  toRead: number;
  setAside: number;
  toServer: number;
  refused: number;
  toSend: number;
  trouble: string[];
}

export class ChannelAtWork {
  readonly name: string;
  readonly kind: string;
  readonly connector: Connector;
  readonly policy: SendPolicy;
  readonly #options: ChannelOptions;
  readonly #reading: Reading;
  readonly #handing: HandingOver;
  readonly #sending: Sending;
  readonly #stream: OutboundStream;
  #starting: Promise<void> | undefined;
  #startTrouble: string | undefined;
  readonly #received: { all: number; fresh: number };
  readonly #accepted: { tell(rows: DeliveryRow[]): void };

  private constructor(
    options: ChannelOptions,
    connector: Connector,
    policy: SendPolicy,
    handing: HandingOver,
    received: { all: number; fresh: number },
    accepted: { tell(rows: DeliveryRow[]): void },
  ) {
    const { name, kind, tables, commit, pace, clock, logger, server, backoffs = {} } = options;
    this.#options = options;
    this.name = name;
    this.kind = kind.kind;
    this.connector = connector;
    this.policy = policy;
    this.#handing = handing;
    this.#received = received;
    const common = { channel: name, tables, commit, pace, clock, logger };
    this.#reading = new Reading({
      ...common,
      connector,
      complete: (item) => completed(item, name, policy, tables, clock),
      read: (items) => handing.kick(items),
      backoff: backoffs.provider,
    });
    this.#sending = new Sending({
      ...common,
      connector,
      policy,
      told: (items) => handing.kick(items),
      backoff: backoffs.provider,
    });
    this.#stream = new OutboundStream({
      ...common,
      states: connector.state !== undefined,
      open: (channel, after, signal) => server.outbound(channel, after, signal),
      filled: () => this.#sending.kick(),
      typing: (thread) => connector.typing?.(thread),
      backoff: backoffs.server,
    });
    accepted.tell = (rows) => this.#reading.offer(rows);
    this.#accepted = accepted;
  }

  /** Opens the connector; nothing is at work before `start`. @throws what the connector says is wrong with its settings */
  static async open(options: ChannelOptions): Promise<ChannelAtWork> {
    const { name, kind, settings, tables, commit, logger, server, backoffs } = options;
    const policy = typeof kind.policy === 'function' ? kind.policy(settings) : kind.policy;
    const handing = new HandingOver({
      channel: name,
      tables,
      commit,
      deliver: (channel, items) => server.deliver(channel, items),
      logger,
      backoff: backoffs?.server,
    });
    const received = { all: 0, fresh: 0 };
    const accepted = { tell(_rows: DeliveryRow[]) {} };
    const tools = toolsOf(options, policy, handing, received, (rows) => accepted.tell(rows));
    const connector = await kind.open(settings, tools);
    return new ChannelAtWork(options, connector, policy, handing, received, accepted);
  }

  start(): void {
    this.#reading.kick();
    this.#handing.kick();
    this.#sending.kick();
    this.#stream.start();
    this.#starting = this.connector.start?.().catch((error: unknown) => {
      this.#startTrouble = (error as Error).message;
      this.#options.logger.error({ channel: this.name, err: error }, 'the connector does not start');
    });
  }

  /** A callback of the provider. Never rejects. */
  async receive(callback: Callback): Promise<CallbackAnswer> {
    const { logger, tables, commit, clock } = this.#options;
    if (!this.connector.receive) return { status: 404 };
    try {
      const received = await this.connector.receive(callback);
      if (!('deliveries' in received)) return received;
      const told = (rows: DeliveryRow[]) => this.#accepted.tell(rows);
      const fresh = await accept(this.name, received.deliveries, undefined, { tables, commit, clock, told });
      this.#received.all += received.deliveries.length;
      this.#received.fresh += fresh;
      return await received.answer(fresh);
    } catch (error) {
      // The provider comes again: nothing was acknowledged.
      logger.error({ channel: this.name, err: error }, 'a callback could not be taken');
      return { status: 500 };
    }
  }

  figures(): ChannelFigures {
    const { setAside: _, ...counts } = this.#options.tables.counts(this.name);
    return {
      channel: this.name,
      kind: this.kind,
      received: this.#received.all,
      fresh: this.#received.fresh,
      handedOver: this.#handing.taken,
      sent: this.#sending.sent,
      failures: this.#sending.failures,
      retries: this.#sending.retries,
      strange: this.#stream.strange,
      setAside: _,
      ...counts,
      trouble: this.trouble(),
    };
  }

  trouble(): string[] {
    const server = this.#handing.trouble ?? this.#stream.trouble;
    const own = this.#startTrouble ?? this.connector.trouble?.();
    return [...(own === undefined ? [] : [own]), ...(server === undefined ? [] : [`the server: ${server}`])];
  }

  /** What was set aside is tried once more. @returns how many */
  async retry(): Promise<number> {
    const { commit, tables } = this.#options;
    // At once, as what is committed after them is offered as the last of the table.
    return commit.run(() => tables.retry(this.name), {
      after: () => {
        this.#reading.kick();
        this.#handing.kick();
      },
    });
  }

  async stop(): Promise<void> {
    await this.#stream.stop();
    // What is under way ends first, where that is soon; what hangs is ended by its connector.
    const quiet = Promise.all([this.#reading.stop(), this.#sending.stop()]);
    let patience: NodeJS.Timeout | undefined;
    const enough = new Promise<void>((done) => {
      patience = setTimeout(done, patienceMs);
    });
    await Promise.race([quiet, enough]);
    clearTimeout(patience);
    await this.connector.stop();
    await this.#starting;
    await quiet;
    await this.#handing.stop();
  }
}

interface Accepting {
  tables: Tables;
  commit: GroupCommit;
  clock: Clock;
  /** These were new, and are committed. */
  told(rows: DeliveryRow[]): void;
}

async function accept(
  channel: string,
  deliveries: Parameters<ConnectorTools['inbox']['accept']>[0],
  cursor: { name: string; value: string } | undefined,
  { tables, commit, clock, told }: Accepting,
): Promise<number> {
  if (deliveries.length === 0 && cursor === undefined) return 0;
  const fresh = await commit.run(
    () => {
      const now = clock.now();
      const rows: DeliveryRow[] = [];
      for (const delivery of deliveries) {
        const row = tables.addDelivery(channel, delivery, now);
        if (row) rows.push(row);
      }
      if (cursor) tables.setCursor(channel, cursor.name, cursor.value);
      return rows;
    },
    { after: told },
  );
  return fresh.length;
}

function toolsOf(
  options: ChannelOptions,
  policy: SendPolicy,
  handing: HandingOver,
  received: { all: number; fresh: number },
  told: (rows: DeliveryRow[]) => void,
): ConnectorTools {
  const { name, tables, commit, clock, logger, server, attachments, siteKey } = options;
  const folder = join(options.folder, 'channels', name);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  /** Written with the next commit; read from here until then. */
  const fresh = new Map<string, string>();
  const log = logger.child({ channel: name });
  return {
    channel: name,
    clock,
    providersClock: options.providersClock ?? clock,
    logger: log,
    folder,
    inbox: {
      async accept(deliveries, cursor) {
        const count = await accept(name, deliveries, cursor, { tables, commit, clock, told });
        received.all += deliveries.length;
        received.fresh += count;
        return count;
      },
      cursor: (cursor) => tables.cursor(name, cursor),
    },
    fetch: limitedFetch,
    token: (source) => keepToken(source, clock),
    attachments: attachmentsOf(name, server, attachments),
    opened(thread, occasion, at) {
      commit
        // Should it be lost, so is the note that the delivery was read, which comes after it.
        .run(() => tables.opened(name, thread, occasion, at), { repeatable: true })
        .catch((error: unknown) => log.error({ err: error }, 'an opened window could not be noted'));
    },
    window: (thread) => windowOf(policy, tables.openings(name, thread), clock.now()),
    notice: (item) => handing.notice(item),
    calls: {
      begin: (request) => server.begin(name, request),
      digits: (call, digits) => server.digits(name, call, digits),
      end: (call) => server.end(name, call),
    },
    secret: (purpose) => keyFor(siteKey, `channel ${name} ${purpose}`),
    memory: {
      get(key) {
        const unwritten = fresh.get(key);
        if (unwritten !== undefined) return unwritten;
        const kept = tables.memory(name, key);
        const now = clock.now();
        if (kept?.usedAt !== undefined && now - kept.usedAt > usedAgainMs) {
          commit
            .run(() => tables.memoryUsed(name, key, now), { repeatable: true })
            .catch((error: unknown) => log.error({ err: error }, 'the use of a fact could not be noted'));
        }
        return kept?.value;
      },
      set(key, value, about) {
        fresh.set(key, value);
        commit
          .run(() => tables.setMemory(name, key, value, clock.now(), about?.came === true))
          .catch((error: unknown) => log.error({ err: error }, 'a fact of a thread could not be noted'))
          .finally(() => {
            if (fresh.get(key) === value) fresh.delete(key);
          });
      },
    },
  };
}

/** An item of a thread with a limited window says so. */
function completed(item: InboundItem, channel: string, policy: SendPolicy, tables: Tables, clock: Clock): InboundItem {
  if ((item.item !== 'message' && item.item !== 'event') || item.window !== undefined || policy.always) return item;
  const window = windowOf(policy, tables.openings(channel, item.thread), clock.now());
  return window === undefined ? item : { ...item, window };
}
