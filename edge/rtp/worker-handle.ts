// One media worker as the tier sees it.
import type { Logger } from 'pino';
import { ThreadHandle, type ThreadOutside } from '../threads/index.ts';
import type { SharedClip } from './audio/clip.ts';
import type { EngineOptions } from './engine.ts';

export type WorkerStart = EngineOptions;

/** What a worker is told of clips. */
export type ClipNews = { clip: string; shared: SharedClip } | { drop: string } | { fail: string; reason: string };

export class WorkerHandle extends ThreadHandle<ClipNews> {
  /** Endpoints that it holds; counted by the tier. */
  endpoints = 0;

  constructor(outside: ThreadOutside, logger: Logger) {
    super({ entry: new URL('./worker.ts', import.meta.url), name: 'media', called: 'media worker' }, outside, logger);
  }

  override start(start: WorkerStart): Promise<void> {
    return super.start(start);
  }
}
