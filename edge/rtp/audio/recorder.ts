// Writes one recording: 16-bit WAV, mono or stereo, a second at a time and off the packet path. The header is brought up to
// date every few seconds, so that after a crash the file is a valid WAV; what is behind the header's end is won back by
// repairWav at the next start.
import { type FileHandle, open, rename } from 'node:fs/promises';
import { frameSamples, sampleRate } from '../codec/g711.ts';
import { sha256Of } from './file-hash.ts';
import { wavHeader, wavHeaderBytes } from './wav.ts';

export type RecorderState = 'recording' | 'paused' | 'finished' | 'failed';

/** Name of the file while it grows. */
export const unfinished = '.part';
const headerEvery = 4;
/** Seconds that may wait for a slow disk; then the recording fails, the call goes on. */
const mostWaiting = 30;

/**
 * ```
 *   recording ◄──pause/resume──► paused
 *       └────────stop────────────┴──► finished        any ──disk error──► failed
 * ```
 */
export class Recorder {
  readonly id: string;
  readonly on: string;
  readonly channels: 1 | 2;
  /** The sealed file; while it grows it has `unfinished` behind its name. */
  readonly path: string;
  state: RecorderState = 'recording';
  reason = '';
  /** Of the sealed file. */
  #sha256 = '';
  readonly #onfail: (reason: string) => void;
  readonly #spare: Int16Array[] = [];
  #chunk: Int16Array;
  #filled = 0;
  #waiting = 0;
  #written = 0;
  #flushes = 0;
  #file: FileHandle | undefined;
  #work: Promise<void>;
  #stopped: Promise<void> | undefined;

  constructor(id: string, on: string, path: string, channels: 1 | 2, onfail: (reason: string) => void) {
    this.id = id;
    this.on = on;
    this.path = path;
    this.channels = channels;
    this.#onfail = onfail;
    this.#chunk = this.#fresh();
    this.#work = this.#open();
  }

  get ended(): boolean {
    return this.state === 'finished' || this.state === 'failed';
  }

  /** Bytes that a reader finds now, with the header. */
  get bytes(): number {
    return wavHeaderBytes + this.#written;
  }

  get ms(): number {
    const samples = this.#written / (2 * this.channels) + this.#filled / this.channels;
    return Math.round((samples * 1000) / sampleRate);
  }

  /** 20 ms; undefined = silence. With one channel both are mixed. */
  write(left: Int16Array | undefined, right: Int16Array | undefined): void {
    if (this.state !== 'recording') return;
    const chunk = this.#chunk;
    let at = this.#filled;
    if (this.channels === 2) {
      for (let i = 0; i < frameSamples; i++) {
        chunk[at++] = left ? (left[i] as number) : 0;
        chunk[at++] = right ? (right[i] as number) : 0;
      }
    } else {
      for (let i = 0; i < frameSamples; i++) {
        const sum = (left ? (left[i] as number) : 0) + (right ? (right[i] as number) : 0);
        chunk[at++] = Math.max(-32768, Math.min(32767, sum));
      }
    }
    this.#filled = at;
    if (at + frameSamples * this.channels > chunk.length) this.#flush();
  }

  pause(): void {
    if (this.state === 'recording') this.state = 'paused';
  }

  resume(): void {
    if (this.state === 'paused') this.state = 'recording';
  }

  /** Seals the file; again: waits for the same seal. @throws Error where the disk failed */
  async stop(): Promise<{ ms: number; bytes: number; sha256: string }> {
    this.#stopped ??= this.#seal();
    await this.#stopped;
    if (this.state === 'failed') throw new Error(this.reason);
    return { ms: this.ms, bytes: this.bytes, sha256: this.#sha256 };
  }

  async #seal(): Promise<void> {
    if (this.state === 'failed') return;
    this.state = 'finished';
    this.#flush();
    await this.#work;
    const file = this.#file;
    if (!file || this.reason !== '') return;
    try {
      await file.write(wavHeader(this.channels, this.#written), 0, wavHeaderBytes, 0);
      this.#sha256 = await sha256Of(file);
      await file.close();
      await rename(this.path + unfinished, this.path);
    } catch (error) {
      this.#fail(error);
    }
  }

  async #open(): Promise<void> {
    try {
      this.#file = await open(this.path + unfinished, 'wx+', 0o600);
      await this.#file.write(wavHeader(this.channels, 0), 0, wavHeaderBytes, 0);
    } catch (error) {
      this.#fail(error);
    }
  }

  #flush(): void {
    const { buffer, byteOffset } = this.#chunk;
    const bytes = Buffer.from(buffer, byteOffset, this.#filled * 2);
    const used = this.#chunk;
    this.#filled = 0;
    this.#chunk = this.#fresh();
    if (bytes.length === 0) return;
    if (++this.#waiting > mostWaiting) {
      this.#fail(new Error('the disk is too slow'));
      return;
    }
    this.#work = this.#work.then(() => this.#append(bytes, used));
  }

  async #append(bytes: Buffer, used: Int16Array): Promise<void> {
    this.#waiting--;
    const file = this.#file;
    if (!file || this.reason !== '') return;
    try {
      await file.write(bytes, 0, bytes.length, wavHeaderBytes + this.#written);
      this.#written += bytes.length;
      if (++this.#flushes % headerEvery === 1) {
        await file.write(wavHeader(this.channels, this.#written), 0, wavHeaderBytes, 0);
      }
      if (this.#spare.length === 0) this.#spare.push(used);
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    if (this.reason !== '') return;
    this.state = 'failed';
    this.reason = error instanceof Error ? error.message : String(error);
    this.#file?.close().catch((closing: Error) => this.#onfail(closing.message));
    this.#onfail(this.reason);
  }

  #fresh(): Int16Array {
    return this.#spare.pop() ?? new Int16Array(sampleRate * this.channels);
  }
}
