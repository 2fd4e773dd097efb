// The RTP header (RFC 3550 §5.1), read into one reused object: the packet path allocates nothing of its own.

export interface RtpHeader {
  payloadType: number;
  marker: boolean;
  sequence: number;
  timestamp: number;
  ssrc: number;
  /** Where the payload starts and ends in the packet. */
  start: number;
  end: number;
}

export const headerBytes = 12;

export function emptyHeader(): RtpHeader {
  return { payloadType: 0, marker: false, sequence: 0, timestamp: 0, ssrc: 0, start: 0, end: 0 };
}

/** @returns false where this is no well-formed RTP packet; `into` is then undefined in part */
export function readHeader(packet: Buffer, into: RtpHeader): boolean {
  const length = packet.length;
  if (length < headerBytes) return false;
  const first = packet[0] as number;
  if (first >> 6 !== 2) return false;
  const second = packet[1] as number;
  // RTCP on the RTP port (RFC 5761 §4): its packet types 192 to 223 would look like payload types 64 to 95 with marker.
  if (second >= 192 && second <= 223) return false;
  let start = headerBytes + (first & 0x0f) * 4;
  if (first & 0x10) {
    if (start + 4 > length) return false;
    start += 4 + packet.readUInt16BE(start + 2) * 4;
  }
  let end = length;
  if (first & 0x20) {
    const padding = packet[length - 1] as number;
    if (padding === 0) return false;
    end -= padding;
  }
  if (start > end) return false;
  into.payloadType = second & 0x7f;
  into.marker = (second & 0x80) !== 0;
  into.sequence = packet.readUInt16BE(2);
  into.timestamp = packet.readUInt32BE(4);
  into.ssrc = packet.readUInt32BE(8);
  into.start = start;
  into.end = end;
  return true;
}

/** Writes the 12 bytes of a header without CSRC, extension or padding. */
export function writeHeader(
  packet: Buffer,
  payloadType: number,
  marker: boolean,
  sequence: number,
  timestamp: number,
  ssrc: number,
): void {
  packet[0] = 0x80;
  rewriteHeader(packet, payloadType, marker, sequence, timestamp, ssrc);
}

/** Replaces what a relay must replace and keeps CSRC, extension and padding as they are. */
export function rewriteHeader(
  packet: Buffer,
  payloadType: number,
  marker: boolean,
  sequence: number,
  timestamp: number,
  ssrc: number,
): void {
  packet[1] = (marker ? 0x80 : 0) | payloadType;
  packet[2] = sequence >> 8;
  packet[3] = sequence & 0xff;
  packet[4] = timestamp >>> 24;
  packet[5] = (timestamp >>> 16) & 0xff;
  packet[6] = (timestamp >>> 8) & 0xff;
  packet[7] = timestamp & 0xff;
  packet[8] = ssrc >>> 24;
  packet[9] = (ssrc >>> 16) & 0xff;
  packet[10] = (ssrc >>> 8) & 0xff;
  packet[11] = ssrc & 0xff;
}

/** Signed distance from sequence number `b` to `a`, −32768 to 32767. */
export function sequenceDistance(a: number, b: number): number {
  return ((a - b) << 16) >> 16;
}

/** Signed distance from timestamp `b` to `a`. */
export function timestampDistance(a: number, b: number): number {
  return (a - b) | 0;
}
