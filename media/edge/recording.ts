// A recording on the edge.
import { open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import type { Logger } from 'pino';
import { mediaErrors } from '../errors.ts';
import type { Recording, SealedRecording } from '../media-server.ts';
import type { Ask } from './asking.ts';

const pieceBytes = 192 * 1024;

export interface RecordingContext {
  ask: Ask;
  logger: Logger;
  /** The edge's files are ours too: read them without the link. */
  sameHost: boolean;
}

export class EdgeRecording implements Recording {
  readonly id: string;
  readonly #context: RecordingContext;
  /** The edge knows of it; rejects where it did not begin. */
  readonly #begun: Promise<void>;

  /** @param begun the request that began it; none for one that was found */
  constructor(id: string, context: RecordingContext, begun: Promise<unknown> = Promise.resolve()) {
    this.id = id;
    this.#context = context;
    this.#begun = begun.then(() => undefined);
    this.#begun.catch((error: Error) => context.logger.error({ err: error, recording: id }, 'recording did not begin'));
  }

  pause(): void {
    this.#tell('recording.pause');
  }

  resume(): void {
    this.#tell('recording.resume');
  }

  async stop(): Promise<SealedRecording> {
    await this.#begun;
    return this.#context.ask('recording.stop', { id: this.id });
  }

  async read(range?: { start: number; end?: number }): Promise<{ stream: Readable; size: number }> {
    await this.#begun;
    const { ask, sameHost } = this.#context;
    const { recording } = await ask('recording.get', { id: this.id });
    if (!recording) throw mediaErrors['media-unknown']({ reason: `there is no recording ${this.id}` });
    const size = recording.bytes;
    const start = Math.max(0, range?.start ?? 0);
    const end = Math.min(range?.end ?? size - 1, size - 1);
    if (start > end) return { stream: Readable.from([]), size };
    // The length is taken once: a reader of a growing file gets what was there when it asked.
    if (sameHost) {
      const file = await open(recording.path, 'r').catch((error: NodeJS.ErrnoException) => {
        // It was sealed, and so renamed, since we asked: the link knows its new name.
        if (error.code === 'ENOENT') return undefined;
        throw error;
      });
      if (file) return { stream: file.createReadStream({ start, end }), size };
    }
    return { stream: Readable.from(this.#pieces(start, end), { objectMode: false }), size };
  }

  async *#pieces(start: number, end: number): AsyncGenerator<Buffer> {
    for (let at = start; at <= end; ) {
      const { data } = await this.#context.ask('recording.read', {
        id: this.id,
        start: at,
        most: Math.min(pieceBytes, end - at + 1),
      });
      const piece = Buffer.from(data, 'base64');
      if (piece.length === 0) throw mediaErrors['media-recording-failed']({ reason: 'it is shorter than it was' });
      at += piece.length;
      yield piece;
    }
  }

  #tell(name: 'recording.pause' | 'recording.resume'): void {
    this.#begun
      .then(() => this.#context.ask(name, { id: this.id }))
      .catch((error: Error) => {
        this.#context.logger.error({ err: error, recording: this.id, request: name }, 'recording was not told');
      });
  }
}
