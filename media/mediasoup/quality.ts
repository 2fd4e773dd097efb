// What the worker counts in one direction.
import type { BaseRtpStreamStats } from 'mediasoup/types';
import type { Counted } from '../webrtc/index.ts';

type Stats = BaseRtpStreamStats & { packetCount: number };

/** What the browser sends, as the worker received it. */
export function received({ packetCount, packetsLost, jitter }: Stats, clockRate: number): Counted {
  return { packets: packetCount, lost: Math.max(0, packetsLost), jitterMs: (jitter * 1_000) / clockRate };
}

/** What the worker sends, less what the browser says it missed; it keeps no jitter of it. */
export function arrived({ packetCount, packetsLost }: Stats): Counted {
  const lost = Math.max(0, packetsLost);
  return { packets: Math.max(0, packetCount - lost), lost };
}
