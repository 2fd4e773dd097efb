// Reading the record of interactions: one, many by filter and page, and the timeline of a customer.
import type { Database } from 'better-sqlite3';
import type { CustomerId, PopContent } from '../../values/index.ts';
import { cursorOf, type InteractionFilter, interactionQuery } from './interaction-query.ts';
import type { InteractionRecord, RecordingRecord } from './interaction-record.ts';
import { type Cells, InteractionRows } from './interaction-rows.ts';

export interface InteractionPage {
  interactions: InteractionRecord[];
  /** For the next page; absent on the last. */
  next?: string | undefined;
}

export interface Interactions {
  get(id: string): InteractionRecord | undefined;
  /** Newest first. @param page.after `next` of the page before; one that is not ours is as if absent */
  list(filter: InteractionFilter, page: { limit: number; after?: string | undefined }): InteractionPage;
  /** What the screen-pop shows of earlier contacts, newest first. @param customer one, or all parts of a person */
  earlier(customer: CustomerId | readonly CustomerId[], limit: number, except?: string): PopContent['earlier'];
  recording(
    id: string,
  ): (RecordingRecord & { interaction: string; site: string; team?: string | undefined }) | undefined;
  /** Ids of all interactions of a customer. */
  ofCustomer(customer: CustomerId): string[];
}

/** @returns the record's reader on a database */
export function readInteractions(database: Database): Interactions {
  const rows = new InteractionRows(database);
  const ofCustomer = database
    .prepare<[string], string>('SELECT id FROM interactions WHERE customer = ? ORDER BY started_at')
    .pluck();
  const earlier = database.prepare<[string, string, number], Cells>(
    `SELECT id, channel, started_at, queue, agent, disposition, note, talk_ms FROM interactions
     WHERE customer = +? AND id <> ? ORDER BY started_at DESC LIMIT +?`, // `+?`: see customer-rows.ts
  );
  return {
    get: (id) => rows.get(id),
    recording: (id) => rows.recording(id),
    ofCustomer: (customer) => ofCustomer.all(customer),
    earlier(customer, limit, except = '') {
      const ids = typeof customer === 'string' ? [customer] : customer;
      const found = ids.flatMap((id) => earlier.all(id, except, limit)).map(earlierOf);
      if (ids.length < 2) return found;
      return found.sort((a, b) => b.at - a.at).slice(0, limit);
    },
    list(filter, { limit, after }) {
      const { sql, values } = interactionQuery(filter, after);
      const found = database.prepare<unknown[], Cells>(sql).all(...values, limit + 1);
      const records = found.slice(0, limit).map((cells) => rows.read(cells));
      const last = records.at(-1);
      return { interactions: records, next: found.length > limit && last ? cursorOf(last) : undefined };
    },
  };
}

function earlierOf(cells: Cells): PopContent['earlier'][number] {
  return {
    interaction: cells.id as string,
    channel: cells.channel as PopContent['channel'],
    at: cells.started_at as number,
    queue: (cells.queue ?? undefined) as string | undefined,
    agent: (cells.agent ?? undefined) as string | undefined,
    disposition: (cells.disposition ?? undefined) as string | undefined,
    note: (cells.note ?? undefined) as string | undefined,
    talkMs: cells.talk_ms as number,
  };
}
