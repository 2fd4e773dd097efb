// The hash chain over the journal: each event's hash covers the one before and all its columns, the personal fields only
// by their digest. The digest covers a random salt and the personal fields; erasing a person takes both away (a salt that
// stayed would let a telephone number be guessed from its digest) and leaves digest and chain whole.
import { hash, randomFillSync } from 'node:crypto';

/** What the chain covers beside number and site, as it stands in the row; undefined is NULL. */
export interface ChainedColumns {
  at: number;
  team?: string | null | undefined;
  type: string;
  version: number;
  interaction?: string | null | undefined;
  agent?: string | null | undefined;
  queue?: string | null | undefined;
  customer?: string | null | undefined;
  data: string;
  subject: string | null;
  digest: Buffer | null;
}

export const genesis: string = Buffer.alloc(32).toString('base64');

/**
 * SHA-256 over the previous hash and the row. JSON text is unambiguous, so that no two rows share one input.
 * @param previous Base64, as is the answer: the next row takes it as such, and a Buffer of its own would cost more than
 *   the hash
 */
export function rowHash(previous: string, seq: number, site: string, row: ChainedColumns): string {
  const text = JSON.stringify([
    previous,
    seq,
    row.at,
    site,
    row.team,
    row.type,
    row.version,
    row.interaction,
    row.agent,
    row.queue,
    row.customer,
    row.data,
    row.subject,
    row.digest === null ? null : row.digest.toString('base64'),
  ]);
  return hash('sha256', text, 'base64');
}

export function personalDigest(salt: Buffer, personal: string): Buffer {
  return hash('sha256', Buffer.concat([salt, Buffer.from(personal)]), 'buffer');
}

const saltBytes = 16;
const pool = Buffer.alloc(saltBytes * 256);
let used = pool.length;

/** 16 random bytes, drawn from the system 256 at a time. */
export function newSalt(): Buffer {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += saltBytes;
  return Buffer.from(pool.subarray(used - saltBytes, used));
}
