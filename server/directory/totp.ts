// Time-based one-time passwords (RFC 6238) as every authenticator app makes them: SHA-1, 30 s, 6 digits.
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Millis } from '../../values/index.ts';

const stepMs = 30_000;
const digits = 6;
/** Steps that a clock may be off, either way (RFC 6238 §5.2 advises at most one). */
const drift = 1;
const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** RFC 4226 §5.3. @param counter number of the step for TOTP */
export function oneTimeCode(secret: Buffer, counter: number): string {
  const moving = Buffer.alloc(8);
  moving.writeBigUInt64BE(BigInt(counter));
  const mac = createHmac('sha1', secret).update(moving).digest();
  const offset = mac[mac.length - 1]! & 0x0f;
  const number = mac.readUInt32BE(offset) & 0x7fff_ffff;
  return String(number % 10 ** digits).padStart(digits, '0');
}

/**
 * @param after number of the step that was used last: a code counts once (RFC 6238 §5.2)
 * @returns the step that the code is of, or undefined where it is wrong or was used
 */
export function stepOfCode(secret: Buffer, code: string, now: Millis, after = -1): number | undefined {
  if (!/^\d{6}$/.test(code)) return undefined;
  const given = Buffer.from(code);
  const present = Math.floor(now / stepMs);
  for (let step = present - drift; step <= present + drift; step++) {
    if (step > after && timingSafeEqual(Buffer.from(oneTimeCode(secret, step)), given)) return step;
  }
  return undefined;
}

/** RFC 4648 §6, without padding, as apps want it. */
export function base32(bytes: Buffer): string {
  let text = '';
  let [bits, held] = [0, 0];
  for (const byte of bytes) {
    held = ((held << 8) | byte) & 0xfff;
    bits += 8;
    for (; bits >= 5; bits -= 5) text += alphabet[(held >>> (bits - 5)) & 31];
  }
  return bits === 0 ? text : text + alphabet[(held << (5 - bits)) & 31];
}

/** What the QR code holds: the de-facto Key URI Format of authenticator apps. */
export function keyUri(issuer: string, account: string, secret: Buffer): string {
  const label = `${encodeURIComponent(issuer)}:${encodeURIComponent(account)}`;
  return `otpauth://totp/${label}?secret=${base32(secret)}&issuer=${encodeURIComponent(issuer)}&algorithm=SHA1&digits=6&period=30`;
}
