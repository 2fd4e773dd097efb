import { randomFillSync } from 'node:crypto';
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

/** A new tag (RFC 3261 §19.3). */
export function newTag(): string {
  return randomToken(9);
}
