// Signature and encryption of callbacks, as WeChat (safe mode) and WeCom have them:
//   key = base64(EncodingAESKey + "="), 32 bytes; AES-256-CBC, IV = the first 16 bytes of the key
//   plaintext = 16 random bytes, length as uint32 big endian, message, appid or CorpID; PKCS#7 with a block of 32
import { createCipheriv, createDecipheriv, createHash, randomBytes, timingSafeEqual } from 'node:crypto';

const block = 32;

/** SHA-1 (hexadecimal) over the sorted parts: `signature` of token, timestamp, nonce; `msg_signature` with the cipher text besides. */
export function sign(...parts: string[]): string {
  return createHash('sha1').update(parts.sort().join('')).digest('hex');
}

/** Compared in constant time. */
export function isSigned(signature: string | null | undefined, ...parts: string[]): boolean {
  if (typeof signature !== 'string' || !/^[\da-fA-F]{40}$/.test(signature)) return false;
  return timingSafeEqual(Buffer.from(signature, 'hex'), Buffer.from(sign(...parts), 'hex'));
}

export class CipherError extends Error {
  override readonly name = 'CipherError';
}

export class MessageCipher {
  readonly #key: Buffer;
  readonly #receiver: Buffer;

  /**
   * @param encodingAesKey 43 characters, from the provider's console
   * @param receiver appid (WeChat) or CorpID (WeCom): stands at the end of each message and is checked
   */
  constructor(encodingAesKey: string, receiver: string) {
    this.#key = Buffer.from(`${encodingAesKey}=`, 'base64');
    if (this.#key.length !== 32) throw new RangeError('EncodingAESKey must be 43 characters of base64');
    this.#receiver = Buffer.from(receiver);
  }

  /** @param random 16 bytes; only tests bring their own @returns base64 */
  encrypt(message: string, random: Buffer = randomBytes(16)): string {
    const text = Buffer.from(message);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(text.length);
    const plain = Buffer.concat([random, length, text, this.#receiver]);
    const pad = block - (plain.length % block);
    const cipher = createCipheriv('aes-256-cbc', this.#key, this.#key.subarray(0, 16)).setAutoPadding(false);
    return Buffer.concat([cipher.update(plain), cipher.update(Buffer.alloc(pad, pad)), cipher.final()]).toString(
      'base64',
    );
  }

  /** @throws CipherError where it was not made with this key for this receiver */
  decrypt(encrypted: string): string {
    const bytes = Buffer.from(encrypted, 'base64');
    if (bytes.length === 0 || bytes.length % 16 !== 0) throw new CipherError('length');
    const decipher = createDecipheriv('aes-256-cbc', this.#key, this.#key.subarray(0, 16)).setAutoPadding(false);
    const padded = Buffer.concat([decipher.update(bytes), decipher.final()]);
    const pad = padded.at(-1) ?? 0;
    if (pad < 1 || pad > block || padded.length < pad) throw new CipherError('padding');
    if (!padded.subarray(-pad).every((byte) => byte === pad)) throw new CipherError('padding');
    const plain = padded.subarray(0, -pad);
    if (plain.length < 20) throw new CipherError('length');
    const end = 20 + plain.readUInt32BE(16);
    if (end > plain.length) throw new CipherError('length');
    const receiver = plain.subarray(end);
    if (receiver.length !== this.#receiver.length || !timingSafeEqual(receiver, this.#receiver))
      throw new CipherError('receiver');
    return plain.toString('utf8', 20, end);
  }
}
