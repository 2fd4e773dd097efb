// A thread of the edge's media as the main thread sees it: asks it, hears it, and knows when it died.
import { Worker } from 'node:worker_threads';
import type { Logger } from 'pino';
import { LinkFailure } from '../../link/index.ts';
import type { FromThread, ToThread } from './messages.ts';
import { boundNewSpace } from './priority.ts';

export interface ThreadKind {
  /** The file that it runs. */
  entry: URL;
  /** As the system shows it. */
  name: string;
  /** In errors and logs: `media worker`. */
  called: string;
}

export interface ThreadOutside {
  event(event: string, body: unknown): void;
  /** Not where it was asked to stop. */
  died(reason: string): void;
}

/** How long one may take to seal its recordings and to close its sockets. */
const stopMs = 10_000;

/** @typeParam News what it can be told, without an answer */
export class ThreadHandle<News = never> {
  readonly #kind: ThreadKind;
  readonly #outside: ThreadOutside;
  readonly #logger: Logger;
  readonly #pending = new Map<number, { resolve: (ok: unknown) => void; reject: (error: LinkFailure) => void }>();
  #worker: Worker | undefined;
  #alive = false;
  /** Told in this turn of the event loop. */
  #told: ToThread<News>[] = [];
  #lastId = 0;
  #stopped: (() => void) | undefined;

  constructor(kind: ThreadKind, outside: ThreadOutside, logger: Logger) {
    this.#kind = kind;
    this.#outside = outside;
    this.#logger = logger;
  }

  get alive(): boolean {
    return this.#alive;
  }

  /** Once. Resolves when it takes requests. @throws LinkFailure media-unavailable where it does not start */
  start(workerData: unknown): Promise<void> {
    const { entry, name, called } = this.#kind;
    boundNewSpace();
    const worker = new Worker(entry, { workerData, name });
    this.#worker = worker;
    return new Promise((resolve, reject) => {
      let reason = 'it ended';
      worker.on('message', (messages: FromThread[]) => {
        for (const message of messages) {
          if ('ready' in message) {
            this.#alive = true;
            resolve();
          } else this.#message(message);
        }
      });
      worker.on('error', (error: Error) => {
        reason = error.message;
        this.#logger.error({ err: error, thread: name }, 'media thread failed');
      });
      worker.on('exit', () => {
        this.#exit(reason);
        reject(new LinkFailure('media-unavailable', `the ${called} did not start: ${reason}`));
      });
    });
  }

  /** @throws LinkFailure what the thread says; media-unavailable where it is gone or dies over it */
  ask(name: string, body: unknown): Promise<unknown> {
    if (!this.#alive) return Promise.reject(this.#gone());
    const id = ++this.#lastId;
    this.#tell({ id, do: name, with: body });
    return new Promise((resolve, reject) => this.#pending.set(id, { resolve, reject }));
  }

  tell(news: News): void {
    this.#tell(news);
  }

  async stop(): Promise<void> {
    if (!this.#alive) return;
    const stopped = new Promise<void>((resolve) => {
      this.#stopped = resolve;
    });
    this.#tell({ stop: true });
    const impatience = setTimeout(() => {
      this.#logger.error({ afterMs: stopMs, thread: this.#kind.name }, 'media thread does not stop');
      void this.kill();
    }, stopMs);
    await stopped;
    clearTimeout(impatience);
  }

  /** Ends it as a defect would. */
  async kill(): Promise<void> {
    await this.#worker?.terminate();
  }

  #tell(message: ToThread<News>): void {
    if (this.#alive && this.#told.push(message) === 1) setImmediate(this.#post);
  }

  readonly #post = (): void => {
    const messages = this.#told;
    this.#told = [];
    if (this.#alive) this.#worker?.postMessage(messages);
  };

  #message(message: Exclude<FromThread, { ready: true }>): void {
    if ('re' in message) {
      const pending = this.#pending.get(message.re);
      this.#pending.delete(message.re);
      if ('ok' in message) pending?.resolve(message.ok);
      else {
        const { code, reason, stack } = message.failed;
        if (stack) this.#logger.error({ stack, thread: this.#kind.name }, 'request of a media thread failed');
        pending?.reject(new LinkFailure(code, reason));
      }
    } else if ('event' in message) this.#outside.event(message.event, message.with);
    else this.#logger[message.log](message.fields, message.message);
  }

  #exit(reason: string): void {
    const wasAlive = this.#alive;
    this.#alive = false;
    for (const { reject } of this.#pending.values()) reject(this.#gone());
    this.#pending.clear();
    if (this.#stopped) this.#stopped();
    else if (wasAlive) this.#outside.died(reason);
  }

  #gone(): LinkFailure {
    return new LinkFailure('media-unavailable', `the ${this.#kind.called} is gone`);
  }
}
