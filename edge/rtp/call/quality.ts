// Quality of one endpoint's line: counts of RFC 3550, what the peer reports, and the E-model over them.
import type { WireQuality } from '../../../link/index.ts';
import { mos, rating } from '../../../values/index.ts';
import type { Latch } from '../packet/latch.ts';
import type { OutStream } from '../packet/out-stream.ts';
import type { Reception } from '../packet/reception.ts';
import { buildReport, type LastReport, readReport, roundTrip } from '../packet/rtcp.ts';
import type { Far } from '../sdp/negotiate.ts';

/** Packetisation, and what a listener's buffer holds at least. */
const fixedDelayMs = 20 + 40;

/** Where reports go: beside the media where those came from elsewhere than the SDP said, else where the SDP says. */
export function reportsTo(far: Far | undefined, latch: Latch): { address: string | undefined; port: number } {
  if (!far || far.rtcpAddress === undefined) return { address: undefined, port: 0 };
  const { address, port } = latch;
  const moved = address !== undefined && (address !== far.address || port !== far.port);
  return moved ? { address, port: port + 1 } : { address: far.rtcpAddress, port: far.rtcpPort };
}

export class LineMonitor {
  readonly #out: OutStream;
  readonly #reception: Reception;
  #last: LastReport | undefined;
  #sentAtReport = 0;
  #rttMs: number | undefined;
  #remoteLost = 0;
  #remoteLoss: number | undefined;

  constructor(out: OutStream, reception: Reception) {
    this.#out = out;
    this.#reception = reception;
  }

  /** A report came from the peer. @returns false where it is no RTCP */
  read(packet: Buffer, now: number, wall: number): boolean {
    const read = readReport(packet, this.#out.ssrc);
    if (!read) return false;
    if (read.middle !== undefined) this.#last = { middle: read.middle, arrivedAt: now };
    if (read.block) {
      this.#rttMs = roundTrip(read.block, wall) ?? this.#rttMs;
      this.#remoteLost = Math.max(0, read.block.cumulativeLost);
      this.#remoteLoss = this.#out.packets > 0 ? Math.min(1, this.#remoteLost / this.#out.packets) : 0;
    }
    return true;
  }

  /** Our report, or undefined where we neither sent nor received anything. */
  report(cname: string, now: number, wall: number, bye: boolean): Buffer | undefined {
    const out = this.#out;
    const heard = this.#reception.received > 0;
    if (out.packets === 0 && !heard) return undefined;
    // SR only where something was sent since the report before (RFC 3550 §6.4).
    const active = out.packets > this.#sentAtReport;
    this.#sentAtReport = out.packets;
    return buildReport({
      ssrc: out.ssrc,
      cname,
      now,
      bye,
      sender: active
        ? { at: wall, timestamp: out.timestampAt(now), packets: out.packets, octets: out.octets }
        : undefined,
      reception: heard ? { ...this.#reception.report(), ssrc: this.#reception.ssrc } : undefined,
      last: this.#last,
    });
  }

  quality(codec: string): WireQuality {
    const { received, lost, meanJitterMs } = this.#reception;
    const loss = received + lost === 0 ? 0 : lost / (received + lost);
    const oneWayMs = fixedDelayMs + (this.#rttMs ?? 0) / 2 + 2 * meanJitterMs;
    const score = mos(rating({ loss, oneWayMs }));
    return {
      received,
      lost,
      jitterMs: Math.round(meanJitterMs * 100) / 100,
      rttMs: this.#rttMs === undefined ? undefined : Math.round(this.#rttMs * 10) / 10,
      remoteLoss: this.#remoteLoss,
      mos: Math.round(score * 100) / 100,
      codec,
    };
  }
}
