import type { Database, Statement } from 'better-sqlite3';
import type { Millis } from '../../values/index.ts';
import { scoped } from './stream-rows.ts';

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

/** Whose questions. */
export interface QuestionScope {
  site: string;
  /** Only what is of this team, or of none. */
  servedTeam?: string | undefined;
}

interface AskedCells {
  cluster: string;
  items: number;
  reach: number;
  tone: number;
  first: Millis;
  last: Millis;
  /** Message that asked it first, and its contact. */
  sample: string;
  interaction: string | null;
}

export class SocialRows {
  readonly #add: Statement;
  readonly #putCluster: Statement;
  readonly #clusters: Statement<[number], ClusterCells>;
  readonly #database: Database;
  readonly #forget: Statement<[string]>;

  constructor(database: Database) {
    this.#database = database;
    this.#add = database.prepare(
      `INSERT INTO social_items (id, at, day, via, customer, interaction, kind, reach, engaged, score, cluster, url)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
    );
    this.#putCluster = database.prepare(
      `INSERT INTO social_clusters (id, bands, sketch, sample, first, last, items) VALUES (?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET last = excluded.last, items = excluded.items`,
    );
    this.#clusters = database.prepare('SELECT * FROM social_clusters WHERE last >= ? ORDER BY first, id');
    this.#forget = database.prepare('UPDATE social_items SET customer = NULL, url = NULL WHERE customer = ?');
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

  /** Questions asked by more than one in that time, the most asked first; of each the first item that ever asked it. */
  asked({ site, servedTeam }: QuestionScope, since: Millis, until: Millis, limit: number): AskedCells[] {
    const { where, values } = scoped(site, servedTeam);
    const items = 'social_items i LEFT JOIN conversations c ON c.interaction = i.interaction';
    const hers = where.join(' AND ');
    const found = this.#database
      .prepare<(string | number)[], Omit<AskedCells, 'first' | 'sample' | 'interaction'>>(
        `SELECT i.cluster, count(*) AS items, sum(i.reach) AS reach, avg(i.score) AS tone, max(i.at) AS last FROM ${items}
         WHERE i.cluster IS NOT NULL AND i.at >= ? AND i.at < ? AND ${hers}
         GROUP BY i.cluster HAVING count(*) > 1 ORDER BY items DESC, reach DESC, i.cluster LIMIT ?`,
      )
      .all(since, until, ...values, limit);
    const first = this.#database.prepare<(string | number)[], Pick<AskedCells, 'first' | 'sample' | 'interaction'>>(
      `SELECT i.at AS first, i.id AS sample, i.interaction FROM ${items} WHERE i.cluster = ? AND ${hers}
       ORDER BY i.at, i.id LIMIT 1`,
    );
    return found.flatMap((question) => {
      const one = first.get(question.cluster, ...values);
      return one ? [{ ...question, ...one }] : [];
    });
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
