// Public items one by one, for who acts on them. Pages of many are read beside the main thread: stream-reads.ts.
import type { Database } from 'better-sqlite3';
import type { Clock } from '../../values/index.ts';
import { type Journal, newEvent } from '../journal/index.ts';
import { failed } from './errors.ts';
import { itemIgnored } from './events.ts';
import { type StreamFilter, type StreamItem, StreamRows } from './stream-rows.ts';

export interface SocialStreamOptions {
  database: Database;
  journal: Pick<Journal, 'append'>;
  site: string;
  clock: Clock;
}

export class SocialStream {
  readonly #options: SocialStreamOptions;
  readonly #rows: StreamRows;

  constructor(options: SocialStreamOptions) {
    this.#options = options;
    this.#rows = new StreamRows(options.database);
  }

  get(id: string): StreamItem | undefined {
    return this.#rows.get(id);
  }

  /** The newest first. */
  list(filter: Omit<StreamFilter, 'site'>): StreamItem[] {
    return this.#rows.list({ ...filter, site: this.#options.site });
  }

  /**
   * It wants no answer, or wants one again.
   * @throws social-item-unknown, social-item-answered
   */
  async ignore(id: string, ignored: boolean, by: string): Promise<StreamItem> {
    const item = this.#rows.get(id);
    if (!item) throw failed['social-item-unknown']({ item: id });
    if (ignored && item.state !== 'open' && item.state !== 'ignored')
      throw failed['social-item-answered']({ item: id });
    if (ignored === (item.state === 'ignored')) return item;
    const { clock, journal } = this.#options;
    const now = clock.now();
    const scope = {
      interaction: item.interaction,
      ...(item.customer === undefined ? {} : { customer: item.customer }),
    };
    const event = newEvent(itemIgnored, now, { message: id, via: item.via, ignored, by }, scope);
    await journal.append([event], () => this.#rows.ignore(id, now, ignored ? by : undefined));
    return this.#rows.get(id) ?? item;
  }
}
