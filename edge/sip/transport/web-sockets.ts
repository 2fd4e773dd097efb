// SIP over WebSocket (RFC 7118): connections that came in are upgraded here, by the subprotocol `sip`, on any path.
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { Socket } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import type { TransportLimits } from './limits.ts';
import { WebSocketPipe } from './web-socket-pipe.ts';

export class WebSockets {
  readonly #http: Server;
  readonly #upgrader: WebSocketServer;
  readonly #origins: ReadonlySet<string>;
  readonly #waiting = new WeakMap<object, (pipe: WebSocketPipe) => void>();
  readonly #pipes = new Set<WebSocketPipe>();
  readonly #beat: NodeJS.Timeout;

  /** @param origins pages of these may connect besides those of the host itself: `https://desk.bank.example` */
  constructor(limits: TransportLimits, origins: readonly string[]) {
    this.#origins = new Set(origins.map((origin) => new URL(origin).origin));
    this.#upgrader = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      maxPayload: limits.messageBytes,
      perMessageDeflate: false,
      handleProtocols: (offered) => (offered.has('sip') ? 'sip' : false),
    });
    this.#http = createServer((_request, response) => {
      response.writeHead(426, { Upgrade: 'websocket', Connection: 'close', 'Content-Type': 'text/plain' });
      response.end('This port speaks SIP over WebSocket (RFC 7118).\n');
    });
    this.#http.on('upgrade', (request, socket, head) => this.#upgrade(request, socket as Socket, head));
    this.#beat = setInterval(() => {
      for (const pipe of this.#pipes) pipe.beat();
    }, limits.pingMs).unref();
  }

  /** Takes a connection over; `accepted` is called where it becomes a WebSocket, else it is ended. */
  take(socket: Socket, accepted: (pipe: WebSocketPipe) => void): void {
    this.#waiting.set(socket, accepted);
    this.#http.emit('connection', socket);
  }

  close(): void {
    clearInterval(this.#beat);
    this.#http.close();
    this.#upgrader.close();
  }

  #upgrade(request: IncomingMessage, socket: Socket, head: Buffer): void {
    const accepted = this.#waiting.get(socket);
    const refusal = this.#refusal(request);
    if (accepted === undefined || refusal !== undefined) {
      socket.end(`HTTP/1.1 ${refusal ?? '400 Bad Request'}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
      return;
    }
    this.#upgrader.handleUpgrade(request, socket, head, (ws: WebSocket) => {
      const pipe = new WebSocketPipe(ws, socket);
      this.#pipes.add(pipe);
      ws.on('close', () => this.#pipes.delete(pipe));
      accepted(pipe);
    });
  }

  #refusal({ headers }: IncomingMessage): string | undefined {
    const { origin, host = '' } = headers;
    // A page of any site can open WebSockets to where its reader sits, inside of whatever is open by address alone.
    if (origin !== undefined && !this.#origins.has(origin) && hostOf(origin) !== hostOf(`http://${host}`)) {
      return '403 Forbidden';
    }
    const offered = (headers['sec-websocket-protocol'] ?? '').split(',').map((one) => one.trim());
    return offered.includes('sip') ? undefined : '400 Bad Request';
  }
}

/** Undefined where it is no URL (`null`: a page without an origin). */
function hostOf(url: string): string | undefined {
  return URL.canParse(url) ? new URL(url).hostname : undefined;
}
