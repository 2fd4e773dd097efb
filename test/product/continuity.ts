// Whether sound went on: gaps in time, and packets that never came.
import type { Phone } from '../contract/media/phone.ts';

/** Longest time without a packet since then, ms. @param since ms since 1970 */
export function longestGap(phone: Phone, since: number): number {
  const from = since - performance.timeOrigin;
  const times = phone.heard.map(({ at }) => at).filter((at) => at >= from);
  let longest = (times[0] ?? Number.POSITIVE_INFINITY) - from;
  for (let i = 1; i < times.length; i++) longest = Math.max(longest, (times[i] ?? 0) - (times[i - 1] ?? 0));
  return longest;
}

/** Packets of the stream that is heard now that never came. */
export function missing(phone: Phone): number {
  const ssrc = phone.heard.at(-1)?.ssrc;
  const seen = phone.heard.filter((packet) => packet.ssrc === ssrc).map(({ sequence }) => sequence);
  let count = 0;
  for (let i = 1; i < seen.length; i++) count += (((seen[i] ?? 0) - (seen[i - 1] ?? 0)) & 0xffff) - 1;
  return count;
}
