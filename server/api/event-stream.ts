// One subscriber of the journal over HTTP (server-sent events): first what it missed, from the database in pieces, then
// what happens, from memory. Its pace is the client's: what it does not take waits in the journal, not in memory.
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Response } from 'express';
import type { Journal, JournalEvent } from '../journal/index.ts';
import { drained } from './drained.ts';

export interface EventStreamOptions {
  journal: Journal;
  response: Response;
  /** Number of the last event that the client has. */
  after: number;
  passes: (event: JournalEvent) => boolean;
  /** Asked at every beat; false ends the stream (logged out, token revoked). */
  stillAllowed: () => boolean;
  beatMs?: number | undefined;
}

const piece = 500;
/** A client that has taken nothing for so many beats is cut off; it comes back with its last number. */
const mostSlowBeats = 4;
/** Events kept in memory for a client that is a little behind; beyond that it reads from the journal again. */
const mostAhead = 5_000;

/** Writes until the client goes. */
export async function streamEvents(options: EventStreamOptions): Promise<void> {
  const { journal, response, passes, stillAllowed, beatMs = 15_000 } = options;
  let cursor = options.after;
  let ahead: JournalEvent[] = [];
  let wake: (() => void) | undefined;
  const stop = journal.follow((events) => {
    ahead = ahead.length + events.length > mostAhead ? [] : ahead.concat(events);
    wake?.();
  });
  let slowBeats = 0;
  const beat = setInterval(() => {
    slowBeats = response.writableNeedDrain ? slowBeats + 1 : 0;
    if (slowBeats >= mostSlowBeats) response.destroy();
    else if (!stillAllowed()) response.end();
    else if (slowBeats === 0) response.write(`: ${cursor}\n\n`);
  }, beatMs);
  response.on('close', () => wake?.());
  // 2 s until a browser tries again; the comment makes proxies pass the head on at once.
  response.write(`retry: 2000\n: ${cursor}\n\n`);
  try {
    while (!response.destroyed && !response.writableEnded) {
      const next = take();
      const last = next.at(-1);
      if (last === undefined) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
        wake = undefined;
        continue;
      }
      cursor = last.seq;
      const text = next.filter(passes).map(frame).join('');
      if (text !== '' && !response.write(text)) await drained(response);
      else if (ahead.length === 0) await nextTurn();
    }
  } finally {
    clearInterval(beat);
    stop();
  }

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
