// The gateway's thread as the main thread sees it: asks it, hears it, and knows when it died.
import { Worker } from 'node:worker_threads';
import type { Logger } from 'pino';
import { LinkFailure } from '../../link/index.ts';
import { boundNewSpace } from '../rtp/index.ts';
import type { FromGateway, GatewayStart, ToGateway } from './thread-protocol.ts';

export interface ThreadOutside {
  event(event: string, body: unknown): void;
  /** Not where it was asked to stop. */
  died(reason: string): void;
}

export class ThreadHandle {
  readonly #worker: Worker;
  readonly #outside: ThreadOutside;
  readonly #logger: Logger;
  readonly #pending = new Map<number, { resolve: (ok: unknown) => void; reject: (error: LinkFailure) => void }>();
  /** Asked in this turn of the event loop. */
  #asked: ToGateway[] = [];
  #lastId = 0;
  #alive = false;
  #stopped: (() => void) | undefined;

  private constructor(worker: Worker, outside: ThreadOutside, logger: Logger) {
    this.#worker = worker;
    this.#outside = outside;
    this.#logger = logger;
  }

  /** Resolves when it takes requests. @throws LinkFailure media-unavailable where it does not start */
  static start(workerData: GatewayStart, outside: ThreadOutside, logger: Logger): Promise<ThreadHandle> {
    boundNewSpace();
    const worker = new Worker(new URL('./thread.ts', import.meta.url), { workerData, name: 'webrtc' });
    const handle = new ThreadHandle(worker, outside, logger);
    return new Promise((resolve, reject) => {
      let reason = 'it ended';
      worker.on('message', (messages: FromGateway[]) => {
        for (const message of messages) {
          if ('ready' in message) {
            handle.#alive = true;
            resolve(handle);
          } else handle.#message(message);
        }
      });
      worker.on('error', (error: Error) => {
        reason = error.message;
        logger.error({ err: error }, 'WebRTC thread failed');
      });
      worker.on('exit', () => {
        handle.#exit(reason);
        reject(new LinkFailure('media-unavailable', `the WebRTC thread did not start: ${reason}`));
      });
    });
  }

  ask(name: string, body: unknown): Promise<unknown> {
    if (!this.#alive) return Promise.reject(new LinkFailure('media-unavailable', 'the WebRTC thread is gone'));
    const id = ++this.#lastId;
    this.#tell({ id, do: name, with: body });
    return new Promise((resolve, reject) => this.#pending.set(id, { resolve, reject }));
  }

  async stop(): Promise<void> {
    if (!this.#alive) return;
    const stopped = new Promise<void>((resolve) => {
      this.#stopped = resolve;
    });
    this.#tell({ stop: true });
    await stopped;
  }

  /** Ends it as a defect would. For tests. */
  async kill(): Promise<void> {
    await this.#worker.terminate();
  }

  #tell(message: ToGateway): void {
    if (this.#asked.push(message) === 1) setImmediate(this.#post);
  }

  readonly #post = (): void => {
    const messages = this.#asked;
    this.#asked = [];
    if (this.#alive) this.#worker.postMessage(messages);
  };

  #message(message: Exclude<FromGateway, { ready: true }>): void {
    if ('re' in message) {
      const pending = this.#pending.get(message.re);
      this.#pending.delete(message.re);
      if ('ok' in message) pending?.resolve(message.ok);
      else {
        const { code, reason, stack } = message.failed;
        if (stack) this.#logger.error({ stack }, 'WebRTC request failed');
        pending?.reject(new LinkFailure(code, reason));
      }
    } else if ('event' in message) this.#outside.event(message.event, message.with);
    else this.#logger[message.log](message.fields, message.message);
  }

  #exit(reason: string): void {
    const wasAlive = this.#alive;
    this.#alive = false;
    for (const { reject } of this.#pending.values()) {
      reject(new LinkFailure('media-unavailable', 'the WebRTC thread died'));
    }
    this.#pending.clear();
    if (this.#stopped) this.#stopped();
    else if (wasAlive) this.#outside.died(reason);
  }
}
