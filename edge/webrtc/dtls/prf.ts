// TLS 1.2's pseudorandom function with SHA-256 (RFC 5246 §5), and what is derived by it.
import { createHmac } from 'node:crypto';

export function prf(secret: Buffer, label: string, seed: Buffer, bytes: number): Buffer {
  const salt = Buffer.concat([Buffer.from(label, 'ascii'), seed]);
  const blocks: Buffer[] = [];
  let a = salt;
  for (let have = 0; have < bytes; have += 32) {
    a = createHmac('sha256', secret).update(a).digest();
    blocks.push(createHmac('sha256', secret).update(a).update(salt).digest());
  }
  return Buffer.concat(blocks).subarray(0, bytes);
}
