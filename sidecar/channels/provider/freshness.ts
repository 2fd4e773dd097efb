import { z } from 'zod';
import type { Millis } from '../../../values/index.ts';

/**
 * A signed request that is older than that is refused, so that one that leaked (a proxy's log) is of no use later. 0: any age.
 */
export const freshnessSetting = z.number().int().min(0).max(86_400).default(900);

/** @param seconds as the provider wrote it: seconds since 1970 */
export function isFresh(seconds: string, now: Millis, freshSeconds: number): boolean {
  if (freshSeconds === 0) return true;
  return /^\d{1,12}$/.test(seconds) && Math.abs(now - Number(seconds) * 1_000) <= freshSeconds * 1_000;
}
