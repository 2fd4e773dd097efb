// One subscriber of the journal over HTTP: first what it missed, from the database in pieces, then what happens, from memory.
import type { Journal, JournalEvent } from '../journal/index.ts';
import { type StreamClient, streamSteadily } from './steady-stream.ts';

export interface EventStreamOptions extends StreamClient {
  journal: Journal;
  /** Number of the last event that the client has. */
  after: number;
  passes: (event: JournalEvent) => boolean;
  /** The event as this client may read it. */
  seen?: (event: JournalEvent) => JournalEvent;
}

const piece = 500;
/** Events kept in memory for a client that is a little behind; beyond that it reads from the journal again. */
const mostAhead = 5_000;

/** Writes until the client goes. */
export async function streamEvents(options: EventStreamOptions): Promise<void> {
  const { journal, after, passes, seen = (event) => event, ...client } = options;
  let cursor = after;
  let ahead: JournalEvent[] = [];
  await streamSteadily(client, {
    listen: (wake) =>
      journal.follow((events) => {
        ahead = ahead.length + events.length > mostAhead ? [] : ahead.concat(events);
        wake();
      }),
    next() {
      const events = take();
      cursor = events.at(-1)?.seq ?? cursor;
      return { text: events.filter(passes).map(seen).map(frame).join(''), more: events.length > 0 };
    },
    cursor: () => cursor,
  });

  /** The events right after the cursor: from memory where they join, else from the journal. */
  function take(): JournalEvent[] {
    const kept = ahead;
    const [first] = kept;
    if (first !== undefined && first.seq <= cursor + 1) {
      ahead = [];
      return kept.filter(({ seq }) => seq > cursor);
    }
    if (cursor >= journal.last) return [];
    return journal.read(cursor, { limit: piece });
  }
}

function frame(event: JournalEvent): string {
  return `id: ${event.seq}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
}
