// Windows and quotas of a provider as settings: providers change them (WeChat's 20 messages became 5), so the connector's
// defaults can be set otherwise, one occasion at a time.
import { z } from 'zod';
import type { SendPolicy } from '../../connector.ts';

export const windowSettings = z
  .record(
    z.string().regex(/^[a-z][a-z0-9-]{0,39}$/),
    z.strictObject({
      /** How long after the occasion we may write. */
      seconds: z.number().int().positive(),
      /** How many messages; absent: as many as we like. */
      most: z.number().int().positive().optional(),
    }),
  )
  .default({});
export type WindowSettings = z.infer<typeof windowSettings>;

/** The provider's windows, with what the settings say otherwise. */
export function windows(defaults: WindowSettings, settings: WindowSettings): SendPolicy['windows'] {
  const made: Record<string, { forMs: number; most?: number | undefined }> = {};
  for (const [occasion, { seconds, most }] of Object.entries({ ...defaults, ...settings }))
    made[occasion] = { forMs: seconds * 1_000, most };
  return made;
}

/** Where the provider's API is; another address only for tests and for a company's own proxy. */
export const apiBase = (standard: string) =>
  z
    .url({ protocol: /^https?$/ })
    .refine((url) => url.startsWith('https:') || /^http:\/\/(127\.|localhost[:/]|\[::1\])/.test(`${url}/`), {
      message: 'must be https, as the secret is sent there (http only to this machine)',
    })
    .default(standard);
