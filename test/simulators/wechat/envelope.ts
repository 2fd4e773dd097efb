// The provider's own half of signing and encryption, written from its documents: own code, to check ours.
import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';

export function sha1Of(...parts: string[]): string {
  const sorted = [...parts].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  return createHash('sha1').update(sorted.join(''), 'utf8').digest('hex');
}

/** random(16) + length(4, network order) + text + receiver, padded to 32, AES-256-CBC with the key's head as IV. */
export function seal(text: string, aesKey: string, receiver: string): string {
  const key = Buffer.from(`${aesKey}=`, 'base64');
  const content = Buffer.from(text, 'utf8');
  const { length } = content;
  const size = Buffer.from([(length >>> 24) & 255, (length >>> 16) & 255, (length >>> 8) & 255, length & 255]);
  const whole = Buffer.concat([randomBytes(16), size, content, Buffer.from(receiver)]);
  const count = 32 - (whole.length % 32);
  const cipher = createCipheriv('aes-256-cbc', key, key.subarray(0, 16));
  cipher.setAutoPadding(false);
  const padded = Buffer.concat([whole, Buffer.from(new Uint8Array(count).fill(count))]);
  return `${cipher.update(padded, undefined, 'base64')}${cipher.final('base64')}`;
}

export function unseal(sealed: string, aesKey: string, receiver: string): string {
  const key = Buffer.from(`${aesKey}=`, 'base64');
  const decipher = createDecipheriv('aes-256-cbc', key, key.subarray(0, 16));
  decipher.setAutoPadding(false);
  const padded = Buffer.concat([decipher.update(sealed, 'base64'), decipher.final()]);
  const whole = padded.subarray(0, padded.length - (padded[padded.length - 1] as number));
  const length =
    ((whole[16] as number) << 24) |
    ((whole[17] as number) << 16) |
    ((whole[18] as number) << 8) |
    (whole[19] as number);
  if (whole.subarray(20 + length).toString() !== receiver) throw new Error('sealed for another receiver');
  return whole.subarray(20, 20 + length).toString('utf8');
}

/** Elements as the provider writes them: texts in CDATA, whole numbers bare. */
export function xmlOf(fields: Record<string, string | number>): string {
  const inside = Object.entries(fields)
    .map(([name, value]) =>
      typeof value === 'number' ? `<${name}>${value}</${name}>` : `<${name}><![CDATA[${value}]]></${name}>`,
    )
    .join('\n');
  return `<xml>\n${inside}\n</xml>`;
}

/** One element of flat XML. */
export function elementOf(xml: string, name: string): string | undefined {
  const match = new RegExp(`<${name}>(?:<!\\[CDATA\\[([\\s\\S]*?)\\]\\]>|([^<]*))</${name}>`).exec(xml);
  return match?.[1] ?? match?.[2];
}
