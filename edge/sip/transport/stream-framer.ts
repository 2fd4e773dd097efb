import { parseUnsigned, SipMessage, SipSyntaxError } from '../message/index.ts';

/** What a stream delivered. After `broken` the stream cannot be trusted any more and must be closed. */
export interface FrameReceiver {
  /** @param raw the whole message as it came; only good during the call */
  message(message: SipMessage, bytes: number, raw: Buffer): void;
  /** A message that is wrong; `broken`: where the next one begins is unknown. */
  malformed(error: SipSyntaxError, bytes: number, broken: boolean): void;
  /** CRLF CRLF between messages (RFC 5626 §3.5.1): wants CRLF back. */
  ping(): void;
}

const carriageReturn = 13;
const lineFeed = 10;

/**
 * Cuts a byte stream into SIP messages by Content-Length (RFC 3261 §18.3). One parser reads head and length, so that no
 * two readers can disagree about where a message ends.
 */
export class StreamFramer {
  readonly #receiver: FrameReceiver;
  readonly #maxBytes: number;
  #buffer: Buffer = Buffer.alloc(0);
  /** How far the search for the empty line has come; bytes are never searched twice. */
  #searched = 0;
  /** Owned memory that `#buffer` is the first part of; undefined while `#buffer` is a chunk as it came. */
  #room: Buffer | undefined;
  #head: { message: SipMessage; bytes: number; total: number; error: SipSyntaxError | undefined } | undefined;
  #feeds = 0;
  #broken = false;

  constructor(receiver: FrameReceiver, maxBytes: number) {
    this.#receiver = receiver;
    this.#maxBytes = maxBytes;
  }

  /** Whether a message has begun and is not whole. */
  get inMessage(): boolean {
    return this.#head !== undefined || this.#buffer.length > 0;
  }

  push(chunk: Buffer): void {
    if (this.#broken) return;
    this.#append(chunk);
    while (!this.#broken && this.#step()) {
      // Each step takes one message or one keepalive off the buffer.
    }
  }

  /** @returns whether there may be more to take */
  #step(): boolean {
    if (this.#head !== undefined) return this.#takeBody();
    this.#skipEmptyLines();
    if (this.#buffer.length === 0) return false;
    const end = this.#findHeadEnd();
    if (end < 0) {
      if (this.#buffer.length > this.#maxBytes) {
        this.#break(new SipSyntaxError('the head of the message is too large', 513, this.#partial()));
      }
      return false;
    }
    return this.#takeHead(end);
  }

  #skipEmptyLines(): void {
    let at = 0;
    for (; at < this.#buffer.length; at++) {
      const byte = this.#buffer[at];
      if (byte === lineFeed) {
        this.#feeds++;
        if (this.#feeds === 2) {
          this.#feeds = 0;
          this.#receiver.ping();
        }
      } else if (byte !== carriageReturn) {
        this.#feeds = 0;
        break;
      }
    }
    if (at > 0) this.#consume(at);
  }

  #findHeadEnd(): number {
    const from = Math.max(0, this.#searched - 3);
    const end = this.#buffer.indexOf('\r\n\r\n', from, 'latin1');
    const bare = this.#buffer.indexOf('\n\n', from, 'latin1');
    this.#searched = this.#buffer.length;
    if (bare >= 0 && (end < 0 || bare < end)) return bare + 2;
    return end < 0 ? -1 : end + 4;
  }

  #takeHead(end: number): boolean {
    let message: SipMessage | undefined;
    let error: SipSyntaxError | undefined;
    try {
      message = SipMessage.parse(this.#buffer.subarray(0, end), { body: 'none', maxBytes: this.#maxBytes });
    } catch (thrown) {
      if (!(thrown instanceof SipSyntaxError)) throw thrown;
      error = thrown;
      message = thrown.partial;
    }
    if (message === undefined) return this.#break(error ?? new SipSyntaxError('the start line is not SIP'));
    const lengths = message.headers.all('Content-Length');
    const length = lengths.length === 1 ? parseUnsigned(lengths[0]!) : undefined;
    if (length === undefined) {
      const text = lengths.length === 0 ? 'is missing, and a stream needs it' : 'is not one number';
      return this.#break(error ?? new SipSyntaxError(`Content-Length: ${text}`, 400, message));
    }
    if (end + length > this.#maxBytes) {
      return this.#break(new SipSyntaxError('the body is too large', 413, message));
    }
    this.#head = { message, bytes: end, total: end + length, error };
    return true;
  }

  #takeBody(): boolean {
    const head = this.#head!;
    if (this.#buffer.length < head.total) return false;
    // Copied, so that a small message does not keep a large read alive.
    if (head.total > head.bytes) head.message.body = Buffer.from(this.#buffer.subarray(head.bytes, head.total));
    this.#head = undefined;
    const raw = this.#buffer.subarray(0, head.total);
    this.#consume(head.total);
    if (head.error !== undefined) this.#receiver.malformed(head.error, head.total, false);
    else this.#receiver.message(head.message, head.total, raw);
    return true;
  }

  /** A peer that sends byte by byte must not make us copy the message for each: room is doubled. */
  #append(chunk: Buffer): void {
    const used = this.#buffer.length;
    if (used === 0) {
      this.#buffer = chunk;
      this.#room = undefined;
      return;
    }
    if (this.#room === undefined || used + chunk.length > this.#room.length) {
      const room = Buffer.allocUnsafeSlow(Math.max(4096, 2 * (used + chunk.length)));
      this.#buffer.copy(room);
      this.#room = room;
    }
    chunk.copy(this.#room, used);
    this.#buffer = this.#room.subarray(0, used + chunk.length);
  }

  #consume(bytes: number): void {
    this.#buffer = this.#buffer.length === bytes ? Buffer.alloc(0) : this.#buffer.subarray(bytes);
    this.#room = undefined; // what is left no longer begins at the room's start
    this.#searched = 0;
  }

  #partial(): SipMessage | undefined {
    try {
      return SipMessage.parse(this.#buffer, { body: 'none', maxBytes: this.#maxBytes });
    } catch (error) {
      if (error instanceof SipSyntaxError) return error.partial;
      throw error;
    }
  }

  #break(error: SipSyntaxError): boolean {
    this.#broken = true;
    const bytes = this.#buffer.length;
    this.#buffer = Buffer.alloc(0);
    this.#receiver.malformed(error, bytes, true);
    return false;
  }
}
