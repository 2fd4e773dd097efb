// The tone of a short public text, Chinese or English, by words with weights, negation and degree. Pure. How well it does is
// measured in test/unit/social and stated in docs/reports.md: enough to put the angry ones in front, no judgement of people.
import { degrees as degreesEn, negations as negationsEn, wordsEn } from './words-en.ts';
import { degrees as degreesZh, longestZh, negations as negationsZh, wordsZh } from './words-zh.ts';

export type Tone = 'positive' | 'neutral' | 'negative';

export interface Feeling {
  /** -1 … 1. */
  score: number;
  tone: Tone;
}

/** Nearer to zero than this is neutral. */
const neutralBelow = 0.12;
/** The sum of weights at which a text is as strong as half of what can be. */
const half = 4;
const mostCharacters = 2_000;

export function feelingOf(text: string): Feeling {
  const short = text.slice(0, mostCharacters);
  const sum = (/\p{Script=Han}/u.test(short) ? sumZh(short) : 0) + sumEn(short);
  const score = sum / (Math.abs(sum) + half);
  return { score, tone: Math.abs(score) < neutralBelow ? 'neutral' : score > 0 ? 'positive' : 'negative' };
}

function sumZh(text: string): number {
  let sum = 0;
  for (const clause of text.split(/[，。！？；,.!?;~\s、…]+/u)) {
    let clauseSum = 0;
    for (let at = 0; at < clause.length; ) {
      const word = wordAt(clause, at);
      if (word === undefined) {
        at++;
        continue;
      }
      const weight = wordsZh.get(word) ?? 0;
      if (weight !== 0) clauseSum += weight * before(clause.slice(Math.max(0, at - 6), at));
      at += word.length;
    }
    // What stands after "but" is what is meant.
    sum += /^(但|可是|不过|然而|却)/.test(clause) ? clauseSum * 1.8 : clauseSum;
  }
  return /[！!]{2,}/u.test(text) ? sum * 1.2 : sum;
}

function wordAt(text: string, at: number): string | undefined {
  for (let length = Math.min(longestZh, text.length - at); length > 0; length--) {
    const word = text.slice(at, at + length);
    if (wordsZh.has(word)) return word;
  }
  return undefined;
}

const modifiers = [...negationsZh, ...Object.keys(degreesZh)].sort((a, b) => b.length - a.length);

/** What the few signs before a word make of it: turned round, stronger, weaker. */
function before(context: string): number {
  let factor = 1;
  let rest = context;
  while (rest !== '') {
    // The longest one: what looks like a negation may be the end of a degree (特别).
    const word = modifiers.find((one) => rest.endsWith(one));
    if (word === undefined) break;
    factor *= degreesZh[word] ?? -0.9;
    rest = rest.slice(0, -word.length);
  }
  return factor;
}

const faces: readonly [RegExp, number][] = [
  [/[😀😃😄😁😊🙂😍🥰👍❤🎉💯👏🙏]|:\)|:-\)|<3/gu, 2],
  [/[😠😡🤬😤😞😢😭👎💩🤮🙄]|:\(|:-\(/gu, -2],
];

function sumEn(text: string): number {
  let sum = 0;
  for (const [face, weight] of faces) sum += (text.match(face)?.length ?? 0) * weight;
  const words = wordsEn();
  for (const clause of text
    .toLowerCase()
    .replaceAll('’', "'")
    .split(/[.!?;,\n]+| but | however /u)) {
    const all = clause.match(/[a-z][a-z']*/g) ?? [];
    let clauseSum = 0;
    for (const [at, raw] of all.entries()) {
      const word = raw.replaceAll("'", '');
      const weight = words.get(word) ?? 0;
      if (weight === 0) continue;
      let factor = 1;
      for (const near of all.slice(Math.max(0, at - 3), at)) {
        const plain = near.replaceAll("'", '');
        if (negationsEn.has(plain) || near.endsWith("n't")) factor *= -0.7;
        else factor *= degreesEn[plain] ?? 1;
      }
      clauseSum += weight * factor;
    }
    sum += clauseSum;
  }
  const shouted = (text.match(/\b[A-Z]{4,}\b/g)?.length ?? 0) > 0 || /!{2,}/.test(text);
  return shouted ? sum * 1.2 : sum;
}
