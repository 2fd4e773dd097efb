// What becomes of a packet on its way from one endpoint to another: mostly nothing.
import type { Codec } from '../codec/g711.ts';
import { headerBytes, type RtpHeader } from '../packet/header.ts';

const mostBytes = 1500;

export class RelayedPacket {
  #copy: Buffer | undefined;

  /**
   * The packet as the far side takes it; the next call writes over a copy that was made.
   * @param header of that packet
   * @returns undefined where it is too long to be audio
   */
  fit(packet: Buffer, header: RtpHeader, from: Codec, to: Codec): Buffer | undefined {
    // Header extensions (a WebRTC gateway's, X=1) say nothing to a phone, and some stumble over them: only the payload goes on.
    if (from === to && header.start <= headerBytes) return packet;
    const length = header.end - header.start;
    if (headerBytes + length > mostBytes) return undefined;
    this.#copy ??= Buffer.alloc(mostBytes);
    const copy = this.#copy.subarray(0, headerBytes + length);
    if (from === to) packet.copy(copy, headerBytes, header.start, header.end);
    else {
      const table = to.transcode;
      for (let i = 0; i < length; i++) copy[headerBytes + i] = table[packet[header.start + i] as number] as number;
    }
    copy[0] = 0x80;
    return copy;
  }
}
