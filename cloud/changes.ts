// The stream of changes towards the sites: a long poll on a cursor, woken by PostgreSQL itself, so that several programs of
// the cloud can run on one database.
import { EventEmitter, once } from 'node:events';
import pg from 'pg';
import type { Logger } from 'pino';
import type { ChangesAnswer } from '../uplink/index.ts';
import { newsChannel, type SiteKey } from './ingest.ts';
import type { Store } from './store.ts';

const most = 500;
const reconnectMs = 2_000;

export class Changes {
  readonly #store: Store;
  readonly #logger: Logger;
  readonly #news = new EventEmitter<Record<string, []>>().setMaxListeners(0);
  readonly #url: string;
  #listener: pg.Client | undefined;
  #retry: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(store: Store, url: string, logger: Logger) {
    this.#store = store;
    this.#url = url;
    this.#logger = logger;
  }

  async start(): Promise<void> {
    const listener = new pg.Client({ connectionString: this.#url });
    listener.on('notification', ({ payload = '' }) => this.#news.emit(payload));
    listener.on('error', (error) => {
      this.#logger.warn({ err: error }, 'the connection that waits for news broke');
      this.#again();
    });
    listener.on('end', () => this.#again());
    this.#listener = listener;
    await listener.connect();
    await listener.query(`LISTEN ${newsChannel}`);
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#retry);
    await this.#listener?.end();
  }

  /** Changes that a site does not know, from others; waits for the first. */
  async after({ tenant, site }: SiteKey, after: number, waitMs: number, gone: AbortSignal): Promise<ChangesAnswer> {
    const patience = AbortSignal.any([gone, AbortSignal.timeout(waitMs)]);
    for (;;) {
      const news = once(this.#news, tenant, { signal: patience }).then(
        () => true,
        () => false,
      );
      const found = await this.#read(tenant, site, after);
      if (found.next > after || patience.aborted) return found;
      if (!(await news)) return this.#read(tenant, site, after);
    }
  }

  async #read(tenant: string, site: string, after: number): Promise<ChangesAnswer> {
    const { rows } = await this.#store.pool.query<{ seq: number; origin: string | null; data: object }>(
      'SELECT seq, origin, data FROM changes WHERE tenant = $1 AND seq > $2 ORDER BY seq LIMIT $3',
      [tenant, after, most],
    );
    const changes = rows.filter(({ origin }) => origin !== site).map(({ seq, data }) => ({ seq, ...data }));
    // The site's own are stepped over, too.
    return { changes: changes as ChangesAnswer['changes'], next: rows.at(-1)?.seq ?? after };
  }

  #again(): void {
    if (this.#closed || this.#retry) return;
    this.#retry = setTimeout(() => {
      this.#retry = undefined;
      this.start().catch((error: unknown) => {
        this.#logger.warn({ err: error }, 'PostgreSQL is out of reach');
        this.#again();
      });
    }, reconnectMs).unref();
  }
}
