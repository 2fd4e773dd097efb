// What the worker counts, as the quality of a connection.
import type { BaseRtpStreamStats } from 'mediasoup/types';
import { mos, rating } from '../../values/index.ts';
import type { StreamQuality } from '../webrtc-gateway.ts';

/** Packetisation, and what a listener's buffer holds at least. */
const fixedDelayMs = 20 + 40;

/** Base impairment and robustness to loss (G.113; for Opus, at its usual rate with in-band repair, as commonly fitted). */
const impairment = { opus: { ie: 0, bpl: 34 }, g711: { ie: 0, bpl: 25.1 } };

export type Counted = BaseRtpStreamStats & { packetCount: number };

export function streamQuality(counted: Counted, clockRate: number, rttMs: number, jitterKnown: boolean): StreamQuality {
  const lost = Math.max(0, counted.packetsLost);
  const loss = counted.packetCount + lost === 0 ? 0 : lost / (counted.packetCount + lost);
  const jitterMs = (counted.jitter * 1_000) / clockRate;
  const oneWayMs = fixedDelayMs + rttMs / 2 + (jitterKnown ? 2 * jitterMs : 0);
  const codec = counted.mimeType.toLowerCase() === 'audio/opus' ? impairment.opus : impairment.g711;
  return {
    packets: counted.packetCount,
    lost,
    ...(jitterKnown ? { jitterMs: Math.round(jitterMs * 10) / 10 } : {}),
    mos: Math.round(mos(rating({ loss, oneWayMs }, codec)) * 100) / 100,
  };
}
