// Where apps connect: authentication, epochs, routes, and which app gets a new request.
import { createHash, timingSafeEqual } from 'node:crypto';
import { type AddressInfo, createServer, type Server } from 'node:net';
import type { Logger } from 'pino';
import { AppConnection } from './connection.ts';
import { noFrame, okFrame } from './frames.ts';

export interface AppListenerOptions {
  /** Loopback unless said otherwise: the protocol is not encrypted. */
  host: string;
  /** 0: a free one. */
  port: number;
  secret: string;
  /** Longest frame of an authenticated app, bytes. */
  frameCap: number;
  /** How long a peer may take to authenticate, ms. */
  greetingMs: number;
  /** `hostports|version|localHostports` for the answer to authenticate. */
  greeting: () => string;
}

export interface AppListenerUser {
  /** An app is served from now on. */
  arrived(connection: AppConnection): void;
  /** It is gone; only apps that had arrived are told. */
  left(connection: AppConnection, why: string): void;
  /** A `sip` or `proxy` frame. `meta` are its tokens, `textAt` where the SIP text begins. */
  frame(connection: AppConnection, meta: string[], payload: string, textAt: number): void;
}

/** The version that drachtio-srf is told; it starts pinging from v0.8.2 on. */
export const protocolVersion = 'v0.9.10';
const mostConnections = 64;

export class AppListener {
  readonly #options: AppListenerOptions;
  readonly #user: AppListenerUser;
  readonly #log: Logger;
  readonly #server: Server;
  readonly #connections = new Set<AppConnection>();
  #epoch = -1;
  #turn = 0;

  private constructor(options: AppListenerOptions, user: AppListenerUser, log: Logger) {
    this.#options = options;
    this.#user = user;
    this.#log = log;
    this.#server = createServer((socket) => {
      if (this.#connections.size >= mostConnections) {
        socket.destroy();
        return;
      }
      const { frameCap, greetingMs } = this.#options;
      const connection: AppConnection = new AppConnection(
        socket,
        frameCap,
        greetingMs,
        {
          frame: (from, payload) => this.#frame(from, payload),
          closed: (which, why) => this.#closed(which, why),
        },
        this.#log,
      );
      this.#connections.add(connection);
    });
  }

  /** @throws the system's error where it cannot bind */
  static async open(options: AppListenerOptions, user: AppListenerUser, log: Logger): Promise<AppListener> {
    const listener = new AppListener(options, user, log);
    const server = listener.#server;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host: options.host, port: options.port }, () => {
        server.off('error', reject);
        resolve();
      });
    });
    server.on('error', (error) => log.error({ error: error.message }, 'app listener failed'));
    return listener;
  }

  get address(): { host: string; port: number } {
    const bound = this.#server.address() as AddressInfo;
    return { host: bound.address, port: bound.port };
  }

  /** The newest epoch that was seen; -1 before any. */
  get epoch(): number {
    return this.#epoch;
  }

  /** A server of that epoch showed up on the link: older ones are obeyed no more. */
  claim(epoch: number): void {
    if (epoch <= this.#epoch) return;
    this.#epoch = epoch;
    for (const connection of this.#connections) {
      if (connection.epoch !== undefined && connection.epoch < epoch) connection.close('displaced by a newer epoch');
    }
  }

  /** The app that gets a new request of that method, in turn; undefined: nobody asked for it. */
  choose(method: string): AppConnection | undefined {
    const able: AppConnection[] = [];
    for (const connection of this.#connections) {
      if (connection.state === 'serving' && connection.routes.has(method)) able.push(connection);
    }
    return able.length < 2 ? able[0] : able[this.#turn++ % able.length];
  }

  /** Whether any app is connected. */
  get serving(): boolean {
    for (const connection of this.#connections) if (connection.state === 'serving') return true;
    return false;
  }

  /** The connected server of the newest epoch. */
  holder(): AppConnection | undefined {
    for (const connection of this.#connections) {
      if (connection.state === 'serving' && connection.epoch !== undefined && connection.epoch === this.#epoch) {
        return connection;
      }
    }
    return undefined;
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const connection of [...this.#connections]) connection.destroy();
    await closed;
  }

  #frame(connection: AppConnection, payload: string): void {
    const lineEnd = payload.indexOf('\r\n');
    const meta = (lineEnd === -1 ? payload : payload.slice(0, lineEnd)).split('|');
    const messageId = meta[0] ?? '';
    const kind = meta[1];
    if (messageId === '' || kind === undefined) {
      connection.close('a frame without id or kind');
      return;
    }
    if (kind === 'authenticate') {
      this.#authenticate(connection, messageId, meta[2] ?? '', meta[3] ?? '');
      return;
    }
    if (connection.state !== 'serving') {
      connection.send(noFrame(messageId, 'not authenticated'));
      connection.close('spoke before it authenticated');
      return;
    }
    switch (kind) {
      case 'sip':
      case 'proxy':
        this.#user.frame(connection, meta, payload, lineEnd === -1 ? payload.length : lineEnd + 2);
        return;
      case 'route':
        connection.routes.add((meta[2] ?? '').toUpperCase());
        connection.send(okFrame(messageId));
        return;
      case 'remove_route':
        connection.routes.delete((meta[2] ?? '').toUpperCase());
        connection.send(okFrame(messageId));
        return;
      case 'ping':
        connection.send(okFrame(messageId, '|pong'));
        return;
      default:
        connection.send(noFrame(messageId, 'Unknown message type'));
        connection.close('unknown message type');
    }
  }

  #authenticate(connection: AppConnection, messageId: string, secret: string, tags: string): void {
    if (connection.state !== 'greeting') {
      connection.send(noFrame(messageId, 'authenticated before'));
      return;
    }
    const refuse = (reason: string): void => {
      this.#log.warn({ reason }, 'app refused');
      connection.send(noFrame(messageId, reason));
      connection.close(reason);
    };
    if (!sameSecret(secret, this.#options.secret)) {
      refuse('incorrect secret');
      return;
    }
    const epoch = epochOf(tags);
    if (epoch !== undefined) {
      const older = epoch < this.#epoch;
      if (older || (epoch === this.#epoch && this.holder() !== undefined)) {
        refuse(older ? `epoch ${this.#epoch} is newer` : 'this epoch is connected');
        return;
      }
      this.claim(epoch);
    }
    connection.authenticated(epoch);
    connection.send(okFrame(messageId, `|${this.#options.greeting()}`));
    this.#log.info({ epoch }, 'app connected');
    this.#user.arrived(connection);
  }

  #closed(connection: AppConnection, why: string): void {
    this.#connections.delete(connection);
    if (!connection.wasServing) return;
    this.#log.info({ epoch: connection.epoch, why }, 'app connection lost');
    this.#user.left(connection, why);
  }
}

/** `epoch-7` among the tags. */
function epochOf(tags: string): number | undefined {
  for (const tag of tags.split(',')) {
    const digits = /^epoch-(\d{1,15})$/.exec(tag)?.[1];
    if (digits !== undefined) return Number(digits);
  }
  return undefined;
}

function sameSecret(given: string, ours: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(ours));
}
