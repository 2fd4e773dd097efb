import { SipMessage, SipSyntaxError } from '../message/index.ts';
import type { FrameReceiver } from './stream-framer.ts';

/** For transports whose messages are whole (RFC 7118 §5): reads each by itself. Content-Length may be missing. */
export class MessageFramer {
  readonly inMessage = false;
  readonly #receiver: FrameReceiver;
  readonly #maxBytes: number;

  constructor(receiver: FrameReceiver, maxBytes: number) {
    this.#receiver = receiver;
    this.#maxBytes = maxBytes;
  }

  push(chunk: Buffer): void {
    if (chunk.length <= 4 && chunk.every((byte) => byte === 13 || byte === 10)) {
      // RFC 7118 §6 with RFC 5626 §3.5.1: CRLF CRLF wants CRLF back; CRLF is such an answer.
      if (chunk.length === 4) this.#receiver.ping();
      return;
    }
    let message: SipMessage;
    try {
      message = SipMessage.parse(chunk, { maxBytes: this.#maxBytes });
    } catch (error) {
      if (!(error instanceof SipSyntaxError)) throw error;
      this.#receiver.malformed(error, chunk.length, false);
      return;
    }
    this.#receiver.message(message, chunk.length, chunk);
  }
}
