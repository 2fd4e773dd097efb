// Quality of a line from Asterisk's RTP statistics, with the score that every engine gives.
import type { RTPstat } from 'ari-client';
import { mos, rating } from '../../values/index.ts';
import type { Quality } from '../media-server.ts';

/** Packetisation, and what a listener's buffer holds at least. */
const fixedDelayMs = 20 + 40;

export function qualityOf(statistics: RTPstat, codec: string): Quality {
  const received = whole(statistics.rxcount);
  const lost = Math.max(0, whole(statistics.rxploss));
  const sent = whole(statistics.txcount);
  const remoteLost = Math.max(0, whole(statistics.txploss));
  // Asterisk counts both in seconds.
  const jitterMs = Math.max(0, Number(statistics.rxjitter ?? 0)) * 1000;
  const rttMs = Number(statistics.rtt ?? 0) * 1000;
  const loss = received + lost === 0 ? 0 : lost / (received + lost);
  const oneWayMs = fixedDelayMs + rttMs / 2 + 2 * jitterMs;
  return {
    received,
    lost,
    jitterMs: Math.round(jitterMs * 100) / 100,
    rttMs: rttMs > 0 ? Math.round(rttMs * 10) / 10 : undefined,
    remoteLoss: sent > 0 && rttMs > 0 ? Math.min(1, remoteLost / sent) : undefined,
    mos: Math.round(mos(rating({ loss, oneWayMs })) * 100) / 100,
    codec,
  };
}

export const noQuality = (codec: string): Quality => ({
  received: 0,
  lost: 0,
  jitterMs: 0,
  mos: Math.round(mos(rating({ loss: 0, oneWayMs: fixedDelayMs })) * 100) / 100,
  codec,
});

function whole(value: unknown): number {
  const number = Number(value ?? 0);
  return Number.isFinite(number) ? Math.trunc(number) : 0;
}
