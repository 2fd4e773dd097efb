import { hash, randomBytes, randomFillSync } from 'node:crypto';
import { magicCookie } from '../message/index.ts';

const pool = Buffer.alloc(4096);
let used = pool.length;

/** An unguessable token: base64url of `bytes` random bytes. The pool makes it cheap. */
export function randomToken(bytes: number): string {
  if (used + bytes > pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  const token = pool.toString('base64url', used, used + bytes);
  used += bytes;
  return token;
}

/** A new branch (RFC 3261 §8.1.1.7): unguessable, so that nobody off the path can answer for a peer. */
export function newBranch(): string {
  return magicCookie + randomToken(12);
}

/**
 * A UUID of version 4 (RFC 9562) in one flat string: it is the key of several maps. What node:crypto glues together from
 * twenty pieces costs a walk through the pieces at each look-up, and half a kilobyte.
 */
export function newUuid(): string {
  if (used + 16 > pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  pool[used + 6] = ((pool[used + 6] as number) & 0x0f) | 0x40;
  pool[used + 8] = ((pool[used + 8] as number) & 0x3f) | 0x80;
  const hex = pool.toString('hex', used, used + 16);
  used += 16;
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

/** A new tag (RFC 3261 §19.3). */
export function newTag(): string {
  return randomToken(9);
}

const secret = randomBytes(16).toString('base64url');

/** The tag of an answer without a transaction: the same whenever the same request comes (RFC 3261 §8.2.7). @param key of its transaction */
export function stableTag(key: string): string {
  return hash('sha1', secret + key, 'base64url').slice(0, 12);
}
