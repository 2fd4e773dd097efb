// After a restart: the router's state from the last snapshot and the events after it. Nothing is decided again.
import { type AcdEvent, emptyState, evolve, type RouterState, restore, type Snapshot } from '../acd/index.ts';
import type { Journal } from '../journal/index.ts';
import { routingDecided, routingSnapshot } from './events.ts';
import type { DayRecord, QueueDay } from './queue-day.ts';

/** Name of the journal cursor that stands right before the last snapshot. */
export const snapshotCursor = 'routing';

export interface Folded {
  state: RouterState;
  /** Version of the configuration that the state was last told. */
  configuration: number;
  /** Events folded after the snapshot. */
  events: number;
}

const page = 1_000;

/**
 * Folds what the journal holds; counts the day's figures on the way.
 * @throws Error where the events do not fit one another
 */
export function foldJournal(journal: Journal, day: QueueDay): Folded {
  const folded: Folded = { state: emptyState(), configuration: 0, events: 0 };
  const filter = { types: [routingDecided.name, routingSnapshot.name] };
  for (let after = journal.cursor(snapshotCursor); ; ) {
    const read = journal.read(after, { limit: page, filter });
    for (const { seq, type, data } of read) {
      after = seq;
      folded.configuration = data.configuration as number;
      if (type === routingSnapshot.name) {
        folded.state = restore(data.state as Snapshot);
        day.restore(data.day as DayRecord);
        folded.events = 0;
        continue;
      }
      for (const event of data.events as AcdEvent[]) {
        evolve(folded.state, event);
        day.count(event);
        folded.events++;
      }
    }
    if (read.length < page) return folded;
  }
}
