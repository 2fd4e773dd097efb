// One end of a probe call: an RTP port that sends 50 PCMU packets a second whose payload says when they left, and reads
// what the other end sent. Payload: magic (4 bytes), stream, window, sequence (4), send time (8, monotonic ms), filling.
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { Tally } from './tally.ts';

const packetBytes = 12 + 160;
const magic = 0x70726f62;
const filledFrom = 12 + 18;
/** RTP ports are even (RFC 3550 §11); the odd ones beside them get the relay's RTCP, which is not looked at. */
const firstPort = 32_000;
const lastPort = 32_700;

export class Line {
  readonly port: number;
  /** Packets of the other end that came, in and out of windows. */
  heard = 0;
  readonly #stream: number;
  readonly #socket: Socket;
  readonly #packet = Buffer.alloc(packetBytes);
  #sequence = 0;
  #counted = 0;
  #window = 0;
  #ready = false;
  #remote = 0;
  #tally: Tally | undefined;

  private constructor(stream: number, socket: Socket) {
    this.#stream = stream;
    this.#socket = socket;
    this.port = socket.address().port;
    this.#packet[0] = 0x80;
    this.#packet.writeUInt32BE(stream + 1, 8);
    socket.on('message', (packet) => this.#heard(packet));
    // A relay that went away (port unreachable): the loss is counted at the other end.
    socket.on('error', () => undefined);
  }

  /** @param stream number of its own packets' stream, 0 to 255 */
  static async open(stream: number): Promise<Line> {
    for (let port = firstPort; port <= lastPort; port += 2) {
      const socket = createSocket({ type: 'udp4', recvBufferSize: 1 << 20 });
      const bound = await new Promise<boolean>((done) => {
        socket.once('error', () => done(false));
        socket.bind({ port, address: '127.0.0.1', exclusive: true }, () => done(true));
      });
      socket.removeAllListeners('error');
      if (bound) return new Line(stream, socket);
      socket.close();
    }
    throw new Error(`no free port from ${firstPort} to ${lastPort}`);
  }

  get sdp(): string {
    return [
      ...['v=0', 'o=probe 1 1 IN IP4 127.0.0.1', 's=-', 'c=IN IP4 127.0.0.1', 't=0 0'],
      ...[`m=audio ${this.port} RTP/AVP 0 101`, 'a=rtpmap:0 PCMU/8000', 'a=rtpmap:101 telephone-event/8000'],
      ...['a=fmtp:101 0-15', 'a=ptime:20', ''],
    ].join('\r\n');
  }

  /** Sends there from now on. A connected socket sends at once, without a look-up. */
  async connect(port: number): Promise<void> {
    if (port === this.#remote) return;
    this.#ready = false;
    if (this.#remote !== 0) this.#socket.disconnect();
    this.#remote = port;
    this.#socket.connect(port, '127.0.0.1');
    await once(this.#socket, 'connect');
    this.#ready = true;
  }

  /** Packets sent from now on count in that window. */
  measure(window: number, tally: Tally): void {
    this.#window = window;
    this.#tally = tally;
    this.#counted = 0;
  }

  /** Packets from now on belong to no window; those under way still count. */
  pause(): void {
    this.#window = 0;
  }

  send(): void {
    if (!this.#ready) return;
    const packet = this.#packet;
    const sequence = ++this.#sequence;
    packet.writeUInt16BE(sequence & 0xffff, 2);
    packet.writeUInt32BE((sequence * 160) >>> 0, 4);
    packet.writeUInt32BE(magic, 12);
    packet[16] = this.#stream;
    packet[17] = this.#window;
    packet.writeUInt32BE(this.#counted, 18);
    packet.fill((sequence * 31) & 0xff, filledFrom);
    if (this.#window !== 0) {
      this.#counted++;
      this.#tally?.sent(this.#stream);
    }
    packet.writeDoubleBE(performance.now(), 22);
    // A copy, as sending may end after the next packet was begun.
    this.#socket.send(Buffer.from(packet), () => undefined);
  }

  close(): void {
    this.#ready = false;
    this.#socket.close();
  }

  #heard(packet: Buffer): void {
    const now = performance.now();
    const { length } = packet;
    // Not ours: the prompt or the music before the other end is there, or RTCP of the relay.
    if (length < filledFrom || packet.readUInt32BE(12) !== magic) return;
    this.heard++;
    const window = packet[17] as number;
    if (window === 0 || this.#tally === undefined) return;
    let altered = length !== packetBytes || ((packet[1] as number) & 0x7f) !== 0;
    for (let i = filledFrom + 1; i < length; i++) if (packet[i] !== packet[filledFrom]) altered = true;
    if (altered) this.#tally.altered++;
    this.#tally.took(packet[16] as number, packet.readUInt32BE(18), now - packet.readDoubleBE(22));
  }
}
