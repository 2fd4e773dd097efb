// Requests of a site are signed with its Ed25519 key (RFC 8032), so that the cloud knows the site behind any proxy that ends
// TLS, and a copied request is of no use: the signature covers method, path, time, a nonce and the body's digest.
//   Authorization: Switchroom-Site site="main", time="1700000000000", nonce="…", signature="…"
import { createPublicKey, generateKeyPairSync, hash, type KeyObject, randomBytes, sign, verify } from 'node:crypto';
import type { Millis } from '../values/index.ts';

export const scheme = 'Switchroom-Site';
/** So far may the clocks of both ends differ. */
export const clockTolerance: Millis = 300_000;

export interface SignedParts {
  method: string;
  /** With the query. What stands before `/v1/sites/` is not signed: a proxy before the cloud may change it. */
  path: string;
  body: Uint8Array;
}

/** What a site claims, as the header says it; not verified. */
export interface SignatureClaim {
  site: string;
  time: Millis;
  nonce: string;
  signature: Buffer;
}

/** A pair for a new site: the private key as PEM (PKCS #8) for its file, the public one as one line for the cloud. */
export function newSiteKey(): { privateKey: string; publicKey: string } {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  return {
    privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    publicKey: publicLine(publicKey),
  };
}

/** SubjectPublicKeyInfo, base64 in one line. */
export function publicLine(key: KeyObject): string {
  const open = key.type === 'private' ? createPublicKey(key) : key;
  return open.export({ type: 'spki', format: 'der' }).toString('base64');
}

/** @throws Error where the line is no Ed25519 key */
export function publicKeyOf(line: string): KeyObject {
  const key = createPublicKey({ key: Buffer.from(line, 'base64'), type: 'spki', format: 'der' });
  if (key.asymmetricKeyType !== 'ed25519') throw new Error('is not an Ed25519 key');
  return key;
}

/** @returns the value of the Authorization header */
export function signRequest(key: KeyObject, site: string, parts: SignedParts, now: Millis): string {
  const nonce = randomBytes(16).toString('base64url');
  const signature = sign(null, signedText(site, now, nonce, parts), key).toString('base64url');
  return `${scheme} site="${encodeURIComponent(site)}", time="${now}", nonce="${nonce}", signature="${signature}"`;
}

/** @returns undefined where the header is missing or malformed */
export function readSignature(header: string | undefined): SignatureClaim | undefined {
  const match =
    /^Switchroom-Site site="([^"]{1,200})", time="(\d{1,16})", nonce="([\w-]{16,64})", signature="([\w-]{86})"$/.exec(
      header ?? '',
    );
  if (!match) return undefined;
  const [, site = '', time = '', nonce = '', signature = ''] = match;
  try {
    return {
      site: decodeURIComponent(site),
      time: Number(time),
      nonce,
      signature: Buffer.from(signature, 'base64url'),
    };
  } catch {
    return undefined; // a broken % sequence
  }
}

/**
 * Whether the claim is true. `clock`: it is, and its time is too far from `now`: the clocks differ, or it is an old copy.
 * That a nonce comes once is for who keeps them.
 */
export function verifyRequest(
  key: KeyObject,
  claim: SignatureClaim,
  parts: SignedParts,
  now: Millis,
): 'true' | 'false' | 'clock' {
  if (!verify(null, signedText(claim.site, claim.time, claim.nonce, parts), key, claim.signature)) return 'false';
  return Math.abs(now - claim.time) > clockTolerance ? 'clock' : 'true';
}

function signedText(site: string, time: Millis, nonce: string, { method, path, body }: SignedParts): Buffer {
  const signed = path.slice(Math.max(0, path.indexOf('/v1/sites/')));
  return Buffer.from([scheme, site, method, signed, time, nonce, hash('sha256', body, 'hex')].join('\n'));
}
