// The SIP side of the FreeSWITCH double: a user agent server on UDP that answers each INVITE and takes re-INVITEs.
import { randomUUID } from 'node:crypto';
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';

export interface SipChannel {
  readonly uuid: string;
  header(name: string): string | undefined;
}

export interface SipSideUser {
  /** @returns our description, or a status to refuse with */
  invited(channel: SipChannel, sdp: string): Promise<string | number>;
  reinvited(channel: SipChannel, sdp: string): Promise<string | number>;
  /** Their ACK to the first answer. */
  answered(channel: SipChannel): void;
  ended(channel: SipChannel): void;
}

interface Dialog extends SipChannel {
  invite: string;
  tag: string;
  peer: RemoteInfo;
  acknowledged: boolean;
  /** CSeq of an INVITE that is being answered or was: repetitions are ignored. */
  cseq: number;
}

const headerOf = (text: string, name: string) => new RegExp(`^${name}: *(.*)\\r$`, 'im').exec(text)?.[1];

export class SipSide {
  readonly #socket: Socket;
  readonly #user: SipSideUser;
  readonly #dialogs = new Map<string, Dialog>();
  #cseq = 100;
  #open = true;

  private constructor(socket: Socket, user: SipSideUser) {
    this.#socket = socket;
    this.#user = user;
    socket.on('message', (bytes, from) => this.#message(bytes.toString(), from));
  }

  static async open(user: SipSideUser): Promise<SipSide> {
    const socket = createSocket('udp4');
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    return new SipSide(socket, user);
  }

  get port(): number {
    return this.#socket.address().port;
  }

  get calls(): number {
    return this.#dialogs.size;
  }

  /** BYE from FreeSWITCH's side. */
  hangUp(uuid: string): void {
    for (const [callId, dialog] of this.#dialogs) {
      if (dialog.uuid !== uuid) continue;
      this.#dialogs.delete(callId);
      const to = headerOf(dialog.invite, 'From') ?? '';
      const from = `${headerOf(dialog.invite, 'To')};tag=${dialog.tag}`;
      const target = /<([^>]+)>/.exec(headerOf(dialog.invite, 'Contact') ?? '')?.[1] ?? 'sip:x';
      const lines = [
        `BYE ${target} SIP/2.0`,
        `Via: SIP/2.0/UDP 127.0.0.1:${this.port};branch=z9hG4bK${randomUUID()};rport`,
        'Max-Forwards: 70',
        `From: ${from}`,
        `To: ${to}`,
        `Call-ID: ${callId}`,
        `CSeq: ${++this.#cseq} BYE`,
        'Content-Length: 0',
      ];
      this.#send(`${lines.join('\r\n')}\r\n\r\n`, dialog.peer);
    }
  }

  close(): void {
    this.#dialogs.clear();
    if (this.#open) this.#socket.close();
    this.#open = false;
  }

  #message(text: string, from: RemoteInfo): void {
    if (text.startsWith('SIP/2.0')) return;
    const method = text.slice(0, text.indexOf(' '));
    const callId = headerOf(text, 'Call-ID') ?? '';
    const dialog = this.#dialogs.get(callId);
    const cseq = Number.parseInt(headerOf(text, 'CSeq') ?? '', 10);
    const body = text.slice(text.indexOf('\r\n\r\n') + 4);
    if (method === 'INVITE') {
      if (dialog?.cseq === cseq) return;
      if (dialog) {
        dialog.cseq = cseq;
        void this.#user.reinvited(dialog, body).then((answer) => this.#answer(text, dialog, answer, from));
        return;
      }
      const made: Dialog = {
        uuid: randomUUID(),
        header: (name) => headerOf(text, name),
        invite: text,
        tag: randomUUID().slice(0, 8),
        peer: from,
        acknowledged: false,
        cseq,
      };
      this.#dialogs.set(callId, made);
      void this.#user.invited(made, body).then((answer) => this.#answer(text, made, answer, from));
    } else if (method === 'ACK') {
      if (dialog && !dialog.acknowledged) {
        dialog.acknowledged = true;
        this.#user.answered(dialog);
      }
    } else if (method === 'BYE') {
      this.#send(this.#response(text, 200, dialog?.tag ?? 'none'), from);
      if (!dialog) return;
      this.#dialogs.delete(callId);
      this.#user.ended(dialog);
    } else this.#send(this.#response(text, 200, dialog?.tag ?? 'none'), from);
  }

  #answer(request: string, dialog: Dialog, answer: string | number, to: RemoteInfo): void {
    if (typeof answer === 'number') {
      if (!dialog.acknowledged) this.#dialogs.delete(headerOf(request, 'Call-ID') ?? '');
      this.#send(this.#response(request, answer, dialog.tag), to);
    } else this.#send(this.#response(request, 200, dialog.tag, answer), to);
  }

  #response(request: string, status: number, tag: string, sdp = ''): string {
    const to = headerOf(request, 'To') ?? '';
    const lines = [
      `SIP/2.0 ${status} ${status === 200 ? 'OK' : 'Not Acceptable Here'}`,
      `Via: ${headerOf(request, 'Via')}`,
      `From: ${headerOf(request, 'From')}`,
      `To: ${to.includes('tag=') ? to : `${to};tag=${tag}`}`,
      `Call-ID: ${headerOf(request, 'Call-ID')}`,
      `CSeq: ${headerOf(request, 'CSeq')}`,
      `Contact: <sip:mod_sofia@127.0.0.1:${this.port}>`,
      ...(sdp === '' ? [] : ['Content-Type: application/sdp']),
      `Content-Length: ${Buffer.byteLength(sdp)}`,
    ];
    return `${lines.join('\r\n')}\r\n\r\n${sdp}`;
  }

  #send(text: string, { port, address }: RemoteInfo): void {
    this.#socket.send(text, port, address);
  }
}
