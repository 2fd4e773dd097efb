// What one browser sends: RTP of one SSRC, and reports of a few.
import { type MasterKey, type SrtpProfile, sessionKeys } from './keys.ts';
import { indexNear } from './packet-index.ts';
import { ReplayWindow } from './replay-window.ts';
import { makeTransform, type Transform } from './transform.ts';

/** SSRCs that reports may come from. More are not a browser's. */
const mostReporters = 8;

export class SrtpReceiver {
  /** Packets that were refused: forged, altered, or seen before. */
  refused = 0;
  readonly #transform: Transform;
  readonly #seen = new ReplayWindow();
  readonly #reporters = new Map<number, ReplayWindow>();
  readonly #ssrc: number | undefined;

  /** @param ssrc of its RTP; undefined: it sends none */
  constructor(profile: SrtpProfile, master: MasterKey, ssrc: number | undefined) {
    this.#transform = makeTransform(profile, sessionKeys(master, 'rtp'), sessionKeys(master, 'rtcp'));
    this.#ssrc = ssrc;
  }

  /** @returns the packet in the clear, header as it came; undefined where it is not to be taken */
  rtp(packet: Buffer): Buffer | undefined {
    const start = headerLength(packet);
    if (start === undefined || packet.readUInt32BE(8) !== this.#ssrc) return this.#refuse();
    const index = indexNear(this.#seen.newest, packet.readUInt16BE(2));
    if (index < 0 || !this.#seen.admits(index)) return this.#refuse();
    const opened = this.#transform.openRtp(packet, start, this.#ssrc, index);
    if (opened === undefined) return this.#refuse();
    this.#seen.add(index);
    return opened;
  }

  /** @returns the compound packet in the clear */
  rtcp(packet: Buffer): Buffer | undefined {
    const { rtcpTrailer, rtcpIndexFromEnd } = this.#transform;
    if (packet.length < 8 + rtcpTrailer) return this.#refuse();
    const ssrc = packet.readUInt32BE(4);
    const index = packet.readUInt32BE(packet.length - rtcpIndexFromEnd) & 0x7fffffff;
    const known = this.#reporters.get(ssrc);
    if (known?.admits(index) === false) return this.#refuse();
    const opened = this.#transform.openRtcp(packet, ssrc, index);
    if (opened === undefined) return this.#refuse();
    const seen = known ?? new ReplayWindow();
    if (known === undefined) {
      if (this.#reporters.size >= mostReporters) return this.#refuse();
      this.#reporters.set(ssrc, seen);
    }
    seen.add(index);
    return opened;
  }

  #refuse(): undefined {
    this.refused++;
    return undefined;
  }
}

/** With CSRCs and extension (RFC 3550 §5.1, §5.3.1). @returns undefined where it is no RTP */
function headerLength(packet: Buffer): number | undefined {
  const { length } = packet;
  if (length < 12) return undefined;
  const first = packet[0] as number;
  let bytes = 12 + (first & 0x0f) * 4;
  if ((first & 0x10) !== 0) {
    if (bytes + 4 > length) return undefined;
    bytes += 4 + packet.readUInt16BE(bytes + 2) * 4;
  }
  return bytes > length ? undefined : bytes;
}
