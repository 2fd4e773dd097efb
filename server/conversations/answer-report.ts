// How soon people answered on each digital channel, from the journal alone, for the reading worker.
import type { Database } from 'better-sqlite3';
import type { Millis } from '../../values/index.ts';
import { readJob } from '../journal/index.ts';

export interface AnswerReportArgs {
  site: string;
  /** The team that the asker is confined to. */
  team?: string | undefined;
  from: Millis;
  until: Millis;
  /** A row for each queue that it counted for, too. */
  byQueue?: boolean | undefined;
}

export interface AnswerRow {
  via: string;
  /** By queue: where the contact was then; absent where it was in none. */
  queue?: string | undefined;
  /** First answers of a person, by conversation. */
  first: number;
  firstInTime: number;
  firstAverageMs: number | undefined;
  firstLongestMs: number | undefined;
  /** All answers to words that waited. */
  answers: number;
  inTime: number;
  averageMs: number | undefined;
  /** So often an answer was late soon; some of them came in time all the same. */
  soon: number;
  /** So often somebody waited for longer than the channel allows. */
  overdue: number;
}

/** A clock that was set right may have put events a little out of order. */
const slackMs = 600_000;

/** Number of the first event from then on: events are numbered in the order of time, but for the slack. */
function firstSeq(database: Database, at: Millis): number {
  const next = database.prepare<[number], { seq: number; at: number }>(
    'SELECT seq, at FROM journal WHERE seq >= ? ORDER BY seq LIMIT 1',
  );
  let low = 1;
  let high = (database.prepare<[], number | null>('SELECT max(seq) FROM journal').pluck().get() ?? 0) + 1;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const found = next.get(middle);
    if (found === undefined || found.at >= at) high = middle;
    else low = found.seq + 1;
  }
  return low;
}

export const answerReport = readJob(
  import.meta.url,
  'answerReport',
  (database, args: AnswerReportArgs): AnswerRow[] => {
    const { site, team, from, until, byQueue } = args;
    const rows = database
      .prepare<
        { low: number; high: number; from: number; until: number; site: string; team: string | null; byQueue: number },
        Omit<AnswerRow, 'queue' | 'firstAverageMs' | 'firstLongestMs' | 'averageMs'> & {
          queue: string | null;
          firstAverageMs: number | null;
          firstLongestMs: number | null;
          averageMs: number | null;
        }
      >(
        `WITH facts AS (
         SELECT type = 'conversation.answered' AS answered, type = 'conversation.due-soon' AS soon,
                type = 'conversation.overdue' AS late, iif(:byQueue, queue, NULL) AS queue, data ->> '$.via' AS via, data ->> '$.ms' AS ms,
                data ->> '$.inTime' AS in_time, data ->> '$.first' AS first
           FROM journal WHERE seq >= :low AND seq < :high AND at >= :from AND at < :until AND site = :site
            AND type IN ('conversation.answered', 'conversation.due-soon', 'conversation.overdue') AND (:team IS NULL OR team IS NULL OR team = :team))
       SELECT via, queue, coalesce(sum(answered AND first), 0) AS first, coalesce(sum(answered AND first AND in_time), 0) AS firstInTime,
              avg(ms) FILTER (WHERE answered AND first) AS firstAverageMs,
              max(ms) FILTER (WHERE answered AND first) AS firstLongestMs,
              coalesce(sum(answered), 0) AS answers, coalesce(sum(answered AND in_time), 0) AS inTime, sum(soon) AS soon,
              avg(ms) FILTER (WHERE answered) AS averageMs, coalesce(sum(late), 0) AS overdue
         FROM facts GROUP BY via, queue ORDER BY via, queue`,
      )
      .all({
        low: firstSeq(database, from - slackMs),
        high: firstSeq(database, until + slackMs),
        from,
        until,
        site,
        team: team ?? null,
        byQueue: byQueue ? 1 : 0,
      });
    return rows.map(({ queue, firstAverageMs, firstLongestMs, averageMs, ...row }) => ({
      ...row,
      queue: queue ?? undefined,
      firstAverageMs: firstAverageMs ?? undefined,
      firstLongestMs: firstLongestMs ?? undefined,
      averageMs: averageMs ?? undefined,
    }));
  },
);
