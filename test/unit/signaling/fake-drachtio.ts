// A SIP server as the drachtio protocol shows it, without any SIP behind: what the app sends is kept and answered as the
// test says. Frames as in the protocol's facts; it shares no code with the edge.
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';

export interface Frame {
  id: string;
  kind: string;
  tokens: string[];
  /** First line and headers of the SIP text. */
  start: string;
  header(name: string): string | undefined;
  body: string;
  socket: Socket;
}

export const offer =
  'v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8\r\n';

export class FakeDrachtio {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly frames: Frame[] = [];
  /** Call-IDs of INVITEs that the app answered with 200. */
  readonly answered = new Set<string>();
  /** Transaction of the newest INVITE, by Call-ID. */
  readonly #invites = new Map<string, string>();
  secret = 's';
  /** Routes of the newest connection. */
  routes: string[] = [];
  connections = 0;
  /** What to do with a frame that carries SIP; default: take it. */
  onsip: (frame: Frame) => void = (frame) => this.take(frame);

  private constructor(server: Server) {
    this.#server = server;
    server.on('connection', (socket) => this.#connected(socket));
  }

  static listen(): Promise<FakeDrachtio> {
    return FakeDrachtio.listenOn(0);
  }

  static async listenOn(port: number): Promise<FakeDrachtio> {
    const server = createServer();
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return new FakeDrachtio(server);
  }

  get address(): { host: string; port: number } {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('not listening');
    return { host: '127.0.0.1', port: address.port };
  }

  /** Cuts all connections. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async close(): Promise<void> {
    this.cut();
    this.#server.close();
    await once(this.#server, 'close');
  }

  /** A new request from the network. @returns its transaction id */
  request(text: string, dialogId = '', transaction: string = randomUUID()): string {
    this.#send(
      `${randomUUID()}|sip|network|${text.length}|udp|192.0.2.9|5060|00:00:00.0|${transaction}|${dialogId}|127.0.0.1|5060|\r\n${text}`,
    );
    return transaction;
  }

  invite(callId: string, to: string, from = 'caller', headers: string[] = [], tag = `f${callId}`): string {
    const transaction = this.request(
      [
        `INVITE sip:${to}@127.0.0.1 SIP/2.0`,
        'Via: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK1',
        `From: <sip:${from}@192.0.2.9>;tag=${tag}`,
        `To: <sip:${to}@127.0.0.1>`,
        `Call-ID: ${callId}`,
        'CSeq: 1 INVITE',
        'Contact: <sip:caller@192.0.2.9>',
        ...headers,
        'Content-Type: application/sdp',
        `Content-Length: ${offer.length}`,
        '',
        offer,
      ].join('\r\n'),
    );
    this.#invites.set(callId, transaction);
    return transaction;
  }

  /** The caller gives up, by default the newest INVITE of that Call-ID; the server has answered that already. */
  cancel(callId: string, transaction = this.#invites.get(callId)): void {
    this.request(
      `CANCEL sip:x@127.0.0.1 SIP/2.0\r\nCall-ID: ${callId}\r\nCSeq: 1 CANCEL\r\nFrom: <sip:x@h>;tag=f${callId}\r\nTo: <sip:y@h>\r\nContent-Length: 0\r\n\r\n`,
      '',
      transaction,
    );
  }

  /** A request inside a dialog. */
  inDialog(method: string, dialogId: string, body = '', headers: string[] = []): string {
    const callId = dialogId.split(';from-tag=')[0];
    return this.request(
      [
        `${method} sip:us@127.0.0.1 SIP/2.0`,
        'From: <sip:x@192.0.2.9>;tag=a',
        'To: <sip:y@127.0.0.1>;tag=b',
        `Call-ID: ${callId}`,
        `CSeq: 9 ${method}`,
        'Contact: <sip:caller@192.0.2.9>',
        ...headers,
        `Content-Length: ${body.length}`,
        '',
        body,
      ].join('\r\n'),
      dialogId,
    );
  }

  refuse(frame: Frame, reason: string): void {
    this.#send(`${randomUUID()}|response|${frame.id}|NOK|${reason}`, frame.socket);
  }

  /** Echoes as the real one: responses with their dialog, requests with a transaction. @returns that transaction's id */
  take(frame: Frame): string {
    const transaction = frame.tokens[2] || randomUUID();
    const callId = frame.header('call-id') ?? frame.tokens[3]?.split(';from-tag=')[0] ?? randomUUID();
    if (frame.start.startsWith('SIP/2.0')) {
      if (frame.start.startsWith('SIP/2.0 200') && frame.header('cseq')?.includes('INVITE')) this.answered.add(callId);
      const tag = /tag=([^;\s]+)/.exec(frame.header('from') ?? '')?.[1];
      const dialog = frame.header('cseq')?.includes('INVITE') ? `${callId};from-tag=${tag}` : '';
      const text = [
        frame.start,
        `From: ${frame.header('from')}`,
        `To: ${frame.header('to')};tag=us`,
        `Call-ID: ${callId}`,
        `CSeq: ${frame.header('cseq')}`,
        'Contact: <sip:127.0.0.1:5060>',
        `Content-Length: ${frame.body.length}`,
        '',
        frame.body,
      ].join('\r\n');
      this.#send(
        `${randomUUID()}|response|${frame.id}|OK|application|1|udp|192.0.2.9|5060|0|${transaction}|${dialog}||Msg sent:|\r\n${text}`,
        frame.socket,
      );
      return transaction;
    }
    const method = frame.start.split(' ')[0];
    const from = frame.header('from') ?? '<sip:us@127.0.0.1>';
    const text = [
      frame.start.replace('sip:placeholder', 'sip:caller@192.0.2.9'),
      `From: ${from.includes('tag=') ? from : `${from};tag=u${callId}`}`,
      'To: <sip:them@192.0.2.9>',
      `Call-ID: ${callId}`,
      `CSeq: ${frame.header('cseq') ?? `5 ${method}`}`,
      `Content-Length: ${frame.body.length}`,
      '',
      frame.body,
    ].join('\r\n');
    this.#send(
      `${randomUUID()}|response|${frame.id}|OK|application|1|udp|127.0.0.1|5060|0|${transaction}|Msg sent:|\r\n${text}`,
      frame.socket,
    );
    return transaction;
  }

  /** A response of the far side to a request of the app. */
  respond(
    frame: Frame,
    transaction: string,
    status: string,
    more: { body?: string; headers?: string[]; dialogId?: string } = {},
  ): void {
    const body = more.body ?? '';
    const callId = frame.header('call-id') ?? more.dialogId?.split(';from-tag=')[0] ?? 'x';
    const text = [
      `SIP/2.0 ${status}`,
      'From: <sip:us@127.0.0.1>;tag=u',
      'To: <sip:them@192.0.2.9>;tag=t',
      `Call-ID: ${callId}`,
      `CSeq: 5 ${frame.start.split(' ')[0]}`,
      'Contact: <sip:them@192.0.2.9>',
      ...(more.headers ?? []),
      `Content-Length: ${body.length}`,
      '',
      body,
    ].join('\r\n');
    this.#send(
      `${randomUUID()}|sip|network|1|udp|192.0.2.9|5060|0|${transaction}|${more.dialogId ?? ''}|\r\n${text}`,
      frame.socket,
    );
  }

  #send(payload: string, socket: Socket | undefined = [...this.#sockets].at(-1)): void {
    socket?.write(`${Buffer.byteLength(payload)}#${payload}`);
  }

  #connected(socket: Socket): void {
    this.connections++;
    this.routes = [];
    this.#sockets.add(socket);
    socket.setNoDelay(true);
    let rest = Buffer.alloc(0);
    socket.on('data', (bytes) => {
      rest = Buffer.concat([rest, bytes]);
      for (;;) {
        const mark = rest.indexOf('#');
        const length = mark < 0 ? Number.NaN : Number(rest.subarray(0, mark).toString());
        if (mark < 0 || rest.length < mark + 1 + length) return;
        const payload = rest.subarray(mark + 1, mark + 1 + length).toString();
        rest = rest.subarray(mark + 1 + length);
        this.#frame(payload, socket);
      }
    });
    socket.on('error', () => undefined);
    socket.on('close', () => this.#sockets.delete(socket));
  }

  #frame(payload: string, socket: Socket): void {
    const line = payload.split('\r\n', 1)[0] ?? '';
    const tokens = line.split('|');
    const text = payload.slice(line.length + 2);
    const split = text.indexOf('\r\n\r\n');
    const head = (split < 0 ? text : text.slice(0, split)).split('\r\n');
    const frame: Frame = {
      id: tokens[0] ?? '',
      kind: tokens[1] ?? '',
      tokens,
      start: head[0] ?? '',
      header: (name) => {
        const found = head.find((one) => one.toLowerCase().startsWith(`${name.toLowerCase()}:`));
        return found?.slice(name.length + 1).trim();
      },
      body: split < 0 ? '' : text.slice(split + 4),
      socket,
    };
    this.frames.push(frame);
    switch (frame.kind) {
      case 'authenticate':
        if (tokens[2] === this.secret) {
          this.#send(`${randomUUID()}|response|${frame.id}|OK|udp/127.0.0.1:5060|v0.9.10|udp/127.0.0.1:5060`, socket);
        } else {
          this.#send(`${randomUUID()}|response|${frame.id}|NO|incorrect secret`, socket);
          socket.end();
        }
        return;
      case 'route':
        this.routes.push(tokens[2] ?? '');
        this.#send(`${randomUUID()}|response|${frame.id}|OK`, socket);
        return;
      default:
        // A dialog that nobody has: asked to learn that all before it was read.
        if (tokens[3] === 'none') this.refuse(frame, 'Server error: unable to find dialog for dialog id provided');
        else this.onsip(frame);
    }
  }
}
