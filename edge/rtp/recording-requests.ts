// Requests about recordings: those that run are with a worker, those that are sealed are files.
import type { Logger } from 'pino';
import { LinkFailure, type MediaRequests } from '../../link/index.ts';
import { type Body, idOf, invalid, numberOf } from './call/fields.ts';
import type { Recordings } from './recordings.ts';
import type { WorkerHandle } from './worker-handle.ts';

export class RecordingRequests {
  readonly #files: Recordings;
  /** Where each runs. */
  readonly #where = new Map<string, WorkerHandle>();
  /** Those of a worker that died, while their files are mended: whoever asks for one waits for that. */
  readonly #mending = new Map<string, Promise<void>>();
  readonly #logger: Logger;

  constructor(files: Recordings, logger: Logger) {
    this.#files = files;
    this.#logger = logger;
  }

  /** A request `recording.…`. @throws LinkFailure */
  async request(name: string, body: Body): Promise<unknown> {
    await this.#mending.get(idOf(body));
    switch (name) {
      case 'recording.stop':
        return this.#stop(body);
      case 'recording.pause':
      case 'recording.resume':
        return this.#running(idOf(body)).ask(name, body);
      case 'recording.get':
        return this.#get(body);
      case 'recording.read':
        return this.#files.read(idOf(body), numberOf(body, 'start', 0, 2 ** 40), numberOf(body, 'most', 0, 2 ** 40));
      case 'recording.forget':
        return this.#forget(body);
    }
    throw new LinkFailure('request-unknown', `${name} is no media request`);
  }

  /** A recording of an endpoint or a bridge of that worker. @throws LinkFailure */
  async begin(name: string, body: Body, worker: WorkerHandle): Promise<unknown> {
    const id = idOf(body, 'recording');
    if (this.#where.has(id) || (await this.#files.find(id))) throw invalid('recording', 'exists');
    this.#where.set(id, worker);
    try {
      return await worker.ask(name, body);
    } catch (error) {
      this.#where.delete(id);
      throw error;
    }
  }

  async #stop(body: Body): Promise<MediaRequests['recording.stop']['ok']> {
    const id = idOf(body);
    const worker = this.#where.get(id);
    if (worker) {
      try {
        const ended = (await worker.ask('recording.stop', body)) as MediaRequests['recording.stop']['ok'];
        this.#where.delete(id);
        return ended;
      } catch (error) {
        const mending = this.#mending.get(id);
        if (!mending && !(error instanceof LinkFailure && error.code === 'media-unknown')) throw error;
        // Its endpoint closed meanwhile, which sealed it; or its worker died over this.
        await mending;
        this.#where.delete(id);
      }
    }
    const finished = await this.#files.find(id);
    if (!finished) throw new LinkFailure('media-unknown', `there is no recording ${id}`);
    return { ms: finished.ms, bytes: finished.bytes, sha256: await this.#files.sha256(id) };
  }

  async #forget(body: Body): Promise<void> {
    const id = idOf(body);
    // One whose bridge was closed without its being stopped is sealed, and known here still.
    const running = (await this.#where.get(id)?.ask('recording.get', body)) as
      | MediaRequests['recording.get']['ok']
      | undefined;
    if (running?.recording) throw invalid('id', 'is still recorded');
    this.#where.delete(id);
    await this.#files.forget(id);
  }

  async #get(body: Body): Promise<MediaRequests['recording.get']['ok']> {
    const id = idOf(body);
    const running = (await this.#where.get(id)?.ask('recording.get', body)) as
      | MediaRequests['recording.get']['ok']
      | undefined;
    return { recording: running?.recording ?? (await this.#files.find(id)) ?? null };
  }

  /** A worker died, and what it recorded ended with it: what it wrote until then is made whole now. */
  lost(worker: WorkerHandle): void {
    for (const [id, at] of this.#where) {
      if (at !== worker) continue;
      this.#where.delete(id);
      const mended = this.#mend(id).finally(() => this.#mending.delete(id));
      this.#mending.set(id, mended);
    }
  }

  async #mend(id: string): Promise<void> {
    try {
      const whole = await this.#files.mend(id);
      this.#logger.warn({ recording: id, whole }, 'a recording ended with its media worker');
    } catch (error) {
      // The next start of the edge tries again.
      this.#logger.error({ err: error, recording: id }, 'a recording of a dead media worker could not be mended');
    }
  }

  #running(id: string): WorkerHandle {
    const worker = this.#where.get(id);
    if (!worker) throw new LinkFailure('media-unknown', `there is no recording ${id}`);
    return worker;
  }
}
