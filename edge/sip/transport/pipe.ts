// What carries the bytes of a connection: a TCP or TLS socket, or a WebSocket.
import type { Socket } from 'node:net';

export interface Pipe {
  /** Our address of it, while it is open. */
  readonly localAddress: string | undefined;
  /** Bytes that wait to leave. */
  readonly unsent: number;
  /** Each chunk that comes is one whole message (RFC 7118 §5); else a stream that must be cut. */
  readonly whole: boolean;
  /** Whom it tells; set once, at once. */
  user: PipeUser;
  write(bytes: Buffer, done?: (error: Error | null | undefined) => void): void;
  /** No more from us; nothing more is heard; `done` when what was written has left. */
  finish(done: () => void): void;
  destroy(): void;
}

export interface PipeUser {
  /** What we opened stands (for TLS: with a peer that has proved its name). */
  opened(): void;
  received(chunk: Buffer): void;
  /** The peer sends no more. */
  ended(): void;
  /** It is over; last call. */
  closed(error: Error | undefined): void;
}

const nobody: PipeUser = { opened() {}, received() {}, ended() {}, closed() {} };

/** A TCP or TLS socket. */
export class SocketPipe implements Pipe {
  readonly whole = false;
  user: PipeUser = nobody;
  readonly #socket: Socket;
  #error: Error | undefined;

  /** @param opening the event that says that a socket of ours stands */
  constructor(socket: Socket, opening: 'connect' | 'secureConnect') {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.setKeepAlive(true, 60_000);
    socket.on(opening, () => this.user.opened());
    socket.on('data', (chunk) => this.user.received(chunk));
    socket.on('end', () => this.user.ended());
    socket.on('error', (error) => {
      this.#error = error;
    });
    socket.on('close', () => this.user.closed(this.#error));
  }

  get localAddress(): string | undefined {
    return this.#socket.localAddress;
  }

  get unsent(): number {
    return this.#socket.writableLength;
  }

  write(bytes: Buffer, done?: (error: Error | null | undefined) => void): void {
    this.#socket.write(bytes, done);
  }

  finish(done: () => void): void {
    this.#socket.removeAllListeners('data');
    this.#socket.resume();
    this.#socket.end(done);
  }

  destroy(): void {
    this.#socket.destroy();
  }
}
