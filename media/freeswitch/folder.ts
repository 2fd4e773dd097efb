// The folder that we and FreeSWITCH share: prompts by their hash, recordings by their id.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync } from 'node:fs';
import { copyFile, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { mediaErrors } from '../errors.ts';
import type { Audio } from '../media-server.ts';
import { wavHeaderBytes, wavOf } from '../recorded-wav.ts';
import { isWhole, Pieces } from './pieces.ts';

export class SharedFolder {
  readonly #here: string;
  readonly #there: string;
  /** Hashes whose files are there. */
  readonly #brought = new Map<string, Promise<void>>();

  /** @param there the same folder as FreeSWITCH calls it */
  constructor(here: string, there = here) {
    this.#here = here;
    this.#there = there;
    for (const part of ['audio', 'recordings']) mkdirSync(join(here, part), { recursive: true });
  }

  /** What FreeSWITCH is told to play, one after the other. @throws media-failed where a file is not what its hash says */
  sounds(audio: readonly Audio[]): Promise<string[]> {
    return Promise.all(audio.map((one) => this.#part(one)));
  }

  /** As FreeSWITCH calls the n-th piece of a recording. */
  pieceThere(id: string, piece: number): string {
    return join(this.#there, 'recordings', `${id}.${piece}.wav`);
  }

  /** What is there of a recording: sealed, or its pieces so far. */
  async recorded(id: string): Promise<Pieces> {
    const sealed = this.sealed(id);
    return Pieces.of(sealed === undefined ? await this.#pieces(id) : [sealed]);
  }

  /** Makes one file of the pieces, however long, in bounded memory; again, of a sealed one, its facts. */
  async seal(id: string): Promise<{ ms: number; bytes: number; sha256: string }> {
    const recorded = await this.recorded(id);
    const { channels, dataBytes } = recorded;
    const path = join(this.#here, 'recordings', `${id}.wav`);
    const hash = createHash('sha256');
    const hashed = async function* (pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
      for await (const piece of pieces) {
        hash.update(piece);
        yield piece;
      }
    };
    const file = await open(`${path}.new`, 'w');
    try {
      await file.writeFile(hashed(wavOf(recorded, recorded.samples())));
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(`${path}.new`, path);
    for (const piece of await this.#pieces(id)) await rm(piece, { force: true });
    const ms = Math.round(dataBytes / (16 * channels));
    return { ms, bytes: wavHeaderBytes + dataBytes, sha256: hash.digest('hex') };
  }

  /** Waits, at most 3 s, until FreeSWITCH has closed the last piece: its header says how long it is then. */
  async settled(id: string): Promise<void> {
    for (const end = performance.now() + 3_000; performance.now() < end; ) {
      const last = (await this.#pieces(id)).at(-1);
      if (last !== undefined && (await isWhole(last))) return;
      await setTimeout(50);
    }
  }

  /** Path of a sealed recording, or undefined. */
  sealed(id: string): string | undefined {
    const path = join(this.#here, 'recordings', `${id}.wav`);
    return existsSync(path) ? path : undefined;
  }

  async hasPieces(id: string): Promise<boolean> {
    return (await this.#pieces(id)).length > 0;
  }

  async forget(id: string): Promise<void> {
    await rm(join(this.#here, 'recordings', `${id}.wav`), { force: true });
    for (const piece of await this.#pieces(id)) await rm(piece, { force: true });
  }

  async #pieces(id: string): Promise<string[]> {
    const folder = join(this.#here, 'recordings');
    const names = (await readdir(folder)).filter((name) => name.startsWith(`${id}.`) && /\.\d+\.wav$/.test(name));
    const number = (name: string) => Number(/\.(\d+)\.wav$/.exec(name)?.[1]);
    return names.sort((a, b) => number(a) - number(b)).map((name) => join(folder, name));
  }

  async #part(audio: Audio): Promise<string> {
    if (audio.kind === 'silence') return `silence_stream://${Math.max(20, Math.round(audio.ms))}`;
    if (audio.kind === 'tone') return `tone_stream://%(${Math.max(20, Math.round(audio.ms))},0,${audio.hz.join(',')})`;
    let bringing = this.#brought.get(audio.hash);
    if (!bringing) {
      bringing = this.#bring(audio.path, audio.hash);
      this.#brought.set(audio.hash, bringing);
      bringing.catch(() => this.#brought.delete(audio.hash));
    }
    await bringing;
    return join(this.#there, 'audio', `${audio.hash}.wav`);
  }

  async #bring(path: string, hash: string): Promise<void> {
    if (!/^[0-9a-f]{64}$/.test(hash)) throw mediaErrors['media-failed']({ reason: `${hash} is no SHA-256` });
    const target = join(this.#here, 'audio', `${hash}.wav`);
    if (existsSync(target) && (await stat(target)).size > wavHeaderBytes) return;
    const found = createHash('sha256')
      .update(await readFile(path))
      .digest('hex');
    if (found !== hash) throw mediaErrors['media-failed']({ reason: `the file of ${hash} has another content` });
    await copyFile(path, `${target}.new`);
    await rename(`${target}.new`, target);
  }
}
