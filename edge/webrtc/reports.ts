// RTCP of one peer, browser or far end: what it is told about the two streams, and what it tells (RFC 3550 §6.4).
import type { WireStreamQuality } from '../../link/index.ts';
import { buildReport, type LastReport, type OutStream, type Reception, readReport, roundTrip } from '../rtp/index.ts';

export class Reports {
  /** Round trip by its last report, ms. */
  rttMs: number | undefined;
  readonly #out: OutStream;
  readonly #reception: Reception;
  #last: LastReport | undefined;
  #sentAtReport = 0;
  #down: WireStreamQuality | undefined;

  constructor(out: OutStream, reception: Reception) {
    this.#out = out;
    this.#reception = reception;
  }

  /** What it receives from us, as it last said. */
  get down(): WireStreamQuality | undefined {
    return this.#down;
  }

  /** What we receive from it. */
  get up(): WireStreamQuality {
    const { received, lost, jitterMs } = this.#reception;
    return { packets: received, lost, jitterMs: Math.round(jitterMs * 10) / 10 };
  }

  /** @param now monotonic ms @param wall ms UTC @returns false where it is no report */
  read(packet: Buffer, now: number, wall: number): boolean {
    const read = readReport(packet, this.#out.ssrc);
    if (!read) return false;
    if (read.middle !== undefined) this.#last = { middle: read.middle, arrivedAt: now };
    if (read.block) {
      const lost = Math.max(0, read.block.cumulativeLost);
      this.rttMs = roundTrip(read.block, wall) ?? this.rttMs;
      const packets = Math.max(0, this.#out.packets - lost);
      this.#down = { packets, lost, jitterMs: Math.round((read.block.jitter / 8) * 10) / 10 };
    }
    return true;
  }

  /** Our report; undefined where nothing was sent or received yet. */
  write(cname: string, now: number, wall: number): Buffer | undefined {
    const { packets, octets, ssrc } = this.#out;
    const heard = this.#reception.received > 0;
    if (packets === 0 && !heard) return undefined;
    // SR only where something was sent since the report before (RFC 3550 §6.4).
    const active = packets > this.#sentAtReport;
    this.#sentAtReport = packets;
    return buildReport({
      ssrc,
      cname,
      now,
      sender: active ? { at: wall, timestamp: this.#out.timestampAt(now), packets, octets } : undefined,
      reception: heard ? { ...this.#reception.report(), ssrc: this.#reception.ssrc } : undefined,
      last: this.#last,
    });
  }
}
