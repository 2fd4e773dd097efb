// Callbacks of QQ are signed with Ed25519. The seed is the secret, repeated until it is 32 bytes long, and cut there; so both
// sides have the private key, and op 13 asks us to prove that.
import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';

/** DER of PKCS#8 in front of an Ed25519 seed (RFC 8410, 7). */
const pkcs8 = Buffer.from('302e020100300506032b657004220420', 'hex');

export class BotKey {
  readonly #private: KeyObject;
  readonly #public: KeyObject;

  constructor(secret: string) {
    const bytes = Buffer.from(secret);
    if (bytes.length === 0) throw new RangeError('the secret is empty');
    const seed = Buffer.alloc(32);
    for (let at = 0; at < seed.length; at++) seed[at] = bytes[at % bytes.length] as number;
    this.#private = createPrivateKey({ key: Buffer.concat([pkcs8, seed]), format: 'der', type: 'pkcs8' });
    this.#public = createPublicKey(this.#private);
  }

  /** Over the timestamp and the body as it came. @param signature hexadecimal, from X-Signature-Ed25519 */
  isSigned(signature: string | undefined, timestamp: string, body: Buffer): boolean {
    if (signature === undefined || !/^[\da-fA-F]{128}$/.test(signature)) return false;
    const bytes = Buffer.from(signature, 'hex');
    // The provider demands it: the three highest bits of S are 0 in every signature that is one.
    if (((bytes[63] as number) & 0xe0) !== 0) return false;
    return verify(null, Buffer.concat([Buffer.from(timestamp), body]), this.#public, bytes);
  }

  /** Of event_ts and plain_token (op 13), hexadecimal. */
  prove(eventTs: string, plainToken: string): string {
    return sign(null, Buffer.from(eventTs + plainToken), this.#private).toString('hex');
  }
}
