// Which public questions are the same: sets of character n-grams, MinHash, and bands of it as keys (LSH). Deterministic and
// incremental: the same texts in the same order make the same clusters. A. Broder, "On the resemblance and containment of
// documents", 1997; bands: Leskovec, Rajaraman, Ullman, "Mining of Massive Datasets", ch. 3.
const hashes = 64;
const rowsOfBand = 2;
/** Share of equal minima from which two texts ask the same; an estimate of the Jaccard similarity of their n-grams. */
export const sameFrom = 0.3;
const prime = 2_147_483_647;

/** Factors of the hash functions: a fixed sequence, so that sketches on disk stay comparable. */
const factors: readonly [number, number][] = (() => {
  let seed = 1;
  const next = () => {
    seed = (seed * 48_271) % prime;
    return seed;
  };
  return Array.from({ length: hashes }, (): [number, number] => [next(), next()]);
})();

/** Links, names and figures say who asks, not what. */
function plain(text: string): string {
  return text
    .toLowerCase()
    .replace(/https?:\/\/\S+|@[\p{L}\p{N}_-]+|#[^#\s]+#?/gu, ' ')
    .replace(/\d+/g, '0')
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim()
    .slice(0, 1_000);
}

/** Pairs of Han characters, and of other scripts words and groups of four letters within them. */
function shingles(text: string): Set<string> {
  const found = new Set<string>();
  for (const [part] of plain(text).matchAll(/\p{Script=Han}+|[^\p{Script=Han}\s]+/gu)) {
    const letters = [...part];
    const length = /\p{Script=Han}/u.test(part) ? 2 : 4;
    if (letters.length <= length) {
      found.add(part);
      continue;
    }
    for (let at = 0; at + length <= letters.length; at++) found.add(letters.slice(at, at + length).join(''));
  }
  return found;
}

/** @returns 64 minima; undefined for a text that is too short to say what it asks */
export function sketchOf(text: string): number[] | undefined {
  const set = shingles(text);
  if (set.size < 3) return undefined;
  const minima = new Array<number>(hashes).fill(prime);
  for (const shingle of set) {
    const hash = fnv(shingle);
    for (const [index, [a, b]] of factors.entries()) {
      const value = Number((BigInt(a) * BigInt(hash) + BigInt(b)) % BigInt(prime));
      if (value < (minima[index] as number)) minima[index] = value;
    }
  }
  return minima;
}

export function likeness(one: readonly number[], other: readonly number[]): number {
  let same = 0;
  for (const [index, value] of one.entries()) if (other[index] === value) same++;
  return same / hashes;
}

/** Keys under which alike sketches meet: with 32 bands of 2, nine of ten pairs of likeness 0.27 and more do. */
export function bandsOf(sketch: readonly number[]): string[] {
  const keys: string[] = [];
  for (let at = 0; at < hashes; at += rowsOfBand) keys.push(`${at}:${sketch.slice(at, at + rowsOfBand).join('.')}`);
  return keys;
}

/** FNV-1a, 31 bits. */
function fnv(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return (hash >>> 0) % prime;
}
