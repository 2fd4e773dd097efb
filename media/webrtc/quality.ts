// What a gateway counts in one direction, with its score.
import { mos, rating } from '../../values/index.ts';
import type { ConnectionQuality, StreamQuality } from '../webrtc-gateway.ts';

/** One direction as its receiver counts it; jitter is as it is now. */
export interface Counted {
  packets: number;
  lost: number;
  jitterMs?: number | undefined;
}

export interface CountedBothWays {
  up: Counted;
  /** Absent where nothing was sent. */
  down?: Counted | undefined;
  rttMs?: number | undefined;
}

/** Packetisation, and what a listener's buffer holds at least. */
const fixedDelayMs = 20 + 40;

/** Base impairment and robustness to loss (G.113; for Opus, at its usual rate with in-band repair, as commonly fitted). */
const impairment = { opus: { ie: 0, bpl: 34 }, g711: { ie: 0, bpl: 25.1 } };

/** @param rttMs 0 where it is not known */
export function scored(counted: Counted, codec: string, rttMs: number): StreamQuality {
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

export function scoredBothWays({ up, down, rttMs }: CountedBothWays, codec: string): ConnectionQuality {
  const score = (one: Counted) => scored(one, codec, rttMs ?? 0);
  return {
    codec,
    // Where nothing came, nothing was heard.
    up: up.packets === 0 ? { packets: 0, lost: up.lost, mos: 1 } : score(up),
    ...(down === undefined ? {} : { down: score(down) }),
    ...(rttMs === undefined ? {} : { rttMs: Math.round(rttMs * 10) / 10 }),
  };
}
