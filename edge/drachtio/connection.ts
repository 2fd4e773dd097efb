// One app's connection: bytes in and out, its authentication, and what it has routed to itself.
//
//   greeting ──authenticate OK──▶ serving ──close / garbage / displaced──▶ closed
//      └──────────── NO, garbage, silence ────────────────────────────────────┘
import type { Socket } from 'node:net';
import type { Logger } from 'pino';
import { GatheredWrites } from '../../link/index.ts';
import { machine } from '../../values/index.ts';
import type { Dialog } from '../sip/index.ts';
import { FrameReader, framed } from './framing.ts';

export type ConnectionState = 'greeting' | 'serving' | 'closed';

const states = machine<ConnectionState, 'authenticated' | 'closed'>('drachtio-connection', {
  greeting: { authenticated: 'serving', closed: 'closed' },
  serving: { closed: 'closed' },
  closed: {},
});

/** Before it has shown the secret, a peer may send this much at a time; afterwards a frame may be as long as `frameCap`. */
const greetingCap = 4_096;
/** An app that reads nothing while this much waits for it is beyond help (bytes of UTF-16, about the bytes sent). */
const mostWaiting = 64 * 1024 * 1024;

export interface ConnectionUser {
  /** A complete payload. */
  frame(connection: AppConnection, payload: string): void;
  /** Once, whatever ended it. */
  closed(connection: AppConnection, why: string): void;
}

export class AppConnection {
  /** Methods in upper case. */
  readonly routes = new Set<string>();
  /** The server's epoch; undefined for an app that has none. */
  epoch: number | undefined;
  /** It authenticated at some time. */
  wasServing = false;
  readonly #socket: Socket;
  readonly #reader = new FrameReader(greetingCap);
  readonly #frameCap: number;
  readonly #user: ConnectionUser;
  readonly #log: Logger;
  #state: ConnectionState = 'greeting';
  readonly #writes: GatheredWrites;

  constructor(socket: Socket, frameCap: number, greetingMs: number, user: ConnectionUser, log: Logger) {
    this.#socket = socket;
    this.#writes = new GatheredWrites(socket);
    this.#frameCap = frameCap;
    this.#user = user;
    this.#log = log;
    socket.setNoDelay(true);
    // A holder that vanished without a word is noticed well before the grace time is over.
    socket.setKeepAlive(true, 5_000);
    socket.setTimeout(greetingMs, () => this.close('no authenticate in time'));
    const onFrame = (payload: string): void => {
      if (this.#state !== 'closed') user.frame(this, payload);
    };
    socket.on('data', (chunk) => {
      if (this.#state === 'closed') return;
      try {
        this.#reader.push(chunk, onFrame);
      } catch (error) {
        this.#log.warn({ error }, 'app connection sent something that cannot be handled');
        this.close('garbage');
      }
    });
    socket.on('error', (error) => {
      this.#log.info({ error: error.message }, 'app connection failed');
      this.close('error');
    });
    // Not `close`: what the far end can no longer hear is decided at its FIN.
    socket.on('end', () => this.close('end'));
    socket.on('close', () => this.close('close'));
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /** The peer has shown the secret. */
  authenticated(epoch: number | undefined): void {
    this.#state = states.next(this.#state, 'authenticated') ?? this.#state;
    this.epoch = epoch;
    this.wasServing = true;
    this.#reader.cap = this.#frameCap;
    this.#socket.setTimeout(0);
  }

  /** Sends a payload, together with others of the same moment. Nothing once it is closed. */
  send(payload: string): void {
    if (this.#state === 'closed') return;
    this.#writes.write(framed(payload));
    if (this.#writes.unsent <= mostWaiting) return;
    this.#log.error({ waiting: this.#writes.unsent }, 'app does not read, connection closed');
    this.close('app does not read');
  }

  /** Ends the connection; what was queued before still leaves. */
  close(why: string): void {
    if (this.#state === 'closed') return;
    this.#writes.flush();
    this.#state = states.next(this.#state, 'closed') ?? 'closed';
    this.#socket.end();
    // An app that never closes its side must not keep the socket.
    this.#socket.setTimeout(5_000, () => this.#socket.destroy());
    this.#user.closed(this, why);
  }

  /** Ends it at once. */
  destroy(): void {
    this.close('shutdown');
    this.#socket.destroy();
  }
}

/** The connection of what belongs to an app, where it still serves. */
export function live(owner: object | undefined): AppConnection | undefined {
  const connection = owner as AppConnection | undefined;
  return connection?.state === 'serving' ? connection : undefined;
}

export function liveOwner(dialog: Dialog): AppConnection | undefined {
  return live(dialog.owner);
}
