// Audio files, loaded once: read, checked against their hash, encoded in both laws, kept in shared memory.
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { encodeClip, type SharedClip } from './clip.ts';
import { readWav } from './wav.ts';

export interface StoreEvents {
  loaded(hash: string, clip: SharedClip): void;
  /** Not used for long: the memory is wanted for others. */
  dropped(hash: string): void;
}

/** The file is not on this host: the server has to bring it. */
export class AudioMissing extends Error {}

/** Largest file: an hour of 16-bit. */
export const mostFileBytes = 64 * 1024 * 1024;

export class AudioStore {
  readonly #events: StoreEvents;
  readonly #mostBytes: number;
  /** In order of use, the oldest first. */
  readonly #clips = new Map<string, SharedClip>();
  readonly #loading = new Map<string, Promise<SharedClip>>();
  readonly #pieces = new Map<string, Buffer[]>();
  #bytes = 0;

  /** @param mostBytes of encoded audio that is kept */
  constructor(events: StoreEvents, mostBytes: number) {
    this.#events = events;
    this.#mostBytes = mostBytes;
  }

  /** The clip, where it is loaded. */
  get(hash: string): SharedClip | undefined {
    const clip = this.#clips.get(hash);
    if (clip) {
      this.#clips.delete(hash);
      this.#clips.set(hash, clip);
    }
    return clip;
  }

  /**
   * Loads a file; many who ask at once share one load.
   * @throws AudioMissing where it cannot be read here or another file has that name, Error where it is no 8 kHz WAV
   */
  load(hash: string, path: string): Promise<SharedClip> {
    let loading = this.#loading.get(hash);
    if (!loading) {
      loading = this.#read(hash, path).finally(() => this.#loading.delete(hash));
      this.#loading.set(hash, loading);
    }
    return loading;
  }

  /** A piece of a file that the server brings. @throws Error where the pieces do not fit, or the whole is not what its hash says */
  put(hash: string, start: number, data: Buffer, last: boolean): void {
    const pieces = start === 0 ? [] : (this.#pieces.get(hash) ?? []);
    const have = pieces.reduce((sum, piece) => sum + piece.length, 0);
    if (start !== have || have + data.length > mostFileBytes) {
      this.#pieces.delete(hash);
      throw new Error(`the piece begins at ${start}, ${have} bytes are there`);
    }
    pieces.push(data);
    if (!last) this.#pieces.set(hash, pieces);
    else {
      this.#pieces.delete(hash);
      const file = Buffer.concat(pieces);
      if (hashed(file) !== hash) throw new Error('the file is not what its hash says');
      this.#add(hash, file);
    }
  }

  async #read(hash: string, path: string): Promise<SharedClip> {
    let file: Buffer;
    try {
      file = await readFile(path);
    } catch (error) {
      throw new AudioMissing(`${path} cannot be read here`, { cause: error });
    }
    if (hashed(file) !== hash) throw new AudioMissing(`${path} is another file here`);
    return this.#add(hash, file);
  }

  #add(hash: string, file: Buffer): SharedClip {
    const clip = encodeClip(readWav(file));
    this.#clips.set(hash, clip);
    this.#bytes += clip.shared.byteLength;
    this.#events.loaded(hash, clip);
    for (const [oldest, { shared }] of this.#clips) {
      if (this.#bytes <= this.#mostBytes || oldest === hash) break;
      this.#clips.delete(oldest);
      this.#bytes -= shared.byteLength;
      this.#events.dropped(oldest);
    }
    return clip;
  }
}

function hashed(file: Buffer): string {
  return createHash('sha256').update(file).digest('hex');
}
