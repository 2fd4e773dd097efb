import { systemClock } from '../../../values/index.ts';
import type { Protocol } from '../stack.ts';
import { masked } from './masking.ts';

/** Where a message went by: our side and theirs. */
export interface Passage {
  protocol: Protocol;
  localAddress: string;
  localPort: number;
  remoteAddress: string;
  remotePort: number;
}

export interface TracedMessage extends Passage {
  /** Milliseconds UTC. */
  at: number;
  way: 'in' | 'out';
  callId: string;
  /** The message with its secrets masked, one character a byte (latin1). */
  bytes: string;
}

/** Requests that begin no call. They come all day long, and would push the calls out. */
const apart = new Set(['REGISTER', 'OPTIONS', 'SUBSCRIBE', 'PUBLISH', 'MESSAGE']);
const shortestApart = 7;
const cseqName = Buffer.from('\r\nCSeq:');
const callIdName = Buffer.from('\r\nCall-ID:');
const emptyLine = Buffer.from('\r\n\r\n');
const lineFeed = 10;
/** How a response begins, and no request that we know. */
const [letterS, letterI] = Buffer.from('SI');
const protocols: readonly Protocol[] = ['udp', 'tcp', 'tls', 'ws', 'wss'];
/** Where things stand in a record. */
const at = {
  time: 4,
  callId: 12,
  way: 16,
  protocol: 17,
  localPort: 18,
  remotePort: 20,
  localLength: 22,
  remoteLength: 23,
  addresses: 24,
};

/**
 * The SIP messages of calls that passed last, as raw bytes, in one ring of a fixed size: the oldest give way. While a message
 * passes, its bytes are copied once and nothing is read but its method and its Call-ID; the rest waits until somebody asks.
 *
 * What is known of a message stands in the ring before it: tens of thousands of small objects would keep the garbage
 * collector busy all day long. A record, by bytes:
 * ```
 *    0 length of it all   4 time, a double   12 hash of the Call-ID   16 way   17 protocol   18 our port   20 their port
 *   22 length of our address   23 length of theirs   24 our address, their address, the message
 * ```
 */
export class MessageTrace {
  readonly #ring: Buffer;
  /** Where the oldest record begins, and where the next one will. */
  #first = 0;
  #end = 0;
  /** Where the records at the ring's end stop, once newer ones lie at its beginning. */
  #turn: number | undefined;
  #size = 0;

  /** @param bytes that it takes; messages that do not fit into it are left out */
  constructor(bytes: number) {
    // The system gives its pages when they are first written.
    this.#ring = Buffer.allocUnsafeSlow(bytes);
  }

  /** Messages kept now. */
  get size(): number {
    return this.#size;
  }

  /** When the oldest of them passed; undefined: there is none. */
  get since(): number | undefined {
    return this.#size === 0 ? undefined : this.#ring.readDoubleLE(this.#first + at.time);
  }

  /** @param bytes one whole message; copied */
  add(bytes: Buffer, way: 'in' | 'out', passage: Passage, time = systemClock.now()): void {
    const { protocol, localAddress, localPort, remoteAddress, remotePort } = passage;
    const length = at.addresses + localAddress.length + remoteAddress.length + bytes.length;
    if (bytes.length === 0 || length > this.#ring.length || isApart(bytes)) return;
    const start = this.#roomFor(length);
    const ring = this.#ring;
    ring.writeUInt32LE(length, start);
    ring.writeDoubleLE(time, start + at.time);
    ring.writeInt32LE(hashOf(callIdOf(bytes)), start + at.callId);
    ring[start + at.way] = way === 'in' ? 0 : 1;
    ring[start + at.protocol] = protocols.indexOf(protocol);
    ring.writeUInt16LE(localPort, start + at.localPort);
    ring.writeUInt16LE(remotePort, start + at.remotePort);
    ring[start + at.localLength] = localAddress.length;
    ring[start + at.remoteLength] = remoteAddress.length;
    let to = start + at.addresses;
    to += ring.write(localAddress, to, 'latin1');
    to += ring.write(remoteAddress, to, 'latin1');
    bytes.copy(ring, to);
    this.#end = start + length;
    this.#size++;
  }

  /**
   * The messages of these calls, oldest first, secrets masked.
   * @param mostBytes what comes after is left out and `truncated` says so
   */
  read(callIds: ReadonlySet<string>, mostBytes: number): { messages: TracedMessage[]; truncated: boolean } {
    const hashes = new Set([...callIds].map(hashOf));
    const messages: TracedMessage[] = [];
    let bytes = 0;
    let start = this.#first;
    for (let left = this.#size; left > 0; left--, start = this.#after(start)) {
      if (!hashes.has(this.#ring.readInt32LE(start + at.callId))) continue;
      const { message, ...passage } = this.#record(start);
      const callId = callIdOf(message);
      if (!callIds.has(callId)) continue;
      bytes += message.length;
      if (bytes > mostBytes) return { messages, truncated: true };
      messages.push({ ...passage, callId, bytes: masked(message.toString('latin1')) });
    }
    return { messages, truncated: false };
  }

  /** Makes room by dropping the oldest. @returns where it begins */
  #roomFor(length: number): number {
    if (this.#end + length > this.#ring.length) {
      // What lies between here and the ring's end is older than what lies at its beginning.
      while (this.#size > 0 && this.#first >= this.#end) this.#dropFirst();
      this.#turn = this.#end;
      this.#end = 0;
    }
    while (this.#size > 0 && this.#first >= this.#end && this.#first < this.#end + length) this.#dropFirst();
    if (this.#size === 0) {
      this.#first = this.#end;
      this.#turn = undefined;
    }
    return this.#end;
  }

  #dropFirst(): void {
    this.#first = this.#after(this.#first);
    if (this.#first === 0) this.#turn = undefined;
    this.#size--;
  }

  /** Where the record behind that one begins. */
  #after(start: number): number {
    const next = start + this.#ring.readUInt32LE(start);
    return next === this.#turn ? 0 : next;
  }

  #record(start: number): Passage & { at: number; way: 'in' | 'out'; message: Buffer } {
    const ring = this.#ring;
    const local = start + at.addresses;
    const remote = local + ring[start + at.localLength]!;
    const message = remote + ring[start + at.remoteLength]!;
    return {
      at: ring.readDoubleLE(start + at.time),
      way: ring[start + at.way] === 0 ? 'in' : 'out',
      protocol: protocols[ring[start + at.protocol]!]!,
      localAddress: ring.toString('latin1', local, remote),
      localPort: ring.readUInt16LE(start + at.localPort),
      remoteAddress: ring.toString('latin1', remote, message),
      remotePort: ring.readUInt16LE(start + at.remotePort),
      message: ring.subarray(message, start + ring.readUInt32LE(start)),
    };
  }
}

/** Whether it is one of those requests that begin no call, or the answer to one. */
function isApart(bytes: Buffer): boolean {
  let from = 0;
  if (bytes[0] === letterS && bytes[1] === letterI) {
    from = bytes.indexOf(cseqName);
    if (from < 0) return false;
    from += cseqName.length;
    while (from < bytes.length && !isLetter(bytes[from]!) && bytes[from] !== lineFeed) from++;
  }
  let to = from;
  while (to < bytes.length && isLetter(bytes[to]!)) to++;
  return to - from >= shortestApart && apart.has(bytes.toString('latin1', from, to));
}

function isLetter(byte: number): boolean {
  return byte >= 65 && byte <= 90;
}

/** FNV-1a of its characters, 32 bits. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash | 0;
}

function callIdOf(message: Buffer): string {
  const headEnd = message.indexOf(emptyLine);
  const head = headEnd < 0 ? message : message.subarray(0, headEnd + 2);
  // As nearly everybody writes it: found without making a text of the whole head.
  const usual = head.indexOf(callIdName);
  if (usual >= 0) {
    const from = usual + callIdName.length;
    return head.toString('latin1', from, head.indexOf(lineFeed, from)).trim();
  }
  return /^(?:call-id|i)[ \t]*:[ \t]*(\S+)/im.exec(head.toString('latin1'))?.[1] ?? '';
}
