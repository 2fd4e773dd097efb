// Both directions are signed alike: HMAC-SHA256 (RFC 2104) with the channel's secret over `<timestamp>.<raw body>`, where the
// timestamp is in seconds since 1970 UTC. Headers: X-Switchroom-Timestamp, X-Switchroom-Signature: sha256=<hex>.
import { createHmac, timingSafeEqual } from 'node:crypto';

export const timestampHeader = 'x-switchroom-timestamp';
export const signatureHeader = 'x-switchroom-signature';

/** A request may be as old, or as early, as that: clocks differ. What is repeated within it is known by its key. */
export const windowMs = 300_000;

export function signatureOf(secret: string, timestamp: string, body: Buffer | string): string {
  return `sha256=${createHmac('sha256', secret).update(`${timestamp}.`).update(body).digest('hex')}`;
}

/** @param now ms since 1970 @returns undefined where it is right, else what is wrong, for our own log */
export function wrongIn(
  secret: string,
  headers: Readonly<Record<string, string | undefined>>,
  body: Buffer,
  now: number,
): string | undefined {
  const timestamp = headers[timestampHeader];
  if (timestamp === undefined || !/^\d{1,12}$/.test(timestamp)) return 'no timestamp';
  const given = Buffer.from(headers[signatureHeader] ?? '');
  const wanted = Buffer.from(signatureOf(secret, timestamp, body));
  if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) return 'the signature is wrong';
  if (Math.abs(now - Number(timestamp) * 1000) > windowMs) return 'the timestamp is out of the window';
  return undefined;
}
