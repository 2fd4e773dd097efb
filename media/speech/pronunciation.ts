// Characters that espeak-ng reads by their other sound. Its Mandarin takes pinyin with tone numbers in the midst of characters.
const sounds: readonly [words: string, pinyin: string][] = [
  ['银行', 'yin2 hang2'],
  ['行业', 'hang2 ye4'],
  ['分行', 'fen1 hang2'],
  ['支行', 'zhi1 hang2'],
  ['重新', 'chong2 xin1'],
  ['重复', 'chong2 fu4'],
  ['还款', 'huan2 kuan3'],
  ['归还', 'gui1 huan2'],
  ['长度', 'chang2 du4'],
];

/** The text as espeak-ng should be given it. */
export function respelled(text: string): string {
  return sounds.reduce((all, [words, pinyin]) => all.replaceAll(words, ` ${pinyin} `), text);
}
