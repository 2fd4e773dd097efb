// The key of a backup: 32 random bytes, kept beside it, sealed with a key that scrypt (RFC 7914) makes of the passphrase.
import { createCipheriv, createDecipheriv, createHmac, randomBytes, scryptSync } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { z } from 'zod';
import { failed } from './errors.ts';

/** As it stands in the backup, in clear. */
export const keyNoteSchema = z.strictObject({
  format: z.literal(1),
  kdf: z.literal('scrypt'),
  n: z
    .number()
    .int()
    .min(2 ** 14)
    .max(2 ** 20),
  r: z.literal(8),
  p: z.literal(1),
  salt: z.base64(),
  nonce: z.base64(),
  sealed: z.base64(),
});
export type KeyNote = z.infer<typeof keyNoteSchema>;

const tagBytes = 16;
/** 128 MB and about half a second: what OWASP asks for. */
const cost = 2 ** 17;

/** @throws backup-passphrase-open, backup-passphrase-short, the system's error where it cannot be read */
export function readPassphrase(file: string): string {
  const mode = statSync(file).mode & 0o777;
  if (mode & 0o077) throw failed['backup-passphrase-open']({ file, mode: mode.toString(8) });
  const passphrase = readFileSync(file, 'utf8').trim();
  if (passphrase.length < 16) throw failed['backup-passphrase-short']({ file });
  return passphrase;
}

/** A new key, and how it is kept. */
export function newKey(passphrase: string): { key: Buffer; note: KeyNote } {
  const key = randomBytes(32);
  const [salt, nonce] = [randomBytes(16), randomBytes(12)];
  const cipher = createCipheriv('aes-256-gcm', stretched(passphrase, salt, cost), nonce);
  const sealed = Buffer.concat([cipher.update(key), cipher.final(), cipher.getAuthTag()]);
  const note: KeyNote = {
    format: 1,
    kdf: 'scrypt',
    n: cost,
    r: 8,
    p: 1,
    salt: salt.toString('base64'),
    nonce: nonce.toString('base64'),
    sealed: sealed.toString('base64'),
  };
  return { key, note };
}

/** @throws backup-passphrase-wrong */
export function openKey(note: KeyNote, passphrase: string, backup: string): Buffer {
  const sealed = Buffer.from(note.sealed, 'base64');
  const wrapping = stretched(passphrase, Buffer.from(note.salt, 'base64'), note.n);
  const nonce = Buffer.from(note.nonce, 'base64');
  const decipher = createDecipheriv('aes-256-gcm', wrapping, nonce, { authTagLength: tagBytes }).setAuthTag(
    sealed.subarray(-tagBytes),
  );
  try {
    return Buffer.concat([decipher.update(sealed.subarray(0, -tagBytes)), decipher.final()]);
  } catch (error) {
    throw failed['backup-passphrase-wrong']({ backup }, { cause: error });
  }
}

/** Name of the part with that content: the same for the same bytes, and no hint at them without the key. */
export function partName(key: Buffer, sha256: string): string {
  return createHmac('sha256', key).update(`part ${sha256}`).digest('hex');
}

function stretched(passphrase: string, salt: Buffer, n: number): Buffer {
  return scryptSync(passphrase.normalize('NFKC'), salt, 32, { N: n, r: 8, p: 1, maxmem: 256 * n * 8 });
}
