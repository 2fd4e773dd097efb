// The media end of one party in a crowd: says who it is five times a second, as a phone with silence suppression sends, and
// notes whom it hears and when. PCMU passes the product as it is, so what comes out names who spoke.
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';

/** Between two packets of one party, ms. */
export const paceMs = 200;
const packetBytes = 12 + 160;
const magic = 0x63726f77;
const nameAt = 16;

export class Voice {
  readonly port: number;
  /** Who is heard, by number; undefined as long as nobody is. */
  hears: number | undefined;
  /** When it heard something last, monotonic ms; 0: never. */
  heardAt = 0;
  /** Longest time without a packet since `measure`, ms. */
  longestGap = 0;
  readonly #socket: Socket;
  readonly #packet = Buffer.alloc(packetBytes, 0xff);
  #remote = 0;
  #sequence = 0;

  private constructor(socket: Socket, number: number) {
    this.#socket = socket;
    this.port = socket.address().port;
    this.#packet[0] = 0x80;
    this.#packet[1] = 0;
    this.#packet.writeUInt32BE(number + 1, 8);
    this.#packet.writeUInt32BE(magic, 12);
    this.#packet.writeUInt32BE(number, nameAt);
    socket.on('message', (packet) => this.#heard(packet));
    // Whom it speaks to is gone (port unreachable): the calls' ends tell.
    socket.on('error', () => undefined);
  }

  /** @param number whose voice it is */
  static async open(number: number): Promise<Voice> {
    const socket = createSocket('udp4');
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    return new Voice(socket, number);
  }

  get sdp(): string {
    return [
      ...['v=0', 'o=crowd 1 1 IN IP4 127.0.0.1', 's=-', 'c=IN IP4 127.0.0.1', 't=0 0'],
      ...[`m=audio ${this.port} RTP/AVP 0`, 'a=rtpmap:0 PCMU/8000', 'a=ptime:20', ''],
    ].join('\r\n');
  }

  connect(port: number): void {
    this.#remote = port;
  }

  /** One packet; the time stamp goes on over the silence before it (RFC 3551 §4.1). */
  speak(): void {
    if (this.#remote === 0) return;
    const packet = Buffer.from(this.#packet);
    packet.writeUInt16BE(this.#sequence & 0xffff, 2);
    packet.writeUInt32BE((this.#sequence * paceMs * 8) >>> 0, 4);
    this.#sequence++;
    this.#socket.send(packet, this.#remote, '127.0.0.1', () => undefined);
  }

  measure(): void {
    this.longestGap = 0;
    this.heardAt = performance.now();
  }

  /** The gap that lasts, too. */
  gap(): number {
    return Math.max(this.longestGap, performance.now() - this.heardAt);
  }

  close(): void {
    this.#remote = 0;
    this.#socket.close();
  }

  #heard(packet: Buffer): void {
    // Music for who waits, or RTCP.
    if (packet.length < nameAt + 4 || packet.readUInt32BE(12) !== magic) return;
    const now = performance.now();
    if (this.heardAt > 0) this.longestGap = Math.max(this.longestGap, now - this.heardAt);
    this.heardAt = now;
    this.hears = packet.readUInt32BE(nameAt);
  }
}
