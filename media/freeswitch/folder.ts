// The folder that we and FreeSWITCH share: prompts by their hash, recordings by their id.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync } from 'node:fs';
import { copyFile, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { mediaErrors } from '../errors.ts';
import type { Audio } from '../media-server.ts';

const headerBytes = 44;

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

  /** Samples of the pieces that are there, one after the other. */
  async samples(id: string): Promise<{ pcm: Buffer; channels: number }> {
    const sealed = join(this.#here, 'recordings', `${id}.wav`);
    const files = existsSync(sealed) ? [sealed] : await this.#pieces(id);
    let channels = 2;
    const parts: Buffer[] = [];
    for (const file of files) {
      const bytes = await readFile(file);
      if (bytes.length < headerBytes) continue; // FreeSWITCH has not written its header yet
      channels = bytes.readUInt16LE(22);
      parts.push(bytes.subarray(dataAt(bytes)));
    }
    return { pcm: Buffer.concat(parts), channels };
  }

  /** Makes one file of the pieces. @returns its facts */
  async seal(id: string): Promise<{ ms: number; bytes: number; sha256: string }> {
    const { pcm, channels } = await this.samples(id);
    const wav = Buffer.concat([wavHeader(pcm.length, channels), pcm]);
    const path = join(this.#here, 'recordings', `${id}.wav`);
    const file = await open(`${path}.new`, 'w');
    try {
      await file.writeFile(wav);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(`${path}.new`, path);
    for (const piece of await this.#pieces(id)) await rm(piece, { force: true });
    const sha256 = createHash('sha256').update(wav).digest('hex');
    return { ms: Math.round(pcm.length / (16 * channels)), bytes: wav.length, sha256 };
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
    if (existsSync(target) && (await stat(target)).size > headerBytes) return;
    const found = createHash('sha256')
      .update(await readFile(path))
      .digest('hex');
    if (found !== hash) throw mediaErrors['media-failed']({ reason: `the file of ${hash} has another content` });
    await copyFile(path, `${target}.new`);
    await rename(`${target}.new`, target);
  }
}

/** Whether the header says how long the file is: then it is closed. */
async function isWhole(path: string): Promise<boolean> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const { buffer, bytesRead } = await file.read(Buffer.alloc(8), 0, 8, 0);
    return size >= headerBytes && bytesRead === 8 && buffer.readUInt32LE(4) === size - 8;
  } finally {
    await file.close();
  }
}

/** Where the samples begin: FreeSWITCH may write chunks between the header and them. */
function dataAt(bytes: Buffer): number {
  for (let at = 12; at + 8 <= bytes.length; at += 8 + bytes.readUInt32LE(at + 4)) {
    if (bytes.toString('latin1', at, at + 4) === 'data') return at + 8;
  }
  return headerBytes;
}

/** 8 kHz, 16 bit. */
export function wavHeader(dataBytes: number, channels: number): Buffer {
  const header = Buffer.alloc(headerBytes);
  header.write('RIFF', 0, 'latin1');
  header.writeUInt32LE(36 + dataBytes, 4);
  header.write('WAVEfmt ', 8, 'latin1');
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(channels, 22);
  header.writeUInt32LE(8_000, 24);
  header.writeUInt32LE(16_000 * channels, 28);
  header.writeUInt16LE(2 * channels, 32);
  header.writeUInt16LE(16, 34);
  header.write('data', 36, 'latin1');
  header.writeUInt32LE(dataBytes, 40);
  return header;
}
