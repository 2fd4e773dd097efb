// The recordings that run in one worker.
import { join } from 'node:path';
import { LinkFailure, type WireRecordingInfo } from '../../../link/index.ts';
import { Recorder, unfinished } from '../audio/recorder.ts';

/** An endpoint or a bridge. */
export interface Recorded {
  readonly id: string;
  readonly recorders: Set<Recorder>;
  /** A recorder came or went. */
  recordersChanged(): void;
}

export class Recording {
  readonly #directory: string;
  readonly #onfail: (id: string, reason: string) => void;
  readonly #running = new Map<string, { recorder: Recorder; on: Recorded }>();

  constructor(directory: string, onfail: (id: string, reason: string) => void) {
    this.#directory = directory;
    this.#onfail = onfail;
  }

  /** @throws LinkFailure where a recording of that id runs */
  begin(on: Recorded, id: string, channels: 1 | 2): void {
    if (this.#running.has(id)) throw new LinkFailure('request-invalid', `recording ${id} exists`);
    const path = join(this.#directory, `${id}.wav`);
    const recorder = new Recorder(id, on.id, path, channels, (reason) => this.#onfail(id, reason));
    this.#running.set(id, { recorder, on });
    on.recorders.add(recorder);
    on.recordersChanged();
  }

  /** @throws LinkFailure media-unknown */
  find(id: string): Recorder {
    const found = this.#running.get(id);
    if (!found) throw new LinkFailure('media-unknown', `no recording ${id} is running`);
    return found.recorder;
  }

  /** Ends one and seals its file. @throws LinkFailure media-unknown, media-recording-failed */
  async stop(id: string): Promise<{ ms: number; bytes: number; sha256: string }> {
    const recorder = this.find(id);
    const on = this.#running.get(id)?.on;
    if (on?.recorders.delete(recorder)) on.recordersChanged();
    try {
      return await recorder.stop();
    } catch (error) {
      throw new LinkFailure('media-recording-failed', error instanceof Error ? error.message : String(error));
    } finally {
      this.#running.delete(id);
    }
  }

  /** What was recorded is gone: its recordings are sealed. A failure was told when it happened. */
  async end(on: Recorded): Promise<void> {
    const recorders = [...on.recorders];
    on.recorders.clear();
    for (const recorder of recorders) {
      await recorder.stop().catch(() => undefined);
      this.#running.delete(recorder.id);
    }
  }

  describe(id: string): WireRecordingInfo | null {
    const found = this.#running.get(id);
    return found ? describe(found.recorder) : null;
  }

  list(): WireRecordingInfo[] {
    return [...this.#running.values()].map(({ recorder }) => describe(recorder));
  }
}

function describe(recorder: Recorder): WireRecordingInfo {
  const { id, on, channels, state, bytes, ms } = recorder;
  return { id, on, channels, state, bytes, ms, path: recorder.path + unfinished };
}
