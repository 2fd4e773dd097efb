import { isIP, isIPv4 } from 'node:net';
import { networkInterfaces } from 'node:os';

/** Without the `::ffff:` of an IPv4 address in an IPv6 socket, so that one peer has one name. */
export function plainAddress(address: string): string {
  if (address.startsWith('::ffff:')) {
    const inner = address.slice(7);
    if (isIPv4(inner)) return inner;
  }
  return address;
}

/** 4 or 6; 0 where it is no IP address (a zone after `%` is allowed). */
export function familyOf(address: string): 0 | 4 | 6 {
  const zone = address.indexOf('%');
  const family = isIP(zone < 0 ? address : address.slice(0, zone));
  return family === 4 ? 4 : family === 6 ? 6 : 0;
}

export function isWildcard(address: string): boolean {
  return address === '0.0.0.0' || address === '::';
}

export function isLoopback(address: string): boolean {
  return address.startsWith('127.') || address === '::1';
}

/** How many leading bits two addresses of one family share; -1 for different families. */
export function sharedBits(one: string, other: string): number {
  const left = addressBytes(one);
  const right = addressBytes(other);
  if (left === undefined || right === undefined || left.length !== right.length) return -1;
  for (let i = 0; i < left.length; i++) {
    const difference = left[i]! ^ right[i]!;
    if (difference !== 0) return i * 8 + Math.clz32(difference) - 24;
  }
  return left.length * 8;
}

/** The bytes of an IP address, 4 or 16; undefined where it is none. */
export function addressBytes(text: string): Uint8Array | undefined {
  const zone = text.indexOf('%');
  const address = zone < 0 ? text : text.slice(0, zone);
  const family = isIP(address);
  if (family === 4) return Uint8Array.from(address.split('.'), Number);
  if (family !== 6) return undefined;
  return sixteenBytes(address);
}

/** An address of this machine that a peer can reach, for a listener bound to all of them; undefined: none of that family. */
export function addressTowards(remote: string): string | undefined {
  const family = familyOf(remote) === 6 ? 'IPv6' : 'IPv4';
  let best: string | undefined;
  let bestBits = -1;
  for (const entries of Object.values(networkInterfaces())) {
    for (const entry of entries ?? []) {
      if (entry.family !== family || isLoopback(entry.address) !== isLoopback(remote)) continue;
      const bits = sharedBits(entry.address, remote);
      if (bits > bestBits) {
        best = entry.address;
        bestBits = bits;
      }
    }
  }
  return best;
}

function sixteenBytes(address: string): Uint8Array {
  let text = address;
  const dot = text.indexOf('.');
  if (dot >= 0) {
    // The last 32 bits may be written as an IPv4 address.
    const colon = text.lastIndexOf(':');
    const [a = 0, b = 0, c = 0, d = 0] = text
      .slice(colon + 1)
      .split('.')
      .map(Number);
    text = `${text.slice(0, colon + 1)}${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
  }
  const gap = text.indexOf('::');
  const front = (gap < 0 ? text : text.slice(0, gap)).split(':').filter((part) => part !== '');
  const back =
    gap < 0
      ? []
      : text
          .slice(gap + 2)
          .split(':')
          .filter((part) => part !== '');
  const bytes = new Uint8Array(16);
  const put = (part: string, index: number) => {
    const word = Number.parseInt(part, 16);
    bytes[2 * index] = word >> 8;
    bytes[2 * index + 1] = word & 255;
  };
  front.forEach(put);
  back.forEach((part, index) => {
    put(part, 8 - back.length + index);
  });
  return bytes;
}
