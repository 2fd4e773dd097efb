// Handshake messages out of fragments that may come in any order, twice or not at all (RFC 6347 §4.2.2, §4.2.3).

export interface HandshakeMessage {
  type: number;
  body: Buffer;
  /** As the transcript takes it: in one piece. */
  whole: Buffer;
}

const headerBytes = 12;
const mostBytes = 32 * 1024;
/** So far ahead messages are kept. */
const mostAhead = 8;

interface Partial {
  type: number;
  body: Buffer;
  have: Uint8Array;
  missing: number;
}

export class Reassembly {
  #next = 0;
  readonly #partial = new Map<number, Partial>();

  /** Takes the handshake content of a record. @returns whether anything in it was seen before: the peer repeats itself */
  take(content: Buffer): boolean {
    let repeated = false;
    for (let at = 0; at + headerBytes <= content.length; ) {
      const type = content[at] as number;
      const length = content.readUIntBE(at + 1, 3);
      const sequence = content.readUInt16BE(at + 4);
      const offset = content.readUIntBE(at + 6, 3);
      const bytes = content.readUIntBE(at + 9, 3);
      const start = at + headerBytes;
      at = start + bytes;
      if (at > content.length || offset + bytes > length || length > mostBytes) return repeated;
      if (sequence < this.#next) repeated = true;
      else if (sequence < this.#next + mostAhead)
        this.#add(sequence, type, length, offset, content.subarray(start, at));
    }
    return repeated;
  }

  /** The next message in order, once it is complete. */
  next(): HandshakeMessage | undefined {
    const partial = this.#partial.get(this.#next);
    if (!partial || partial.missing > 0) return undefined;
    this.#partial.delete(this.#next);
    const { type, body } = partial;
    return { type, body, whole: wholeMessage(type, this.#next++, body) };
  }

  #add(sequence: number, type: number, length: number, offset: number, fragment: Buffer): void {
    let partial = this.#partial.get(sequence);
    if (!partial) {
      partial = { type, body: Buffer.alloc(length), have: new Uint8Array(length), missing: length };
      this.#partial.set(sequence, partial);
    }
    if (partial.type !== type || partial.body.length !== length) return;
    fragment.copy(partial.body, offset);
    for (let at = offset; at < offset + fragment.length; at++) {
      if (partial.have[at] === 1) continue;
      partial.have[at] = 1;
      partial.missing--;
    }
  }
}

/** A message in one piece, with its header. */
export function wholeMessage(type: number, sequence: number, body: Buffer): Buffer {
  const header = Buffer.alloc(headerBytes);
  header[0] = type;
  header.writeUIntBE(body.length, 1, 3);
  header.writeUInt16BE(sequence, 4);
  header.writeUIntBE(body.length, 9, 3);
  return Buffer.concat([header, body]);
}
