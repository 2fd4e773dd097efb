// The server's end of the link: connects, stays connected, asks, and hears events in order.
import { EventEmitter } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { Logger } from 'pino';
import { LinkFailure } from './failure.ts';
import { LineReader, LineWriter } from './lines.ts';
import type { EventFrame, Hello, Refusal, Reply, Request, Welcome } from './protocol.ts';

export interface LinkClientOptions {
  address: { path: string } | { host: string; port: number };
  secret: string;
  /** Of the data directory: the newest server wins. */
  epoch: number;
  logger: Logger;
  /** First delay before a new attempt, and the most it grows to. Default 50 and 1,000 ms. */
  retryMs?: { first: number; most: number };
  /** How often it asks whether the edge is alive; three silences close the connection. Default 2,000 ms. */
  pingMs?: number;
}

export interface LinkClientEvents {
  /**
   * Connected. `sameEdge`: the edge process of the connection before; else all its endpoints and dialogs are gone.
   * `missed`: how many of its events were lost to the bound; whoever follows by events must compare.
   */
  up: [{ welcome: Welcome; sameEdge: boolean; missed: number }];
  /** The connection broke, or the first attempt failed; it tries on. Pending requests have failed. */
  down: [{ reason: string }];
  /** The edge refused us. Tried again, as the cause may pass (`epoch`: another server runs). */
  refused: [Refusal];
}

/** Hears the events named `<prefix>.…`. Must not throw; an error is logged. */
export type EventHandler = (event: string, body: unknown) => void;

interface Pending {
  name: string;
  resolve: (ok: never) => void;
  reject: (failure: LinkFailure) => void;
  timeoutMs: number;
  /** Monotonic time by which the reply must have come. */
  due: number;
}

/**
 * ```
 *   idle ──start──► connecting ──welcome──► up ──broken──► waiting ──delay──► connecting
 *                        └──failed, refused──► waiting         any ──close──► closed
 * ```
 */
export class LinkClient extends EventEmitter<LinkClientEvents> {
  readonly #options: LinkClientOptions;
  readonly #logger: Logger;
  readonly #pending = new Map<number, Pending>();
  readonly #handlers = new Map<string, EventHandler>();
  #state: 'idle' | 'connecting' | 'up' | 'waiting' | 'closed' = 'idle';
  #socket: Socket | undefined;
  #writer: LineWriter | undefined;
  #welcome: Welcome | undefined;
  #edge: string | undefined;
  #seen = 0;
  #acked = 0;
  #ackPlanned = false;
  #lastId = 0;
  /** Fails what has no reply in time: one timer for all, as most replies come at once. */
  #overdue: NodeJS.Timeout | undefined;
  /** When it goes off; no later than the first of them is due. */
  #overdueAt = Number.POSITIVE_INFINITY;
  #delay: number;
  #retry: NodeJS.Timeout | undefined;
  #ping: NodeJS.Timeout | undefined;
  #heardAt = 0;

  constructor(options: LinkClientOptions) {
    super();
    this.#options = options;
    this.#logger = options.logger;
    this.#delay = this.#retryMs.first;
  }

  get connected(): boolean {
    return this.#state === 'up';
  }

  /** The edge's last welcome; undefined before the first. */
  get welcome(): Welcome | undefined {
    return this.#welcome;
  }

  /** Begins to connect. Register handlers first: events may follow the welcome at once. */
  start(): void {
    if (this.#state === 'idle') this.#connect();
  }

  /** Resolves when the link is up, at once where it is. @throws LinkFailure link-down after `withinMs`, or when closed */
  async ready(withinMs: number): Promise<Welcome> {
    if (this.connected && this.#welcome) return this.#welcome;
    return new Promise((resolve, reject) => {
      const done = (settle: () => void) => {
        clearTimeout(timer);
        this.off('up', up);
        settle();
      };
      const up = ({ welcome }: { welcome: Welcome }) => done(() => resolve(welcome));
      const timer = setTimeout(() => {
        done(() => reject(new LinkFailure('link-down', `no link to the edge within ${withinMs} ms`)));
      }, withinMs);
      this.on('up', up);
    });
  }

  /** Events named `<prefix>.…` go to `handler`, in order, each once. @throws Error where the prefix is taken */
  hear(prefix: string, handler: EventHandler): void {
    if (this.#handlers.has(prefix)) throw new Error(`link events ${prefix}.* are heard already`);
    this.#handlers.set(prefix, handler);
  }

  /** Stops hearing. */
  unhear(prefix: string): void {
    this.#handlers.delete(prefix);
  }

  /**
   * Asks the edge. Requests leave in the order of the calls.
   * @param timeoutMs the reply must come within; default 10,000 ms
   * @throws LinkFailure `link-down` where there is no link or it breaks before the reply, `link-timeout`, or the edge's code
   */
  request<Ok = unknown>(name: string, body: unknown, timeoutMs = 10_000): Promise<Ok> {
    const writer = this.#writer;
    if (!writer || this.#state !== 'up') {
      return Promise.reject(new LinkFailure('link-down', `no link to the edge; ${name} was not asked`));
    }
    const id = ++this.#lastId;
    writer.write(JSON.stringify({ id, do: name, with: body } satisfies Request));
    const due = performance.now() + timeoutMs;
    if (due < this.#overdueAt) this.#failOverdueAt(due);
    return new Promise<Ok>((resolve, reject) => {
      this.#pending.set(id, { name, resolve: resolve as (ok: never) => void, reject, timeoutMs, due });
    });
  }

  /**
   * Tells the edge something whose outcome nobody waits for; in order with the requests. Where there is no link it is
   * lost, where the edge cannot do it the edge's log says so.
   */
  tell(name: string, body: unknown): void {
    if (this.#state === 'up') this.#writer?.write(JSON.stringify({ do: name, with: body } satisfies Request));
  }

  close(): void {
    if (this.#state === 'closed') return;
    this.#sendAck();
    this.#writer?.flush();
    this.#state = 'closed';
    clearTimeout(this.#retry);
    clearInterval(this.#ping);
    this.#socket?.end();
    this.#socket = undefined;
    this.#writer = undefined;
    this.#failPending('the link was closed');
  }

  get #retryMs(): { first: number; most: number } {
    return this.#options.retryMs ?? { first: 50, most: 1_000 };
  }

  #connect(): void {
    this.#state = 'connecting';
    const { address, secret, epoch } = this.#options;
    const socket = connect(address);
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.setKeepAlive(true, 5_000);
    const writer = new LineWriter(socket);
    const reader = new LineReader();
    let reason = 'closed by the edge';
    this.#heardAt = performance.now();
    socket.on('connect', () => {
      const hello: Hello = { hello: 1, secret, epoch, edge: this.#edge, seen: this.#seen };
      writer.write(JSON.stringify(hello));
    });
    socket.on('data', (bytes) => {
      this.#heardAt = performance.now();
      const fits = reader.push(bytes, (line) => {
        if (this.#socket === socket) this.#frame(socket, writer, line);
      });
      if (!fits) socket.destroy(new Error('a frame is too long'));
    });
    socket.on('error', (error) => {
      reason = error.message;
    });
    socket.on('close', () => {
      if (this.#socket === socket) this.#lost(reason);
    });
    clearInterval(this.#ping);
    this.#ping = setInterval(() => this.#probe(socket), this.#options.pingMs ?? 2_000);
  }

  #probe(socket: Socket): void {
    const pingMs = this.#options.pingMs ?? 2_000;
    if (performance.now() - this.#heardAt > 3 * pingMs) socket.destroy(new Error('the edge is silent'));
    else if (this.#state === 'up') {
      // The reply counts as life; a failure shows as silence or as the end of the connection.
      this.request('link.ping', {}, 3 * pingMs).catch((error: LinkFailure) => {
        this.#logger.debug({ code: error.code }, 'link ping unanswered');
      });
    }
  }

  #frame(socket: Socket, writer: LineWriter, line: string): void {
    let frame: Partial<Welcome & Refusal> & Partial<EventFrame> & { re?: number };
    try {
      frame = Object(JSON.parse(line));
    } catch {
      socket.destroy(new Error('a frame is not JSON'));
      return;
    }
    if (typeof frame.seq === 'number') this.#event(frame as EventFrame);
    else if (typeof frame.re === 'number') this.#reply(frame as Reply);
    else if (frame.hello === 1) this.#up(writer, frame as Welcome);
    else if (frame.refused !== undefined) {
      const refusal = frame as Refusal;
      this.#logger.warn({ refused: refusal.refused, reason: refusal.reason }, 'edge refused the link');
      this.#delay = this.#retryMs.most;
      this.emit('refused', refusal);
      socket.destroy(new Error(`refused: ${refusal.reason}`));
    } else socket.destroy(new Error('a frame is unknown'));
  }

  #up(writer: LineWriter, welcome: Welcome): void {
    const sameEdge = this.#edge === welcome.edge;
    const missed = sameEdge ? Math.max(0, welcome.from - this.#seen - 1) : 0;
    if (missed > 0) this.#logger.warn({ missed, edge: welcome.edge }, 'edge events were lost while the link was down');
    this.#edge = welcome.edge;
    this.#seen = welcome.from - 1;
    this.#acked = this.#seen;
    this.#welcome = welcome;
    this.#writer = writer;
    this.#state = 'up';
    this.#delay = this.#retryMs.first;
    this.#logger.info({ edge: welcome.edge, sameEdge, from: welcome.from }, 'link up');
    this.emit('up', { welcome, sameEdge, missed });
  }

  #event(frame: EventFrame): void {
    if (frame.seq <= this.#seen) return;
    const handler = this.#handlers.get(frame.event.slice(0, Math.max(0, frame.event.indexOf('.'))));
    if (!handler) this.#logger.debug({ event: frame.event }, 'link event without a listener');
    else {
      try {
        handler(frame.event, frame.with);
      } catch (error) {
        this.#logger.error({ err: error, event: frame.event }, 'handler of a link event failed');
      }
    }
    this.#seen = frame.seq;
    if (!this.#ackPlanned) {
      this.#ackPlanned = true;
      setTimeout(() => this.#sendAck(), 50).unref();
    }
  }

  #sendAck(): void {
    this.#ackPlanned = false;
    if (this.#state !== 'up' || this.#seen === this.#acked) return;
    this.#acked = this.#seen;
    this.#writer?.write(JSON.stringify({ ack: this.#seen }));
  }

  #reply(reply: Reply): void {
    const pending = this.#pending.get(reply.re);
    if (!pending) return; // it timed out before
    this.#pending.delete(reply.re);
    if ('ok' in reply) pending.resolve(reply.ok as never);
    else pending.reject(new LinkFailure(reply.failed.code, reply.failed.reason));
  }

  #lost(reason: string): void {
    this.#socket = undefined;
    this.#writer = undefined;
    clearInterval(this.#ping);
    this.#failPending(reason);
    const first = this.#state === 'up' || this.#delay === this.#retryMs.first;
    this.#state = 'waiting';
    this.#retry = setTimeout(() => this.#connect(), this.#delay);
    this.#delay = Math.min(this.#delay * 2, this.#retryMs.most);
    if (!first) return;
    this.#logger.warn({ reason }, 'link down');
    this.emit('down', { reason });
  }

  #failOverdueAt(at: number): void {
    clearTimeout(this.#overdue);
    this.#overdueAt = at;
    this.#overdue = setTimeout(() => this.#failOverdue(), at - performance.now());
  }

  #failOverdue(): void {
    const now = performance.now();
    this.#overdueAt = Number.POSITIVE_INFINITY;
    let next = Number.POSITIVE_INFINITY;
    for (const [id, { name, reject, timeoutMs, due }] of this.#pending) {
      if (due > now) next = Math.min(next, due);
      else {
        this.#pending.delete(id);
        reject(new LinkFailure('link-timeout', `no reply to ${name} within ${timeoutMs} ms`));
      }
    }
    if (next < this.#overdueAt) this.#failOverdueAt(next);
  }

  #failPending(reason: string): void {
    clearTimeout(this.#overdue);
    this.#overdueAt = Number.POSITIVE_INFINITY;
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    for (const { name, reject } of pending) {
      reject(new LinkFailure('link-down', `the link broke before the reply to ${name}: ${reason}`));
    }
  }
}
