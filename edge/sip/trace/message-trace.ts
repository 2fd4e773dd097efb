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

interface Entry extends Passage {
  at: number;
  way: 'in' | 'out';
  start: number;
  length: number;
  /** '' where there is none. */
  callId: string;
}

/** Requests that begin no call. They come all day long, and would push the calls out. */
const apart = new Set(['REGISTER', 'OPTIONS', 'SUBSCRIBE', 'PUBLISH', 'MESSAGE']);
const cseqName = Buffer.from('\r\nCSeq:');
const longestCseq = 60;
const callIdName = Buffer.from('\r\nCall-ID:');
const emptyLine = Buffer.from('\r\n\r\n');
const lineFeed = 10;

/**
 * The SIP messages of calls that passed last, as raw bytes, in one ring of a fixed size: the oldest give way. While a message
 * passes, its bytes are copied once and nothing is read but its method and its Call-ID; the rest waits until somebody asks.
 */
export class MessageTrace {
  readonly #ring: Buffer;
  /** In the order of the ring, oldest first, from `#first` on. */
  #entries: Entry[] = [];
  #first = 0;
  #end = 0;

  /** @param bytes of messages that it keeps; longer ones are left out */
  constructor(bytes: number) {
    // The system gives its pages when they are first written.
    this.#ring = Buffer.allocUnsafeSlow(bytes);
  }

  /** Messages kept now. */
  get size(): number {
    return this.#entries.length - this.#first;
  }

  /** When the oldest of them passed; undefined: there is none. */
  get since(): number | undefined {
    return this.#entries[this.#first]?.at;
  }

  /** @param bytes one whole message; copied */
  add(bytes: Buffer, way: 'in' | 'out', passage: Passage, at = systemClock.now()): void {
    const { length } = bytes;
    if (length === 0 || length > this.#ring.length || apart.has(methodOf(bytes))) return;
    if (this.#end + length > this.#ring.length) {
      this.#dropFrom(this.#end, this.#ring.length);
      this.#end = 0;
    }
    this.#dropFrom(this.#end, this.#end + length);
    bytes.copy(this.#ring, this.#end);
    const { protocol, localAddress, localPort, remoteAddress, remotePort } = passage;
    this.#entries.push({
      at,
      way,
      protocol,
      localAddress,
      localPort,
      remoteAddress,
      remotePort,
      start: this.#end,
      length,
      callId: callIdOf(bytes),
    });
    this.#end += length;
  }

  /**
   * The messages of these calls, oldest first, secrets masked.
   * @param mostBytes what comes after is left out and `truncated` says so
   */
  read(callIds: ReadonlySet<string>, mostBytes: number): { messages: TracedMessage[]; truncated: boolean } {
    const messages: TracedMessage[] = [];
    let bytes = 0;
    for (let i = this.#first; i < this.#entries.length; i++) {
      const entry = this.#entries[i]!;
      if (!callIds.has(entry.callId)) continue;
      const { start, length, ...rest } = entry;
      const end = start + length;
      bytes += length;
      if (bytes > mostBytes) return { messages, truncated: true };
      messages.push({ ...rest, callId: entry.callId, bytes: masked(this.#ring.toString('latin1', start, end)) });
    }
    return { messages, truncated: false };
  }

  /** Drops the oldest as long as their bytes lie in that part of the ring. */
  #dropFrom(from: number, to: number): void {
    for (let oldest = this.#entries[this.#first]; oldest; oldest = this.#entries[this.#first]) {
      if (oldest.start + oldest.length <= from || oldest.start >= to) break;
      this.#first++;
    }
    // Moved rarely, so that dropping stays cheap.
    if (this.#first > 1024 && this.#first * 2 > this.#entries.length) {
      this.#entries = this.#entries.slice(this.#first);
      this.#first = 0;
    }
  }
}

/** Of a request, or of what a response answers; '' where it cannot be told at a glance. */
function methodOf(bytes: Buffer): string {
  const start = bytes.toString('latin1', 0, Math.min(10, bytes.length));
  const method = start.slice(0, Math.max(0, start.indexOf(' ')));
  if (method !== 'SIP/2.0') return method;
  const at = bytes.indexOf(cseqName);
  if (at < 0) return '';
  const from = at + cseqName.length;
  const line = bytes.toString('latin1', from, Math.min(from + longestCseq, bytes.length));
  return /^\s*\d+\s+(\w+)/.exec(line)?.[1] ?? '';
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
