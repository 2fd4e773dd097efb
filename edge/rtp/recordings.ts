// Finished recordings on the edge's disk: found, read, taken away; and those of a crash mended: of the edge at its next start,
// of a media worker at once.
import { mkdir, open, readdir, rename, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { LinkFailure, type WireRecordingInfo } from '../../link/index.ts';
import { sha256Of } from './audio/file-hash.ts';
import { unfinished } from './audio/recorder.ts';
import { repairWav, wavHeaderBytes } from './audio/wav.ts';
import { sampleRate } from './codec/g711.ts';

/** Most that one reply carries. */
export const mostReadBytes = 256 * 1024;

export class Recordings {
  readonly #directory: string;
  readonly #logger: Logger;

  private constructor(directory: string, logger: Logger) {
    this.#directory = directory;
    this.#logger = logger;
  }

  /** Makes the directory, and mends what an earlier edge could not finish. @throws the system's error where it cannot */
  static async open(directory: string, logger: Logger): Promise<Recordings> {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const recordings = new Recordings(directory, logger);
    let mended = 0;
    for (const name of await readdir(directory)) {
      if (name.endsWith(`.wav${unfinished}`) && (await recordings.#mend(join(directory, name)))) mended++;
    }
    if (mended > 0) logger.warn({ recordings: mended, directory }, 'mended recordings that were not finished');
    return recordings;
  }

  /** What a media worker left when it died is made whole. @returns false where it left nothing that is a recording */
  async mend(id: string): Promise<boolean> {
    try {
      return await this.#mend(this.#path(id) + unfinished);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false; // sealed before, or not begun yet
      throw error;
    }
  }

  /** A finished one; undefined where there is none. @param id checked by the caller */
  async find(id: string): Promise<WireRecordingInfo | undefined> {
    const path = this.#path(id);
    try {
      const file = await open(path, 'r');
      try {
        const { size } = await file.stat();
        const header = Buffer.alloc(wavHeaderBytes);
        await file.read(header, 0, wavHeaderBytes, 0);
        const channels = header.readUInt16LE(22) === 1 ? 1 : 2;
        const ms = Math.round(((size - wavHeaderBytes) * 1000) / (2 * channels * sampleRate));
        return { id, on: '', channels, state: 'finished', path, bytes: size, ms };
      } finally {
        await file.close();
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  }

  /** SHA-256 of a finished one. @throws LinkFailure media-unknown */
  async sha256(id: string): Promise<string> {
    const file = await this.#openForReading(id);
    return sha256Of(file).finally(() => file.close());
  }

  /** Bytes of a recording, finished or not. @throws LinkFailure media-unknown */
  async read(id: string, start: number, most: number): Promise<{ data: string; size: number }> {
    const file = await this.#openForReading(id);
    try {
      const { size } = await file.stat();
      const buffer = Buffer.alloc(Math.max(0, Math.min(most, mostReadBytes, size - start)));
      const { bytesRead } = await file.read(buffer, 0, buffer.length, start);
      return { data: buffer.toString('base64', 0, bytesRead), size };
    } finally {
      await file.close();
    }
  }

  async forget(id: string): Promise<void> {
    await unlink(this.#path(id)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
    });
  }

  #path(id: string): string {
    return join(this.#directory, `${id}.wav`);
  }

  async #openForReading(id: string) {
    for (const path of [this.#path(id), this.#path(id) + unfinished]) {
      try {
        return await open(path, 'r');
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      }
    }
    throw new LinkFailure('media-unknown', `there is no recording ${id}`);
  }

  async #mend(path: string): Promise<boolean> {
    const file = await open(path, 'r+');
    const mended = await repairWav(file).finally(() => file.close());
    if (mended?.dataBytes === 0) {
      // It died before a sound was written: a header alone would look like a recording.
      await unlink(path);
      this.#logger.warn({ path }, 'an unfinished recording held no sound, and was taken away');
      return false;
    }
    if (mended) await rename(path, path.slice(0, -unfinished.length));
    else {
      const { size } = await stat(path);
      this.#logger.warn({ path, size }, 'an unfinished recording holds nothing that can be mended');
      await rename(path, `${path}.broken`);
    }
    return mended !== undefined;
  }
}
