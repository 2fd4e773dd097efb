// Searching articles, for the reading worker.
import type { Database } from 'better-sqlite3';
import type { QueueId } from '../../values/index.ts';
import { readJob } from '../journal/index.ts';
import { type Article, articleOf, type Cells } from './knowledge.ts';
import { matching, matchingAnyPart } from './segment.ts';

export interface ArticleScope {
  site: string;
  servedTeam?: string | undefined;
  /** Drafts too. */
  drafts: boolean;
  limit: number;
}

export interface FoundArticle extends Article {
  /** Higher fits better; 0 where nothing was searched for. */
  fit: number;
}

/** A match in the question weighs most, then in the tags. */
const rank = 'bm25(article_index, 8.0, 4.0, 1.0)';

function find(
  database: Database,
  scope: ArticleScope,
  query: string | undefined,
  tag: string | undefined,
): FoundArticle[] {
  const { site, servedTeam, drafts, limit } = scope;
  const where = ['a.site = ?'];
  const values: (string | number)[] = [site];
  const add = (part: string, ...given: string[]): void => {
    where.push(part);
    values.push(...given);
  };
  if (servedTeam !== undefined) add('(a.team IS NULL OR a.team = ?)', servedTeam);
  if (!drafts) add('a.draft = 0');
  if (tag !== undefined) add("EXISTS (SELECT 1 FROM json_each(a.data, '$.tags') WHERE value = ?)", tag);
  if (query !== undefined) add('article_index MATCH ?', query);
  const from =
    query === undefined ? 'articles AS a' : 'article_index JOIN articles AS a ON a.number = article_index.rowid';
  const fit = query === undefined ? '0' : `-${rank}`;
  return database
    .prepare<unknown[], Cells & { fit: number }>(
      `SELECT a.*, ${fit} AS fit FROM ${from} WHERE ${where.join(' AND ')} ORDER BY fit DESC, a.at DESC LIMIT ?`,
    )
    .all(...values, limit)
    .map((cells) => ({ ...articleOf(cells), fit: cells.fit }));
}

export interface SearchArgs extends ArticleScope {
  text?: string | undefined;
  tag?: string | undefined;
}

/** By all the words where some article has them all, else by any of them; the newest where nothing is searched for. */
export const searchArticles = readJob(
  import.meta.url,
  'searchArticles',
  (database, args: SearchArgs): FoundArticle[] => {
    const { text = '', tag } = args;
    const all = matching(text, true);
    if (all === undefined) return text.trim() === '' ? find(database, args, undefined, tag) : [];
    const found = find(database, args, all, tag);
    return found.length > 0 ? found : find(database, args, matching(text, false), tag);
  },
);

export interface SuggestArgs extends ArticleScope {
  /** What is known of the contact: labels of its path, variables, the queue's name, what was said. */
  texts: string[];
  queue?: QueueId | undefined;
}

/** An article of the contact's queue is worth this much more than one of none; one of other queues only, as much less. */
const queueFactor = 1.5;
const helpfulWeight = 0.5;

/** The articles that fit a contact best, by its words, its queue, and how helpful they were. */
export const suggestArticles = readJob(
  import.meta.url,
  'suggestArticles',
  (database, args: SuggestArgs): FoundArticle[] => {
    const { texts, queue, limit } = args;
    const query = matchingAnyPart(texts.join(' '));
    const found = query === undefined ? [] : find(database, { ...args, limit: 50 }, query, undefined);
    const weighed = found.map((article) => {
      const { queues, helpful, notHelpful, fit } = article;
      const place =
        queues.length === 0 ? 1 : queue !== undefined && queues.includes(queue) ? queueFactor : 1 / queueFactor;
      // From half to one and a half, with doubt while the voices are few.
      const voices = 1 + (helpfulWeight * (helpful - notHelpful)) / (helpful + notHelpful + 5);
      return { ...article, fit: fit * place * voices };
    });
    return weighed.sort((one, other) => other.fit - one.fit || (one.id < other.id ? -1 : 1)).slice(0, limit);
  },
);
