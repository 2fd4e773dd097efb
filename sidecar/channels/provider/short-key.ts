import { createHash } from 'node:crypto';

/** A key of at most 200 characters: the text itself, or its beginning and a hash of all where it is longer. */
export function shortKey(text: string): string {
  if (text.length <= 200) return text;
  return `${text.slice(0, 120)}#${createHash('sha256').update(text).digest('hex')}`;
}

/** 16 hexadecimal characters that stand for the texts. */
export function digest(...texts: string[]): string {
  const hash = createHash('sha256');
  for (const text of texts) hash.update(`${Buffer.byteLength(text)}:`).update(text);
  return hash.digest('hex').slice(0, 16);
}
