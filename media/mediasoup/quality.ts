// What the worker counts, as the quality of a connection.
import type { BaseRtpStreamStats } from 'mediasoup/types';
import { scored } from '../webrtc/index.ts';
import type { StreamQuality } from '../webrtc-gateway.ts';

export type Counted = BaseRtpStreamStats & { packetCount: number };

export function streamQuality(counted: Counted, clockRate: number, rttMs: number, jitterKnown: boolean): StreamQuality {
  const { packetCount: packets, packetsLost: lost, jitter, mimeType } = counted;
  const jitterMs = jitterKnown ? (jitter * 1_000) / clockRate : undefined;
  return scored({ packets, lost, jitterMs }, mimeType.replace('audio/', ''), rttMs);
}
