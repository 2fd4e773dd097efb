// What a gateway counts in one direction, with its score.
import { mos, rating } from '../../values/index.ts';
import type { StreamQuality } from '../webrtc-gateway.ts';

/** Packetisation, and what a listener's buffer holds at least. */
const fixedDelayMs = 20 + 40;

/** Base impairment and robustness to loss (G.113; for Opus, at its usual rate with in-band repair, as commonly fitted). */
const impairment = { opus: { ie: 0, bpl: 34 }, g711: { ie: 0, bpl: 25.1 } };

/** @param rttMs 0 where it is not known */
export function scored(
  counted: { packets: number; lost: number; jitterMs?: number | undefined },
  codec: string,
  rttMs: number,
): StreamQuality {
  const { packets, jitterMs } = counted;
  const lost = Math.max(0, counted.lost);
  const loss = packets + lost === 0 ? 0 : lost / (packets + lost);
  const oneWayMs = fixedDelayMs + rttMs / 2 + 2 * (jitterMs ?? 0);
  const hurt = codec.toLowerCase() === 'opus' ? impairment.opus : impairment.g711;
  return {
    packets,
    lost,
    ...(jitterMs === undefined ? {} : { jitterMs: Math.round(jitterMs * 10) / 10 }),
    mos: Math.round(mos(rating({ loss, oneWayMs }, hurt)) * 100) / 100,
  };
}
