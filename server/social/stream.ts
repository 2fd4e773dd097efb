// Social care, item by item: the stream of what is said in public and what became of it, and the questions behind it.
import type { Database } from 'better-sqlite3';
import type { Clock, Millis } from '../../values/index.ts';
import { type Journal, newEvent } from '../journal/index.ts';
import { failed } from './errors.ts';
import { itemIgnored } from './events.ts';
import { type QuestionCount, type SocialState, type StreamFilter, type StreamItem, StreamRows } from './stream-rows.ts';

export interface SocialStreamOptions {
  database: Database;
  journal: Pick<Journal, 'append'>;
  site: string;
  clock: Clock;
}

export interface QuestionView extends QuestionCount {
  /** Items in equal pieces of the time that was asked for, the earliest first. */
  trend: number[];
  /** Of its newest items: those that nobody answered yet. */
  open: number;
  /** The most read ones. */
  examples: StreamItem[];
}

const pieces = 14;
const mostExamples = 3;
/** Of one question, looked at for what is open. */
const mostLookedAt = 500;

type Asked<Filter> = Omit<Filter, 'site'>;

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
  list(filter: Asked<StreamFilter>): StreamItem[] {
    return this.#rows.list({ ...filter, site: this.#options.site });
  }

  states(
    filter: Asked<Pick<StreamFilter, 'servedTeam' | 'site'>> & { since?: Millis | undefined },
  ): Record<SocialState, number> {
    return this.#rows.states({ ...filter, site: this.#options.site });
  }

  questions(
    { servedTeam, since, until }: { servedTeam?: string | undefined; since: Millis; until: Millis },
    order: 'growing' | 'frequent',
    limit: number,
  ): QuestionView[] {
    const { site } = this.#options;
    return this.#rows.questions({ site, servedTeam, since }, until, order, limit).map((count) => {
      const { cluster } = count;
      const items = this.#rows.list({ site, servedTeam, cluster, since, limit: mostLookedAt });
      const examples = [...items].sort((one, other) => other.reach - one.reach || other.at - one.at);
      return {
        ...count,
        trend: this.#rows.trend(cluster, since, until, pieces),
        open: items.filter(({ state }) => state === 'open').length,
        examples: examples.slice(0, mostExamples),
      };
    });
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
