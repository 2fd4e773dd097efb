// The files of one recording that FreeSWITCH wrote, each with a header of its own: read one after the other as one stretch of
// samples, in small steps, however long they are.
import { createReadStream } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { wavHeaderBytes } from '../recorded-wav.ts';

interface Piece {
  path: string;
  /** Where its samples begin. */
  start: number;
  bytes: number;
}

export class Pieces {
  readonly channels: number;
  /** Of all samples, as they were when this was made: a file may be growing. */
  readonly dataBytes: number;
  readonly #pieces: readonly Piece[];

  private constructor(pieces: readonly Piece[], channels: number) {
    this.#pieces = pieces;
    this.channels = channels;
    this.dataBytes = pieces.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** @throws the system's error where one cannot be read */
  static async of(paths: readonly string[]): Promise<Pieces> {
    const pieces: Piece[] = [];
    let channels = 2;
    for (const path of paths) {
      const file = await open(path);
      try {
        const { size } = await file.stat();
        if (size < wavHeaderBytes) continue; // FreeSWITCH has not written its header yet
        channels = (await read(file, 22, 2)).readUInt16LE(0);
        const start = await dataAt(file, size);
        // Whole frames only: what is being written may end in the middle of one.
        const bytes = Math.floor((size - start) / (2 * channels)) * 2 * channels;
        if (bytes > 0) pieces.push({ path, start, bytes });
      } finally {
        await file.close();
      }
    }
    return new Pieces(pieces, channels);
  }

  async *samples(): AsyncGenerator<Uint8Array> {
    for (const { path, start, bytes } of this.#pieces) yield* createReadStream(path, { start, end: start + bytes - 1 });
  }
}

/** Whether the header says how long the file is: then FreeSWITCH has closed it. */
export async function isWhole(path: string): Promise<boolean> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    return size >= wavHeaderBytes && (await read(file, 4, 4)).readUInt32LE(0) === size - 8;
  } finally {
    await file.close();
  }
}

/** FreeSWITCH may write chunks between the header and the samples. */
async function dataAt(file: FileHandle, size: number): Promise<number> {
  for (let at = 12; at + 8 <= size; ) {
    const chunk = await read(file, at, 8);
    if (chunk.toString('latin1', 0, 4) === 'data') return at + 8;
    at += 8 + chunk.readUInt32LE(4);
  }
  return wavHeaderBytes;
}

async function read(file: FileHandle, at: number, length: number): Promise<Buffer> {
  const { buffer } = await file.read(Buffer.alloc(length), 0, length, at);
  return buffer;
}
