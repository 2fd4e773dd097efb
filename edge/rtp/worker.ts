// Entry of a media worker: one engine, driven by messages.
import { parentPort, workerData } from 'node:worker_threads';
import { LinkFailure } from '../../link/index.ts';
import { openClip } from './audio/clip.ts';
import { Engine } from './engine.ts';
import { systemPacerTime } from './pacer.ts';
import { raisePriority } from './thread.ts';
import type { FromWorker, FromWorkerPost, ToWorker, ToWorkerPost, WorkerStart } from './worker-protocol.ts';

if (!parentPort) throw new Error('worker.ts runs in a worker thread only');
const port = parentPort;

let said: FromWorkerPost = [];

function say(message: FromWorker): void {
  if (said.push(message) === 1) setImmediate(post);
}

function post(): void {
  const messages = said;
  said = [];
  if (messages.length > 0) port.postMessage(messages);
}

const engine = new Engine(
  workerData as WorkerStart,
  {
    event: (event, body) => say({ event, with: body }),
    log: (log, message, fields) => say({ log, message, fields }),
  },
  systemPacerTime,
);

function failed(re: number, error: unknown): void {
  if (error instanceof LinkFailure) say({ re, failed: { code: error.code, reason: error.reason } });
  else {
    const { message, stack } = error instanceof Error ? error : new Error(String(error));
    say({ re, failed: { code: 'internal', reason: message, stack } });
  }
}

function take(message: ToWorker): void {
  if ('do' in message) {
    try {
      const answer = engine.handle(message.do, message.with);
      // Most answers are there at once; waiting for them would cost a turn.
      if (!(answer instanceof Promise)) say({ re: message.id, ok: answer });
      else
        answer.then(
          (ok) => say({ re: message.id, ok }),
          (error) => failed(message.id, error),
        );
    } catch (error) {
      failed(message.id, error);
    }
  } else if ('clip' in message) engine.addClip(message.clip, openClip(message.shared));
  else if ('drop' in message) engine.dropClip(message.drop);
  else if ('fail' in message) engine.failClip(message.fail, message.reason);
  else {
    void engine.close().then(() => {
      say({ stopped: true });
      post();
      port.close();
    });
  }
}

port.on('message', (messages: ToWorkerPost) => {
  for (const message of messages) take(message);
});
const refused = raisePriority();
if (refused !== undefined) {
  say({ log: 'info', message: 'media thread runs at normal priority', fields: { reason: refused } });
}
say({ ready: true });
