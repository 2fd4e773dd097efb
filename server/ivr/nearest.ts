// "Did you mean …?"
import type { Said } from './sentences.ts';

/** The name that is most like the one written, if any is near enough to be meant; a letter swapped counts as one slip. */
export function nearest(written: string, names: Iterable<string>): string | undefined {
  let best: string | undefined;
  let least = Math.max(1, Math.floor(written.length / 3)) + 1;
  for (const name of names) {
    const slips = distance(written.toLowerCase(), name.toLowerCase(), least);
    if (slips < least) {
      least = slips;
      best = name;
    }
  }
  return best;
}

/** `Did you mean "…"?`, or nothing. */
export function meant(written: string, names: Iterable<string>): Said[] {
  const name = nearest(written, names);
  return name === undefined ? [] : [{ say: 'did-you-mean', values: { name } }];
}

/** ` Did you mean "…"?`, or nothing. */
export function didYouMean(written: string, names: Iterable<string>): string {
  const name = nearest(written, names);
  return name === undefined ? '' : ` Did you mean "${name}"?`;
}

/** Damerau-Levenshtein (optimal string alignment); gives up at `most`. */
function distance(a: string, b: string, most: number): number {
  if (Math.abs(a.length - b.length) >= most) return most;
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      let value = Math.min(row[j - 1]! + 1, last[j]! + 1, last[j - 1]! + cost);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) value = Math.min(value, before[j - 2]! + 1);
      row.push(value);
    }
    before = last;
    last = row;
  }
  return last[b.length]!;
}
