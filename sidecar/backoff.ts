// How long until the next try: doubled each time, and spread, so that what failed together is not tried together.
export interface Backoff {
  firstMs: number;
  mostMs: number;
}

export const providerBackoff: Backoff = { firstMs: 1_000, mostMs: 300_000 };
export const serverBackoff: Backoff = { firstMs: 250, mostMs: 10_000 };

/** @param attempt the one that failed, from 1 @param chance 0 to 1 @returns ms: between half and the whole of the step */
export function pauseAfter(attempt: number, { firstMs, mostMs }: Backoff, chance = Math.random()): number {
  const step = Math.min(mostMs, firstMs * 2 ** Math.min(attempt - 1, 30));
  return Math.round(step * (0.5 + chance / 2));
}
