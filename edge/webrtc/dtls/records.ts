// DTLS 1.2 records (RFC 6347 §4.1): several in a datagram, in the clear before the keys are agreed (epoch 0), under
// AES-128-GCM after (epoch 1, RFC 5288).
import { createCipheriv, createDecipheriv } from 'node:crypto';

export const contentTypes = { changeCipherSpec: 20, alert: 21, handshake: 22, applicationData: 23 } as const;

const headerBytes = 13;
const version = 0xfefd;
const explicitBytes = 8;
const tagBytes = 16;
const mostPlain = 2 ** 14;

export interface DtlsRecord {
  type: number;
  epoch: number;
  /** Epoch and sequence number, as they stand in the record. */
  number: Buffer;
  body: Buffer;
}

/** The records of a datagram; from the first that is not well formed on, none. */
export function readRecords(datagram: Buffer): DtlsRecord[] {
  const records: DtlsRecord[] = [];
  for (let at = 0; at + headerBytes <= datagram.length; ) {
    const length = datagram.readUInt16BE(at + 11);
    const end = at + headerBytes + length;
    // Either version of DTLS that a first flight may bear, 1.0 (RFC 6347 §4.2.1) or 1.2.
    const said = datagram.readUInt16BE(at + 1);
    if (end > datagram.length || (said !== version && said !== 0xfeff)) return records;
    records.push({
      type: datagram[at] as number,
      epoch: datagram.readUInt16BE(at + 3),
      number: datagram.subarray(at + 3, at + 11),
      body: datagram.subarray(at + headerBytes, end),
    });
    at = end;
  }
  return records;
}

export interface DirectionKeys {
  key: Buffer;
  /** 4 bytes; the other 8 of the nonce stand in the record. */
  salt: Buffer;
}

/** @returns undefined where it is not authentic */
export function openRecord({ type, number, body }: DtlsRecord, { key, salt }: DirectionKeys): Buffer | undefined {
  const length = body.length - explicitBytes - tagBytes;
  if (length < 0 || length > mostPlain) return undefined;
  const decipher = createDecipheriv('aes-128-gcm', key, Buffer.concat([salt, body.subarray(0, explicitBytes)]));
  decipher.setAAD(additional(number, type, length));
  decipher.setAuthTag(body.subarray(explicitBytes + length));
  const plain = decipher.update(body.subarray(explicitBytes, explicitBytes + length));
  try {
    decipher.final();
  } catch {
    // The one way in which node:crypto says that the tag is another.
    return undefined;
  }
  return plain;
}

/** Numbers what we send, and encrypts it from epoch 1 on. */
export class RecordWriter {
  #keys: DirectionKeys | undefined;
  /** Next number of each epoch. A record that is said again gets a new one. */
  readonly #next: [number, number] = [0, 0];

  /** Of epoch 1. */
  protect(keys: DirectionKeys): void {
    this.#keys = keys;
  }

  write(type: number, plain: Buffer, epoch: 0 | 1): Buffer {
    const number = Buffer.alloc(8);
    number.writeUInt16BE(epoch, 0);
    number.writeUIntBE(this.#next[epoch]++, 2, 6);
    if (epoch === 1 && !this.#keys) throw new Error('epoch 1 has no keys yet');
    const body = epoch === 1 && this.#keys ? seal(this.#keys, number, type, plain) : plain;
    const header = Buffer.alloc(headerBytes);
    header[0] = type;
    header.writeUInt16BE(version, 1);
    number.copy(header, 3);
    header.writeUInt16BE(body.length, 11);
    return Buffer.concat([header, body]);
  }
}

function seal({ key, salt }: DirectionKeys, number: Buffer, type: number, plain: Buffer): Buffer {
  // Epoch and sequence number never repeat under one key: they are the nonce (RFC 5288 §3).
  const cipher = createCipheriv('aes-128-gcm', key, Buffer.concat([salt, number]));
  cipher.setAAD(additional(number, type, plain.length));
  return Buffer.concat([number, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

function additional(number: Buffer, type: number, length: number): Buffer {
  const data = Buffer.alloc(headerBytes);
  number.copy(data);
  data[8] = type;
  data.writeUInt16BE(version, 9);
  data.writeUInt16BE(length, 11);
  return data;
}
