// Bytes of any length, sealed as they flow: frames of 64 KB, each AES-256-GCM with a counter as nonce and whether it is the
// last one in it, so that no frame can be changed, moved or left out, and nothing is given out unchecked (the STREAM
// construction of Hoang, Reyhanitabar, Rogaway and Vizár, 2015). Every stream has a key of its own, by HKDF from a random salt.
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { failed } from './errors.ts';

const magic = Buffer.from('SWB1');
const saltBytes = 16;
const headBytes = magic.length + saltBytes;
const frameBytes = 65_536;
const tagBytes = 16;

/** Head, then frames of ciphertext and tag. */
export async function* sealing(key: Buffer, source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const salt = randomBytes(saltBytes);
  const own = streamKey(key, salt);
  yield Buffer.concat([magic, salt]);
  let count = 0;
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of source) {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    while (rest.length > frameBytes) {
      yield sealFrame(own, count++, false, rest.subarray(0, frameBytes));
      rest = rest.subarray(frameBytes);
    }
  }
  yield sealFrame(own, count, true, rest);
}

/** @throws backup-damaged */
export async function* opening(key: Buffer, source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const whole = frameBytes + tagBytes;
  let own: Buffer | undefined;
  let count = 0;
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of source) {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    if (own === undefined) {
      if (rest.length < headBytes) continue;
      if (!rest.subarray(0, magic.length).equals(magic)) throw failed['backup-damaged']({ reason: 'a part is none' });
      own = streamKey(key, rest.subarray(magic.length, headBytes));
      rest = rest.subarray(headBytes);
    }
    while (rest.length > whole) {
      yield openFrame(own, count++, false, rest.subarray(0, whole));
      rest = rest.subarray(whole);
    }
  }
  if (own === undefined || rest.length < tagBytes) throw failed['backup-damaged']({ reason: 'a part is cut off' });
  yield openFrame(own, count, true, rest);
}

function streamKey(key: Buffer, salt: Buffer): Buffer {
  return Buffer.from(hkdfSync('sha256', key, salt, 'switchroom backup part', 32));
}

function nonceOf(count: number, last: boolean): Buffer {
  const nonce = Buffer.alloc(12);
  nonce.writeBigUInt64BE(BigInt(count), 3);
  nonce[11] = last ? 1 : 0;
  return nonce;
}

function sealFrame(key: Buffer, count: number, last: boolean, plain: Buffer): Buffer {
  const cipher = createCipheriv('aes-256-gcm', key, nonceOf(count, last));
  return Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

function openFrame(key: Buffer, count: number, last: boolean, sealed: Buffer): Buffer {
  const decipher = createDecipheriv('aes-256-gcm', key, nonceOf(count, last), { authTagLength: tagBytes }).setAuthTag(
    sealed.subarray(-tagBytes),
  );
  try {
    return Buffer.concat([decipher.update(sealed.subarray(0, -tagBytes)), decipher.final()]);
  } catch (error) {
    throw failed['backup-damaged']({ reason: `frame ${count} of a part is not as it was written` }, { cause: error });
  }
}
