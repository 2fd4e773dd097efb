// The edge's end of the link: listens, lets one server in (the newest epoch), answers its requests and sends events,
// which it numbers and keeps until they are acknowledged.
import { createHash, timingSafeEqual } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { unlink } from 'node:fs/promises';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import type { Logger } from 'pino';
import { SwitchroomError } from '../values/index.ts';
import { EventBuffer } from './event-buffer.ts';
import { LinkFailure } from './failure.ts';
import { LineReader, LineWriter, maxLineChars } from './lines.ts';
import type { Hello, Refusal, Reply, Request, Welcome } from './protocol.ts';

export interface LinkServerOptions {
  /** Where to listen: a unix socket, or TCP. Default: TCP, loopback, a free port. */
  listen?: { path: string } | { host?: string; port?: number };
  /** Shared with the server; never logged. */
  secret: string;
  /** Name of this edge process: a new one at every start. */
  edge: string;
  version: string;
  capabilities: string[];
  logger: Logger;
  /** Most unacknowledged events kept; the oldest go first. Default 20,000. */
  keepEvents?: number;
  /** A server that is silent for so long is gone. Default 10,000 ms; the client asks every 2 s. */
  silenceMs?: number;
}

/** Answers requests of one prefix. What it returns or resolves to is the `ok` of the reply; throw LinkFailure to refuse. */
export type RequestHandler = (name: string, body: unknown) => unknown;

export interface LinkServerEvents {
  /** A server was let in; `sameServer`: it had this epoch before, so it is the same process with a new connection. */
  up: [{ epoch: number; sameServer: boolean }];
  /** It is gone; its calls live on for the grace time. */
  down: [{ epoch: number; reason: string }];
}

const helloChars = 4096;
const helloMs = 5_000;
/** A server that lets so many bytes pile up does not read. */
const maxUnsentBytes = 64 * 1024 * 1024;

interface Connection {
  socket: Socket;
  writer: LineWriter;
  epoch: number;
  heardAt: number;
}

/**
 * ```
 *   accepted ──hello ok──► holder ──closed / displaced / silent──► gone
 *      └──bad hello, 5 s──► refused
 * ```
 */
export class LinkServer extends EventEmitter<LinkServerEvents> {
  readonly #options: LinkServerOptions;
  readonly #logger: Logger;
  readonly #handlers = new Map<string, RequestHandler>();
  readonly #events: EventBuffer;
  readonly #waiting = new Set<Socket>();
  readonly #server: Server;
  #holder: Connection | undefined;
  #epoch = -1;
  #silence: NodeJS.Timeout | undefined;

  private constructor(options: LinkServerOptions) {
    super();
    this.#options = options;
    this.#logger = options.logger;
    this.#events = new EventBuffer(options.keepEvents ?? 20_000);
    this.#server = createServer({ noDelay: true, keepAlive: true }, (socket) => this.#accept(socket));
    this.#handlers.set('link', (name) => {
      if (name === 'link.ping') return {};
      throw new LinkFailure('request-unknown', name);
    });
  }

  /** Listens and resolves when servers can connect. @throws the system's error where it cannot bind */
  static async listen(options: LinkServerOptions): Promise<LinkServer> {
    const link = new LinkServer(options);
    const where = options.listen ?? {};
    if ('path' in where) {
      // A socket file that a killed edge left behind would make the bind fail.
      await unlink(where.path).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'ENOENT') throw error;
      });
    }
    await new Promise<void>((resolve, reject) => {
      link.#server.once('error', reject);
      const target = 'path' in where ? where : { host: where.host ?? '127.0.0.1', port: where.port ?? 0 };
      link.#server.listen(target, () => {
        link.#server.off('error', reject);
        resolve();
      });
    });
    link.#server.on('error', (error) => link.#logger.error({ err: error }, 'link listener failed'));
    const silenceMs = options.silenceMs ?? 10_000;
    link.#silence = setInterval(() => {
      const holder = link.#holder;
      if (holder && performance.now() - holder.heardAt > silenceMs) link.#drop(holder, 'silent');
    }, silenceMs / 4).unref();
    return link;
  }

  /** What a client connects to. */
  get address(): { path: string } | { host: string; port: number } {
    const where = this.#options.listen;
    if (where && 'path' in where) return { path: where.path };
    const bound = this.#server.address() as AddressInfo;
    return { host: bound.address, port: bound.port };
  }

  /** Whether a server is connected. */
  get connected(): boolean {
    return this.#holder !== undefined;
  }

  /** Newest epoch that was let in; -1 before the first. */
  get epoch(): number {
    return this.#epoch;
  }

  /**
   * Requests named `<prefix>.…` go to `handler`, in the order they came.
   * @throws Error where the prefix is taken
   */
  serve(prefix: string, handler: RequestHandler): void {
    if (this.#handlers.has(prefix)) throw new Error(`link requests ${prefix}.* are served already`);
    this.#handlers.set(prefix, handler);
  }

  /** Numbers an event, sends it where a server is connected, and keeps it until it is acknowledged. */
  publish(event: string, body: unknown): void {
    const line = this.#events.add(event, body);
    const holder = this.#holder;
    if (!holder) return;
    holder.writer.write(line);
    if (holder.writer.unsent > maxUnsentBytes) this.#drop(holder, 'does not read');
  }

  async close(): Promise<void> {
    clearInterval(this.#silence);
    for (const socket of this.#waiting) socket.destroy();
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    if (this.#holder) this.#drop(this.#holder, 'edge stops');
    await closed;
  }

  #accept(socket: Socket): void {
    this.#waiting.add(socket);
    const writer = new LineWriter(socket);
    let connection: Connection | undefined;
    const reader = new LineReader(() => (connection ? maxLineChars : helloChars));
    const impatience = setTimeout(() => refuse('protocol', 'no hello'), helloMs).unref();
    const refuse = (refused: Refusal['refused'], reason: string) => {
      writer.write(JSON.stringify({ refused, reason } satisfies Refusal));
      writer.flush();
      socket.end();
      this.#logger.warn({ refused, reason }, 'link refused');
    };
    socket.on('data', (bytes) => {
      const fits = reader.push(bytes, (line) => {
        if (socket.destroyed || socket.writableEnded) return;
        if (connection) {
          connection.heardAt = performance.now();
          this.#frame(connection, line);
          return;
        }
        clearTimeout(impatience);
        const hello = parseHello(line);
        const refusal = hello ? this.#judge(hello) : ({ refused: 'protocol', reason: 'not a hello' } satisfies Refusal);
        if (refusal) refuse(refusal.refused, refusal.reason);
        else connection = this.#welcome(socket, writer, hello as Hello);
      });
      if (!fits) socket.destroy();
    });
    socket.on('error', (error) => this.#logger.info({ err: error }, 'link connection failed'));
    socket.on('close', () => {
      clearTimeout(impatience);
      this.#waiting.delete(socket);
      if (connection) this.#drop(connection, 'closed');
    });
  }

  #judge(hello: Hello): Refusal | undefined {
    if (!sameSecret(hello.secret, this.#options.secret)) return { refused: 'secret', reason: 'wrong secret' };
    if (hello.hello !== 1) return { refused: 'protocol', reason: 'this edge speaks protocol 1' };
    if (hello.epoch < this.#epoch) return { refused: 'epoch', reason: `epoch ${this.#epoch} is newer` };
    if (hello.epoch === this.#epoch && this.#holder) return { refused: 'epoch', reason: 'this epoch is connected' };
    return undefined;
  }

  #welcome(socket: Socket, writer: LineWriter, hello: Hello): Connection {
    if (this.#holder) this.#drop(this.#holder, 'displaced by a newer epoch');
    const sameServer = hello.epoch === this.#epoch;
    this.#epoch = hello.epoch;
    const connection: Connection = { socket, writer, epoch: hello.epoch, heardAt: performance.now() };
    this.#holder = connection;
    this.#waiting.delete(socket);
    this.#events.acknowledge(hello.edge === this.#options.edge ? hello.seen : 0);
    const { edge, version, capabilities } = this.#options;
    const from = this.#events.first;
    writer.write(JSON.stringify({ hello: 1, edge, version, capabilities, from } satisfies Welcome));
    for (const line of this.#events.kept()) writer.write(line);
    this.#logger.info({ epoch: hello.epoch, from, kept: this.#events.size }, 'link up');
    this.emit('up', { epoch: hello.epoch, sameServer });
    return connection;
  }

  #frame(connection: Connection, line: string): void {
    let frame: Partial<Request> & { ack?: unknown };
    try {
      frame = Object(JSON.parse(line));
    } catch (error) {
      this.#logger.error({ err: error }, 'link frame is not JSON');
      this.#drop(connection, 'not JSON');
      return;
    }
    if (typeof frame.ack === 'number') {
      this.#events.acknowledge(frame.ack);
    } else if (typeof frame.do === 'string' && (frame.id === undefined || typeof frame.id === 'number')) {
      this.#request(connection, frame.id, frame.do, frame.with ?? {});
    } else {
      this.#drop(connection, 'unknown frame');
    }
  }

  /** @param id absent where nobody waits for a reply */
  #request(connection: Connection, id: number | undefined, name: string, body: unknown): void {
    try {
      const handler = this.#handlers.get(name.slice(0, Math.max(0, name.indexOf('.'))));
      if (!handler) throw new LinkFailure('request-unknown', `nobody serves ${name}`);
      const answer = handler(name, body);
      // Most answers of the SIP side are there at once; waiting for them would cost a turn.
      if (!(answer instanceof Promise)) this.#reply(connection, id, { re: id ?? 0, ok: answer ?? {} });
      else
        answer.then(
          (ok: unknown) => this.#reply(connection, id, { re: id ?? 0, ok: ok ?? {} }),
          (error: unknown) => this.#failed(connection, id, name, error),
        );
    } catch (error) {
      this.#failed(connection, id, name, error);
    }
  }

  #failed(connection: Connection, id: number | undefined, name: string, error: unknown): void {
    let failed: { code: string; reason: string };
    if (error instanceof LinkFailure) failed = { code: error.code, reason: error.reason };
    else if (error instanceof SwitchroomError) failed = { code: error.code, reason: error.message };
    else {
      this.#logger.error({ err: error, request: name }, 'link request failed');
      failed = { code: 'internal', reason: `${name} failed; see the log of the edge` };
    }
    if (id === undefined) this.#logger.debug({ request: name, ...failed }, 'what the server told could not be done');
    else this.#reply(connection, id, { re: id, failed });
  }

  #reply(connection: Connection, id: number | undefined, reply: Reply): void {
    if (id !== undefined && this.#holder === connection) connection.writer.write(JSON.stringify(reply));
  }

  #drop(connection: Connection, reason: string): void {
    connection.writer.flush();
    connection.socket.destroy();
    if (this.#holder !== connection) return;
    this.#holder = undefined;
    this.#logger.info({ epoch: connection.epoch, reason }, 'link down');
    this.emit('down', { epoch: connection.epoch, reason });
  }
}

function parseHello(line: string): Hello | undefined {
  try {
    const hello: Hello = JSON.parse(line);
    const { secret, epoch, seen, edge } = hello;
    const fits = typeof secret === 'string' && Number.isSafeInteger(epoch) && Number.isSafeInteger(seen);
    return fits && (edge === undefined || typeof edge === 'string') ? hello : undefined;
  } catch {
    return undefined; // said to the client as a refusal
  }
}

function sameSecret(given: string, ours: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(ours));
}
