// Server-sent events at the client's own pace: what it does not take waits where it is kept, not in memory. Whoever is asked for the
// next text says which cursor the client has then.
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Response } from 'express';
import { drained } from './drained.ts';

/** What is written next; `more` where there is something behind it at once. */
export interface NextPiece {
  text: string;
  more: boolean;
}

export interface StreamClient {
  response: Response;
  /** Asked at every beat; false ends the stream (logged out, token revoked). */
  stillAllowed: () => boolean;
  beatMs?: number | undefined;
}

export interface StreamSource {
  /** Called once; `wake` says that there may be something new. Answers how to stop. */
  listen(wake: () => void): () => void;
  /** An empty text without more: there is nothing now. */
  next(): NextPiece;
  /** What the client will have named, should it come back. */
  cursor(): number;
}

/** A client that has taken nothing for so many beats is cut off; it comes back with its last number. */
const mostSlowBeats = 4;

/** Writes until the client goes. */
export async function streamSteadily({ response, stillAllowed, beatMs = 15_000 }: StreamClient, source: StreamSource) {
  let woken = true;
  let wake: (() => void) | undefined;
  const stop = source.listen(() => {
    woken = true;
    wake?.();
  });
  let slowBeats = 0;
  const beat = setInterval(() => {
    slowBeats = response.writableNeedDrain ? slowBeats + 1 : 0;
    if (slowBeats >= mostSlowBeats) response.destroy();
    else if (!stillAllowed()) response.end();
    else if (slowBeats === 0) response.write(`: ${source.cursor()}\n\n`);
  }, beatMs);
  response.on('close', () => wake?.());
  // 2 s until a browser tries again; the comment makes proxies pass the head on at once.
  response.write(`retry: 2000\n: ${source.cursor()}\n\n`);
  try {
    while (!response.destroyed && !response.writableEnded) {
      woken = false;
      const { text, more } = source.next();
      if (text !== '' && !response.write(text)) await drained(response);
      else if (more) await nextTurn();
      else if (!woken) {
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
