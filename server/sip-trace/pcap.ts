// A capture file (libpcap 2.4, as tcpdump writes it) made from messages: what was on the wire is gone, so Ethernet, IP and
// UDP or TCP are put around them anew, with right lengths, checksums and sequence numbers.
import { isIPv6 } from 'node:net';
import type { WireTraced } from '../../link/index.ts';

const magic = 0xa1b2c3d4;
const ethernet = 1;
const snapLength = 262_144;
const udp = 17;
const tcp = 6;
/** Longest payload of one made-up segment: with all headers it still fits into an IP packet. */
const segment = 60_000;
/** What was encrypted stands decrypted: a port at which readers look for SIP rather than for TLS or HTTP. */
const plainPort = 5060;
const pushAck = 0x18;
const [ours, theirs] = [Buffer.from('020000000001', 'hex'), Buffer.from('020000000002', 'hex')];

/**
 * @param messages oldest first. UDP stays UDP; TCP, TLS and WebSocket become TCP, the latter two with our port as 5060
 * @returns the file's bytes
 */
export function pcapOf(messages: readonly WireTraced[]): Buffer {
  const head = Buffer.alloc(24);
  head.writeUInt32LE(magic, 0);
  head.writeUInt16LE(2, 4);
  head.writeUInt16LE(4, 6);
  head.writeUInt32LE(snapLength, 16);
  head.writeUInt32LE(ethernet, 20);
  const parts = [head];
  const streams = new Map<string, number>();
  for (const message of messages) {
    const payload = Buffer.from(message.bytes, 'latin1');
    for (const packet of packetsOf(message, payload, streams)) {
      const frame = Buffer.concat([ethernetHead(message), packet]);
      const record = Buffer.alloc(16);
      record.writeUInt32LE(Math.floor(message.at / 1_000), 0);
      record.writeUInt32LE((message.at % 1_000) * 1_000, 4);
      record.writeUInt32LE(frame.length, 8);
      record.writeUInt32LE(frame.length, 12);
      parts.push(record, frame);
    }
  }
  return Buffer.concat(parts);
}

interface Ends {
  from: string;
  to: string;
  fromPort: number;
  toPort: number;
}

/** @param streams of each TCP stream and direction, the number of its next byte */
function packetsOf(message: WireTraced, payload: Buffer, streams: Map<string, number>): Buffer[] {
  const ends = endsOf(message);
  if (message.protocol === 'udp') return [ipPacket(ends, udp, udpDatagram(ends, payload))];
  const there = `${ends.from} ${ends.fromPort} ${ends.to} ${ends.toPort}`;
  const back = `${ends.to} ${ends.toPort} ${ends.from} ${ends.fromPort}`;
  const packets: Buffer[] = [];
  for (let at = 0; at < payload.length; at += segment) {
    const part = payload.subarray(at, at + segment);
    const sequence = streams.get(there) ?? 1;
    packets.push(ipPacket(ends, tcp, tcpSegment(ends, part, sequence, streams.get(back) ?? 1)));
    streams.set(there, (sequence + part.length) >>> 0);
  }
  return packets;
}

function endsOf({ way, protocol, localAddress, localPort, remoteAddress, remotePort }: WireTraced): Ends {
  const port = protocol === 'udp' || protocol === 'tcp' ? localPort : plainPort;
  // A socket for every address does not know which of them a message left by; both ends must be of one family.
  const local =
    isIPv6(localAddress) === isIPv6(remoteAddress) ? localAddress : isIPv6(remoteAddress) ? '::' : '0.0.0.0';
  return way === 'in'
    ? { from: remoteAddress, fromPort: remotePort, to: local, toPort: port }
    : { from: local, fromPort: port, to: remoteAddress, toPort: remotePort };
}

function ethernetHead({ way, remoteAddress }: WireTraced): Buffer {
  const type = Buffer.from(isIPv6(remoteAddress) ? '86dd' : '0800', 'hex');
  return way === 'in' ? Buffer.concat([ours, theirs, type]) : Buffer.concat([theirs, ours, type]);
}

function udpDatagram(ends: Ends, payload: Buffer): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt16BE(ends.fromPort, 0);
  head.writeUInt16BE(ends.toPort, 2);
  head.writeUInt16BE(8 + payload.length, 4);
  const datagram = Buffer.concat([head, payload]);
  // Zero would say that there is none (RFC 768).
  datagram.writeUInt16BE(checksum(pseudoHead(ends, udp, datagram.length), datagram) || 0xffff, 6);
  return datagram;
}

function tcpSegment(ends: Ends, payload: Buffer, sequence: number, acknowledged: number): Buffer {
  const head = Buffer.alloc(20);
  head.writeUInt16BE(ends.fromPort, 0);
  head.writeUInt16BE(ends.toPort, 2);
  head.writeUInt32BE(sequence, 4);
  head.writeUInt32BE(acknowledged, 8);
  head.writeUInt8(5 << 4, 12);
  head.writeUInt8(pushAck, 13);
  head.writeUInt16BE(0xffff, 14);
  const whole = Buffer.concat([head, payload]);
  whole.writeUInt16BE(checksum(pseudoHead(ends, tcp, whole.length), whole), 16);
  return whole;
}

function ipPacket(ends: Ends, protocol: number, content: Buffer): Buffer {
  if (isIPv6(ends.from)) {
    const head = Buffer.alloc(40);
    head.writeUInt8(6 << 4, 0);
    head.writeUInt16BE(content.length, 4);
    head.writeUInt8(protocol, 6);
    head.writeUInt8(64, 7);
    bytesOf(ends.from).copy(head, 8);
    bytesOf(ends.to).copy(head, 24);
    return Buffer.concat([head, content]);
  }
  const head = Buffer.alloc(20);
  head.writeUInt8(0x45, 0);
  head.writeUInt16BE(20 + content.length, 2);
  head.writeUInt8(64, 8);
  head.writeUInt8(protocol, 9);
  bytesOf(ends.from).copy(head, 12);
  bytesOf(ends.to).copy(head, 16);
  head.writeUInt16BE(checksum(head), 10);
  return Buffer.concat([head, content]);
}

/** RFC 9293 §3.1, RFC 8200 §8.1. */
function pseudoHead(ends: Ends, protocol: number, length: number): Buffer {
  const tail = Buffer.alloc(isIPv6(ends.from) ? 8 : 4);
  tail.writeUInt8(protocol, tail.length - (isIPv6(ends.from) ? 1 : 3));
  if (isIPv6(ends.from)) tail.writeUInt32BE(length, 0);
  else tail.writeUInt16BE(length, 2);
  return Buffer.concat([bytesOf(ends.from), bytesOf(ends.to), tail]);
}

/** RFC 1071, over all parts; each but the last has an even length. */
function checksum(...parts: Buffer[]): number {
  let sum = 0;
  for (const part of parts) {
    for (let i = 0; i + 1 < part.length; i += 2) sum += part.readUInt16BE(i);
    if (part.length % 2 === 1) sum += part[part.length - 1]! << 8;
  }
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

/** 4 or 16 bytes of an address as text (RFC 4291 §2.2). */
function bytesOf(address: string): Buffer {
  if (!isIPv6(address)) return Buffer.from(address.split('.').map(Number));
  // The zone (fe80::1%eth0) is no part of the address on the wire.
  const text = (address.split('%')[0] ?? '').replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_all, a, b, c, d) => {
    return `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
  });
  const [left = '', right] = text.split('::');
  const groups = (part: string) => part.split(':').filter((one) => one !== '');
  const [first, last] = [groups(left), groups(right ?? '')];
  const zeros = right === undefined ? 0 : 8 - first.length - last.length;
  const bytes = Buffer.alloc(16);
  [...first, ...Array<string>(zeros).fill('0'), ...last].forEach((group, at) => {
    bytes.writeUInt16BE(Number.parseInt(group, 16), 2 * at);
  });
  return bytes;
}
