import type { Socket } from 'node:net';
import type { WebSocket } from 'ws';
import type { Pipe, PipeUser } from './pipe.ts';

/** A WebSocket that speaks `sip` (RFC 7118): one message of SIP in each of its messages. */
export class WebSocketPipe implements Pipe {
  readonly whole = true;
  user: PipeUser = { opened() {}, received() {}, ended() {}, closed() {} };
  readonly #ws: WebSocket;
  readonly #socket: Socket;
  #error: Error | undefined;
  #asked = false;

  /** @param socket the one below it */
  constructor(ws: WebSocket, socket: Socket) {
    this.#ws = ws;
    this.#socket = socket;
    ws.on('message', (data) => {
      // Text or binary, both are allowed (RFC 7118 §5); `ws` hands over one Buffer for either.
      if (Buffer.isBuffer(data)) this.user.received(data);
    });
    ws.on('pong', () => {
      this.#asked = false;
    });
    ws.on('error', (error) => {
      this.#error = error;
    });
    ws.on('close', () => this.user.closed(this.#error));
  }

  get localAddress(): string | undefined {
    return this.#socket.localAddress;
  }

  get unsent(): number {
    return this.#ws.bufferedAmount;
  }

  write(bytes: Buffer, done: (error: Error | null | undefined) => void = () => undefined): void {
    // As text, which every browser's library takes; a body that is no UTF-8 would break it and goes as it is.
    const text = bytes.toString('utf8');
    const binary = Buffer.byteLength(text) !== bytes.length;
    this.#ws.send(binary ? bytes : text, { binary }, done);
  }

  finish(done: () => void): void {
    this.#ws.removeAllListeners('message');
    this.#ws.once('close', done);
    this.#ws.close(1002, 'no SIP');
  }

  destroy(): void {
    this.#ws.terminate();
  }

  /** Asks whether the peer is there. A page that was closed without a word, or sleeps, is found out at the second call. */
  beat(): void {
    if (this.#asked) {
      this.#error = new Error('the peer did not answer a ping');
      this.#ws.terminate();
      return;
    }
    this.#asked = true;
    this.#ws.ping();
  }
}
