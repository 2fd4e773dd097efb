// Stands before a line whose far end does not say the SSRC of its packets (RFC 5576), or changes it at will, as Asterisk
// does: the worker takes only packets of an SSRC that it was told. Everything goes out again as one stream with one SSRC,
// numbers without a gap where the source changes. Costs the server's thread two packets every 20 ms and line; with the
// edge's media engine, which says its SSRC, it is not needed. RTCP does not come through.
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { isIP } from 'node:net';

export class SourceFront {
  /** Of every packet that it passes on to the worker. */
  readonly ssrc: number;
  readonly #socket: Socket;
  #worker: { address: string; port: number } | undefined;
  #far: { address: string; port: number } | undefined;
  #source: number | undefined;
  #sequenceShift = 0;
  #timestampShift = 0;
  #sequence = 0;
  #timestamp = 0;

  private constructor(socket: Socket, ssrc: number) {
    this.#socket = socket;
    this.ssrc = ssrc;
    socket.on('message', (packet, { address, port }) => this.#pass(packet, address, port));
    // ICMP errors of a far end that is gone; its silence is noticed by whoever listens.
    socket.on('error', () => undefined);
  }

  /** @throws Error where the port is taken */
  static async open(address: string, port: number, ssrc: number): Promise<SourceFront> {
    const socket = createSocket(isIP(address) === 6 ? 'udp6' : 'udp4');
    const listening = once(socket, 'listening');
    socket.bind(port, address);
    try {
      await listening;
    } catch (error) {
      socket.close();
      throw error;
    }
    return new SourceFront(socket, ssrc);
  }

  connect(worker: { address: string; port: number }, far: { address: string; port: number }): void {
    this.#worker = worker;
    this.#far = far;
  }

  close(): void {
    this.#socket.close();
  }

  #pass(packet: Buffer, address: string, port: number): void {
    const worker = this.#worker;
    const far = this.#far;
    if (!worker || !far || packet.length < 12) return;
    if (port === worker.port && address === worker.address) {
      this.#socket.send(packet, far.port, far.address);
      return;
    }
    // From the far end's host; its port may be another than the SDP said (symmetric RTP behind NAT).
    if (address !== far.address || (packet[0] as number) >> 6 !== 2) return;
    const type = packet[1] as number;
    if (type >= 192 && type <= 223) return;
    this.#join(packet);
    this.#socket.send(packet, worker.port, worker.address);
  }

  /** Rewrites SSRC, sequence number and timestamp in place. */
  #join(packet: Buffer): void {
    const ssrc = packet.readUInt32BE(8);
    const sequence = packet.readUInt16BE(2);
    const timestamp = packet.readUInt32BE(4);
    if (ssrc !== this.#source) {
      this.#source = ssrc;
      this.#sequenceShift = this.#sequence + 1 - sequence;
      // 20 ms of 8 kHz; Opus counts six times faster, and its decoder takes the difference for lost time.
      this.#timestampShift = this.#timestamp + 160 - timestamp;
    }
    const toSequence = (sequence + this.#sequenceShift) & 0xffff;
    const toTimestamp = (timestamp + this.#timestampShift) >>> 0;
    packet.writeUInt16BE(toSequence, 2);
    packet.writeUInt32BE(toTimestamp, 4);
    packet.writeUInt32BE(this.ssrc, 8);
    if (((toSequence - this.#sequence) << 16) >> 16 <= 0) return;
    this.#sequence = toSequence;
    this.#timestamp = toTimestamp;
  }
}
