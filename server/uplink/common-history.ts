// How far the cloud's history of this site is this journal's. They part where the site was restored from a backup that is not the
// newest: from then on the same numbers are other events.
import type { Database } from 'better-sqlite3';
import type { CloudLine } from './cloud-line.ts';

export interface CommonHistory {
  /** The last event that both have alike. */
  after: number;
  /** The last one that the cloud has. */
  cursor: number;
}

/**
 * Compares what the cloud has after `known` with the journal, event by event (number, kind and time; their contents left
 * masked).
 * @param known up to there this journal itself has sent @param last of the journal
 */
export async function commonHistory(
  line: CloudLine,
  database: Database,
  { known, last }: { known: number; last: number },
): Promise<CommonHistory> {
  const find = database.prepare<[number], { at: number; type: string }>('SELECT at, type FROM journal WHERE seq = ?');
  let after = known;
  for (;;) {
    const { cursor, events } = await line.tail(after, after);
    for (const { seq, at, type } of events) {
      const mine = find.get(seq);
      if (mine?.at !== at || mine.type !== type) {
        await line.tail(after, after);
        return { after, cursor };
      }
      after = seq;
    }
    if (events.length > 0) continue;
    // What stands behind was kept here: nothing says that it differs, if it is there at all.
    const alike = cursor <= last ? cursor : Math.min(after, last);
    return { after: alike, cursor };
  }
}
