// RTCP sender and receiver reports with SDES (RFC 3550 §6.4, §6.5), built and read.
import type { ReceptionReport } from './reception.ts';

const senderReport = 200;
const receiverReport = 201;
const sourceDescription = 202;
const goodbye = 203;
/** Seconds from 1900 to 1970. */
const ntpEpoch = 2_208_988_800;

export interface SenderInfo {
  /** Wall clock, ms UTC, and the RTP timestamp of that moment. */
  at: number;
  timestamp: number;
  packets: number;
  octets: number;
}

/** What we heard of the peer's last sender report, to be told back for its round-trip measurement. */
export interface LastReport {
  /** Middle 32 bits of its NTP timestamp. */
  middle: number;
  /** Monotonic ms of arrival. */
  arrivedAt: number;
}

/** NTP's middle 32 bits (seconds in 1/65536) for a wall-clock time. */
export function ntpMiddle(at: number): number {
  return Math.floor(((at / 1000 + ntpEpoch) % 65536) * 65536) >>> 0;
}

/** A compound packet: SR where we sent something, else RR; then SDES with a CNAME; BYE where it is the last. */
export function buildReport(report: {
  ssrc: number;
  cname: string;
  sender?: SenderInfo | undefined;
  reception?: (ReceptionReport & { ssrc: number }) | undefined;
  last?: LastReport | undefined;
  now: number;
  bye?: boolean;
}): Buffer {
  const { sender, reception, last } = report;
  const name = Buffer.from(report.cname, 'ascii').subarray(0, 255);
  const reportBytes = 8 + (sender ? 20 : 0) + (reception ? 24 : 0);
  // One chunk: SSRC, CNAME item, at least one zero, padded to 32 bits.
  const sdesBytes = 4 + Math.ceil((4 + 2 + name.length + 1) / 4) * 4;
  const packet = Buffer.alloc(reportBytes + sdesBytes + (report.bye ? 8 : 0));
  packet[0] = 0x80 | (reception ? 1 : 0);
  packet[1] = sender ? senderReport : receiverReport;
  packet.writeUInt16BE(reportBytes / 4 - 1, 2);
  packet.writeUInt32BE(report.ssrc, 4);
  let at = 8;
  if (sender) {
    const seconds = Math.floor(sender.at / 1000);
    packet.writeUInt32BE((seconds + ntpEpoch) >>> 0, at);
    packet.writeUInt32BE(Math.floor((sender.at / 1000 - seconds) * 2 ** 32) >>> 0, at + 4);
    packet.writeUInt32BE(sender.timestamp, at + 8);
    packet.writeUInt32BE(sender.packets >>> 0, at + 12);
    packet.writeUInt32BE(sender.octets >>> 0, at + 16);
    at += 20;
  }
  if (reception) {
    packet.writeUInt32BE(reception.ssrc, at);
    packet[at + 4] = reception.fractionLost;
    packet.writeIntBE(reception.cumulativeLost, at + 5, 3);
    packet.writeUInt32BE(reception.highestSequence, at + 8);
    packet.writeUInt32BE(reception.jitter >>> 0, at + 12);
    packet.writeUInt32BE(last?.middle ?? 0, at + 16);
    packet.writeUInt32BE(last ? Math.round((report.now - last.arrivedAt) * 65.536) >>> 0 : 0, at + 20);
    at += 24;
  }
  packet[at] = 0x81;
  packet[at + 1] = sourceDescription;
  packet.writeUInt16BE(sdesBytes / 4 - 1, at + 2);
  packet.writeUInt32BE(report.ssrc, at + 4);
  packet[at + 8] = 1;
  packet[at + 9] = name.length;
  name.copy(packet, at + 10);
  at += sdesBytes;
  if (report.bye) {
    packet[at] = 0x81;
    packet[at + 1] = goodbye;
    packet.writeUInt16BE(1, at + 2);
    packet.writeUInt32BE(report.ssrc, at + 4);
  }
  return packet;
}

export interface ReportRead {
  /** Of a sender report: for our next report block. */
  middle?: number;
  /** What the peer says about our stream. */
  block?: { fractionLost: number; cumulativeLost: number; jitter: number; lastReport: number; delay: number };
}

/**
 * Reads a compound packet.
 * @param ours our SSRC: blocks about other sources are passed over
 * @returns undefined where it is not RTCP (RFC 3550 A.2); unknown packet types are passed over
 */
export function readReport(packet: Buffer, ours: number): ReportRead | undefined {
  const read: ReportRead = {};
  let at = 0;
  let any = false;
  while (at + 8 <= packet.length) {
    if ((packet[at] as number) >> 6 !== 2) return undefined;
    const type = packet[at + 1] as number;
    const end = at + (packet.readUInt16BE(at + 2) + 1) * 4;
    if (end > packet.length || type < 192 || type > 223) return undefined;
    const isSender = type === senderReport;
    if (isSender || type === receiverReport) {
      any = true;
      let block = at + (isSender ? 28 : 8);
      if (isSender && block <= end) read.middle = packet.readUInt32BE(at + 10);
      for (let count = (packet[at] as number) & 0x1f; count > 0 && block + 24 <= end; count--, block += 24) {
        if (packet.readUInt32BE(block) !== ours) continue;
        read.block = {
          fractionLost: (packet[block + 4] as number) / 256,
          cumulativeLost: packet.readIntBE(block + 5, 3),
          jitter: packet.readUInt32BE(block + 12),
          lastReport: packet.readUInt32BE(block + 16),
          delay: packet.readUInt32BE(block + 20),
        };
      }
    }
    at = end;
  }
  return any ? read : undefined;
}

/** Round trip in ms from a report block (RFC 3550 §6.4.1: A − LSR − DLSR); undefined where the peer has no report of ours. */
export function roundTrip(block: { lastReport: number; delay: number }, nowWall: number): number | undefined {
  if (block.lastReport === 0) return undefined;
  const units = (ntpMiddle(nowWall) - block.lastReport - block.delay) | 0;
  const ms = units / 65.536;
  // Below zero by clock granularity; above a minute is a report about something else.
  return ms > 60_000 || ms < -100 ? undefined : Math.max(0, ms);
}
