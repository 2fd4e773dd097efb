// What customers wrote lies on the disk sealed: AES-256-GCM with a key of the site (NIST SP 800-38D; keys by HKDF, RFC 5869).
import {
  createCipheriv,
  createDecipheriv,
  createSecretKey,
  hkdfSync,
  type KeyObject,
  randomFillSync,
} from 'node:crypto';

const nonceBytes = 12;
const tagBytes = 16;

/** 32 bytes for one purpose. The same site key and purpose give the same. */
export function keyFor(siteKey: string, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', siteKey, 'switchroom sidecar', purpose, 32));
}

export class Seal {
  /** Not the bytes: Node would make a key of them for each text, which takes as long as the sealing. */
  readonly #key: KeyObject;

  constructor(key: Buffer) {
    this.#key = createSecretKey(key);
  }

  /** @returns nonce, tag, ciphertext */
  close(text: string): Buffer {
    const size = Buffer.byteLength(text);
    const sealed = Buffer.allocUnsafe(nonceBytes + tagBytes + size);
    const nonce = randomFillSync(sealed, 0, nonceBytes).subarray(0, nonceBytes);
    const cipher = createCipheriv('aes-256-gcm', this.#key, nonce);
    cipher.update(text, 'utf8').copy(sealed, nonceBytes + tagBytes);
    cipher.final();
    cipher.getAuthTag().copy(sealed, nonceBytes);
    return sealed;
  }

  /** @throws Error where it was sealed with another key, or changed */
  open(sealed: Buffer): string {
    const cipher = createDecipheriv('aes-256-gcm', this.#key, sealed.subarray(0, nonceBytes), {
      authTagLength: tagBytes,
    });
    cipher.setAuthTag(sealed.subarray(nonceBytes, nonceBytes + tagBytes));
    const text = cipher.update(sealed.subarray(nonceBytes + tagBytes), undefined, 'utf8');
    return text + cipher.final('utf8');
  }
}
