// Pages of social care, for the reading worker: what is counted over a busy week takes too long for the thread that has calls.
import type { Database } from 'better-sqlite3';
import type { Millis } from '../../values/index.ts';
import { readJob } from '../journal/index.ts';
import { type QuestionCount, type SocialState, type StreamFilter, type StreamItem, StreamRows } from './stream-rows.ts';

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

const readers = new WeakMap<Database, StreamRows>();

function rowsOn(database: Database): StreamRows {
  const known = readers.get(database) ?? new StreamRows(database);
  readers.set(database, known);
  return known;
}

export interface SocialPageArgs {
  filter: StreamFilter;
  /** How many of each state there are is counted from then on. */
  countedSince: Millis;
}

/** A page of items, the newest first, and how many of each state there are. */
export const socialPage = readJob(
  import.meta.url,
  'socialPage',
  (
    database,
    { filter, countedSince }: SocialPageArgs,
  ): { items: StreamItem[]; states: Record<SocialState, number> } => {
    const { site, servedTeam } = filter;
    const rows = rowsOn(database);
    return { items: rows.list(filter), states: rows.states({ site, servedTeam, since: countedSince }) };
  },
);

export interface SocialQuestionsArgs {
  site: string;
  servedTeam?: string | undefined;
  since: Millis;
  until: Millis;
  order: 'growing' | 'frequent';
  limit: number;
}

/** What more than one asked in that time. */
export const socialQuestions = readJob(
  import.meta.url,
  'socialQuestions',
  (database, { site, servedTeam, since, until, order, limit }: SocialQuestionsArgs): QuestionView[] => {
    const rows = rowsOn(database);
    return rows.questions({ site, servedTeam, since }, until, order, limit).map((count) => {
      const { cluster } = count;
      const items = rows.list({ site, servedTeam, cluster, since, limit: mostLookedAt });
      const examples = [...items].sort((one, other) => other.reach - one.reach || other.at - one.at);
      return {
        ...count,
        trend: rows.trend(cluster, since, until, pieces),
        open: items.filter(({ state }) => state === 'open').length,
        examples: examples.slice(0, mostExamples),
      };
    });
  },
);
