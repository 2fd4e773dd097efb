// What the edge's main thread and a thread of its media say to each other: lists of messages, as what one turn of the event
// loop has to say goes over in one post.

export interface Request {
  id: number;
  do: string;
  with: unknown;
}

/** @typeParam News what else a kind of thread is told, without an answer */
export type ToThread<News> = Request | News | { stop: true };

export type FromThread =
  | { ready: true }
  | { re: number; ok: unknown }
  | { re: number; failed: { code: string; reason: string; stack?: string | undefined } }
  | { event: string; with: unknown }
  | { log: 'info' | 'warn' | 'error'; message: string; fields: Record<string, unknown> };
