// STUN binding requests as an ICE-lite agent meets them (RFC 8489, RFC 8445 §7.3): read, checked, answered. We ask nothing
// ourselves, so there are no other messages.
import { createHmac, timingSafeEqual } from 'node:crypto';
import { isIPv4 } from 'node:net';
import { crc32 } from 'node:zlib';

const magicCookie = 0x2112a442;
const headerBytes = 20;
const bindingRequest = 0x0001;
const bindingSuccess = 0x0101;
const bindingError = 0x0111;
const integrityBytes = 24;
const fingerprintXor = 0x5354554e;

const attributes = {
  username: 0x0006,
  integrity: 0x0008,
  error: 0x0009,
  xorMappedAddress: 0x0020,
  useCandidate: 0x0025,
  fingerprint: 0x8028,
  controlled: 0x8029,
} as const;

export interface BindingRequest {
  packet: Buffer;
  /** Part of USERNAME before the colon: ours (RFC 8445 §7.2.2). */
  ufrag: string;
  nominates: boolean;
  /** It believes that it is controlled; an ICE-lite agent never controls. */
  controlled: boolean;
  /** Where MESSAGE-INTEGRITY begins. */
  integrityAt: number;
}

/** @returns undefined where it is no binding request with user name and integrity, or not well formed */
export function readBindingRequest(packet: Buffer): BindingRequest | undefined {
  const { length } = packet;
  if (length < headerBytes || packet.readUInt16BE(0) !== bindingRequest) return undefined;
  if (packet.readUInt32BE(4) !== magicCookie || packet.readUInt16BE(2) !== length - headerBytes || length % 4 !== 0) {
    return undefined;
  }
  let ufrag: string | undefined;
  let nominates = false;
  let controlled = false;
  for (let at = headerBytes; at + 4 <= length; ) {
    const type = packet.readUInt16BE(at);
    const bytes = packet.readUInt16BE(at + 2);
    const start = at + 4;
    if (start + bytes > length) return undefined;
    if (type === attributes.integrity) {
      // What follows it is not protected, but for the fingerprint, so it does not count.
      if (ufrag === undefined || bytes !== 20) return undefined;
      return { packet, ufrag, nominates, controlled, integrityAt: at };
    }
    if (type === attributes.username) ufrag = packet.toString('latin1', start, start + bytes).split(':', 1)[0] ?? '';
    else if (type === attributes.useCandidate) nominates = true;
    else if (type === attributes.controlled) controlled = true;
    at = start + ((bytes + 3) & ~3);
  }
  return undefined;
}

/** Whether whoever sent it knows our password (RFC 8489 §14.5). */
export function isAuthentic({ packet, integrityAt }: BindingRequest, password: string): boolean {
  const claimed = packet.subarray(integrityAt + 4, integrityAt + integrityBytes);
  return timingSafeEqual(claimed, integrity(packet, integrityAt, password));
}

/** Success with the address that the request came from; or, to one that is in the wrong role, 487. */
export function answerBinding(
  request: BindingRequest,
  password: string,
  from: { address: string; port: number },
): Buffer {
  const body = request.controlled ? roleConflict() : mappedAddress(request.packet, from);
  const answer = Buffer.alloc(headerBytes + body.length + integrityBytes + 8);
  answer.writeUInt16BE(request.controlled ? bindingError : bindingSuccess, 0);
  answer.writeUInt16BE(answer.length - headerBytes, 2);
  request.packet.copy(answer, 4, 4, headerBytes);
  body.copy(answer, headerBytes);
  const integrityAt = headerBytes + body.length;
  answer.writeUInt16BE(attributes.integrity, integrityAt);
  answer.writeUInt16BE(20, integrityAt + 2);
  integrity(answer, integrityAt, password).copy(answer, integrityAt + 4);
  const fingerprintAt = integrityAt + integrityBytes;
  answer.writeUInt16BE(attributes.fingerprint, fingerprintAt);
  answer.writeUInt16BE(4, fingerprintAt + 2);
  answer.writeUInt32BE((crc32(answer.subarray(0, fingerprintAt)) ^ fingerprintXor) >>> 0, fingerprintAt + 4);
  return answer;
}

/** HMAC-SHA1 over all before it, with the length as if the message ended behind it. */
function integrity(packet: Buffer, at: number, password: string): Buffer {
  const before = Buffer.from(packet.subarray(0, at));
  before.writeUInt16BE(at + integrityBytes - headerBytes, 2);
  return createHmac('sha1', password).update(before).digest();
}

function mappedAddress(request: Buffer, { address, port }: { address: string; port: number }): Buffer {
  const bytes = addressBytes(address);
  const body = Buffer.alloc(8 + bytes.length);
  body.writeUInt16BE(attributes.xorMappedAddress, 0);
  body.writeUInt16BE(4 + bytes.length, 2);
  body[5] = bytes.length === 4 ? 1 : 2;
  body.writeUInt16BE(port ^ (magicCookie >>> 16), 6);
  // Cookie and transaction id stand one after the other in the header: the mask of both families.
  for (const [at, byte] of bytes.entries()) body[8 + at] = byte ^ (request[4 + at] as number);
  return body;
}

function roleConflict(): Buffer {
  const reason = 'Role Conflict';
  const body = Buffer.alloc(8 + ((reason.length + 3) & ~3));
  body.writeUInt16BE(attributes.error, 0);
  body.writeUInt16BE(4 + reason.length, 2);
  body[6] = 4;
  body[7] = 87;
  body.write(reason, 8, 'latin1');
  return body;
}

function addressBytes(address: string): Buffer {
  if (isIPv4(address)) return Buffer.from(address.split('.').map(Number));
  const [plain = ''] = address.split('%', 1);
  const [head = '', tail] = plain.split('::', 2);
  const groups = (part: string) => part.split(':').filter((group) => group !== '');
  const before = groups(head);
  const after = groups(tail ?? '');
  // `::ffff:192.0.2.1`, as a socket for both families says it.
  const last = after.at(-1) ?? '';
  if (isIPv4(last)) {
    const [a = 0, b = 0, c = 0, d = 0] = last.split('.').map(Number);
    after.splice(-1, 1, ((a << 8) | b).toString(16), ((c << 8) | d).toString(16));
  }
  const middle = Array.from({ length: Math.max(0, 8 - before.length - after.length) }, () => '0');
  const bytes = Buffer.alloc(16);
  for (const [at, group] of [...before, ...middle, ...after].slice(0, 8).entries()) {
    bytes.writeUInt16BE(Number.parseInt(group, 16) & 0xffff, at * 2);
  }
  return bytes;
}
