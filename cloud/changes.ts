// The stream of changes towards the sites: a long poll on a cursor, woken by PostgreSQL itself, so that several programs of
// the cloud can run on one database.
import { EventEmitter, once } from 'node:events';
import pg from 'pg';
import type { Logger } from 'pino';
import type { ChangesAnswer } from '../uplink/index.ts';
import { newsChannel, type SiteKey } from './ingest.ts';
import { connectionTo, type Database, type Store } from './store.ts';

const most = 500;
/** Characters of JSON in one answer, so that a site never gets more than it takes. */
const largest = 4 * 1024 * 1024;
const reconnectMs = 2_000;

/** Not the tenant's name alone: an EventEmitter throws where nobody listens to `error`. */
const newsOf = (tenant: string) => `news of ${tenant}`;

export class Changes {
  readonly #store: Store;
  readonly #logger: Logger;
  readonly #news = new EventEmitter<Record<string, []>>().setMaxListeners(0);
  readonly #database: Database;
  #listener: pg.Client | undefined;
  #retry: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(store: Store, database: Database, logger: Logger) {
    this.#store = store;
    this.#database = database;
    this.#logger = logger;
  }

  async start(): Promise<void> {
    const listener = new pg.Client(connectionTo(this.#database));
    listener.on('notification', ({ payload = '' }) => this.#news.emit(newsOf(payload)));
    listener.on('error', (error) => {
      this.#logger.warn({ err: error }, 'the connection that waits for news broke');
      this.#again();
    });
    listener.on('end', () => this.#again());
    this.#listener = listener;
    await listener.connect();
    await listener.query(`LISTEN ${newsChannel}`);
    // What was told while nobody listened.
    for (const news of this.#news.eventNames()) this.#news.emit(news as string);
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#retry);
    await this.#listener?.end();
  }

  /** Changes that a site does not know, from others; waits for the first. */
  async after({ tenant, site }: SiteKey, after: number, waitMs: number, gone: AbortSignal): Promise<ChangesAnswer> {
    const done = new AbortController();
    const patience = AbortSignal.any([gone, done.signal, AbortSignal.timeout(waitMs)]);
    try {
      for (;;) {
        const news = once(this.#news, newsOf(tenant), { signal: patience }).then(
          () => true,
          () => false,
        );
        const found = await this.#read(tenant, site, after);
        if (found.next !== after || patience.aborted) return found;
        if (!(await news)) return await this.#read(tenant, site, after);
      }
    } finally {
      done.abort();
    }
  }

  async #read(tenant: string, site: string, after: number): Promise<ChangesAnswer> {
    const { rows } = await this.#store.pool.query<{ seq: number; origin: string | null; data: object }>(
      'SELECT seq, origin, data FROM changes WHERE tenant = $1 AND seq > $2 ORDER BY seq LIMIT $3',
      [tenant, after, most],
    );
    if (rows.length === 0) return { changes: [], next: await this.#bounded(after) };
    const changes: object[] = [];
    let next = after;
    let size = 0;
    for (const { seq, origin, data } of rows) {
      // The site's own are stepped over, too.
      if (origin !== site) {
        size += JSON.stringify(data).length;
        if (size > largest && changes.length > 0) break;
        changes.push({ seq, ...data });
      }
      next = seq;
    }
    return { changes: changes as ChangesAnswer['changes'], next };
  }

  /** A site that knows more than was ever told: this database was restored from a backup. It begins again. */
  async #bounded(after: number): Promise<number> {
    const { rows } = await this.#store.pool.query<{ last: number; called: boolean }>(
      'SELECT last_value AS last, is_called AS called FROM changes_seq_seq',
    );
    const last = rows[0]?.called ? rows[0].last : 0;
    return after > last ? 0 : after;
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
