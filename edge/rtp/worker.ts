// Entry of a media worker: one engine, driven by messages.
import { workerData } from 'node:worker_threads';
import { serveThread } from '../threads/index.ts';
import { openClip } from './audio/clip.ts';
import { Engine } from './engine.ts';
import { systemPacerTime } from './pacer.ts';
import type { ClipNews, WorkerStart } from './worker-handle.ts';

serveThread<ClipNews>((voice) => {
  const engine = new Engine(workerData as WorkerStart, voice, systemPacerTime);
  return {
    handle: (name, body) => engine.handle(name, body),
    told: (news) => {
      if ('clip' in news) engine.addClip(news.clip, openClip(news.shared));
      else if ('drop' in news) engine.dropClip(news.drop);
      else engine.failClip(news.fail, news.reason);
    },
    close: () => engine.close(),
  };
});
