// The inside of a thread of the edge's media: answers requests one by one, and says what happens.
import { parentPort } from 'node:worker_threads';
import { LinkFailure } from '../../link/index.ts';
import type { FromThread, Request, ToThread } from './messages.ts';
import { raisePriority } from './priority.ts';

/** What does the work. @typeParam News what it is told, without an answer */
export interface ThreadWork<News> {
  /** An answer, or one that comes. @throws LinkFailure, or what is a mistake of ours */
  handle(name: string, body: unknown): unknown;
  told(news: News): void;
  /** After it the thread ends. */
  close(): Promise<void> | void;
}

/** How the work speaks. */
export interface ThreadVoice {
  event(event: string, body: unknown): void;
  log(level: 'info' | 'warn' | 'error', message: string, fields: Record<string, unknown>): void;
}

/** Serves the main thread; called once, by the file that the thread runs. @throws Error outside a thread */
export function serveThread<News>(make: (voice: ThreadVoice) => ThreadWork<News>): void {
  const port = parentPort;
  if (!port) throw new Error('this runs in a worker thread only');
  let said: FromThread[] = [];
  const post = () => {
    const messages = said;
    said = [];
    if (messages.length > 0) port.postMessage(messages);
  };
  const say = (message: FromThread) => {
    if (said.push(message) === 1) setImmediate(post);
  };
  const failed = (re: number, error: unknown) => {
    if (error instanceof LinkFailure) say({ re, failed: { code: error.code, reason: error.reason } });
    else {
      const { message, stack } = error instanceof Error ? error : new Error(String(error));
      say({ re, failed: { code: 'internal', reason: message, stack } });
    }
  };
  const log: ThreadVoice['log'] = (level, message, fields) => say({ log: level, message, fields });
  const refused = raisePriority();
  if (refused !== undefined) log('info', 'media thread runs at normal priority', { reason: refused });
  const work = make({ event: (event, body) => say({ event, with: body }), log });

  const answer = ({ id, do: name, with: body }: Request) => {
    try {
      const ok = work.handle(name, body);
      // Most answers are there at once; waiting for them would cost a turn.
      if (!(ok instanceof Promise)) say({ re: id, ok });
      else
        ok.then(
          (later: unknown) => say({ re: id, ok: later }),
          (error: unknown) => failed(id, error),
        );
    } catch (error) {
      failed(id, error);
    }
  };
  const stop = async () => {
    await work.close();
    post();
    port.close();
  };
  port.on('message', (messages: ToThread<News>[]) => {
    for (const message of messages) {
      if (isRequest(message)) answer(message);
      else if (isStop(message)) void stop();
      else work.told(message);
    }
  });
  say({ ready: true });
}

function isRequest<News>(message: ToThread<News>): message is Request {
  return typeof message === 'object' && message !== null && 'do' in message;
}

function isStop<News>(message: News | { stop: true }): message is { stop: true } {
  return typeof message === 'object' && message !== null && 'stop' in message;
}
