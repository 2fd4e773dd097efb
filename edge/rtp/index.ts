import { type RtpOptions, type RtpTier, Tier } from './tier.ts';

export type { RtpOptions, RtpTier };

/**
 * Starts the media tier: its workers, and the media requests and events of the link.
 * @throws Error where a worker does not start or the directory of recordings cannot be used
 */
export function startRtp(options: RtpOptions): Promise<RtpTier> {
  return Tier.start(options);
}
