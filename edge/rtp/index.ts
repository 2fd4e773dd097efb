import { type RtpOptions, type RtpTier, Tier } from './tier.ts';

export type { RtpOptions, RtpTier };

/**
 * Starts the media tier: its workers, and the media requests and events of the link.
 * @throws Error where a worker does not start or the directory of recordings cannot be used
 */
export function startRtp(options: RtpOptions): Promise<RtpTier> {
  return Tier.start(options);
}
// For edge/webrtc, which relays the same packets.
export { type Body, bodyOf, idOf, invalid, numberOf, oneOf, optionalText, textOf } from './call/fields.ts';
export { LineMonitor } from './call/quality.ts';
export { emptyHeader, type RtpHeader, readHeader } from './packet/header.ts';
export { OutStream } from './packet/out-stream.ts';
export { Reception } from './packet/reception.ts';
export { buildReport, type LastReport, readReport, roundTrip } from './packet/rtcp.ts';
export { Addresses } from './ports/addresses.ts';
export { NoPorts, noLookup, type PairUser, type PortPair, PortPool } from './ports/pool.ts';
