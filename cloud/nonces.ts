// Nonces of signed requests, each good for once: in all programs of the cloud on one database, and over their restarts. Those
// whose signatures are too old anyway are forgotten.
import { clockTolerance } from '../uplink/index.ts';
import type { Clock, Millis } from '../values/index.ts';
import type { SiteKey } from './ingest.ts';
import type { Store } from './store.ts';

const sweepEvery: Millis = 60_000;

export class Nonces {
  readonly #store: Store;
  readonly #clock: Clock;
  #sweptAt = 0;

  constructor(store: Store, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  /**
   * Whether it was never seen; from now on it was. To be asked after the signature was verified.
   * @param time of the signature: it is good for so long before and after
   */
  async fresh({ tenant, site }: SiteKey, nonce: string, time: Millis): Promise<boolean> {
    const now = this.#clock.now();
    const { rowCount } = await this.#store.pool.query(
      'INSERT INTO nonces (tenant, site, nonce, ends) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING',
      [tenant, site, nonce, time + clockTolerance],
    );
    if (now - this.#sweptAt > sweepEvery) {
      this.#sweptAt = now;
      // A program whose clock is behind may still take what this one forgets: so much longer it is kept.
      await this.#store.pool.query('DELETE FROM nonces WHERE ends < $1', [now - clockTolerance]);
    }
    return rowCount === 1;
  }
}
