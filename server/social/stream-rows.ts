// The public items one by one, with what was written and what became of each; and by the question that they ask.
import type { Database, Statement } from 'better-sqlite3';
import type { Content } from '../../connector/index.ts';
import type { Millis } from '../../values/index.ts';
import type { SocialItem } from './social-rows.ts';

/** `waiting`: an answer is written and a second person has to read it. */
export const socialStates = ['open', 'waiting', 'answered', 'ignored'] as const;
export type SocialState = (typeof socialStates)[number];

export interface StreamItem extends Omit<SocialItem, 'day' | 'customer' | 'interaction' | 'cluster'> {
  state: SocialState;
  /** Of whom it was erased it says nothing any more. */
  content: Content;
  interaction: string;
  thread: string;
  customer?: string | undefined;
  cluster?: string | undefined;
  /** Items that ever asked the same, this one too. */
  alike: number;
  author?: string | undefined;
  url?: string | undefined;
  ignoredBy?: string | undefined;
}

export interface StreamFilter {
  site: string;
  /** Only what is of this team, or of none. */
  servedTeam?: string | undefined;
  state?: SocialState | undefined;
  via?: string | undefined;
  tone?: 'positive' | 'neutral' | 'negative' | undefined;
  cluster?: string | undefined;
  since?: Millis | undefined;
  /** Id of the item after which the page begins: older ones. */
  before?: string | undefined;
  limit: number;
}

export interface QuestionCount {
  cluster: string;
  items: number;
  reach: number;
  tone: number;
  first: Millis;
  last: Millis;
  /** In the later half of that time, and in the earlier. */
  newer: number;
  older: number;
}

interface Cells extends Omit<SocialItem, 'cluster' | 'customer' | 'interaction' | 'url'> {
  state: SocialState;
  content: string;
  interaction: string;
  thread: string;
  customer: string | null;
  cluster: string | null;
  alike: number;
  author: string | null;
  url: string | null;
  ignored_by: string | null;
}

// Answered: somebody of ours wrote into the thread after it, or had the contact and ended it (a call back, for example).
const wroteIn = (states: string) =>
  `EXISTS (SELECT 1 FROM messages a WHERE a.via = m.via AND a.thread = m.thread AND a.number > m.number
     AND a.author = 'agent' AND a.state IN (${states}))`;
const state = `CASE WHEN ${wroteIn(`'waiting', 'sent', 'delivered', 'read'`)} THEN 'answered'
  WHEN i.ignored_at IS NOT NULL THEN 'ignored'
  WHEN ${wroteIn(`'approval'`)} THEN 'waiting'
  WHEN EXISTS (SELECT 1 FROM interactions n WHERE n.id = i.interaction AND n.answered_at IS NOT NULL AND n.ended_at IS NOT NULL)
    THEN 'answered'
  ELSE 'open' END`;
const from = `FROM social_items i JOIN messages m ON m.id = i.id LEFT JOIN conversations c ON c.interaction = m.interaction`;
const columns = `i.id, i.at, i.day, i.via, i.kind, i.reach, i.engaged, i.score, i.cluster, i.customer, i.url, i.ignored_by,
  m.interaction, m.thread, m.content, json_extract(c.data, '$.name') AS author, ${state} AS state,
  (SELECT count(*) FROM social_items s WHERE s.cluster = i.cluster) AS alike`;
// The same bounds as in tone.ts.
const tones = { positive: 'i.score >= 0.12', neutral: 'abs(i.score) < 0.12', negative: 'i.score <= -0.12' } as const;

type Value = string | number;

export class StreamRows {
  readonly #database: Database;
  readonly #one: Statement<[string], Cells>;

  constructor(database: Database) {
    this.#database = database;
    this.#one = database.prepare(`SELECT ${columns} ${from} WHERE i.id = ?`);
  }

  get(id: string): StreamItem | undefined {
    const cells = this.#one.get(id);
    return cells && itemOf(cells);
  }

  /** The newest first. */
  list({ site, servedTeam, state: wanted, via, tone, cluster, since, before, limit }: StreamFilter): StreamItem[] {
    const { where, values } = scoped(site, servedTeam);
    const add = (sql: string, value: Value | undefined) => {
      if (value === undefined) return;
      where.push(sql);
      values.push(value);
    };
    add('i.via = ?', via);
    add('i.cluster = ?', cluster);
    add('i.at >= ?', since);
    add('(i.at, i.id) < (SELECT at, id FROM social_items WHERE id = ?)', before);
    if (tone !== undefined) where.push(tones[tone]);
    add(`${state} = ?`, wanted);
    const sql = `SELECT ${columns} ${from} WHERE ${where.join(' AND ')} ORDER BY i.at DESC, i.id DESC LIMIT ?`;
    return this.#database
      .prepare<Value[], Cells>(sql)
      .all(...values, limit)
      .map(itemOf);
  }

  /** How many of each state there are. */
  states({
    site,
    servedTeam,
    since,
  }: Pick<StreamFilter, 'site' | 'servedTeam' | 'since'>): Record<SocialState, number> {
    const { where, values } = scoped(site, servedTeam);
    const sql = `SELECT ${state} AS state, count(*) AS items ${from} WHERE ${[...where, 'i.at >= ?'].join(' AND ')} GROUP BY 1`;
    const found = this.#database
      .prepare<Value[], { state: SocialState; items: number }>(sql)
      .all(...values, since ?? 0);
    const counts: Record<SocialState, number> = { open: 0, waiting: 0, answered: 0, ignored: 0 };
    for (const { state: one, items } of found) counts[one] = items;
    return counts;
  }

  /** Inside a commit. @param by undefined: it wants an answer again */
  ignore(id: string, at: Millis, by: string | undefined): void {
    this.#database
      .prepare('UPDATE social_items SET ignored_at = ?, ignored_by = ? WHERE id = ?')
      .run(by === undefined ? null : at, by ?? null, id);
  }

  /** What more than one asked in that time: what grows most first, or what is asked most. */
  questions(
    { site, servedTeam, since = 0 }: Pick<StreamFilter, 'site' | 'servedTeam' | 'since'>,
    until: Millis,
    order: 'growing' | 'frequent',
    limit: number,
  ): QuestionCount[] {
    const { where, values } = scoped(site, servedTeam);
    const middle = since + (until - since) / 2;
    const sql = `SELECT i.cluster, count(*) AS items, sum(i.reach) AS reach, avg(i.score) AS tone, min(i.at) AS first,
        max(i.at) AS last, sum(i.at >= ?) AS newer, sum(i.at < ?) AS older
      ${from} WHERE i.cluster IS NOT NULL AND i.at >= ? AND i.at < ? AND ${where.join(' AND ')}
      GROUP BY i.cluster HAVING count(*) > 1
      ORDER BY ${order === 'growing' ? 'newer - older DESC, ' : ''}items DESC, reach DESC, i.cluster LIMIT ?`;
    return this.#database.prepare<Value[], QuestionCount>(sql).all(middle, middle, since, until, ...values, limit);
  }

  /** Items of a question in equal pieces of that time, the earliest first. */
  trend(cluster: string, since: Millis, until: Millis, pieces: number): number[] {
    const sql = `SELECT CAST((at - ?) * ? / (? - ?) AS INTEGER) AS piece, count(*) AS items FROM social_items
      WHERE cluster = ? AND at >= ? AND at < ? GROUP BY 1`;
    const rows = this.#database
      .prepare<Value[], { piece: number; items: number }>(sql)
      .all(since, pieces, until, since, cluster, since, until);
    const trend = new Array<number>(pieces).fill(0);
    for (const { piece, items } of rows) trend[Math.min(pieces - 1, piece)] = items;
    return trend;
  }
}

/** What somebody may see, where `c` is the item's conversation. */
export function scoped(site: string, servedTeam: string | undefined): { where: string[]; values: Value[] } {
  return servedTeam === undefined
    ? { where: ['coalesce(c.site, ?) = ?'], values: [site, site] }
    : { where: ['coalesce(c.site, ?) = ?', '(c.team IS NULL OR c.team = ?)'], values: [site, site, servedTeam] };
}

function itemOf(cells: Cells): StreamItem {
  const { content, customer, cluster, author, url, ignored_by, day: _, ...rest } = cells;
  return {
    ...rest,
    content: JSON.parse(content) as Content,
    customer: customer ?? undefined,
    cluster: cluster ?? undefined,
    author: author ?? undefined,
    url: url ?? undefined,
    ignoredBy: ignored_by ?? undefined,
  };
}
