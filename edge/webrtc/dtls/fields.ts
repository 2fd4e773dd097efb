// Reads and writes the vectors of TLS (RFC 5246 §4.3). A reader that is asked for more than there is throws: a message
// that is too short is no message.

export class Malformed extends Error {}

export class FieldReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  number(bytes: 1 | 2 | 3): number {
    return this.bytes(bytes).readUIntBE(0, bytes);
  }

  bytes(count: number): Buffer {
    if (count > this.left) throw new Malformed('it ends too early');
    this.#at += count;
    return this.#bytes.subarray(this.#at - count, this.#at);
  }

  /** A vector with its length before it. */
  vector(lengthBytes: 1 | 2 | 3): Buffer {
    return this.bytes(this.number(lengthBytes));
  }

  /** Numbers of two bytes each that fill the vector. */
  numbers(lengthBytes: 1 | 2): number[] {
    const inner = new FieldReader(this.vector(lengthBytes));
    const numbers: number[] = [];
    while (inner.left > 0) numbers.push(inner.number(2));
    return numbers;
  }
}

export function number(bytes: 1 | 2 | 3, value: number): Buffer {
  const buffer = Buffer.alloc(bytes);
  buffer.writeUIntBE(value, 0, bytes);
  return buffer;
}

export function vector(lengthBytes: 1 | 2 | 3, ...parts: Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  return Buffer.concat([number(lengthBytes, content.length), content]);
}
