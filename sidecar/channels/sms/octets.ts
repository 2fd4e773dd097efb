// Fixed fields of CMPP, written and read in order: integers big-endian, strings padded with NUL.
import { cmppFailed } from './cmpp-frame.ts';

export class OctetWriter {
  readonly #parts: Buffer[] = [];

  u8(value: number): this {
    this.#parts.push(Buffer.from([value & 0xff]));
    return this;
  }

  u32(value: number): this {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(value >>> 0);
    this.#parts.push(bytes);
    return this;
  }

  bytes(value: Buffer): this {
    this.#parts.push(value);
    return this;
  }

  /** ASCII, cut or padded to `size`. */
  text(value: string, size: number): this {
    const bytes = Buffer.alloc(size);
    bytes.write(value, 'latin1');
    this.#parts.push(bytes);
    return this;
  }

  done(): Buffer {
    return Buffer.concat(this.#parts);
  }
}

export class OctetReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  u8(): number {
    return this.bytes(1)[0] ?? 0;
  }

  u32(): number {
    return this.bytes(4).readUInt32BE(0);
  }

  /** @throws cmpp-frame-invalid where the packet ends before */
  bytes(count: number): Buffer {
    if (this.left < count)
      throw cmppFailed['cmpp-frame-invalid']({ reason: 'a packet that ends in the middle of a field' });
    this.#at += count;
    return this.#bytes.subarray(this.#at - count, this.#at);
  }

  text(size: number): string {
    const bytes = this.bytes(size);
    const end = bytes.indexOf(0);
    return bytes
      .subarray(0, end < 0 ? size : end)
      .toString('latin1')
      .trim();
  }
}
