// A recording of one channel: what it says left, what it hears right. A pause ends a piece, so that what was said meanwhile
// (a card number) was never written; the pieces become one file at the end.
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import type { Logger } from 'pino';
import { SwitchroomError } from '../../values/index.ts';
import { mediaErrors } from '../errors.ts';
import type { Recording, RecordingOptions, SealedRecording } from '../media-server.ts';
import { slice, wavHeaderBytes, wavOf, within } from '../recorded-wav.ts';
import type { Control } from './control.ts';
import type { SharedFolder } from './folder.ts';

export interface RecordingTools {
  control: Control;
  folder: SharedFolder;
  logger: Logger;
  /** It is a file now. */
  sealed(recording: FreeswitchRecording): void;
}

export class FreeswitchRecording implements Recording {
  readonly id: string;
  readonly #tools: RecordingTools;
  readonly #channel: () => string;
  readonly #channels: 1 | 2;
  #piece = 0;
  #running: string | undefined;
  #paused = false;
  #sealed: Promise<SealedRecording> | undefined;
  /** Commands one after the other. */
  #turn: Promise<void>;

  /** @param channel whose recording it is, at the moment it is asked @throws where there is none */
  constructor(tools: RecordingTools, channel: () => string, { id, channels = 2 }: RecordingOptions) {
    this.id = id;
    this.#tools = tools;
    this.#channel = channel;
    this.#channels = channels;
    this.#turn = this.#start();
    this.#turn.catch((error: unknown) => tools.logger.error({ err: error, recording: id }, 'recording failed'));
  }

  get over(): boolean {
    return this.#sealed !== undefined;
  }

  pause(): void {
    if (this.#paused || this.#sealed) return;
    this.#paused = true;
    this.#next(() => this.#halt());
  }

  resume(): void {
    if (!this.#paused || this.#sealed) return;
    this.#paused = false;
    this.#next(() => this.#start());
  }

  /** @throws media-unavailable (may be asked again), media-recording-failed where nothing was written */
  stop(): Promise<SealedRecording> {
    this.#sealed ??= this.#seal();
    return this.#sealed;
  }

  /** The connection is back: a pause that did not get through is made good. */
  restored(): void {
    if (this.#paused && this.#running !== undefined && !this.#sealed) this.#next(() => this.#halt());
  }

  /** Its channel is gone, and FreeSWITCH ends the file by itself. */
  channelGone(): void {
    if (this.#running !== undefined) this.#next(() => this.#tools.folder.settled(this.id));
    this.#running = undefined;
    this.stop().catch((error: unknown) =>
      this.#tools.logger.error({ err: error, recording: this.id }, 'recording could not be sealed'),
    );
  }

  read(range?: { start: number; end?: number }): Promise<{ stream: Readable; size: number }> {
    return readRecording(this.#tools.folder, this.id, range);
  }

  /** What failed has been told; what comes after it is done all the same. */
  #next(work: () => Promise<void>): void {
    this.#turn = this.#turn.catch(() => undefined).then(work);
    this.#turn.catch((error: unknown) =>
      this.#tools.logger.error({ err: error, recording: this.id }, 'recording could not be changed'),
    );
  }

  async #start(): Promise<void> {
    // A pause that did not get through: it runs.
    if (this.#running !== undefined) return;
    const { control, folder } = this.#tools;
    const uuid = this.#channel();
    const path = folder.pieceThere(this.id, ++this.#piece);
    await control.command(`uuid_setvar ${uuid} RECORD_STEREO ${this.#channels === 2}`);
    await control.command(`uuid_record ${uuid} start ${path}`);
    this.#running = `${uuid} stop ${path}`;
  }

  async #halt(): Promise<void> {
    const running = this.#running;
    if (running === undefined) return;
    try {
      await this.#tools.control.command(`uuid_record ${running}`);
    } catch (error) {
      if (isAway(error)) throw error;
      // Its channel is gone, and FreeSWITCH ends the file by itself.
      await this.#tools.folder.settled(this.id);
    }
    this.#running = undefined;
  }

  /** Whatever of it failed: what was written is kept. */
  async #seal(): Promise<SealedRecording> {
    const { folder, sealed } = this.#tools;
    try {
      const failed = await this.#turn.then(
        () => undefined,
        (error: unknown) => error,
      );
      await this.#halt();
      if (failed !== undefined && folder.sealed(this.id) === undefined && !(await folder.hasPieces(this.id))) {
        const reason = failed instanceof Error ? failed.message : String(failed);
        throw mediaErrors['media-recording-failed']({ reason }, { cause: failed });
      }
      const made = await folder.seal(this.id);
      sealed(this);
      return made;
    } catch (error) {
      // Not for good: whoever asks again, when FreeSWITCH is back, gets it.
      if (isAway(error)) this.#sealed = undefined;
      else sealed(this);
      throw error;
    }
  }
}

function isAway(error: unknown): boolean {
  return error instanceof SwitchroomError && error.code === 'media-unavailable';
}

/** The WAV, whole or in part; of a running one what is there so far. */
export async function readRecording(
  folder: SharedFolder,
  id: string,
  range?: { start: number; end?: number },
): Promise<{ stream: Readable; size: number }> {
  const path = folder.sealed(id);
  if (path !== undefined) {
    const { size } = await stat(path);
    const part = within(range, size);
    return { stream: part.start > part.end ? Readable.from([]) : createReadStream(path, part), size };
  }
  const recorded = await folder.recorded(id);
  const size = wavHeaderBytes + recorded.dataBytes;
  const { start, end } = within(range, size);
  const bytes = slice(wavOf(recorded, recorded.samples()), start, end);
  return { stream: Readable.from(bytes, { objectMode: false }), size };
}

/** A recording of which nothing runs any more. */
export class FinishedRecording implements Recording {
  readonly id: string;
  readonly #folder: SharedFolder;

  constructor(folder: SharedFolder, id: string) {
    this.id = id;
    this.#folder = folder;
  }

  pause(): void {}
  resume(): void {}
  stop(): Promise<SealedRecording> {
    return this.#folder.seal(this.id);
  }
  read(range?: { start: number; end?: number }): Promise<{ stream: Readable; size: number }> {
    return readRecording(this.#folder, this.id, range);
  }
}
