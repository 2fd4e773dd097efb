// Knowledge articles: a question and its answer in English and Chinese, found by full text, suggested by what is known of a
// contact, and rated by those who used them.
import type { Database } from 'better-sqlite3';
import { z } from 'zod';
import { type AgentId, type Clock, type InteractionId, type Millis, newId } from '../../values/index.ts';
import { type Journal, type NewEvent, newEvent } from '../journal/index.ts';
import { failed } from './errors.ts';
import { articlePut, articleRated, articleRemoved } from './events.ts';
import { indexed } from './segment.ts';

const text = z.strictObject({
  question: z.string().trim().min(1).max(500),
  answer: z.string().trim().min(1).max(50_000),
});

export const articleBodySchema = z
  .strictObject({
    team: z.string().min(1).max(64).optional(),
    en: text.optional(),
    zh: text.optional(),
    tags: z.array(z.string().trim().min(1).max(64)).max(50).default([]),
    queues: z.array(z.string().min(1).max(64)).max(50).default([]).describe('Suggested first for contacts of these'),
    draft: z.boolean().default(false).describe('Seen by supervisors and administrators only'),
  })
  .refine(({ en, zh }) => en ?? zh, 'a text in en or zh');

export type ArticleBody = z.infer<typeof articleBodySchema>;

export interface Article extends ArticleBody {
  id: string;
  site: string;
  at: Millis;
  by: string;
  helpful: number;
  notHelpful: number;
}

export interface KnowledgeOptions {
  database: Database;
  journal: Journal;
  clock: Clock;
  site: string;
}

export type Cells = { data: string; helpful: number; not_helpful: number };

export function articleOf({ data, helpful, not_helpful: notHelpful }: Cells): Article {
  return { ...(JSON.parse(data) as Article), helpful, notHelpful };
}

export class Knowledge {
  readonly #database: Database;
  readonly #journal: Journal;
  readonly #clock: Clock;
  readonly #site: string;

  constructor({ database, journal, clock, site }: KnowledgeOptions) {
    this.#database = database;
    this.#journal = journal;
    this.#clock = clock;
    this.#site = site;
  }

  /** @throws article-unknown */
  article(id: string): Article {
    const cells = this.#database.prepare<[string], Cells>('SELECT * FROM articles WHERE id = ?').get(id);
    if (!cells) throw failed['article-unknown']({ article: id });
    return articleOf(cells);
  }

  /** @param id undefined: a new one. @throws article-unknown */
  async put(id: string | undefined, body: ArticleBody, by: string): Promise<Article> {
    const before = id === undefined ? undefined : this.article(id);
    const article: Article = {
      ...body,
      id: before?.id ?? newId('art'),
      site: this.#site,
      at: this.#clock.now(),
      by,
      helpful: before?.helpful ?? 0,
      notHelpful: before?.notHelpful ?? 0,
    };
    const data = { article: article.id, by, record: { ...body } };
    await this.#append(newEvent(articlePut, article.at, data, { team: body.team }), () => this.#store(article));
    return article;
  }

  /** @throws article-unknown */
  async remove(id: string, by: string): Promise<void> {
    const { team } = this.article(id);
    await this.#append(newEvent(articleRemoved, this.#clock.now(), { article: id, by }, { team }), () => {
      this.#unindex(id);
      this.#database.prepare('DELETE FROM articles WHERE id = ?').run(id);
      this.#database.prepare('DELETE FROM article_ratings WHERE article = ?').run(id);
    });
  }

  /** One voice for each person and contact; a later one of the same replaces it. @throws article-unknown */
  async rate(
    id: string,
    helpful: boolean,
    by: { person: string; agent?: AgentId | undefined; interaction?: InteractionId | undefined },
  ): Promise<Article> {
    const { team } = this.article(id);
    const { person, agent, interaction } = by;
    const event = newEvent(
      articleRated,
      this.#clock.now(),
      { article: id, by: person, helpful },
      { team, agent, interaction },
    );
    await this.#append(event, () => {
      this.#database
        .prepare('INSERT OR REPLACE INTO article_ratings (article, by, interaction, helpful) VALUES (?, ?, ?, ?)')
        .run(id, person, interaction ?? '', helpful ? 1 : 0);
      this.#database
        .prepare(
          `UPDATE articles SET helpful = (SELECT count(*) FROM article_ratings WHERE article = id AND helpful = 1),
             not_helpful = (SELECT count(*) FROM article_ratings WHERE article = id AND helpful = 0) WHERE id = ?`,
        )
        .run(id);
    });
    return this.article(id);
  }

  #store(article: Article): void {
    const { id, site, team, at, draft, helpful, notHelpful, en, zh, tags } = article;
    this.#unindex(id);
    this.#database
      .prepare(
        `INSERT INTO articles (id, site, team, at, draft, helpful, not_helpful, data) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (id) DO UPDATE SET team = excluded.team, at = excluded.at, draft = excluded.draft, data = excluded.data`,
      )
      .run(id, site, team ?? null, at, draft ? 1 : 0, helpful, notHelpful, JSON.stringify(article));
    const row = this.#database.prepare<[string], number>('SELECT number FROM articles WHERE id = ?').pluck().get(id);
    const questions = indexed(`${en?.question ?? ''} ${zh?.question ?? ''}`);
    const answers = indexed(`${en?.answer ?? ''} ${zh?.answer ?? ''}`);
    this.#database
      .prepare('INSERT INTO article_index (rowid, question, tags, answer) VALUES (?, ?, ?, ?)')
      .run(row, questions, indexed(tags.join(' ')), answers);
  }

  #unindex(id: string): void {
    this.#database
      .prepare('DELETE FROM article_index WHERE rowid = (SELECT number FROM articles WHERE id = ?)')
      .run(id);
  }

  /** @throws article-not-saved */
  async #append(event: NewEvent, rows: () => void): Promise<void> {
    const { undone } = await this.#journal.append([event], rows);
    if (undone) throw failed['article-not-saved']();
  }
}
