// Reads for lists, reports and exports, away from the main thread, which belongs to the calls. A worker with a connection
// of its own does them one after the other; long ones hand out piece after piece, so that others come in between.
import { Worker } from 'node:worker_threads';
import type { Database } from 'better-sqlite3';
import type { Logger } from 'pino';
import { failed } from './errors.ts';
import type { ReadJob, ReadStream } from './read-job.ts';
import type { ReaderReply, ReaderRequest } from './reader-protocol.ts';

export interface Reader {
  /** @throws read-failed (what went wrong is in the log), read-too-slow */
  ask<Args, Answer>(job: ReadJob<Args, Answer>, args: Args): Promise<Answer>;
  /** Piece by piece, as fast as they are taken. @throws read-failed, read-too-slow */
  stream<Args>(stream: ReadStream<Args>, args: Args): AsyncIterable<string>;
  close(): Promise<void>;
}

interface Waiting {
  resolve(reply: ReaderReply): void;
  reject(error: Error): void;
  timer: NodeJS.Timeout;
}

/** A read that takes longer is given up, with everything that waits behind it. */
const slowestMs = 60_000;

/** On a database in memory, which has no second connection: everything at once, where it is asked. */
export function readInPlace(database: Database): Reader {
  return {
    ask: async (job, args) => job.run(database, args),
    async *stream(stream, args) {
      yield* stream.pieces(database, args);
    },
    close: async () => {},
  };
}

/** @param file of the database. The worker starts with the first read. */
export function openReader(file: string, logger: Logger): Reader {
  return new WorkerReader(file, logger);
}

class WorkerReader implements Reader {
  readonly #file: string;
  readonly #logger: Logger;
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | undefined;
  #ended: Promise<void> = Promise.resolve();
  #ids = 0;
  #closed = false;

  constructor(file: string, logger: Logger) {
    this.#file = file;
    this.#logger = logger;
  }

  async ask<Args, Answer>(job: ReadJob<Args, Answer>, args: Args): Promise<Answer> {
    const { module, name } = job;
    const reply = await this.#request({ id: ++this.#ids, do: 'run', module, name, args }, name);
    return ('answer' in reply ? reply.answer : undefined) as Answer;
  }

  async *stream<Args>(stream: ReadStream<Args>, args: Args): AsyncGenerator<string, void, undefined> {
    const { module, name } = stream;
    const id = ++this.#ids;
    const worker = this.#open();
    try {
      let reply = await this.#request({ id, do: 'begin', module, name, args }, name);
      while ('piece' in reply && reply.piece !== undefined) {
        yield reply.piece;
        // Another worker would not know the stream, and end it as if it were whole.
        if (this.#worker !== worker) throw failed['read-failed']({ what: name });
        reply = await this.#request({ id, do: 'more' }, name);
      }
    } finally {
      if (this.#worker === worker) this.#post({ id, do: 'end' });
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#worker?.ref();
    this.#post({ do: 'stop' });
    await this.#ended;
  }

  #post(request: ReaderRequest): void {
    this.#worker?.postMessage(request);
  }

  #request(request: Exclude<ReaderRequest, { do: 'stop' }>, what: string): Promise<ReaderReply> {
    if (this.#closed) return Promise.reject(failed['read-failed']({ what }));
    const worker = this.#open();
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#logger.error({ what, slowestMs }, 'a read took too long and was given up');
        this.#waiting.delete(request.id);
        reject(failed['read-too-slow']({ what }));
        void worker.terminate();
      }, slowestMs).unref();
      const settle = (give: () => void): void => {
        clearTimeout(timer);
        give();
      };
      this.#waiting.set(request.id, {
        timer,
        reject: (error) => settle(() => reject(error)),
        resolve: (reply) =>
          settle(() => {
            if (!('failed' in reply)) return resolve(reply);
            this.#logger.error({ what, reason: reply.failed }, 'a read failed');
            reject(failed['read-failed']({ what }));
          }),
      });
      worker.postMessage(request);
    });
  }

  #open(): Worker {
    if (this.#worker) return this.#worker;
    const worker = new Worker(new URL('./reader-worker.ts', import.meta.url), {
      workerData: { file: this.#file },
      resourceLimits: { maxOldGenerationSizeMb: 512 },
    });
    worker.unref();
    this.#worker = worker;
    worker.on('message', (reply: ReaderReply) => {
      const waiting = this.#waiting.get(reply.id);
      this.#waiting.delete(reply.id);
      waiting?.resolve(reply);
    });
    worker.on('error', (error) => this.#logger.error({ err: error }, 'the reading worker failed'));
    this.#ended = new Promise((resolve) => {
      worker.on('exit', () => {
        if (this.#worker === worker) this.#worker = undefined;
        const lost = [...this.#waiting.values()];
        this.#waiting.clear();
        for (const { reject } of lost) reject(failed['read-failed']({ what: 'the worker ended' }));
        resolve();
      });
    });
    return worker;
  }
}
