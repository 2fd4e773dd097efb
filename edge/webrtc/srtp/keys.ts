// Session keys from the master key and salt of the handshake (RFC 3711 §4.3, with the AES-CM pseudorandom function and a
// derivation rate of zero; for AES-GCM the 96-bit salt is filled up with zeros, RFC 7714 §11).
import { createCipheriv, createSecretKey, type KeyObject } from 'node:crypto';

/** IANA's numbers (RFC 5764 §4.1.2, RFC 7714 §14.2), in our order of preference: GCM is one pass and one call per packet. */
export const srtpProfiles = { AEAD_AES_128_GCM: 0x0007, AES128_CM_HMAC_SHA1_80: 0x0001 } as const;

export type SrtpProfile = keyof typeof srtpProfiles;

export const keyBytes = 16;
export const saltBytes: Record<SrtpProfile, number> = { AEAD_AES_128_GCM: 12, AES128_CM_HMAC_SHA1_80: 14 };

export interface MasterKey {
  key: Buffer;
  salt: Buffer;
}

/**
 * For RTP, or for RTCP. As key objects: what node:crypto makes of the bytes of a key anew for each packet costs four times as
 * much as all else that is done for it.
 */
export interface SessionKeys {
  cipher: KeyObject;
  salt: Buffer;
  /** Unused with GCM. */
  authentication: KeyObject;
}

const labels = {
  rtp: { cipher: 0, authentication: 1, salt: 2 },
  rtcp: { cipher: 3, authentication: 4, salt: 5 },
} as const;

export function sessionKeys(master: MasterKey, of: 'rtp' | 'rtcp'): SessionKeys {
  const label = labels[of];
  return {
    cipher: createSecretKey(derive(master, label.cipher, keyBytes)),
    authentication: createSecretKey(derive(master, label.authentication, 20)),
    salt: derive(master, label.salt, master.salt.length),
  };
}

function derive({ key, salt }: MasterKey, label: number, bytes: number): Buffer {
  const iv = Buffer.alloc(16);
  salt.copy(iv);
  iv[7] = (iv[7] as number) ^ label;
  return createCipheriv('aes-128-ctr', key, iv).update(Buffer.alloc(bytes));
}
