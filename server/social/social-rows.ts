import type { Database, Statement } from 'better-sqlite3';
import type { Millis } from '../../values/index.ts';

export interface SocialItem {
  /** Of the message. */
  id: string;
  at: Millis;
  /** Of the site: 2026-01-05. */
  day: string;
  via: string;
  customer?: string | undefined;
  interaction?: string | undefined;
  kind: 'mention' | 'comment' | 'post' | 'review';
  reach: number;
  engaged: number;
  score: number;
  cluster?: string | undefined;
  /** Where everybody reads it. */
  url?: string | undefined;
}

export interface Cluster {
  id: string;
  /** Message that shows what it is about. */
  sample: string;
  sketch: number[];
  bands: string[];
  first: Millis;
  last: Millis;
  items: number;
}

interface ClusterCells {
  id: string;
  sample: string;
  sketch: string;
  bands: string;
  first: number;
  last: number;
  items: number;
}

export class SocialRows {
  readonly #add: Statement;
  readonly #putCluster: Statement;
  readonly #clusters: Statement<[number], ClusterCells>;
  readonly #counts: Statement<
    [number, number, number],
    ClusterCells & { counted: number; reached: number; tone: number }
  >;
  readonly #forget: Statement<[string]>;
  readonly #interactionOf: Statement<[string], string>;

  constructor(database: Database) {
    this.#add = database.prepare(
      `INSERT INTO social_items (id, at, day, via, customer, interaction, kind, reach, engaged, score, cluster, url)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
    );
    this.#putCluster = database.prepare(
      `INSERT INTO social_clusters (id, bands, sketch, sample, first, last, items) VALUES (?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET last = excluded.last, items = excluded.items`,
    );
    this.#clusters = database.prepare('SELECT * FROM social_clusters WHERE last >= ? ORDER BY first, id');
    this.#counts = database.prepare(
      `SELECT c.*, count(*) AS counted, sum(i.reach) AS reached, avg(i.score) AS tone FROM social_items AS i
       JOIN social_clusters AS c ON c.id = i.cluster WHERE i.at >= ? AND i.at < ?
       GROUP BY c.id HAVING count(*) > 1 ORDER BY counted DESC, reached DESC, c.id LIMIT ?`,
    );
    this.#forget = database.prepare('UPDATE social_items SET customer = NULL, url = NULL WHERE customer = ?');
    this.#interactionOf = database
      .prepare<[string], string>('SELECT interaction FROM social_items WHERE id = ? AND interaction IS NOT NULL')
      .pluck();
  }

  add({ id, at, day, via, customer, interaction, kind, reach, engaged, score, cluster, url }: SocialItem): void {
    const who = [customer ?? null, interaction ?? null];
    this.#add.run(id, at, day, via, ...who, kind, reach, engaged, score, cluster ?? null, url ?? null);
  }

  putCluster({ id, bands, sketch, sample, first, last, items }: Cluster): void {
    this.#putCluster.run(id, JSON.stringify(bands), JSON.stringify(sketch), sample, first, last, items);
  }

  /** Those that somebody asked since then. */
  clusters(since: Millis): Cluster[] {
    return this.#clusters.all(since).map(clusterOf);
  }

  /** Questions asked by more than one in that time, the most asked first. */
  counts(
    since: Millis,
    until: Millis,
    limit: number,
  ): (Cluster & { counted: number; reached: number; tone: number })[] {
    return this.#counts.all(since, until, limit).map((cells) => ({
      ...clusterOf(cells),
      counted: cells.counted,
      reached: cells.reached,
      tone: cells.tone,
    }));
  }

  interactionOf(message: string): string | undefined {
    return this.#interactionOf.get(message);
  }

  forget(customer: string): void {
    this.#forget.run(customer);
  }
}

function clusterOf({ id, sample, sketch, bands, first, last, items }: ClusterCells): Cluster {
  return {
    id,
    sample,
    sketch: JSON.parse(sketch) as number[],
    bands: JSON.parse(bands) as string[],
    first,
    last,
    items,
  };
}
