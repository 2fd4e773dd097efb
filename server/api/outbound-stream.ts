// One connector that listens: what it is to do, from its cursor on. What it does not take waits in the outbox.
import type { OutboundItem } from '../../connector/index.ts';
import type { Outbox } from '../conversations/index.ts';
import { type StreamClient, streamSteadily } from './steady-stream.ts';

export interface OutboundStreamOptions extends StreamClient {
  outbox: Outbox;
  channel: string;
  /** `seq` of the last item that the connector safely has. */
  after: number;
}

const piece = 200;
/** What is not kept may be dropped. */
const mostTyping = 100;

/** Writes until the connector goes. */
export async function streamOutbound({ outbox, channel, after, ...client }: OutboundStreamOptions): Promise<void> {
  let cursor = after;
  let typing: OutboundItem[] = [];
  let more = true;
  await streamSteadily(client, {
    listen: (wake) =>
      outbox.listen(channel, {
        wake() {
          more = true;
          wake();
        },
        typing(item) {
          if (typing.length < mostTyping) typing.push(item);
          wake();
        },
      }),
    next() {
      const page: OutboundItem[] = more ? outbox.read(channel, cursor, piece) : [];
      more = page.length === piece;
      cursor = page.at(-1)?.seq ?? cursor;
      const text = page.map(frame).join('') + typing.map(live).join('');
      typing = [];
      return { text, more };
    },
    cursor: () => cursor,
  });
}

function frame(item: OutboundItem): string {
  return `id: ${item.seq}\ndata: ${JSON.stringify(item)}\n\n`;
}

/** Without an id: it moves no cursor. */
function live(item: OutboundItem): string {
  return `data: ${JSON.stringify(item)}\n\n`;
}
