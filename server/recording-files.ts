// Recordings for the API: from the recordings folder, or from whichever engine has them.
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import type { MediaServer } from '../media/media-server.ts';

export class RecordingFiles {
  readonly #media: Pick<MediaServer, 'recording'>;
  readonly #folder: string | undefined;

  /** @param folder where those of other engines come home to; undefined: the engine's own folder is read by the engine */
  constructor(media: Pick<MediaServer, 'recording'>, folder?: string) {
    this.#media = media;
    this.#folder = folder;
  }

  async size(id: string): Promise<number | undefined> {
    const here = await this.#here(id);
    if (here) return here.size;
    const recording = await this.#media.recording(id);
    if (!recording) return undefined;
    const { stream, size } = await recording.read({ start: 0, end: 0 });
    stream.destroy();
    return size;
  }

  /** @throws media-unavailable, recording-unknown */
  async read(id: string, range: { start: number; end: number }): Promise<Readable> {
    const here = await this.#here(id);
    if (here) return createReadStream(here.file, range);
    const recording = await this.#media.recording(id);
    if (!recording) throw new Error(`recording ${id} is gone`);
    return (await recording.read(range)).stream;
  }

  async #here(id: string): Promise<{ file: string; size: number } | undefined> {
    if (this.#folder === undefined) return undefined;
    const file = join(this.#folder, `${id}.wav`);
    try {
      return { file, size: (await stat(file)).size };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      return undefined;
    }
  }
}
