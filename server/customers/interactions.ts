// Reading the record of interactions: one, many by filter and page, and the timeline of a customer.
import type { Database } from 'better-sqlite3';
import type { CustomerId, InteractionId, PopContent } from '../../values/index.ts';
import { asRead, type Cells } from './interaction-cells.ts';
import { cursorOf, type InteractionFilter, interactionQuery } from './interaction-query.ts';
import type { InteractionRecord, RecordingRecord } from './interaction-record.ts';
import { InteractionRows } from './interaction-rows.ts';

export interface InteractionPage {
  interactions: InteractionRecord[];
  /** For the next page; absent on the last. */
  next?: string | undefined;
}

/** What the tables do not say yet: records are written some time after they changed (`InteractionProjector`). */
export interface Unwritten {
  /** As it is now, of a contact that is under way or ended a moment ago; not a copy. */
  get(interaction: InteractionId): InteractionRecord | undefined;
  /** All of those. */
  all(): Iterable<InteractionRecord>;
  /** Those that differ from the tables. */
  unwritten(): Iterable<InteractionRecord>;
  /** Resolves when all that is committed now is in the tables. */
  settled(): Promise<void>;
}

/** Up to date, whatever is written yet; of `list`, and of all who read the tables themselves, after `settled`. */
export interface Interactions {
  /** Resolves when all that happened is in the tables: for lists, and for who reads them with SQL. */
  settled(): Promise<void>;
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

/**
 * @param recent what is not in the tables yet; absent where nothing writes them, or the reader asks for `settled` before
 * @returns the record's reader on a database
 */
export function readInteractions(database: Database, recent: Unwritten = nothing): Interactions {
  const rows = new InteractionRows(database);
  const ofCustomer = database
    .prepare<[string], string>('SELECT id FROM interactions WHERE customer = ? ORDER BY started_at')
    .pluck();
  const earlier = database.prepare<[string, string, number], Cells>(
    `SELECT id, channel, started_at, queue, agent, disposition, note, talk_ms FROM interactions
     WHERE customer = +? AND id <> ? ORDER BY started_at DESC LIMIT +?`, // `+?`: see customer-rows.ts
  );
  return {
    settled: () => recent.settled(),
    get(id) {
      const record = recent.get(id);
      return record === undefined ? rows.get(id) : asRead(record);
    },
    recording(id) {
      for (const { id: interaction, site, team, recordings } of recent.all()) {
        const recording = recordings.find((one) => one.id === id);
        if (recording) return { ...recording, interaction, site, team };
      }
      return rows.recording(id);
    },
    ofCustomer(customer) {
      const found = new Set(ofCustomer.all(customer));
      for (const record of recent.all()) if (record.customer === customer) found.add(record.id);
      return [...found];
    },
    earlier(customer, limit, except = '') {
      const ids = typeof customer === 'string' ? [customer] : customer;
      const found = ids.flatMap((id) => earlier.all(id, except, limit)).map(earlierOf);
      const fresh: InteractionRecord[] = [];
      for (const record of recent.unwritten())
        if (record.customer !== undefined && record.id !== except && ids.includes(record.customer)) fresh.push(record);
      if (ids.length < 2 && fresh.length === 0) return found;
      const newest = fresh.sort((a, b) => b.startedAt - a.startedAt).slice(0, limit);
      const told = found.filter(({ interaction }) => !newest.some(({ id }) => id === interaction));
      return [...told, ...newest.map(earlierOfRecord)].sort((a, b) => b.at - a.at).slice(0, limit);
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

const nothing: Unwritten = { get: () => undefined, all: () => [], unwritten: () => [], settled: async () => {} };

function earlierOfRecord(record: InteractionRecord): PopContent['earlier'][number] {
  const { id: interaction, channel, startedAt: at, queue, agent, disposition, note, talkMs } = record;
  return { interaction, channel: channel as PopContent['channel'], at, queue, agent, disposition, note, talkMs };
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
