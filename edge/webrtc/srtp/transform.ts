// What the two protection profiles do to one packet: encrypt and sign, check and decrypt. Synchronous, one new buffer per
// packet. Indices, replay and rollover are the streams' (sender.ts, receiver.ts).
import { createCipheriv, createDecipheriv, createHmac, timingSafeEqual } from 'node:crypto';
import type { SessionKeys, SrtpProfile } from './keys.ts';

export interface Transform {
  /** @param start where the payload begins @param index of 48 bits: rollover counter and sequence number */
  sealRtp(packet: Buffer, start: number, ssrc: number, index: number): Buffer;
  /** @returns the packet without its tag, payload in the clear; undefined where it is not authentic */
  openRtp(packet: Buffer, start: number, ssrc: number, index: number): Buffer | undefined;
  sealRtcp(packet: Buffer, ssrc: number, index: number): Buffer;
  openRtcp(packet: Buffer, ssrc: number, index: number): Buffer | undefined;
  /** Bytes of SRTCP behind the payload, with the index and its E flag. */
  readonly rtcpTrailer: number;
  /** Where in SRTCP the index stands, counted from the end. */
  readonly rtcpIndexFromEnd: number;
  readonly rtpTrailer: number;
}

export function makeTransform(profile: SrtpProfile, rtp: SessionKeys, rtcp: SessionKeys): Transform {
  return profile === 'AEAD_AES_128_GCM' ? new Gcm(rtp, rtcp) : new CounterMode(rtp, rtcp);
}

const encrypted = 0x80000000;
const rtcpHeader = 8;

/** RFC 7714. */
class Gcm implements Transform {
  readonly rtpTrailer = 16;
  readonly rtcpTrailer = 20;
  readonly rtcpIndexFromEnd = 4;
  readonly #rtp: SessionKeys;
  readonly #rtcp: SessionKeys;
  readonly #iv = Buffer.alloc(12);

  constructor(rtp: SessionKeys, rtcp: SessionKeys) {
    this.#rtp = rtp;
    this.#rtcp = rtcp;
  }

  sealRtp(packet: Buffer, start: number, ssrc: number, index: number): Buffer {
    const { length } = packet;
    const sealed = Buffer.allocUnsafe(length + 16);
    const cipher = createCipheriv('aes-128-gcm', this.#rtp.cipher, this.#vector(this.#rtp.salt, ssrc, index));
    packet.copy(sealed, 0, 0, start);
    cipher.setAAD(packet.subarray(0, start));
    cipher.update(packet.subarray(start)).copy(sealed, start);
    cipher.final();
    cipher.getAuthTag().copy(sealed, length);
    return sealed;
  }

  openRtp(packet: Buffer, start: number, ssrc: number, index: number): Buffer | undefined {
    const end = packet.length - 16;
    if (end < start) return undefined;
    const decipher = createDecipheriv('aes-128-gcm', this.#rtp.cipher, this.#vector(this.#rtp.salt, ssrc, index));
    decipher.setAAD(packet.subarray(0, start));
    return this.#opened(decipher, packet, start, end, end);
  }

  sealRtcp(packet: Buffer, ssrc: number, index: number): Buffer {
    const { length } = packet;
    const sealed = Buffer.allocUnsafe(length + 20);
    const cipher = createCipheriv('aes-128-gcm', this.#rtcp.cipher, this.#vector(this.#rtcp.salt, ssrc, index));
    packet.copy(sealed, 0, 0, rtcpHeader);
    sealed.writeUInt32BE((index + encrypted) >>> 0, length + 16);
    cipher.setAAD(Buffer.concat([packet.subarray(0, rtcpHeader), sealed.subarray(length + 16)]));
    cipher.update(packet.subarray(rtcpHeader)).copy(sealed, rtcpHeader);
    cipher.final();
    cipher.getAuthTag().copy(sealed, length);
    return sealed;
  }

  openRtcp(packet: Buffer, ssrc: number, index: number): Buffer | undefined {
    const word = packet.subarray(packet.length - 4);
    const end = packet.length - 20;
    const decipher = createDecipheriv('aes-128-gcm', this.#rtcp.cipher, this.#vector(this.#rtcp.salt, ssrc, index));
    if (word.readUInt32BE(0) < encrypted) {
      // Sent in the clear: all of it is only authenticated (§9.3).
      decipher.setAAD(Buffer.concat([packet.subarray(0, end), word]));
      return this.#opened(decipher, packet, end, end, end);
    }
    decipher.setAAD(Buffer.concat([packet.subarray(0, rtcpHeader), word]));
    return this.#opened(decipher, packet, rtcpHeader, end, end);
  }

  #opened(
    decipher: ReturnType<typeof createDecipheriv> & { setAuthTag(tag: Buffer): unknown },
    packet: Buffer,
    start: number,
    end: number,
    tagAt: number,
  ): Buffer | undefined {
    decipher.setAuthTag(packet.subarray(tagAt, tagAt + 16));
    const opened = Buffer.allocUnsafe(end);
    packet.copy(opened, 0, 0, start);
    decipher.update(packet.subarray(start, end)).copy(opened, start);
    try {
      decipher.final();
    } catch {
      // The one way in which node:crypto says that the tag is another.
      return undefined;
    }
    return opened;
  }

  /** §8.1, §9.1: two zero bytes, SSRC, 48 bits of index; XOR the salt. */
  #vector(salt: Buffer, ssrc: number, index: number): Buffer {
    const iv = this.#iv;
    iv.writeUInt16BE(0, 0);
    iv.writeUInt32BE(ssrc, 2);
    iv.writeUIntBE(index, 6, 6);
    for (let at = 0; at < 12; at++) iv[at] = (iv[at] as number) ^ (salt[at] as number);
    return iv;
  }
}

const tagBytes = 10;

/** RFC 3711 §4.1.1, §4.2. */
class CounterMode implements Transform {
  readonly rtpTrailer = tagBytes;
  readonly rtcpTrailer = 4 + tagBytes;
  readonly rtcpIndexFromEnd = 4 + tagBytes;
  readonly #rtp: SessionKeys;
  readonly #rtcp: SessionKeys;
  readonly #iv = Buffer.alloc(16);
  readonly #rollover = Buffer.alloc(4);

  constructor(rtp: SessionKeys, rtcp: SessionKeys) {
    this.#rtp = rtp;
    this.#rtcp = rtcp;
  }

  sealRtp(packet: Buffer, start: number, ssrc: number, index: number): Buffer {
    const { length } = packet;
    const sealed = Buffer.allocUnsafe(length + tagBytes);
    packet.copy(sealed, 0, 0, start);
    this.#crypt(this.#rtp, packet.subarray(start), ssrc, index).copy(sealed, start);
    this.#rtpTag(sealed.subarray(0, length), index).copy(sealed, length, 0, tagBytes);
    return sealed;
  }

  openRtp(packet: Buffer, start: number, ssrc: number, index: number): Buffer | undefined {
    const end = packet.length - tagBytes;
    if (end < start) return undefined;
    const tag = this.#rtpTag(packet.subarray(0, end), index).subarray(0, tagBytes);
    if (!timingSafeEqual(tag, packet.subarray(end))) return undefined;
    const opened = Buffer.allocUnsafe(end);
    packet.copy(opened, 0, 0, start);
    this.#crypt(this.#rtp, packet.subarray(start, end), ssrc, index).copy(opened, start);
    return opened;
  }

  sealRtcp(packet: Buffer, ssrc: number, index: number): Buffer {
    const { length } = packet;
    const sealed = Buffer.allocUnsafe(length + 4 + tagBytes);
    packet.copy(sealed, 0, 0, rtcpHeader);
    this.#crypt(this.#rtcp, packet.subarray(rtcpHeader), ssrc, index).copy(sealed, rtcpHeader);
    sealed.writeUInt32BE((index + encrypted) >>> 0, length);
    this.#rtcpTag(sealed.subarray(0, length + 4)).copy(sealed, length + 4, 0, tagBytes);
    return sealed;
  }

  openRtcp(packet: Buffer, ssrc: number, index: number): Buffer | undefined {
    const signed = packet.length - tagBytes;
    const tag = this.#rtcpTag(packet.subarray(0, signed)).subarray(0, tagBytes);
    if (!timingSafeEqual(tag, packet.subarray(signed))) return undefined;
    const end = signed - 4;
    if (packet.readUInt32BE(end) < encrypted) return Buffer.from(packet.subarray(0, end));
    const opened = Buffer.allocUnsafe(end);
    packet.copy(opened, 0, 0, rtcpHeader);
    this.#crypt(this.#rtcp, packet.subarray(rtcpHeader, end), ssrc, index).copy(opened, rtcpHeader);
    return opened;
  }

  #rtpTag(signed: Buffer, index: number): Buffer {
    this.#rollover.writeUInt32BE(Math.floor(index / 65_536) >>> 0, 0);
    return createHmac('sha1', this.#rtp.authentication).update(signed).update(this.#rollover).digest();
  }

  #rtcpTag(signed: Buffer): Buffer {
    return createHmac('sha1', this.#rtcp.authentication).update(signed).digest();
  }

  /** §4.1.1: IV = salt · 2^16 XOR SSRC · 2^64 XOR index · 2^16. */
  #crypt({ cipher, salt }: SessionKeys, text: Buffer, ssrc: number, index: number): Buffer {
    const iv = this.#iv.fill(0);
    iv.writeUInt32BE(ssrc, 4);
    iv.writeUIntBE(index, 8, 6);
    for (let at = 0; at < 14; at++) iv[at] = (iv[at] as number) ^ (salt[at] as number);
    return createCipheriv('aes-128-ctr', cipher, iv).update(text);
  }
}
