// Recordings for the API: whichever engine has them.
import type { Readable } from 'node:stream';
import type { MediaServer } from '../media/media-server.ts';

export class RecordingFiles {
  readonly #media: MediaServer;

  constructor(media: MediaServer) {
    this.#media = media;
  }

  async size(id: string): Promise<number | undefined> {
    const recording = await this.#media.recording(id);
    if (!recording) return undefined;
    const { stream, size } = await recording.read({ start: 0, end: 0 });
    stream.destroy();
    return size;
  }

  /** @throws media-unavailable, recording-unknown */
  async read(id: string, range: { start: number; end: number }): Promise<Readable> {
    const recording = await this.#media.recording(id);
    if (!recording) throw new Error(`recording ${id} is gone`);
    return (await recording.read(range)).stream;
  }
}
