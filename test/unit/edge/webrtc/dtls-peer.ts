// A DTLS client that shares nothing with ours: werift's.
import { createHash } from 'node:crypto';
import { CipherContext, DtlsClient } from 'werift';

export interface PeerIdentity {
  cert: string;
  key: string;
  fingerprint: { algorithm: string; value: string };
}

/** ECDSA with P-256 and SHA-256, as a browser's. */
export async function makeIdentity(): Promise<PeerIdentity> {
  const { certPem: cert, keyPem: key } = await CipherContext.createSelfSignedCertificateWithKey(signatureHash, 23);
  const der = Buffer.from(cert.replace(/-----[^-]+-----|\s/g, ''), 'base64');
  const digest = createHash('sha256').update(der).digest('hex').toUpperCase();
  return { cert, key, fingerprint: { algorithm: 'sha-256', value: (digest.match(/../g) ?? []).join(':') } };
}

type Transport = ConstructorParameters<typeof DtlsClient>[0]['transport'];

/** hash(4): SHA-256, signature(3): ECDSA (RFC 5246 §7.4.1.4.1). */
const signatureHash = { hash: 4, signature: 3 } as const;

export interface Exported {
  localKey: Buffer;
  localSalt: Buffer;
  remoteKey: Buffer;
  remoteSalt: Buffer;
}

export class DtlsPeer {
  readonly client: DtlsClient;
  /** Resolves when it believes that it is connected. */
  readonly connected: Promise<void>;
  readonly #transport: Transport;

  /** @param profile 1 AES128_CM_HMAC_SHA1_80, 7 AEAD_AES_128_GCM @param send what it says */
  constructor({ cert, key }: PeerIdentity, profile: 1 | 7, send: (datagram: Buffer) => void) {
    const transport: Transport = {
      type: 'udp',
      address: { address: '127.0.0.1', port: 1, family: 'IPv4' },
      closed: false,
      onData: () => undefined,
      send: async (datagram: Buffer) => send(datagram),
      close: async () => undefined,
    };
    this.#transport = transport;
    this.client = new DtlsClient({
      transport,
      srtpProfiles: [profile],
      cert,
      key,
      signatureHash,
      certificateRequest: true,
      extendedMasterSecret: true,
    });
    this.connected = new Promise((resolve) => this.client.onConnect.subscribe(() => resolve()));
  }

  start(): void {
    // Its own retransmission fails when the test has ended the server on purpose.
    this.client.connect().catch(() => undefined);
  }

  take(datagram: Buffer): void {
    this.#transport.onData(datagram, ['127.0.0.1', 1]);
  }

  keys(profile: 1 | 7): Exported {
    return this.client.extractSessionKeys(16, profile === 7 ? 12 : 14);
  }
}
