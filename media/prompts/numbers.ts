// Numbers as lists of recordings. English: "one hundred and five"; Chinese: 一百零五.

/**
 * Names of the recordings for a whole number as a quantity, 0 to 999,999,999.
 * `beforeMeasure`: in Chinese a measure word follows, so a lone 2 is 两 and not 二 (两分钟).
 */
export function numberWords(language: 'en' | 'zh', number: number, how: { beforeMeasure?: boolean } = {}): string[] {
  const whole = Math.min(Math.max(Math.round(number), 0), 999_999_999);
  if (language === 'en') return english(whole);
  return whole === 2 && how.beforeMeasure ? ['number/liang'] : chinese(whole);
}

/** Names of the recordings for digits one by one; `0-9 * #`, the rest is left out. In Chinese 1 is 幺. */
export function digitWords(digits: string): string[] {
  const words: string[] = [];
  for (const digit of digits) {
    if (digit >= '0' && digit <= '9') words.push(`digit/${digit}`);
    else if (digit === '*') words.push('digit/star');
    else if (digit === '#') words.push('digit/hash');
  }
  return words;
}

function english(number: number): string[] {
  if (number <= 20) return [`number/${number}`];
  if (number < 100) {
    const tens = number - (number % 10);
    return number === tens ? [`number/${tens}`] : [`number/${tens}`, `number/${number - tens}`];
  }
  const [size, name] =
    number < 1000 ? [100, 'hundred'] : number < 1_000_000 ? [1000, 'thousand'] : [1_000_000, 'million'];
  const head = [...english(Math.floor(number / size)), `number/${name}`];
  const rest = number % size;
  if (rest === 0) return head;
  return rest < 100 ? [...head, 'number/and', ...english(rest)] : [...head, ...english(rest)];
}

/** Groups of four digits: 亿, 万, and the rest; 零 once wherever digits are skipped between two that are spoken. */
function chinese(number: number): string[] {
  if (number === 0) return ['number/0'];
  const groups: [value: number, unit: string | undefined][] = [
    [Math.floor(number / 100_000_000), 'number/yi'],
    [Math.floor(number / 10_000) % 10_000, 'number/wan'],
    [number % 10_000, undefined],
  ];
  const words: string[] = [];
  let skipped = false;
  for (const [value, unit] of groups) {
    if (value === 0) {
      skipped = words.length > 0;
      continue;
    }
    if (words.length > 0 && (skipped || value < 1000)) words.push('number/0');
    // 20000 is 两万, not 二万.
    words.push(...(value === 2 && unit ? ['number/liang'] : fourDigits(value, words.length === 0)));
    if (unit) words.push(unit);
    skipped = false;
  }
  return words;
}

function fourDigits(value: number, leading: boolean): string[] {
  const words: string[] = [];
  let skipped = false;
  for (const [size, unit] of [
    [1000, 'number/qian'],
    [100, 'number/bai'],
    [10, 'number/10'],
    [1, undefined],
  ] as const) {
    const digit = Math.floor(value / size) % 10;
    if (digit === 0) {
      skipped = words.length > 0;
      continue;
    }
    if (skipped) words.push('number/0');
    skipped = false;
    // 12 alone is 十二; inside a number it is 一十二. 2000 is 两千, 200 is 二百.
    if (!(size === 10 && digit === 1 && words.length === 0 && leading)) {
      words.push(digit === 2 && size === 1000 ? 'number/liang' : `number/${digit}`);
    }
    if (unit) words.push(unit);
  }
  return words;
}
