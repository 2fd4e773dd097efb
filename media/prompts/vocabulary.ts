// The recordings that the product itself speaks with: digits, numbers, position, wait, the agent's number. Their texts
// stand here, so that they can be made again, in another voice too.
import type { Language } from '../../values/index.ts';

const englishNumbers = [
  'zero',
  'one',
  'two',
  'three',
  'four',
  'five',
  'six',
  'seven',
  'eight',
  'nine',
  'ten',
  'eleven',
  'twelve',
  'thirteen',
  'fourteen',
  'fifteen',
  'sixteen',
  'seventeen',
  'eighteen',
  'nineteen',
  'twenty',
];
const englishTens = ['thirty', 'forty', 'fifty', 'sixty', 'seventy', 'eighty', 'ninety'];
const chineseDigits = ['零', '一', '二', '三', '四', '五', '六', '七', '八', '九', '十'];

const english: Record<string, string> = {
  'digit/star': 'star',
  'digit/hash': 'hash',
  'number/hundred': 'hundred',
  'number/thousand': 'thousand',
  'number/million': 'million',
  'number/and': 'and',
  'phrase/position-before': 'You are number',
  'phrase/position-after': 'in the queue.',
  'phrase/wait-before': 'The expected wait is about',
  'phrase/minute': 'minute.',
  'phrase/minutes': 'minutes.',
  'phrase/agent-before': 'You are speaking with agent number',
};
const chinese: Record<string, string> = {
  'digit/star': '星号',
  'digit/hash': '井号',
  'number/liang': '两',
  'number/bai': '百',
  'number/qian': '千',
  'number/wan': '万',
  'number/yi': '亿',
  'phrase/position-before': '您目前排在第',
  'phrase/position-after': '位。',
  'phrase/wait-before': '预计等待时间约',
  'phrase/minute': '分钟。',
  'phrase/minutes': '分钟。',
  'phrase/agent-before': '工号',
  'phrase/agent-after': '为您服务。',
};
for (const [i, word] of englishNumbers.entries()) {
  english[`number/${i}`] = word;
  if (i < 10) english[`digit/${i}`] = word;
}
for (const [i, word] of englishTens.entries()) english[`number/${30 + i * 10}`] = word;
for (const [i, word] of chineseDigits.entries()) {
  chinese[`number/${i}`] = word;
  // On the telephone a 1 among digits is 幺, which cannot be taken for a 7.
  if (i < 10) chinese[`digit/${i}`] = i === 1 ? '幺' : word;
}

/** Text of each recording by its name. */
export const vocabulary: Readonly<Record<Language, Readonly<Record<string, string>>>> = { en: english, zh: chinese };
