// The handshake messages that a server meets and says (RFC 5246 §7.4, RFC 8422, RFC 7627, RFC 5764, RFC 5746), for one
// suite: ECDHE with P-256, ECDSA, AES-128-GCM, SHA-256, which every browser has (RFC 8827 §6.5).
import { FieldReader, Malformed, number, vector } from './fields.ts';

export const messageTypes = {
  clientHello: 1,
  serverHello: 2,
  certificate: 11,
  serverKeyExchange: 12,
  certificateRequest: 13,
  serverHelloDone: 14,
  certificateVerify: 15,
  clientKeyExchange: 16,
  finished: 20,
} as const;

const version = 0xfefd;
/** TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256. */
const suite = 0xc02b;
const p256 = 23;
const ecdsaP256Sha256 = 0x0403;
const rsaSha256 = 0x0401;

const extensions = {
  supportedGroups: 10,
  pointFormats: 11,
  useSrtp: 14,
  extendedMasterSecret: 23,
  renegotiationInfo: 0xff01,
} as const;

export interface ClientHello {
  random: Buffer;
  /** IANA's numbers, in its order. */
  srtpProfiles: number[];
}

/** @throws Malformed, also where it cannot do what we need; the reason is for the log */
export function readClientHello(body: Buffer): ClientHello {
  const reader = new FieldReader(body);
  // Versions count down: 1.2 is fefd, 1.0 feff.
  if (reader.number(2) > version) throw new Malformed('it has no DTLS 1.2');
  const random = Buffer.from(reader.bytes(32));
  reader.vector(1);
  reader.vector(1);
  if (!reader.numbers(2).includes(suite)) throw new Malformed('it lacks ECDHE-ECDSA-AES128-GCM-SHA256');
  reader.vector(1);
  const list = new FieldReader(reader.vector(2));
  const given = new Map<number, Buffer>();
  while (list.left > 0) given.set(list.number(2), list.vector(2));
  // Without it a third party could make two connections share a secret (RFC 7627 §1). Every browser has it.
  if (!given.has(extensions.extendedMasterSecret)) throw new Malformed('it has no extended master secret');
  const groups = given.get(extensions.supportedGroups);
  if (!groups || !new FieldReader(groups).numbers(2).includes(p256)) throw new Malformed('it lacks P-256');
  const srtp = given.get(extensions.useSrtp);
  if (!srtp) throw new Malformed('it has no use_srtp');
  return { random, srtpProfiles: new FieldReader(srtp).numbers(2) };
}

export function serverHello(random: Buffer, srtpProfile: number): Buffer {
  const extension = (type: number, ...parts: Buffer[]) => Buffer.concat([number(2, type), vector(2, ...parts)]);
  return Buffer.concat([
    number(2, version),
    random,
    vector(1),
    number(2, suite),
    number(1, 0),
    vector(
      2,
      extension(extensions.renegotiationInfo, vector(1)),
      extension(extensions.extendedMasterSecret),
      extension(extensions.pointFormats, vector(1, number(1, 0))),
      extension(extensions.useSrtp, vector(2, number(2, srtpProfile)), vector(1)),
    ),
  ]);
}

export function certificate(der: Buffer): Buffer {
  return vector(3, vector(3, der));
}

/** @returns DER of the first, the peer's own @throws Malformed where there is none */
export function readCertificate(body: Buffer): Buffer {
  const list = new FieldReader(new FieldReader(body).vector(3));
  return Buffer.from(list.vector(3));
}

/** What is signed together with the two randoms (RFC 8422 §5.4). @param point uncompressed */
export function keyParameters(point: Buffer): Buffer {
  return Buffer.concat([number(1, 3), number(2, p256), vector(1, point)]);
}

export function serverKeyExchange(parameters: Buffer, signature: Buffer): Buffer {
  return Buffer.concat([parameters, number(2, ecdsaP256Sha256), vector(2, signature)]);
}

/** ECDSA and RSA certificates are welcome; of which authority is all the same. */
export function certificateRequest(): Buffer {
  const types = vector(1, number(1, 64), number(1, 1));
  return Buffer.concat([types, vector(2, number(2, ecdsaP256Sha256), number(2, rsaSha256)), vector(2)]);
}

/** @returns the client's point, uncompressed */
export function readClientKeyExchange(body: Buffer): Buffer {
  return new FieldReader(body).vector(1);
}

export function readCertificateVerify(body: Buffer): Buffer {
  const reader = new FieldReader(body);
  const algorithm = reader.number(2);
  if (algorithm !== ecdsaP256Sha256 && algorithm !== rsaSha256)
    throw new Malformed('it signs by what was not asked for');
  return reader.vector(2);
}
