// How a connection has been lately, from counters that run for its whole life. A panel's connection is up for a shift: over
// that, a line that is bad now hardly shows, and one that was bad in the morning never gets good again.
import type { ConnectionQuality } from '../webrtc-gateway.ts';
import { type Counted, type CountedBothWays, scoredBothWays } from './quality.ts';

/** Looks of every 5 s that lie between the two that are compared: browsers report every 2.5 to 7.5 s. */
const looksBack = 2;

export class RecentQuality {
  readonly #codec: string;
  readonly #up: Counted[] = [];
  readonly #down: Counted[] = [];

  constructor(codec: string) {
    this.#codec = codec;
  }

  /**
   * @returns what came since two looks before; `down` is absent where nothing was sent. Undefined until the browser was heard
   * once: a connection that has just come up is not a bad one
   */
  next({ up, down, rttMs }: CountedBothWays): ConnectionQuality | undefined {
    if (down === undefined) this.#down.length = 0;
    const lately = down && since(this.#down, down);
    const recent: CountedBothWays = {
      up: since(this.#up, up),
      ...(lately !== undefined && lately.packets + lately.lost > 0 ? { down: lately } : {}),
      rttMs,
    };
    return up.packets === 0 ? undefined : scoredBothWays(recent, this.#codec);
  }
}

const nothing: Counted = { packets: 0, lost: 0 };
const expected = ({ packets, lost }: Counted) => packets + lost;

/** The difference from the oldest look that is kept; `now` is kept too. */
function since(looks: Counted[], now: Counted): Counted {
  // Another stream took its place, whose counters begin at nothing.
  if (expected(now) < expected(looks.at(-1) ?? nothing)) looks.length = 0;
  const before = looks[0] ?? nothing;
  looks.push(now);
  if (looks.length > looksBack) looks.shift();
  return {
    packets: Math.max(0, now.packets - before.packets),
    // What came late is lost no more.
    lost: Math.max(0, now.lost - before.lost),
    ...(now.jitterMs === undefined ? {} : { jitterMs: now.jitterMs }),
  };
}
