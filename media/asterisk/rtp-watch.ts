// What Asterisk counts of an endpoint's RTP: how well it goes, and whether it stays away.
import type { RTPstat } from 'ari-client';
import type { Quality } from '../media-server.ts';
import type { AsteriskHost } from './host.ts';
import { noQuality, qualityOf } from './quality.ts';

export class RtpWatch {
  readonly #host: AsteriskHost;
  /** `toldAt`: when it was said last that none comes, or since when none came. */
  #received = { count: 0, at: 0, toldAt: 0 };
  #latest: Quality | undefined;

  constructor(host: AsteriskHost) {
    this.#host = host;
  }

  /** As read last. */
  get latest(): Quality | undefined {
    return this.#latest;
  }

  /** Reads the counters. @throws media-unavailable, media-unknown */
  async read(channelId: string, codec: string): Promise<Quality> {
    const statistics = await this.#host.ari.ask(async (client) => {
      const answer: unknown = await client.channels.rtpstatistics({ channelId });
      return answer as RTPstat | undefined;
    });
    this.#latest = statistics ? qualityOf(statistics, codec) : noQuality(codec);
    return this.#latest;
  }

  /**
   * Whether packets came since the last look.
   * @param due they should: they are not asked to be silent
   * @returns how long none has come, ms, once it is `timeoutMs`, and after each further one; undefined else
   */
  silence(count: number, due: boolean, timeoutMs: number): number | undefined {
    const now = performance.now();
    const seen = this.#received;
    if (count !== seen.count || !due) {
      this.#received = { count, at: now, toldAt: now };
      return undefined;
    }
    if (seen.count === 0 || now - seen.toldAt < timeoutMs) return undefined;
    seen.toldAt = now;
    return Math.round(now - seen.at);
  }
}
