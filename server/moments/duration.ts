// Times as people write them in moments: 90s, 30m, 2h, 3d.
import { z } from 'zod';

const unitMs = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

export const duration = z
  .string()
  .regex(/^[1-9][0-9]{0,4}[smhd]$/, 'must be a time such as 90s, 30m, 2h or 3d')
  .describe('A time: 90s, 30m, 2h, 3d.');

/** @param text as the schema lets it through @returns milliseconds */
export function millisOf(text: string): number {
  return Number(text.slice(0, -1)) * unitMs[text.slice(-1) as keyof typeof unitMs];
}
