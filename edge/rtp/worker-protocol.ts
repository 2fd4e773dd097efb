// What the tier's main thread and its workers say to each other: lists of messages, as what one turn of the event loop has
// to say goes over in one post.

import type { SharedClip } from './audio/clip.ts';
import type { EngineOptions } from './engine.ts';

export type WorkerStart = EngineOptions;

export type ToWorkerPost = ToWorker[];
export type FromWorkerPost = FromWorker[];

export type ToWorker =
  | { id: number; do: string; with: unknown }
  | { clip: string; shared: SharedClip }
  | { drop: string }
  | { fail: string; reason: string }
  | { stop: true };

export type FromWorker =
  | { ready: true }
  | { re: number; ok: unknown }
  | { re: number; failed: { code: string; reason: string; stack?: string | undefined } }
  | { event: string; with: unknown }
  | { log: 'info' | 'warn' | 'error'; message: string; fields: Record<string, unknown> }
  | { stopped: true };
