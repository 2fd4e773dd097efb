// Both ends of the bench's calls on one UDP socket (RFC 3261, as much as loopback needs), so that one clock sees when an
// INVITE leaves and when an agent's phone is rung. No RTP of its own.
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';

interface Call {
  target: string;
  from: string;
  to: string;
  contact: string;
  answered: PromiseWithResolvers<string>;
  ended: PromiseWithResolvers<void>;
}

export class SipEnds {
  readonly port: number;
  /** Where the callers' INVITEs go: `127.0.0.1:5060`. */
  target = '';
  /** Where agents want RTP; nobody needs to read there. */
  agentRtp = 9;
  /** Whether an agent picks up; else her phone only rings. */
  picksUp: (agent: string) => boolean = () => true;
  /** When the phone of an agent was rung for an interaction, `performance.now()`. */
  readonly rung = new Map<string, number>();
  readonly #socket: Socket;
  readonly #calls = new Map<string, Call>();
  /** Answers to INVITEs, for those that come again. */
  readonly #answers = new Map<string, string>();
  /** INVITEs of phones that only ring. */
  readonly #ringing = new Map<string, string>();
  #count = 0;

  private constructor(socket: Socket) {
    this.#socket = socket;
    this.port = socket.address().port;
    socket.on('message', (packet) => this.#got(packet.toString(), performance.now()));
  }

  static async open(): Promise<SipEnds> {
    const socket = createSocket({ type: 'udp4', recvBufferSize: 1 << 20 });
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    return new SipEnds(socket);
  }

  /**
   * Places a call.
   * @param rtpPort where the caller wants RTP
   * @returns its id, when its INVITE left, and its answer's description
   */
  call(number: string, from: string, rtpPort = 9): { id: string; at: number; answered: Promise<string> } {
    const id = `desk-${process.pid}-${++this.#count}@127.0.0.1`;
    const target = `sip:${number}@${this.target}`;
    const call: Call = {
      target,
      from: `<sip:${from}@127.0.0.1:${this.port}>;tag=c${this.#count}`,
      to: `<${target}>`,
      contact: target,
      answered: Promise.withResolvers(),
      ended: Promise.withResolvers(),
    };
    this.#calls.set(id, call);
    const invite = this.#request('INVITE', target, id, call, 1, sdp(rtpPort));
    const at = performance.now();
    this.#send(invite, this.target);
    return { id, at, answered: call.answered.promise };
  }

  /** Hangs up; resolves when that was answered. */
  hangUp(id: string): Promise<void> {
    const call = this.#calls.get(id);
    if (call === undefined) return Promise.resolve();
    this.#send(this.#request('BYE', call.contact, id, call, 2), this.target);
    return call.ended.promise;
  }

  close(): void {
    this.#socket.close();
  }

  #send(text: string, target: string): void {
    const [host, port] = target.split(':');
    this.#socket.send(text, Number(port), host);
  }

  #request(method: string, uri: string, id: string, { from, to }: Call, cseq: number, body = ''): string {
    return [
      `${method} ${uri} SIP/2.0`,
      `Via: SIP/2.0/UDP 127.0.0.1:${this.port};branch=z9hG4bK${id.replace('@', '-')}-${cseq}-${method};rport`,
      ...[`From: ${from}`, `To: ${to}`, `Call-ID: ${id}`, `CSeq: ${cseq} ${method}`, 'Max-Forwards: 70'],
      ...[`Contact: <sip:desk@127.0.0.1:${this.port}>`, ...(body === '' ? [] : ['Content-Type: application/sdp'])],
      ...[`Content-Length: ${body.length}`, '', body],
    ].join('\r\n');
  }

  #respond(request: string, status: string, body = ''): string {
    const kept = request.split('\r\n').filter((line) => /^(via|v|record-route):/i.test(line));
    const to = header(request, 'To', 't');
    const text = [
      ...[`SIP/2.0 ${status}`, ...kept, `From: ${header(request, 'From', 'f')}`],
      `To: ${/;tag=/.test(to) ? to : `${to};tag=agent`}`,
      ...[`Call-ID: ${header(request, 'Call-ID', 'i')}`, `CSeq: ${header(request, 'CSeq')}`],
      ...[`Contact: <sip:desk@127.0.0.1:${this.port}>`, ...(body === '' ? [] : ['Content-Type: application/sdp'])],
      ...[`Content-Length: ${body.length}`, '', body],
    ].join('\r\n');
    this.#send(text, this.target);
    return text;
  }

  #got(text: string, at: number): void {
    const id = header(text, 'Call-ID', 'i');
    const status = /^SIP\/2\.0 (\d{3})/.exec(text)?.[1];
    if (status !== undefined) {
      this.#response(id, Number(status), text);
      return;
    }
    const method = text.slice(0, text.indexOf(' '));
    if (method === 'INVITE') this.#invited(id, text, at);
    else if (method !== 'ACK') this.#respond(text, '200 OK');
    if (method === 'CANCEL') {
      const invite = this.#ringing.get(id);
      this.#ringing.delete(id);
      if (invite !== undefined) this.#answers.set(id, this.#respond(invite, '487 Request Terminated'));
    }
    if (method === 'BYE') {
      this.#answers.delete(id);
      this.#forget(id);
    }
  }

  #invited(id: string, text: string, at: number): void {
    const again = this.#answers.get(id);
    if (again !== undefined && !/;tag=/.test(header(text, 'To', 't'))) {
      this.#send(again, this.target);
      return;
    }
    if (/;tag=/.test(header(text, 'To', 't'))) {
      this.#respond(text, '200 OK', sdp(this.agentRtp));
      return;
    }
    const interaction = header(text, 'X-Switchroom-Interaction');
    if (!this.rung.has(interaction)) this.rung.set(interaction, at);
    if (this.picksUp(/^INVITE sip:([^@]+)@/.exec(text)?.[1] ?? '')) {
      this.#answers.set(id, this.#respond(text, '200 OK', sdp(this.agentRtp)));
    } else {
      this.#ringing.set(id, text);
      this.#respond(text, '180 Ringing');
    }
  }

  #response(id: string, status: number, text: string): void {
    const call = this.#calls.get(id);
    if (call === undefined || status < 200) return;
    if (header(text, 'CSeq').endsWith('BYE')) {
      this.#forget(id);
      return;
    }
    call.to = header(text, 'To', 't');
    call.contact = /<([^>]+)>/.exec(header(text, 'Contact', 'm'))?.[1] ?? call.target;
    this.#send(this.#request('ACK', status < 300 ? call.contact : call.target, id, call, 1), this.target);
    if (status < 300) call.answered.resolve(text);
    else {
      call.answered.reject(new Error(`${call.target} answered ${status}`));
      this.#forget(id);
    }
  }

  #forget(id: string): void {
    this.#calls.get(id)?.ended.resolve();
    this.#calls.delete(id);
  }
}

function header(text: string, name: string, short = name): string {
  return new RegExp(`^(?:${name}|${short})\\s*:\\s*(.*?)\\s*$`, 'im').exec(text)?.[1] ?? '';
}

function sdp(port: number): string {
  return [
    ...['v=0', 'o=desk 1 1 IN IP4 127.0.0.1', 's=-', 'c=IN IP4 127.0.0.1', 't=0 0', `m=audio ${port} RTP/AVP 0 101`],
    ...['a=rtpmap:0 PCMU/8000', 'a=rtpmap:101 telephone-event/8000', 'a=fmtp:101 0-15', 'a=ptime:20', ''],
  ].join('\r\n');
}
