// What the main thread and a reading worker say to each other.

/** To the worker. `begin` asks for a stream's first piece, `more` for the next, `end` gives it up. */
export type ReaderRequest =
  | { id: number; do: 'run' | 'begin'; module: string; name: string; args: unknown }
  | { id: number; do: 'more' | 'end' }
  | { do: 'stop' };

/** From the worker: an answer, a piece of a stream (undefined: it is over), or why it failed. */
export type ReaderReply =
  | { id: number; answer: unknown }
  | { id: number; piece: string | undefined }
  | { id: number; failed: string };
