// A drachtio-server that says what the real one said: captured frames go out as they are, with the message ids of what the
// app sent this time; what the app sends is kept in order. Nothing of the edge is in it.
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, Server as TlsServer } from 'node:tls';
import { until } from '../../../sip/until.ts';
import { type CapturedFrame, captured, readFrame } from './captured.ts';

/** How bytes leave, to be seen by the app's reader: whole frames, each byte by itself, or several frames in one write. */
export type Cut = 'frames' | 'bytes' | 'joined';

export class DrachtioServerDouble {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** SIP frames of the app that nobody has asked for yet. */
  readonly #inbox: string[] = [];
  readonly #held: string[] = [];
  /** All payloads of the app, in order. */
  readonly seen: string[] = [];
  secret = 'cymru';
  cut: Cut = 'frames';
  /** Takes no more connections into its protocol: what a host that hangs does. */
  silent = false;
  connections = 0;
  readonly address: { host: string; port: number };
  routes: string[] = [];
  /** Dialogs that it has; a request in any other is refused. Undefined: all are there. */
  dialogs: Set<string> | undefined;
  /** Answers in-dialog requests of these methods with 200 by itself. */
  readonly answers = new Set<string>();

  private constructor(server: Server) {
    this.#server = server;
    this.address = { host: '127.0.0.1', port: (server.address() as AddressInfo).port };
    server.on(server instanceof TlsServer ? 'secureConnection' : 'connection', (socket: Socket) =>
      this.#connected(socket),
    );
  }

  /** @param tls its certificate and key, PEM */
  static async listen(port = 0, tls?: { cert: string; key: string }): Promise<DrachtioServerDouble> {
    const server = tls ? createTlsServer(tls) : createServer();
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return new DrachtioServerDouble(server);
  }

  /** Cuts all connections; what was there stays. */
  drop(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async close(): Promise<void> {
    this.drop();
    if (!this.#server.listening) return;
    this.#server.close();
    await once(this.#server, 'close');
  }

  /** The app's next frame with SIP. */
  async next(): Promise<string> {
    await until(() => this.#inbox.length > 0, 'a frame of the app');
    return this.#inbox.shift() ?? '';
  }

  /** Sends a payload; with `joined` it waits for `flush`. */
  send(payload: string): void {
    const frame = Buffer.from(`${Buffer.byteLength(payload)}#${payload}`);
    if (this.cut === 'joined') this.#held.push(frame.toString());
    else if (this.cut === 'bytes') for (const byte of frame) this.#socket.write(Buffer.of(byte));
    else this.#socket.write(frame);
  }

  /** Bytes that are no frame. */
  garbage(text: string): void {
    this.#socket.write(text);
  }

  flush(): void {
    if (this.#held.length > 0) this.#socket.write(this.#held.splice(0).join(''));
  }

  /** An INVITE's frames as captured in A.2, for other ids. @param callId of the caller @param tag her From tag */
  invitation(callId: string, tag: string): string {
    const [invite] = captured('A.2');
    if (!invite) throw new Error('A.2 begins with an INVITE');
    return renamed(invite.payload, callId, tag);
  }

  /** What the real one answers to our 200, and then the ACK. */
  answerTo(ours: string, callId: string, tag: string): void {
    const [, , echo, ack] = captured('A.2') as [CapturedFrame, CapturedFrame, CapturedFrame, CapturedFrame];
    const id = readFrame(ours).id;
    this.send(renamed(echo.payload, callId, tag).replace(/\|response\|[^|]+/, `|response|${id}`));
    this.send(renamed(ack.payload, callId, tag));
  }

  get #socket(): Socket {
    const socket = [...this.#sockets].at(-1);
    if (!socket) throw new Error('no app is connected');
    return socket;
  }

  #connected(socket: Socket): void {
    this.connections++;
    this.routes = [];
    this.#sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#sockets.delete(socket));
    let rest = Buffer.alloc(0);
    socket.on('data', (bytes) => {
      if (this.silent) return;
      rest = Buffer.concat([rest, bytes]);
      for (;;) {
        const mark = rest.indexOf('#');
        const length = Number(rest.subarray(0, Math.max(0, mark)).toString());
        if (mark < 0 || rest.length < mark + 1 + length) return;
        this.#frame(rest.subarray(mark + 1, mark + 1 + length).toString(), socket);
        rest = rest.subarray(mark + 1 + length);
      }
    });
  }

  #frame(payload: string, socket: Socket): void {
    this.seen.push(payload);
    const { id, tokens, start } = readFrame(payload);
    const [authenticate, routed, pong] = captured('A.1')
      .filter(({ from }) => from === 'server')
      .map((frame) => frame.payload.replace(/\|response\|[^|]+/, `|response|${id}`));
    switch (tokens[0]) {
      case 'authenticate':
        if (tokens[1] === this.secret) this.send(authenticate ?? '');
        else {
          this.send(`381c4677-cab6-46d3-9708-2fb7f204bf52|response|${id}|NO|incorrect secret`);
          socket.end();
        }
        return;
      case 'route':
        this.routes.push(tokens[1] ?? '');
        this.send(routed ?? '');
        return;
      case 'ping':
        this.send(pong ?? '');
        return;
      default:
    }
    const dialog = tokens[2] ?? '';
    if (dialog !== '' && (dialog === 'none' || (this.dialogs && !this.dialogs.has(dialog)))) {
      const words = 'Server error: unable to find dialog for dialog id provided';
      this.send(`772b0b41-7bd1-4bd5-bb0f-1d47d0f2a3d5|response|${id}|NOK|${words}`);
      return;
    }
    const method = start.slice(0, start.indexOf(' '));
    if (dialog !== '' && this.answers.has(method)) this.#answer(id, method, dialog);
    else this.#inbox.push(payload);
  }

  /** Echo and 200 for a request in a dialog, as in A.3. */
  #answer(id: string, method: string, dialog: string): void {
    const [, echo, answer] = captured('A.3') as [CapturedFrame, CapturedFrame, CapturedFrame];
    const [callId = '', tag = ''] = dialog.split(';from-tag=');
    const of = (frame: CapturedFrame) =>
      frame.payload
        .replaceAll('BYE', method)
        .replaceAll('1-812@127.0.0.1', callId)
        .replaceAll('812T1', tag)
        .replaceAll('e03786ff-3993-4065-8537-3112808beace', `txn-${id}`);
    this.send(of(echo).replace(/\|response\|[^|]+/, `|response|${id}`));
    this.send(of(answer));
  }
}

/** A frame of A.2 for another call. */
function renamed(payload: string, callId: string, tag: string): string {
  return payload
    .replaceAll('1-27311@127.0.0.1', callId)
    .replaceAll('27311SIPpTag001', tag)
    .replaceAll('636eb57e-4323-41a9-832a-c74967160d3e', `txn-${callId}`);
}
