// Reading the record of interactions: one, many by filter and page, and the timeline of a customer.
import type { Database } from 'better-sqlite3';
import type { AgentId, CustomerId, Millis, PopContent, QueueId } from '../../values/index.ts';
import type { InteractionRecord, RecordingRecord } from './interaction-record.ts';
import { type Cells, InteractionRows } from './interaction-rows.ts';

export interface InteractionFilter {
  site?: string | undefined;
  team?: string | undefined;
  /** Of this team, or of none. */
  servedTeam?: string | undefined;
  /** Started at or after, and before. */
  since?: Millis | undefined;
  until?: Millis | undefined;
  channel?: string | undefined;
  direction?: string | undefined;
  outcome?: string | undefined;
  queue?: QueueId | undefined;
  /** Had a part in it. */
  agent?: AgentId | undefined;
  customer?: CustomerId | undefined;
  did?: string | undefined;
  trunk?: string | undefined;
  disposition?: string | undefined;
  /** The customer's number, E.164 or as received. */
  number?: string | undefined;
}

export interface InteractionPage {
  interactions: InteractionRecord[];
  /** For the next page; absent on the last. */
  next?: string | undefined;
}

export interface Interactions {
  get(id: string): InteractionRecord | undefined;
  /** Newest first. @param page.after `next` of the page before; one that is not ours is as if absent */
  list(filter: InteractionFilter, page: { limit: number; after?: string | undefined }): InteractionPage;
  /** What the screen-pop shows of earlier contacts, newest first. */
  earlier(customer: CustomerId, limit: number, except?: string): PopContent['earlier'];
  recording(
    id: string,
  ): (RecordingRecord & { interaction: string; site: string; team?: string | undefined }) | undefined;
  /** Ids of all interactions of a customer. */
  ofCustomer(customer: CustomerId): string[];
}

const equal = {
  site: 'site',
  team: 'team',
  channel: 'channel',
  direction: 'direction',
  outcome: 'outcome',
  queue: 'queue',
  customer: 'customer',
  did: 'did',
  trunk: 'trunk',
  disposition: 'disposition',
} as const;

/** @returns the record's reader on a database */
export function readInteractions(database: Database): Interactions {
  const rows = new InteractionRows(database);
  const ofCustomer = database
    .prepare<[string], string>('SELECT id FROM interactions WHERE customer = ? ORDER BY started_at')
    .pluck();
  const earlier = database.prepare<[string, string, number], Cells>(
    `SELECT id, channel, started_at, queue, agent, disposition, note, talk_ms FROM interactions
     WHERE customer = ? AND id <> ? ORDER BY started_at DESC LIMIT ?`,
  );
  return {
    get: (id) => rows.get(id),
    recording: (id) => rows.recording(id),
    ofCustomer: (customer) => ofCustomer.all(customer),
    earlier: (customer, limit, except = '') =>
      earlier.all(customer, except, limit).map((cells) => ({
        interaction: cells.id as string,
        channel: cells.channel as PopContent['channel'],
        at: cells.started_at as number,
        queue: (cells.queue ?? undefined) as string | undefined,
        agent: (cells.agent ?? undefined) as string | undefined,
        disposition: (cells.disposition ?? undefined) as string | undefined,
        note: (cells.note ?? undefined) as string | undefined,
        talkMs: cells.talk_ms as number,
      })),
    list(filter, { limit, after }) {
      const { where, values } = whereOf(filter, after);
      const found = database
        .prepare<unknown[], Cells>(`SELECT * FROM interactions ${where} ORDER BY started_at DESC, id DESC LIMIT ?`)
        .all(...values, limit + 1);
      const page = found.slice(0, limit);
      const last = page.at(-1);
      const next = found.length > limit && last ? `${last.started_at}.${last.id}` : undefined;
      return { interactions: page.map((cells) => rows.read(cells)), next };
    },
  };
}

function whereOf(filter: InteractionFilter, after: string | undefined): { where: string; values: unknown[] } {
  const parts: string[] = [];
  const values: unknown[] = [];
  const add = (part: string, ...with_: unknown[]): void => {
    parts.push(part);
    values.push(...with_);
  };
  for (const [field, column] of Object.entries(equal)) {
    const wanted = filter[field as keyof typeof equal];
    if (wanted !== undefined) add(`${column} = ?`, wanted);
  }
  if (filter.servedTeam !== undefined) add('(team IS NULL OR team = ?)', filter.servedTeam);
  if (filter.since !== undefined) add('started_at >= ?', filter.since);
  if (filter.until !== undefined) add('started_at < ?', filter.until);
  if (filter.agent !== undefined)
    add('id IN (SELECT interaction FROM interaction_agents WHERE agent = ?)', filter.agent);
  if (filter.number !== undefined) {
    const fields = ['from_e164', 'from_dialled', 'to_e164', 'to_dialled'];
    add(`? IN (${fields.join(', ')})`, filter.number);
  }
  const [, at, id] = /^(\d{1,16})\.([\w-]+)$/.exec(after ?? '') ?? [];
  if (at !== undefined) add('(started_at, id) < (?, ?)', Number(at), id);
  return { where: parts.length === 0 ? '' : `WHERE ${parts.join(' AND ')}`, values };
}
