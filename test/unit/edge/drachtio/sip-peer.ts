// A tiny SIP peer for tests: sends texts, keeps what comes, and waits for what a test expects. It knows nothing of the
// code under test; what it gets it reads by itself.
import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

export interface Received {
  text: string;
  /** Method of a request, or status of a response. */
  what: string | number;
  cseq: string;
  callId: string;
  body: string;
  header(name: string): string | undefined;
}

let counter = 0;

export const sdp =
  'v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 6000 RTP/AVP 0\r\na=sendrecv\r\n';

export class SipPeer {
  readonly received: Received[] = [];
  /** Answers requests by themselves; return undefined to leave a request to the test. */
  auto: ((request: Received) => string | undefined) | undefined;
  readonly #waiting: { match: (message: Received) => boolean; resolve: (message: Received) => void }[] = [];
  readonly #taken = new Set<Received>();
  #udp: UdpSocket | undefined;
  #tcp: Socket | undefined;
  #edge = 0;
  #edgeHost = '127.0.0.1';
  #rest = '';
  port = 0;
  /** Where it says that it is, as in a URI. */
  host = '127.0.0.1';

  /** @param address `::1` speaks IPv6 */
  static async udp(edgePort: number, address = '127.0.0.1'): Promise<SipPeer> {
    const peer = new SipPeer();
    peer.#edge = edgePort;
    const ipv6 = address.includes(':');
    if (ipv6) [peer.#edgeHost, peer.host] = ['::1', `[${address}]`];
    const socket = createSocket(ipv6 ? 'udp6' : 'udp4');
    socket.bind(0, address);
    await once(socket, 'listening');
    peer.port = socket.address().port;
    socket.on('message', (bytes) => peer.#got(bytes.toString()));
    peer.#udp = socket;
    return peer;
  }

  static async tcp(edgePort: number): Promise<SipPeer> {
    const peer = new SipPeer();
    peer.#edge = edgePort;
    const socket = connect(edgePort, '127.0.0.1');
    await once(socket, 'connect');
    peer.port = socket.localPort ?? 0;
    socket.on('data', (bytes) => peer.#stream(bytes.toString()));
    socket.on('error', () => undefined);
    peer.#tcp = socket;
    return peer;
  }

  get transport(): string {
    return this.#tcp === undefined ? 'UDP' : 'TCP';
  }

  send(text: string): void {
    if (this.#tcp !== undefined) this.#tcp.write(text);
    else this.#udp?.send(text, this.#edge, this.#edgeHost);
  }

  close(): void {
    this.#udp?.close();
    this.#udp = undefined;
    this.#tcp?.destroy();
  }

  branch(): string {
    return `z9hG4bK-test-${process.pid}-${++counter}`;
  }

  /** The next message of that method or status that no test has taken yet. */
  async expect(what: string | number, also: (message: Received) => boolean = () => true): Promise<Received> {
    const match = (message: Received): boolean => message.what === what && also(message);
    const there = this.received.find((message) => !this.#taken.has(message) && match(message));
    if (there !== undefined) {
      this.#taken.add(there);
      return there;
    }
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        const seen = this.received.map((message) => `${message.what} (${message.cseq})`).join(', ');
        reject(new Error(`no ${what} came; there were: ${seen}`));
      }, 8_000);
      this.#waiting.push({
        match,
        resolve: (message) => {
          clearTimeout(timer);
          this.#taken.add(message);
          resolve(message);
        },
      });
    });
  }

  count(what: string | number): number {
    return this.received.filter((message) => message.what === what).length;
  }

  /** A call of ours, as its caller. */
  call(to: string, more: { body?: string | undefined; headers?: string | undefined; callId?: string } = {}): Call {
    return new Call(this, this.#edge, to, more);
  }

  respond(request: Received, status: string, more: { headers?: string; body?: string; toTag?: string } = {}): void {
    this.send(responseText(request, status, more, this));
  }

  #got(text: string): void {
    if (text.trim() === '') return;
    const message = read(text);
    this.received.push(message);
    if (this.auto !== undefined && typeof message.what === 'string') {
      const answer = this.auto(message);
      if (answer !== undefined) this.send(answer);
    }
    const index = this.#waiting.findIndex((waiter) => waiter.match(message));
    if (index >= 0) this.#waiting.splice(index, 1)[0]?.resolve(message);
  }

  #stream(text: string): void {
    this.#rest += text;
    for (;;) {
      const end = this.#rest.indexOf('\r\n\r\n');
      if (end < 0) return;
      const length = Number(/^content-length:\s*(\d+)/im.exec(this.#rest.slice(0, end))?.[1] ?? 0);
      if (this.#rest.length < end + 4 + length) return;
      this.#got(this.#rest.slice(0, end + 4 + length));
      this.#rest = this.#rest.slice(end + 4 + length);
    }
  }
}

export function responseText(
  request: Received,
  status: string,
  more: { headers?: string; body?: string; toTag?: string },
  peer: SipPeer,
): string {
  const to = request.header('To') ?? '';
  const tagged = /;tag=/.test(to) || status.startsWith('100') ? to : `${to};tag=${more.toTag ?? `peer${peer.port}`}`;
  const body = more.body ?? '';
  const vias = request.text.split('\r\n').filter((line) => /^via:/i.test(line));
  return [
    `SIP/2.0 ${status}`,
    ...vias,
    `From: ${request.header('From')}`,
    `To: ${tagged}`,
    `Call-ID: ${request.callId}`,
    `CSeq: ${request.cseq}`,
    `Contact: <sip:peer@${peer.host}:${peer.port}${peer.transport === 'TCP' ? ';transport=tcp' : ''}>`,
    ...(more.headers === undefined ? [] : [more.headers]),
    ...(body === '' ? [] : ['Content-Type: application/sdp']),
    `Content-Length: ${body.length}`,
    '',
    body,
  ].join('\r\n');
}

/** A dialog seen from the peer that began it. */
export class Call {
  readonly peer: SipPeer;
  readonly callId: string;
  readonly uri: string;
  readonly branch: string;
  readonly from: string;
  to: string;
  target: string;
  seq = 1;
  readonly #more: { body?: string | undefined; headers?: string | undefined };

  constructor(
    peer: SipPeer,
    edgePort: number,
    user: string,
    more: { body?: string | undefined; headers?: string | undefined; callId?: string },
  ) {
    this.peer = peer;
    this.callId = more.callId ?? `call-${process.pid}-${++counter}@${peer.host}`;
    this.uri = `sip:${user}@${peer.host}:${edgePort}`;
    this.target = this.uri;
    this.branch = peer.branch();
    this.from = `<sip:caller@${peer.host}:${peer.port}>;tag=caller-${counter}`;
    this.to = `<${this.uri}>`;
    this.#more = more;
  }

  get dialogId(): string {
    return `${this.callId};from-tag=${this.from.split('tag=')[1]}`;
  }

  request(
    method: string,
    more: { branch?: string; seq?: number; body?: string; headers?: string; uri?: string } = {},
  ): string {
    const body = more.body ?? '';
    const typed = more.headers !== undefined && /content-type/i.test(more.headers);
    return [
      `${method} ${more.uri ?? this.target} SIP/2.0`,
      `Via: SIP/2.0/${this.peer.transport} ${this.peer.host}:${this.peer.port};branch=${more.branch ?? this.peer.branch()};rport`,
      `From: ${this.from}`,
      `To: ${this.to}`,
      `Call-ID: ${this.callId}`,
      `CSeq: ${more.seq ?? ++this.seq} ${method}`,
      `Contact: <sip:caller@${this.peer.host}:${this.peer.port}${this.peer.transport === 'TCP' ? ';transport=tcp' : ''}>`,
      'Max-Forwards: 70',
      ...(more.headers === undefined ? [] : [more.headers]),
      ...(body === '' || typed ? [] : ['Content-Type: application/sdp']),
      `Content-Length: ${body.length}`,
      '',
      body,
    ].join('\r\n');
  }

  send(method: string, more: { branch?: string; seq?: number; body?: string; headers?: string } = {}): void {
    this.peer.send(this.request(method, more));
  }

  invite(): void {
    const body = this.#more.body ?? sdp;
    const headers = this.#more.headers;
    this.send('INVITE', { branch: this.branch, seq: 1, body, ...(headers === undefined ? {} : { headers }) });
  }

  cancel(): void {
    this.send('CANCEL', { branch: this.branch, seq: 1, headers: 'Reason: SIP;cause=487;text="gone"' });
  }

  /** ACK to ≥ 300: same branch. */
  ackFailure(answer: Received): void {
    this.to = answer.header('To') ?? this.to;
    this.send('ACK', { branch: this.branch, seq: 1 });
  }

  async answered(): Promise<Received> {
    const answer = await this.peer.expect(200, (one) => one.callId === this.callId && one.cseq.endsWith('INVITE'));
    this.to = answer.header('To') ?? '';
    this.target = /<([^>]+)>/.exec(answer.header('Contact') ?? '')?.[1] ?? this.target;
    return answer;
  }

  ack(body = ''): void {
    this.send('ACK', { seq: this.seq, body });
  }

  async establish(): Promise<Received> {
    this.invite();
    const answer = await this.answered();
    this.ack();
    return answer;
  }

  async bye(): Promise<Received> {
    this.send('BYE');
    return this.peer.expect(200, (one) => one.callId === this.callId && one.cseq.endsWith('BYE'));
  }
}

function read(text: string): Received {
  const [head = '', ...rest] = text.split('\r\n\r\n');
  const lines = head.split('\r\n');
  const start = lines[0] ?? '';
  const status = /^SIP\/2\.0 (\d+)/.exec(start)?.[1];
  const header = (name: string): string | undefined => {
    const line = lines.find((one) => one.toLowerCase().startsWith(`${name.toLowerCase()}:`));
    return line?.slice(name.length + 1).trim();
  };
  return {
    text,
    what: status === undefined ? (start.split(' ')[0] ?? '') : Number(status),
    cseq: header('CSeq') ?? '',
    callId: header('Call-ID') ?? '',
    body: rest.join('\r\n\r\n'),
    header,
  };
}
