// The prober's SIP (RFC 3261 over UDP): as much of it as calls on loopback need, and nothing of the product's own code.
// One socket is all callers and all agents.
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { Line } from './line.ts';

/** T1 (RFC 3261 §17.1.1.1), doubled at every repeat. */
const firstRepeatMs = 500;
const mostRepeats = 6;

class Repeated {
  #timer: NodeJS.Timeout | undefined;

  constructor(send: () => void, failed: () => void, repeats = mostRepeats, after = firstRepeatMs) {
    send();
    const again = (left: number, ms: number) => {
      this.#timer = setTimeout(() => {
        if (left === 0) return failed();
        send();
        again(left - 1, ms * 2);
      }, ms);
    };
    again(repeats, after);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}

interface Outgoing {
  line: Line;
  repeated: Repeated;
  target: string;
  from: string;
  /** Set by the 200. */
  to?: string;
  contact?: string;
  answered(): void;
  failed(reason: Error): void;
  ended?(): void;
}

export class SipPhone {
  readonly port: number;
  readonly #socket: Socket;
  readonly #host: string;
  readonly #remotePort: number;
  /** Makes the line of an agent that is called. */
  readonly #ring: () => Line;
  readonly #outgoing = new Map<string, Outgoing>();
  readonly #incoming = new Map<string, { line: Line; answer: string; repeated: Repeated }>();
  #count = 0;

  private constructor(socket: Socket, remote: { host: string; port: number }, ring: () => Line) {
    this.#socket = socket;
    this.port = socket.address().port;
    this.#host = remote.host;
    this.#remotePort = remote.port;
    this.#ring = ring;
    socket.on('message', (packet) => this.#got(packet.toString()));
  }

  static async open(port: number, remote: { host: string; port: number }, ring: () => Line): Promise<SipPhone> {
    const socket = createSocket('udp4');
    socket.bind(port, '127.0.0.1');
    await once(socket, 'listening');
    return new SipPhone(socket, remote, ring);
  }

  /** Resolves when the call is answered. */
  call(service: string, line: Line): Promise<void> {
    const callId = `probe-${process.pid}-${++this.#count}@127.0.0.1`;
    const target = `sip:${service}@${this.#host}:${this.#remotePort}`;
    const from = `<sip:1390000${1000 + this.#count}@127.0.0.1:${this.port}>;tag=p${this.#count}`;
    const invite = this.#request('INVITE', target, callId, from, `<${target}>`, 1, line.sdp);
    return new Promise((done, fail) => {
      const failed = (reason: Error) => {
        this.#outgoing.delete(callId);
        fail(reason);
      };
      const repeated = new Repeated(
        () => this.#send(invite),
        () => failed(new Error(`no answer to the INVITE to ${target}`)),
      );
      this.#outgoing.set(callId, { line, repeated, target, from, answered: done, failed });
    });
  }

  /** Ends all calls that it placed; resolves when each BYE was answered or repeated in vain. */
  async hangUp(): Promise<void> {
    await Promise.all(
      [...this.#outgoing].map(
        ([callId, call]) =>
          new Promise<void>((done) => {
            const bye = this.#request('BYE', call.contact ?? call.target, callId, call.from, call.to ?? '', 2);
            const repeated = new Repeated(
              () => this.#send(bye),
              () => done(),
              3,
            );
            call.ended = () => {
              repeated.stop();
              done();
            };
          }),
      ),
    );
    for (const { repeated } of this.#incoming.values()) repeated.stop();
    this.#socket.close();
  }

  #send(text: string): void {
    this.#socket.send(text, this.#remotePort, this.#host);
  }

  #request(method: string, uri: string, callId: string, from: string, to: string, cseq: number, body = ''): string {
    return [
      `${method} ${uri} SIP/2.0`,
      `Via: SIP/2.0/UDP 127.0.0.1:${this.port};branch=z9hG4bK${callId.replace('@', '-')}-${cseq}-${method};rport`,
      ...[`From: ${from}`, `To: ${to}`, `Call-ID: ${callId}`, `CSeq: ${cseq} ${method}`, 'Max-Forwards: 70'],
      ...[`Contact: <sip:probe@127.0.0.1:${this.port}>`, ...(body === '' ? [] : ['Content-Type: application/sdp'])],
      ...[`Content-Length: ${body.length}`, '', body],
    ].join('\r\n');
  }

  #respond(request: string, status: string, body = ''): string {
    const vias = request.split('\r\n').filter((line) => /^(via|v):/i.test(line));
    const routes = request.split('\r\n').filter((line) => /^record-route:/i.test(line));
    const to = header(request, 'To', 't');
    const text = [
      ...[`SIP/2.0 ${status}`, ...vias, ...routes, `From: ${header(request, 'From', 'f')}`],
      `To: ${/;tag=/.test(to) ? to : `${to};tag=agent${this.port}`}`,
      ...[`Call-ID: ${header(request, 'Call-ID', 'i')}`, `CSeq: ${header(request, 'CSeq')}`],
      ...[`Contact: <sip:probe@127.0.0.1:${this.port}>`, ...(body === '' ? [] : ['Content-Type: application/sdp'])],
      ...[`Content-Length: ${body.length}`, '', body],
    ].join('\r\n');
    this.#send(text);
    return text;
  }

  #got(text: string): void {
    const callId = header(text, 'Call-ID', 'i');
    const status = /^SIP\/2\.0 (\d{3})/.exec(text)?.[1];
    if (status !== undefined) {
      const call = this.#outgoing.get(callId);
      if (call) this.#response(call, callId, Number(status), text);
      return;
    }
    switch (text.slice(0, text.indexOf(' '))) {
      case 'INVITE':
        this.#invited(callId, text);
        return;
      case 'ACK':
        this.#incoming.get(callId)?.repeated.stop();
        return;
      case 'BYE':
      case 'CANCEL':
        this.#respond(text, '200 OK');
        this.#incoming.get(callId)?.repeated.stop();
        return;
      default:
        this.#respond(text, '200 OK');
    }
  }

  #invited(callId: string, text: string): void {
    const outgoing = this.#outgoing.get(callId);
    const known = outgoing?.line ?? this.#incoming.get(callId)?.line;
    if (known !== undefined && /;tag=/.test(header(text, 'To', 't'))) {
      // A re-INVITE: the media may come from elsewhere now.
      void known.connect(mediaPort(text));
      this.#respond(text, '200 OK', known.sdp);
      return;
    }
    const there = this.#incoming.get(callId);
    if (there) {
      this.#send(there.answer);
      return;
    }
    const line = this.#ring();
    void line.connect(mediaPort(text));
    const answer = this.#respond(text, '200 OK', line.sdp);
    const repeated = new Repeated(
      () => this.#send(answer),
      () => undefined,
    );
    this.#incoming.set(callId, { line, answer, repeated });
  }

  #response(call: Outgoing, callId: string, status: number, text: string): void {
    const cseq = header(text, 'CSeq');
    if (cseq.endsWith('BYE')) {
      if (status >= 200) call.ended?.();
      return;
    }
    call.repeated.stop();
    if (status < 200) return;
    call.to = header(text, 'To', 't');
    call.contact = /<([^>]+)>/.exec(header(text, 'Contact', 'm'))?.[1] ?? call.target;
    this.#send(this.#request('ACK', status < 300 ? call.contact : call.target, callId, call.from, call.to, 1));
    if (status >= 300) call.failed(new Error(`${call.target} answered ${status}`));
    else void call.line.connect(mediaPort(text)).then(() => call.answered());
  }
}

function header(text: string, name: string, short = name): string {
  return new RegExp(`^(?:${name}|${short})\\s*:\\s*(.*?)\\s*$`, 'im').exec(text)?.[1] ?? '';
}

function mediaPort(text: string): number {
  const port = Number(/^m=audio (\d+)/m.exec(text)?.[1]);
  if (!(port > 0)) throw new Error('a description without an audio port came');
  return port;
}
