import { hash } from 'node:crypto';
import type { Ha1 } from '../ports/index.ts';

/** HA1 = H(user:realm:password) for both hashes (RFC 7616 §3.4.2), so that no password needs to be kept. */
export function ha1(user: string, realm: string, password: string): Ha1 {
  const a1 = `${user}:${realm}:${password}`;
  return { realm, md5: hash('md5', a1), sha256: hash('sha256', a1) };
}
