// Text as the words that full-text search looks for. Chinese has no spaces: a run of characters becomes its pairs, so that
// every word of two characters or more is found wherever it stands, without a dictionary.

/**
 * What is indexed: words parted by spaces. `信用卡 lost` → `信用 用卡 卡 lost`: the last character begins no pair, and stands
 * alone, so that every one is found by itself.
 */
export function indexed(text: string): string {
  return runs(text)
    .flatMap(({ han, word }) => (han ? [...new Set([...pairs(word), [...word].at(-1)])] : [word]))
    .join(' ');
}

/** A query of SQLite's FTS5; undefined where nothing can be searched for. @param all every word has to be there */
export function matching(text: string, all: boolean): string | undefined {
  const terms = runs(text).map(({ han, word }) => {
    if (!han) return `"${word}"*`;
    // A character alone begins a pair, or ends a run.
    return [...word].length === 1 ? `"${word}"*` : `"${pairs(word).join(' ')}"`;
  });
  return terms.length === 0 ? undefined : [...new Set(terms)].slice(0, 40).join(all ? ' AND ' : ' OR ');
}

/** For suggestions: any pair of any run will do. */
export function matchingAnyPart(text: string): string | undefined {
  const terms = runs(text)
    .flatMap(({ han, word }) => (han ? pairs(word) : [word]))
    .map((term) => `"${term}"`);
  return terms.length === 0 ? undefined : [...new Set(terms)].slice(0, 60).join(' OR ');
}

function runs(text: string): { han: boolean; word: string }[] {
  const plain = text.normalize('NFKC').toLowerCase();
  return [...plain.matchAll(/(\p{Script=Han}+)|([\p{L}\p{N}]+?(?=\p{Script=Han}|[^\p{L}\p{N}]|$))/gu)].map(
    ([word, han]) => ({
      han: han !== undefined,
      word,
    }),
  );
}

function pairs(run: string): string[] {
  const characters = [...run];
  if (characters.length === 1) return characters;
  return characters.slice(1).map((character, at) => `${characters[at]}${character}`);
}
