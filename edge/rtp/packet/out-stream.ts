// The one RTP stream that an endpoint sends in its life: one SSRC, sequence numbers and timestamps without a seam, no
// matter whether the packets come from a prompt, a mixer, a DTMF sender or are relayed from another endpoint.
import { randomInt } from 'node:crypto';
import { type RtpHeader, rewriteHeader, sequenceDistance, writeHeader } from './header.ts';

const leastStep = 80;

export class OutStream {
  readonly ssrc = randomInt(1, 0xffffffff);
  packets = 0;
  octets = 0;
  /** Timestamp of the newest packet, and the monotonic time that it stands for. */
  timestamp: number = randomInt(0, 0xffffffff);
  at = Number.NEGATIVE_INFINITY;
  #sequence = randomInt(0, 0xffff);
  /** Samples in the newest packet. */
  #samples = 160;
  /** Whose packets are relayed now; undefined while we make them. */
  #relayed: number | undefined;
  #from: object | undefined;
  #sequenceShift = 0;
  #timestampShift = 0;
  /** Sequence number at which the present source began: older ones of it are too late. */
  #since = 0;
  #pause = true;

  /** The next packet begins after a pause: its marker bit is set (RFC 3551 §4.1). */
  pause(): void {
    this.#pause = true;
    this.#relayed = undefined;
  }

  /**
   * Writes the header of a packet of ours.
   * @param time monotonic ms that the packet stands for; for paced audio the tick's due time, so that there is no drift
   * @param samples length of its audio
   */
  local(packet: Buffer, payloadType: number, time: number, samples: number): void {
    const timestamp = this.#next(time);
    this.#relayed = undefined;
    this.#sequence = (this.#sequence + 1) & 0xffff;
    this.#write(packet, payloadType, this.#takePause(), timestamp);
    this.#sent(timestamp, time, samples, packet.length - 12);
  }

  /**
   * Writes the header of a telephone-event packet of ours: all packets of one event bear its first timestamp.
   * @returns the event's timestamp, to be given again for its later packets
   */
  event(packet: Buffer, payloadType: number, time: number, timestamp: number | undefined): number {
    const first = timestamp === undefined;
    const stamp = timestamp ?? this.#next(time);
    this.#relayed = undefined;
    this.#sequence = (this.#sequence + 1) & 0xffff;
    this.#write(packet, payloadType, first, stamp);
    if (first) this.#sent(stamp, time, 160, packet.length - 12);
    else {
      this.packets++;
      this.octets += packet.length - 12;
    }
    return stamp;
  }

  /**
   * Rewrites the header of a packet of another endpoint, so that it goes on in this stream.
   * @param from who relays, so that two sources with one SSRC are told apart
   * @returns false where it is older than the moment when its source took over: not to be sent
   */
  relay(packet: Buffer, header: RtpHeader, from: object, payloadType: number, now: number): boolean {
    let marker = header.marker;
    if (this.#relayed !== header.ssrc || this.#from !== from) {
      this.#relayed = header.ssrc;
      this.#from = from;
      this.#sequenceShift = (this.#sequence + 1 - header.sequence) & 0xffff;
      this.#timestampShift = (this.#next(now) - header.timestamp) | 0;
      this.#since = header.sequence;
      marker = true;
    } else if (sequenceDistance(header.sequence, this.#since) < 0) {
      if (sequenceDistance(header.sequence, this.#since) > -200) return false;
      // Far behind: the source started its numbers anew.
      this.#relayed = undefined;
      return this.relay(packet, header, from, payloadType, now);
    }
    if (this.#takePause()) marker = true;
    const sequence = (header.sequence + this.#sequenceShift) & 0xffff;
    const timestamp = (header.timestamp + this.#timestampShift) >>> 0;
    rewriteHeader(packet, payloadType, marker, sequence, timestamp, this.ssrc);
    if (sequenceDistance(sequence, this.#sequence) > 0) {
      this.#sequence = sequence;
      // Packets of one telephone-event share a timestamp: it stands for the moment of the first.
      if (timestamp !== this.timestamp) {
        this.timestamp = timestamp;
        this.at = now;
      }
      this.#samples = header.end - header.start;
      // `since` trails, so that the comparison above stays within half the number space.
      if (sequenceDistance(header.sequence, this.#since) > 1000) this.#since = (header.sequence - 500) & 0xffff;
    }
    this.packets++;
    this.octets += header.end - header.start;
    return true;
  }

  /** RTP timestamp that stands for `time`, for sender reports. */
  timestampAt(time: number): number {
    return (this.timestamp + Math.round((time - this.at) * 8)) >>> 0;
  }

  #next(time: number): number {
    if (this.at === Number.NEGATIVE_INFINITY) return this.timestamp;
    // Not before the end of what was sent: a receiver would throw the overlap away.
    const elapsed = Math.round((time - this.at) * 8);
    return (this.timestamp + Math.max(elapsed, this.#samples, leastStep)) >>> 0;
  }

  #takePause(): boolean {
    const paused = this.#pause;
    this.#pause = false;
    return paused;
  }

  #write(packet: Buffer, payloadType: number, marker: boolean, timestamp: number): void {
    writeHeader(packet, payloadType, marker, this.#sequence, timestamp, this.ssrc);
  }

  #sent(timestamp: number, time: number, samples: number, octets: number): void {
    this.timestamp = timestamp;
    this.at = time;
    this.#samples = samples;
    this.packets++;
    this.octets += octets;
  }
}
