// How far the cloud's history of this site is this journal's. They part where the site was restored from a backup that is not the
// newest: from then on the same numbers are other events.
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Database } from 'better-sqlite3';
import { type EgressPlan, outgoing } from '../egress/index.ts';
import { eventsAfter } from '../journal/index.ts';
import type { CloudLine } from './cloud-line.ts';

export interface CommonHistory {
  /** The last event that both have alike. */
  after: number;
  /** The last one that the cloud has. */
  cursor: number;
}

export interface OwnHistory {
  /** Up to there this journal itself has sent. */
  known: number;
  /** The last event of the journal. */
  last: number;
  /** What leaves, and the key of its hashes. */
  plan: EgressPlan;
  key: Buffer;
}

const page = 500;

/**
 * Compares what the cloud has after `known` with the journal, event by event (number, kind and time; their contents left
 * masked).
 */
export async function commonHistory(
  line: CloudLine,
  database: Database,
  { known, last, plan, key }: OwnHistory,
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
    // What stood behind was kept here, all of it. Where this journal has other events there that leave, they are new, and
    // would never do so.
    const alike = cursor <= last && (await allKept(database, { after, upto: cursor, plan, key }));
    return { after: alike ? cursor : after, cursor };
  }
}

/** Whether none of the events behind `after`, up to `upto`, leaves the site. */
async function allKept(
  database: Database,
  { after, upto, plan, key }: { after: number; upto: number } & Pick<OwnHistory, 'plan' | 'key'>,
): Promise<boolean> {
  for (let seq = after; seq < upto; seq += page) {
    const events = eventsAfter(database, seq, Math.min(page, upto - seq));
    if (events.some((event) => outgoing(event, plan, key) !== undefined)) return false;
    await nextTurn();
  }
  return true;
}
