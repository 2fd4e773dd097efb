// What we send in one connection's life: one SSRC for RTP, and our reports.
import { type MasterKey, type SrtpProfile, sessionKeys } from './keys.ts';
import { indexNear } from './packet-index.ts';
import { ReplayWindow } from './replay-window.ts';
import { makeTransform, type Transform } from './transform.ts';

const mostReports = 2 ** 31;

export class SrtpSender {
  readonly #transform: Transform;
  readonly #sent = new ReplayWindow();
  #report = 0;

  constructor(profile: SrtpProfile, master: MasterKey) {
    this.#transform = makeTransform(profile, sessionKeys(master, 'rtp'), sessionKeys(master, 'rtcp'));
  }

  /**
   * @param packet of our SSRC, its header 12 bytes long
   * @returns undefined where a packet of that number went out already: with counter modes a second one under the same
   *   number would give both away (RFC 3711 §9.1), and far ends do repeat numbers
   */
  rtp(packet: Buffer): Buffer | undefined {
    const index = indexNear(this.#sent.newest, packet.readUInt16BE(2));
    if (index < 0 || !this.#sent.admits(index)) return undefined;
    this.#sent.add(index);
    return this.#transform.sealRtp(packet, 12, packet.readUInt32BE(8), index);
  }

  /** @returns undefined where the key is used up (after 2^31 reports, RFC 3711 §9.2) */
  rtcp(packet: Buffer): Buffer | undefined {
    if (this.#report >= mostReports) return undefined;
    return this.#transform.sealRtcp(packet, packet.readUInt32BE(4), this.#report++);
  }
}
