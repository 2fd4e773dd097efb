// Frames of drachtio's admin protocol: `<decimal length>#<payload>`, back to back, length in UTF-8 bytes.

const zero = 0x30;
const nine = 0x39;
const hash = 0x23;

/** Most digits of a length; the cap itself is checked as soon as the digits are known. */
const mostDigits = 9;

/** What was wrong with the bytes of a peer; the connection cannot be used any more. */
export class FramingError extends Error {
  override readonly name = 'FramingError';
}

/**
 * Cuts a byte stream into frames. Reads may split anywhere, inside the digits or inside a UTF-8 character.
 */
export class FrameReader {
  /** Longest payload that is taken, in bytes; raised by the owner once the peer has authenticated. */
  cap: number;
  #rest: Buffer | undefined;
  /** Parts of a long frame, joined once when it is complete, so that a frame in many reads costs no quadratic copying. */
  #parts: Buffer[] = [];
  #partBytes = 0;
  #wanted = 0;

  constructor(cap: number) {
    this.cap = cap;
  }

  /**
   * Takes bytes in and gives each complete payload to `frame`, as text.
   * @throws FramingError where the bytes are no frames, or a frame is longer than the cap
   */
  push(chunk: Buffer, frame: (payload: string) => void): void {
    let bytes = chunk;
    if (this.#wanted > 0) {
      this.#parts.push(chunk);
      this.#partBytes += chunk.length;
      if (this.#partBytes < this.#wanted) return;
      bytes = Buffer.concat(this.#parts, this.#partBytes);
      this.#parts = [];
      this.#wanted = 0;
    } else if (this.#rest !== undefined) {
      bytes = Buffer.concat([this.#rest, chunk]);
      this.#rest = undefined;
    }
    let at = 0;
    while (at < bytes.length) {
      let length = 0;
      let i = at;
      for (; i < bytes.length; i++) {
        const c = bytes[i] as number;
        if (c === hash) break;
        if (c < zero || c > nine) throw new FramingError('a frame begins with something that is no length');
        length = length * 10 + (c - zero);
        if (i - at >= mostDigits || length > this.cap)
          throw new FramingError(`a frame is longer than ${this.cap} bytes`);
      }
      if (i === bytes.length) {
        this.#rest = at === 0 ? bytes : bytes.subarray(at);
        return;
      }
      if (length === 0) throw new FramingError('a frame is empty');
      const end = i + 1 + length;
      if (end > bytes.length) {
        this.#parts = [bytes.subarray(at)];
        this.#partBytes = bytes.length - at;
        this.#wanted = end - at;
        return;
      }
      frame(bytes.toString('utf8', i + 1, end));
      at = end;
    }
  }
}

/** A payload as a frame. */
export function framed(payload: string): string {
  return `${Buffer.byteLength(payload)}#${payload}`;
}
