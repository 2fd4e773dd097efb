// One connector that listens: what it is to do, from its cursor on, as server-sent events. Its pace is its own: what it does
// not take waits in the outbox, not in memory.
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Response } from 'express';
import type { OutboundItem } from '../../connector/index.ts';
import type { Outbox } from '../conversations/index.ts';
import { drained } from './drained.ts';

export interface OutboundStreamOptions {
  outbox: Outbox;
  channel: string;
  response: Response;
  /** `seq` of the last item that the connector safely has. */
  after: number;
  /** Asked at every beat; false ends the stream (token revoked, channel gone). */
  stillAllowed: () => boolean;
  beatMs?: number | undefined;
}

const piece = 200;
/** A connector that has taken nothing for so many beats is cut off; it comes back with its cursor. */
const mostSlowBeats = 4;
/** What is not kept may be dropped. */
const mostTyping = 100;

/** Writes until the connector goes. */
export async function streamOutbound(options: OutboundStreamOptions): Promise<void> {
  const { outbox, channel, response, stillAllowed, beatMs = 15_000 } = options;
  let cursor = options.after;
  let typing: OutboundItem[] = [];
  let more = true;
  let wake: (() => void) | undefined;
  const stop = outbox.listen(channel, {
    wake() {
      more = true;
      wake?.();
    },
    typing(item) {
      if (typing.length < mostTyping) typing.push(item);
      wake?.();
    },
  });
  let slowBeats = 0;
  const beat = setInterval(() => {
    slowBeats = response.writableNeedDrain ? slowBeats + 1 : 0;
    if (slowBeats >= mostSlowBeats) response.destroy();
    else if (!stillAllowed()) response.end();
    else if (slowBeats === 0) response.write(`: ${cursor}\n\n`);
  }, beatMs);
  response.on('close', () => wake?.());
  response.write(`retry: 2000\n: ${cursor}\n\n`);
  try {
    while (!response.destroyed && !response.writableEnded) {
      const page: OutboundItem[] = more ? outbox.read(channel, cursor, piece) : [];
      more = page.length === piece;
      cursor = page.at(-1)?.seq ?? cursor;
      const text = page.map(frame).join('') + typing.map(live).join('');
      typing = [];
      if (text !== '') {
        if (!response.write(text)) await drained(response);
        else if (more) await nextTurn();
      } else if (!more) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
        wake = undefined;
      }
    }
  } finally {
    clearInterval(beat);
    stop();
  }
}

function frame(item: OutboundItem): string {
  return `id: ${item.seq}\ndata: ${JSON.stringify(item)}\n\n`;
}

/** Without an id: it moves no cursor. */
function live(item: OutboundItem): string {
  return `data: ${JSON.stringify(item)}\n\n`;
}
