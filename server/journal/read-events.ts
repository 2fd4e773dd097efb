// Reading the journal on a connection of one's own, as a reading worker does.
import type { Database } from 'better-sqlite3';
import { JournalRows } from './journal-rows.ts';
import type { EventFilter, JournalEvent } from './types.ts';

const rows = new WeakMap<Database, JournalRows>();

/** Events after `after`, oldest first. */
export function eventsAfter(
  database: Database,
  after: number,
  limit: number,
  filter: EventFilter = {},
): JournalEvent[] {
  let known = rows.get(database);
  if (!known) {
    known = new JournalRows(database);
    rows.set(database, known);
  }
  return known.read(after, limit, filter);
}
