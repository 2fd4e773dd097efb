// The certificate that browsers see in the DTLS handshake: made at the start, signed by itself, never stored. What it is
// worth is its fingerprint in the SDP (RFC 8122), which travels over the panel's own connection.
import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';

export interface OwnCertificate {
  der: Buffer;
  key: KeyObject;
  /** SHA-256 of `der`: upper-case hex bytes with colons. */
  fingerprint: string;
}

const lifetimeMs = 10 * 365 * 24 * 3_600_000;
const dayMs = 24 * 3_600_000;

/** ECDSA with P-256 and SHA-256: what every browser accepts (RFC 8827 §6.5). @param now ms UTC */
export function makeCertificate(now: number): OwnCertificate {
  const { privateKey: key, publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const algorithm = sequence(Buffer.from('06082a8648ce3d040302', 'hex'));
  // Common name only: no host, no person.
  const commonName = sequence(Buffer.from('0603550403', 'hex'), tagged(0x0c, Buffer.from('switchroom')));
  const name = sequence(tagged(0x31, commonName));
  const serial = randomBytes(16);
  serial[0] = ((serial[0] as number) & 0x7f) | 0x40;
  const body = sequence(
    tagged(0xa0, Buffer.from('020102', 'hex')),
    tagged(0x02, serial),
    algorithm,
    name,
    sequence(time(now - dayMs), time(now + lifetimeMs)),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
  );
  const signature = sign('sha256', body, key);
  const der = sequence(body, algorithm, tagged(0x03, Buffer.from([0]), signature));
  return { der, key, fingerprint: fingerprintOf(der, 'sha256') };
}

/** @param hash as node:crypto names it */
export function fingerprintOf(der: Buffer, hash: string): string {
  const digest = createHash(hash).update(der).digest('hex').toUpperCase();
  return (digest.match(/../g) ?? []).join(':');
}

// ── DER (X.690), as much of it as this needs ──────────────────────────────────────────────────────────────────────────

function tagged(tag: number, ...parts: Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const head =
    length < 0x80 ? [tag, length] : length < 0x100 ? [tag, 0x81, length] : [tag, 0x82, length >> 8, length & 255];
  return Buffer.concat([Buffer.from(head), content]);
}

function sequence(...parts: Buffer[]): Buffer {
  return tagged(0x30, ...parts);
}

/** UTCTime until 2049, GeneralizedTime from then on (RFC 5280 §4.1.2.5). */
function time(at: number): Buffer {
  const digits = `${new Date(at).toISOString().replace(/[-:T]|\.\d+Z$/g, '')}Z`;
  return Number(digits.slice(0, 4)) < 2050
    ? tagged(0x17, Buffer.from(digits.slice(2)))
    : tagged(0x18, Buffer.from(digits));
}
