// A text that is longer than the provider takes goes as several, cut where a sentence or at least a word ends.
const ends = /[。！？!?…\n]|[.;；](?=\s)/gu;
const spaces = /\s/gu;

/** @param most characters (Unicode code points) or bytes of UTF-8 of each part @returns parts that are not empty; joined they say the same */
export function cutText(text: string, { most, unit }: { most: number; unit: 'characters' | 'bytes' }): string[] {
  const fits = (part: string) => sizeOf(part, unit) <= most;
  const parts: string[] = [];
  let rest = text;
  while (!fits(rest)) {
    const longest = prefix(rest, most, unit);
    // A cut in the first half would make too many parts: then rather inside of a sentence.
    const at = lastEnd(longest, ends) ?? lastEnd(longest, spaces) ?? longest.length;
    parts.push(rest.slice(0, at).trimEnd());
    rest = rest.slice(at).trimStart();
  }
  parts.push(rest);
  return parts.filter((part, at) => part !== '' || (at === 0 && parts.length === 1));
}

function sizeOf(text: string, unit: 'characters' | 'bytes'): number {
  if (unit === 'bytes') return Buffer.byteLength(text);
  let count = 0;
  for (const _ of text) count++;
  return count;
}

/** The longest beginning that fits; never half a character, at least one. */
function prefix(text: string, most: number, unit: 'characters' | 'bytes'): string {
  let size = 0;
  let at = 0;
  for (const character of text) {
    size += unit === 'bytes' ? Buffer.byteLength(character) : 1;
    if (size > most && at > 0) break;
    at += character.length;
  }
  return text.slice(0, at);
}

function lastEnd(text: string, pattern: RegExp): number | undefined {
  let last: number | undefined;
  for (const match of text.matchAll(pattern)) last = match.index + match[0].length;
  return last !== undefined && last > text.length / 2 ? last : undefined;
}
