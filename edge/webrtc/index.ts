import { Tier, type WebRtcOptions, type WebRtcTier } from './tier.ts';

export type { WebRtcOptions, WebRtcTier };

/** Serves the requests of WebRTC over the link; a thread and ports are taken when the first comes. */
export function startWebRtc(options: WebRtcOptions): WebRtcTier {
  return new Tier(options);
}
