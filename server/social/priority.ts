import type { Feeling } from './tone.ts';

/**
 * How soon somebody should look at a public item, 0 to 10: what many read and what is angry goes first.
 * @param reach followers of the author
 */
export function priorityOf(reach: number, { score }: Feeling): number {
  // 100 followers: 1, 10,000: 2 …, a million: 3.
  const heard = Math.log10(Math.max(1, reach)) / 2;
  const anger = score < 0 ? -score * 5 : 0;
  return Math.max(0, Math.min(10, Math.round(heard + anger + 2)));
}
