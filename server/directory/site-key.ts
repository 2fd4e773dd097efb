// Secrets that must be known in clear (ours towards trunks) are sealed at rest with the site's key: AES-256-GCM, a fresh
// nonce each, the trunk's name as associated data, so that a sealed secret cannot be moved to another trunk.
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { failed } from './errors.ts';

const nonceBytes = 12;
const tagBytes = 16;

/**
 * Reads the key file, or makes it (32 random bytes, base64, mode 0600).
 * @param needed true where sealed secrets exist already, so that a new key would be of no use
 * @throws site-key-open, site-key-missing
 */
export function loadSiteKey(file: string, needed: boolean): Buffer {
  try {
    const mode = statSync(file).mode & 0o777;
    if (mode & 0o077) throw failed['site-key-open']({ file, mode: mode.toString(8) });
    const key = Buffer.from(readFileSync(file, 'utf8').trim(), 'base64');
    if (key.length !== 32) throw failed['site-key-missing']({ file });
    return key;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  if (needed) throw failed['site-key-missing']({ file });
  const key = randomBytes(32);
  writeFileSync(file, `${key.toString('base64')}\n`, { mode: 0o600, flag: 'wx' });
  return key;
}

export function seal(key: Buffer, secret: string, about: string): Buffer {
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(about));
  const sealed = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), sealed]);
}

/** @throws site-key-wrong */
export function unseal(key: Buffer, sealed: Buffer, about: string): string {
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, nonceBytes), { authTagLength: tagBytes })
    .setAAD(Buffer.from(about))
    .setAuthTag(sealed.subarray(nonceBytes, nonceBytes + tagBytes));
  try {
    return Buffer.concat([decipher.update(sealed.subarray(nonceBytes + tagBytes)), decipher.final()]).toString('utf8');
  } catch (error) {
    throw failed['site-key-wrong']({ name: about }, { cause: error });
  }
}
