// Social care: a reader of the journal that judges each public item (tone, reach, which question it asks), gives its contact
// the priority that it deserves, and counts per channel and day.
import type { Database } from 'better-sqlite3';
import type { Logger } from 'pino';
import { z } from 'zod';
import { publicPost } from '../../connector/index.ts';
import type { Clock, InteractionId, Millis } from '../../values/index.ts';
import { type Journal, type JournalEvent, journalErased, newEvent } from '../journal/index.ts';
import { Clusters } from './clusters.ts';
import { itemJudged } from './events.ts';
import { priorityOf } from './priority.ts';
import { type QuestionScope, SocialRows } from './social-rows.ts';
import { feelingOf } from './tone.ts';

export interface SocialOptions {
  database: Database;
  journal: Journal;
  /** IANA. */
  timeZone: string;
  /** New priority of a contact that waits; one that does not is none of its business. */
  raise(interaction: InteractionId, priority: number): void;
  clock: Clock;
  logger: Logger;
}

export interface Question {
  cluster: string;
  items: number;
  reach: number;
  tone: number;
  first: Millis;
  last: Millis;
  /** As the first one asked it; gone where she was erased. */
  sample?: string | undefined;
}

const reader = 'social';
const chunk = 500;
/** Questions older than that are new again. */
const memoryMs = 30 * 86_400_000;
const mostWaiting = 10_000;

const received = z.object({
  message: z.string(),
  via: z.string(),
  text: z.string().default(''),
  public: publicPost,
});

export class Social {
  readonly #options: SocialOptions;
  readonly #rows: SocialRows;
  readonly #days: Intl.DateTimeFormat;
  readonly #clusters: Clusters;
  /** Priority for contacts that are not in a queue yet. */
  readonly #wanted = new Map<InteractionId, number>();
  #seen: number;
  #work: Promise<void> = Promise.resolve();
  #stop: (() => void) | undefined;

  constructor(options: SocialOptions) {
    const { database, journal, timeZone, clock } = options;
    this.#options = options;
    this.#rows = new SocialRows(database);
    this.#days = new Intl.DateTimeFormat('en-CA', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' });
    this.#clusters = new Clusters(this.#rows.clusters(clock.now() - memoryMs));
    this.#seen = journal.cursor(reader);
  }

  async start(): Promise<void> {
    const { journal } = this.#options;
    while (this.#seen < journal.last) {
      const filter = { types: ['message.received', 'interaction.queued', journalErased.name] };
      const events = journal.read(this.#seen, { limit: chunk, filter });
      await this.#take(events);
      if (events.length < chunk) this.#seen = journal.last;
    }
    journal.moveCursor(reader, this.#seen);
    this.#stop = journal.follow((events) => {
      this.#work = this.#work.then(() => this.#take(events));
    });
  }

  /** Resolves when all that is committed now was judged. */
  async settled(): Promise<void> {
    const { journal } = this.#options;
    await journal.append([]);
    await this.#work;
    await journal.append([]);
  }

  async close(): Promise<void> {
    this.#stop?.();
    await this.#work;
  }

  /** What more than one person asked in that time, the most asked first. */
  questions(scope: QuestionScope, since: Millis, until: Millis, limit: number): Question[] {
    const { journal } = this.#options;
    return this.#rows.asked(scope, since, until, limit).map(({ sample, interaction, ...question }) => {
      const events = interaction === null ? [] : journal.ofInteraction(interaction);
      const said = events.find(({ data }) => data.message === sample && typeof data.text === 'string');
      return { ...question, sample: said?.data.text as string | undefined };
    });
  }

  async #take(events: readonly JournalEvent[]): Promise<void> {
    const { journal, logger } = this.#options;
    const rows: (() => void)[] = [];
    const judged = [];
    for (const event of events) {
      if (event.seq <= this.#seen) continue;
      this.#seen = event.seq;
      if (event.type === journalErased.name) {
        for (const subject of event.data.subjects as string[]) rows.push(() => this.#rows.forget(subject));
      } else if (event.type === 'interaction.queued' && event.interaction !== undefined) {
        const priority = this.#wanted.get(event.interaction);
        if (priority !== undefined) this.#raise(event.interaction, priority);
        this.#wanted.delete(event.interaction);
      } else if (event.type === 'message.received' && event.data.public !== undefined) {
        const read = received.safeParse(event.data);
        if (!read.success) {
          logger.warn({ seq: event.seq }, 'a public item could not be read');
          continue;
        }
        judged.push(this.#judge(event, read.data, rows));
      }
    }
    journal.moveCursor(reader, this.#seen);
    if (rows.length === 0 && judged.length === 0) return;
    const { undone } = await journal.append(judged, () => {
      for (const write of rows) write();
    });
    if (undone) logger.error({ items: judged.length }, 'public items could not be written');
  }

  #judge(event: JournalEvent, item: z.infer<typeof received>, rows: (() => void)[]) {
    const { message: id, via, text } = item;
    const { kind, url, reach = 0, likes = 0, shares = 0, comments = 0 } = item.public;
    const feeling = feelingOf(text);
    const cluster = this.#clusters.of(text, id, event.at);
    const engaged = likes + shares + comments;
    const { customer, interaction, at } = event;
    const row = { id, at, day: this.#days.format(at), via, customer, interaction, kind, reach, engaged, url };
    rows.push(() => {
      this.#rows.add({ ...row, score: feeling.score, cluster: cluster?.id });
      if (cluster) this.#rows.putCluster(cluster);
    });
    if (interaction !== undefined) {
      const priority = priorityOf(reach, feeling);
      this.#wanted.set(interaction, priority);
      if (this.#wanted.size > mostWaiting) {
        for (const oldest of this.#wanted.keys()) {
          this.#wanted.delete(oldest);
          break;
        }
      }
      this.#raise(interaction, priority);
    }
    const facts = { message: id, via, kind, reach, engaged, score: feeling.score };
    const scope = { interaction, customer, team: event.team };
    return newEvent(itemJudged, this.#options.clock.now(), cluster ? { ...facts, cluster: cluster.id } : facts, scope);
  }

  #raise(interaction: InteractionId, priority: number): void {
    try {
      this.#options.raise(interaction, priority);
    } catch (error) {
      // With the bot still, or with somebody already.
      this.#options.logger.debug({ err: error, interaction }, 'a public item does not wait in a queue');
    }
  }
}
