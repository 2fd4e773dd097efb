// The timeline of one person: her interactions on every channel and what happened to her outside, newest first, by pages.
// Each part of her lies in the order of time in an index of its own; a page takes the next few of each.
import type { Database, Statement } from 'better-sqlite3';
import type { Channel, CustomerId, Direction, InteractionId, Millis } from '../../values/index.ts';
import type { OutsideEvent } from './outside-events.ts';

export type TimelineEntry =
  | {
      entry: 'interaction';
      id: InteractionId;
      at: Millis;
      channel: Channel;
      direction: Direction;
      endedAt?: Millis | undefined;
      outcome: string;
      queue?: string | undefined;
      agent?: string | undefined;
      disposition?: string | undefined;
      note?: string | undefined;
      talkMs: number;
      /** The first contact of those that go on from one another. */
      thread?: InteractionId | undefined;
    }
  | ({ entry: 'event' } & Pick<OutsideEvent, 'id' | 'at' | 'name' | 'data'>);

export interface TimelinePage {
  entries: TimelineEntry[];
  /** For the next page; absent on the last. */
  next?: string | undefined;
}

interface InteractionCells {
  id: string;
  started_at: number;
  channel: Channel;
  direction: Direction;
  ended_at: number | null;
  outcome: string;
  queue: string | null;
  agent: string | null;
  disposition: string | null;
  note: string | null;
  talk_ms: number;
  thread: string | null;
}

interface EventCells {
  id: string;
  at: number;
  name: string;
  data: string | null;
}

type Place = [customer: string, at: number, id: string, limit: number];

export class Timeline {
  readonly #interactions: Statement<Place, InteractionCells>;
  readonly #events: Statement<Place, EventCells>;

  constructor(database: Database) {
    this.#interactions = database.prepare(
      `SELECT id, started_at, channel, direction, ended_at, outcome, queue, agent, disposition, note, talk_ms, thread
       FROM interactions WHERE customer = ? AND (started_at, id) < (?, ?) ORDER BY started_at DESC, id DESC LIMIT ?`,
    );
    this.#events = database.prepare(
      `SELECT id, at, name, data FROM customer_events WHERE customer = ? AND (at, id) < (?, ?)
       ORDER BY at DESC, id DESC LIMIT ?`,
    );
  }

  /**
   * @param parts all ids of the person
   * @param page.after `next` of the page before; one that is not ours is as if absent
   */
  read(parts: readonly CustomerId[], { limit, after }: { limit: number; after?: string | undefined }): TimelinePage {
    const [, at, id] = /^(\d{1,16})\.([\w-]+)$/.exec(after ?? '') ?? [];
    const before: [number, string] = at === undefined || id === undefined ? [Number.MAX_SAFE_INTEGER, ''] : [+at, id];
    const found: TimelineEntry[] = [];
    for (const part of parts) {
      for (const cells of this.#interactions.all(part, ...before, limit + 1)) found.push(interactionEntry(cells));
      for (const cells of this.#events.all(part, ...before, limit + 1)) found.push(eventEntry(cells));
    }
    found.sort((a, b) => b.at - a.at || (a.id < b.id ? 1 : -1));
    const entries = found.slice(0, limit);
    const last = entries.at(-1);
    return { entries, next: found.length > limit && last ? `${last.at}.${last.id}` : undefined };
  }
}

function interactionEntry(cells: InteractionCells): TimelineEntry {
  const { id, channel, direction, outcome } = cells;
  return {
    entry: 'interaction',
    id,
    at: cells.started_at,
    channel,
    direction,
    endedAt: cells.ended_at ?? undefined,
    outcome,
    queue: cells.queue ?? undefined,
    agent: cells.agent ?? undefined,
    disposition: cells.disposition ?? undefined,
    note: cells.note ?? undefined,
    talkMs: cells.talk_ms,
    thread: cells.thread ?? undefined,
  };
}

function eventEntry({ id, at, name, data }: EventCells): TimelineEntry {
  return {
    entry: 'event',
    id,
    at,
    name,
    data: data === null ? undefined : (JSON.parse(data) as OutsideEvent['data']),
  };
}
