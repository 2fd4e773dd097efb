import type { Writable } from 'node:stream';

/** Resolves when the stream takes more, or is gone; never rejects, because a client that leaves is no error. */
export function drained(stream: Writable): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      stream.off('drain', done).off('close', done);
      resolve();
    };
    if (stream.destroyed) resolve();
    else stream.on('drain', done).on('close', done);
  });
}
