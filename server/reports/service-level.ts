// Key figures of a queue by their published definitions; which variant of the service level is meant is always said.

/** Counts over a span of time, contacts. */
export interface Counts {
  offered: number;
  answered: number;
  /** Answered within the threshold. */
  answeredInTime: number;
  abandoned: number;
  /** Abandoned within the threshold. */
  abandonedInTime: number;
}

/**
 * - `a` answered ≤ T / answered (flatters: abandons do not count)
 * - `b` answered ≤ T / (answered + abandoned) (default)
 * - `c` (answered ≤ T + abandoned ≤ T) / offered
 * - `d` answered ≤ T / (offered − abandoned ≤ T)
 */
export type ServiceLevelVariant = 'a' | 'b' | 'c' | 'd';

/** Service level from 0 to 1; undefined where its denominator is 0. */
export function serviceLevel(variant: ServiceLevelVariant, counts: Counts): number | undefined {
  switch (variant) {
    case 'a':
      return share(counts.answeredInTime, counts.answered);
    case 'b':
      return share(counts.answeredInTime, counts.answered + counts.abandoned);
    case 'c':
      return share(counts.answeredInTime + counts.abandonedInTime, counts.offered);
    case 'd':
      return share(counts.answeredInTime, counts.offered - counts.abandonedInTime);
  }
}

export function share(part: number, whole: number): number | undefined {
  return whole > 0 ? part / whole : undefined;
}
