// One media worker as the main thread sees it: asks it, hears it, and knows when it died.
import { Worker } from 'node:worker_threads';
import type { Logger } from 'pino';
import { LinkFailure } from '../../link/index.ts';
import { boundNewSpace } from './thread.ts';
import type { FromWorker, FromWorkerPost, ToWorker, ToWorkerPost, WorkerStart } from './worker-protocol.ts';

export interface WorkerOutside {
  event(event: string, body: unknown): void;
  died(reason: string): void;
}

/** How long a worker may take to seal its recordings. */
const stopMs = 10_000;

export class WorkerHandle {
  /** Endpoints that it holds; counted by the tier. */
  endpoints = 0;
  alive = false;
  readonly #worker: Worker;
  readonly #pending = new Map<number, { resolve: (ok: unknown) => void; reject: (error: LinkFailure) => void }>();
  readonly #logger: Logger;
  readonly #outside: WorkerOutside;
  /** Told in this turn of the event loop. */
  #told: ToWorkerPost = [];
  #lastId = 0;
  #stopped: (() => void) | undefined;

  private constructor(worker: Worker, outside: WorkerOutside, logger: Logger) {
    this.#worker = worker;
    this.#outside = outside;
    this.#logger = logger;
  }

  /** Starts a worker and resolves when it takes requests. @throws Error where it does not start */
  static start(workerData: WorkerStart, outside: WorkerOutside, logger: Logger): Promise<WorkerHandle> {
    boundNewSpace();
    const worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData, name: 'media' });
    const handle = new WorkerHandle(worker, outside, logger);
    return new Promise((resolve, reject) => {
      let reason = 'it ended';
      worker.on('message', (messages: FromWorkerPost) => {
        for (const message of messages) {
          if ('ready' in message) {
            handle.alive = true;
            resolve(handle);
          } else handle.#message(message);
        }
      });
      worker.on('error', (error: Error) => {
        reason = error.stack ?? error.message;
      });
      worker.on('exit', () => {
        handle.#exit(reason);
        reject(new Error(`media worker did not start: ${reason}`));
      });
    });
  }

  ask(name: string, body: unknown): Promise<unknown> {
    if (!this.alive) return Promise.reject(new LinkFailure('media-unavailable', 'the media worker is gone'));
    const id = ++this.#lastId;
    this.tell({ id, do: name, with: body });
    return new Promise((resolve, reject) => this.#pending.set(id, { resolve, reject }));
  }

  tell(message: ToWorker): void {
    if (this.alive && this.#told.push(message) === 1) setImmediate(this.#post);
  }

  async stop(): Promise<void> {
    if (!this.alive) return;
    const stopped = new Promise<void>((resolve) => {
      this.#stopped = resolve;
    });
    this.tell({ stop: true });
    const impatience = setTimeout(() => {
      this.#logger.error({ afterMs: stopMs }, 'media worker does not stop');
      void this.#worker.terminate();
    }, stopMs);
    await stopped;
    clearTimeout(impatience);
  }

  readonly #post = (): void => {
    const messages = this.#told;
    this.#told = [];
    if (this.alive) this.#worker.postMessage(messages);
  };

  #message(message: Exclude<FromWorker, { ready: true }>): void {
    if ('re' in message) {
      const pending = this.#pending.get(message.re);
      this.#pending.delete(message.re);
      if ('ok' in message) pending?.resolve(message.ok);
      else {
        const { code, reason, stack } = message.failed;
        if (stack) this.#logger.error({ stack }, 'media request failed');
        pending?.reject(new LinkFailure(code, reason));
      }
    } else if ('event' in message) this.#outside.event(message.event, message.with);
    else if ('log' in message) this.#logger[message.log](message.fields, message.message);
  }

  #exit(reason: string): void {
    const wasAlive = this.alive;
    this.alive = false;
    for (const { reject } of this.#pending.values())
      reject(new LinkFailure('media-unavailable', 'the media worker died'));
    this.#pending.clear();
    if (this.#stopped) this.#stopped();
    else if (wasAlive) this.#outside.died(reason);
  }
}
