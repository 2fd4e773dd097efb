// The SIP of a crowd (RFC 3261 over UDP): many callers and many agents' phones on one socket, with as much of the protocol as
// calls on loopback need and nothing of the product's own code. It keeps what each party saw.
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { Voice } from './voice.ts';

/** T1 (RFC 3261 §17.1.1.1), doubled at every repeat. */
const firstRepeatMs = 500;
const mostRepeats = 6;

/** One party's side of one call. */
export interface Side {
  readonly callId: string;
  readonly voice: Voice;
  state: 'calling' | 'talking' | 'over';
  /** Status of the final answer to its INVITE. */
  status?: number;
  endedBy?: 'it' | 'us';
  endedAt?: number;
  /** Whether somebody answered its BYE. */
  byeAnswered?: boolean;
}

interface Dialog extends Side {
  /** Where requests in the dialog go, and the headers that name it. */
  target: string;
  from: string;
  to: string;
  cseq: number;
  /** Text that is repeated until it is answered. */
  repeated?: NodeJS.Timeout | undefined;
  /** Our 200, repeated where the INVITE is. */
  answer?: string;
}

export class Switchboard {
  readonly port: number;
  readonly callers: Side[] = [];
  readonly agents: Side[] = [];
  readonly #dialogs = new Map<string, Dialog>();
  readonly #socket: Socket;
  readonly #remote: { host: string; port: number };
  readonly #spare: Voice[] = [];

  private constructor(socket: Socket, remote: { host: string; port: number }) {
    this.#socket = socket;
    this.port = socket.address().port;
    this.#remote = remote;
    socket.on('message', (packet) => this.#got(packet.toString()));
    // The edge is dead for a moment: what matters is repeated.
    socket.on('error', () => undefined);
  }

  /** @param sip where the product listens, `127.0.0.1:5060` */
  static async open(sip: string): Promise<Switchboard> {
    const socket = createSocket({ type: 'udp4', recvBufferSize: 1 << 21 });
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    const [host = '', port] = sip.split(':');
    return new Switchboard(socket, { host, port: Number(port) });
  }

  /** Voices for agents that will be rung, in order. */
  lend(voices: Voice[]): void {
    this.#spare.push(...voices);
  }

  /** Dials; the side tells what came of it. */
  call(number: string, voice: Voice): Side {
    const callId = `crowd-${process.pid}-${this.port}-${this.callers.length}@127.0.0.1`;
    const target = `sip:${number}@${this.#remote.host}:${this.#remote.port}`;
    const from = `<sip:1370000${1000 + this.callers.length}@127.0.0.1:${this.port}>;tag=c${this.callers.length}`;
    const dialog: Dialog = { callId, voice, state: 'calling', target, from, to: `<${target}>`, cseq: 1 };
    this.#dialogs.set(callId, dialog);
    this.callers.push(dialog);
    this.#repeat(dialog, this.#request(dialog, 'INVITE', voice.sdp), () => this.#over(dialog, 'it'));
    return dialog;
  }

  /** Every caller who talks hangs up. */
  hangUp(): void {
    for (const { callId, state } of this.callers) {
      const dialog = this.#dialogs.get(callId);
      if (state !== 'talking' || !dialog) continue;
      dialog.cseq++;
      this.#over(dialog, 'us');
      this.#repeat(dialog, this.#request(dialog, 'BYE'), () => undefined);
    }
  }

  close(): void {
    for (const { repeated } of this.#dialogs.values()) clearTimeout(repeated);
    for (const { voice } of this.#dialogs.values()) voice.close();
    for (const voice of this.#spare) voice.close();
    this.#socket.close();
  }

  #send(text: string): void {
    this.#socket.send(text, this.#remote.port, this.#remote.host);
  }

  #repeat(dialog: Dialog, text: string, givenUp: () => void): void {
    clearTimeout(dialog.repeated);
    this.#send(text);
    const again = (left: number, ms: number) => {
      dialog.repeated = setTimeout(() => {
        if (left === 0) return givenUp();
        this.#send(text);
        again(left - 1, ms * 2);
      }, ms);
    };
    again(mostRepeats, firstRepeatMs);
  }

  #over(dialog: Dialog, by: 'it' | 'us'): void {
    if (dialog.state === 'over') return;
    dialog.state = 'over';
    dialog.endedBy = by;
    dialog.endedAt = performance.now();
  }

  #request({ callId, target, from, to, cseq }: Dialog, method: string, body = ''): string {
    const branch = `z9hG4bK${callId.replace('@', '-')}-${cseq}-${method}`;
    return [
      `${method} ${target} SIP/2.0`,
      `Via: SIP/2.0/UDP 127.0.0.1:${this.port};branch=${branch};rport`,
      ...[`From: ${from}`, `To: ${to}`, `Call-ID: ${callId}`, `CSeq: ${cseq} ${method}`, 'Max-Forwards: 70'],
      ...[`Contact: <sip:crowd@127.0.0.1:${this.port}>`, ...(body === '' ? [] : ['Content-Type: application/sdp'])],
      ...[`Content-Length: ${body.length}`, '', body],
    ].join('\r\n');
  }

  #respond(request: string, status: string, body = ''): string {
    const copied = request.split('\r\n').filter((line) => /^(via|v|record-route):/i.test(line));
    const to = header(request, 'To', 't');
    const text = [
      ...[`SIP/2.0 ${status}`, ...copied, `From: ${header(request, 'From', 'f')}`],
      `To: ${/;tag=/.test(to) ? to : `${to};tag=a${this.port}`}`,
      ...[`Call-ID: ${header(request, 'Call-ID', 'i')}`, `CSeq: ${header(request, 'CSeq')}`],
      ...[`Contact: <sip:crowd@127.0.0.1:${this.port}>`, ...(body === '' ? [] : ['Content-Type: application/sdp'])],
      ...[`Content-Length: ${body.length}`, '', body],
    ].join('\r\n');
    this.#send(text);
    return text;
  }

  #got(text: string): void {
    const callId = header(text, 'Call-ID', 'i');
    const dialog = this.#dialogs.get(callId);
    const status = Number(/^SIP\/2\.0 (\d{3})/.exec(text)?.[1] ?? 0);
    if (status > 0) {
      if (dialog) this.#answered(dialog, status, text);
      return;
    }
    const method = text.slice(0, text.indexOf(' '));
    if (method === 'INVITE') this.#invited(dialog, callId, text);
    else if (method === 'ACK') clearTimeout(dialog?.repeated);
    else {
      this.#respond(text, dialog ? '200 OK' : '481 Gone');
      if (!dialog || (method !== 'BYE' && method !== 'CANCEL')) return;
      if (dialog.endedBy !== 'us') clearTimeout(dialog.repeated);
      this.#over(dialog, 'it');
    }
  }

  #invited(known: Dialog | undefined, callId: string, text: string): void {
    if (known && /;tag=/.test(header(text, 'To', 't'))) {
      const port = mediaPort(text);
      if (port !== undefined) known.voice.connect(port);
      this.#respond(text, '200 OK', known.voice.sdp);
      return;
    }
    if (known?.answer !== undefined) {
      this.#send(known.answer);
      return;
    }
    const voice = this.#spare.shift();
    if (!voice) {
      this.#respond(text, '486 Busy Here');
      return;
    }
    voice.connect(mediaPort(text) ?? 0);
    const dialog: Dialog = { callId, voice, state: 'talking', target: '', from: '', to: '', cseq: 0, status: 200 };
    this.#dialogs.set(callId, dialog);
    this.agents.push(dialog);
    const answer = this.#respond(text, '200 OK', voice.sdp);
    dialog.answer = answer;
    this.#repeat(dialog, answer, () => undefined);
  }

  #answered(dialog: Dialog, status: number, text: string): void {
    if (status < 200) {
      // It is being seen to: a provisional answer ends the repeats of an INVITE (RFC 3261 §17.1.1.2).
      if (dialog.state === 'calling') clearTimeout(dialog.repeated);
      return;
    }
    const cseq = header(text, 'CSeq');
    if (cseq.endsWith('BYE')) {
      clearTimeout(dialog.repeated);
      dialog.byeAnswered = true;
      return;
    }
    if (!cseq.endsWith('INVITE')) return;
    if (dialog.state === 'calling') clearTimeout(dialog.repeated);
    dialog.to = header(text, 'To', 't');
    if (status < 300) dialog.target = /<([^>]+)>/.exec(header(text, 'Contact', 'm'))?.[1] ?? dialog.target;
    this.#send(this.#request({ ...dialog, cseq: Number.parseInt(cseq, 10) }, 'ACK'));
    if (dialog.state !== 'calling') return;
    dialog.status = status;
    if (status >= 300) {
      this.#over(dialog, 'it');
      return;
    }
    dialog.state = 'talking';
    dialog.voice.connect(mediaPort(text) ?? 0);
  }
}

function header(text: string, name: string, short = name): string {
  return new RegExp(`^(?:${name}|${short})\\s*:\\s*(.*?)\\s*$`, 'im').exec(text)?.[1] ?? '';
}

function mediaPort(text: string): number | undefined {
  const port = Number(/^m=audio (\d+)/m.exec(text)?.[1]);
  return port > 0 ? port : undefined;
}
