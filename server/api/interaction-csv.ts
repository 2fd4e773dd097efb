// The record of interactions as CSV, made by the reading worker.
import { type InteractionFilter, type InteractionRecord, interactionsOn } from '../customers/index.ts';
import { readStream } from '../journal/index.ts';
import { csvLine } from './csv.ts';

const columns = [
  'id',
  'channel',
  'direction',
  'startedAt',
  'queuedAt',
  'answeredAt',
  'endedAt',
  'from',
  'fromDialled',
  'to',
  'toDialled',
  'did',
  'trunk',
  'language',
  'customer',
  'flow',
  'queue',
  'agent',
  'waitMs',
  'talkMs',
  'holdMs',
  'wrapUpMs',
  'outcome',
  'endedWhere',
  'endedBy',
  'cause',
  'sipStatus',
  'disposition',
  'note',
  'site',
  'team',
  'callId',
] as const satisfies readonly (keyof InteractionRecord)[];

const pageSize = 500;

/** All that the filter finds, newest first, after a line of headings. */
export const interactionCsv = readStream(
  import.meta.url,
  'interactionCsv',
  function* (database, filter: InteractionFilter) {
    const interactions = interactionsOn(database);
    yield csvLine(columns);
    let after: string | undefined;
    do {
      const page = interactions.list(filter, { limit: pageSize, after });
      yield page.interactions.map((record) => csvLine(columns.map((column) => record[column]))).join('');
      after = page.next;
    } while (after !== undefined);
  },
);
