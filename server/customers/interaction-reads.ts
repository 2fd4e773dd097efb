// Pages of the record of interactions, for the reading worker.
import type { Database } from 'better-sqlite3';
import { readJob } from '../journal/index.ts';
import type { InteractionFilter } from './interaction-query.ts';
import { type InteractionPage, type Interactions, readInteractions } from './interactions.ts';

const readers = new WeakMap<Database, Interactions>();

/** The reader of a connection; its statements are prepared once. */
export function interactionsOn(database: Database): Interactions {
  const known = readers.get(database);
  if (known) return known;
  const made = readInteractions(database);
  readers.set(database, made);
  return made;
}

export interface ListArgs {
  filter: InteractionFilter;
  limit: number;
  after?: string | undefined;
}

/** One page, newest first. */
export const listInteractions = readJob(
  import.meta.url,
  'listInteractions',
  (database, { filter, limit, after }: ListArgs): InteractionPage =>
    interactionsOn(database).list(filter, { limit, after }),
);
