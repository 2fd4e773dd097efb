// Playbacks that run on the edge, and the files that it may lack.
import { open } from 'node:fs/promises';
import type { Logger } from 'pino';
import type { MediaEvents, WireAudio } from '../../link/index.ts';
import { newId } from '../../values/index.ts';
import type { Audio, Playback, PlaybackEnd, PlayOptions } from '../media-server.ts';
import type { Ask } from './asking.ts';

const pieceBytes = 192 * 1024;

/** A playback whose end is awaited. */
export interface Running {
  on: string;
  /** The edge has said that it plays. */
  begun: boolean;
  end: (end: PlaybackEnd) => void;
}

export class Playbacks {
  readonly #ask: Ask;
  readonly #logger: Logger;
  readonly #running = new Map<string, Running>();
  /** Files on their way, by hash. */
  readonly #uploads = new Map<string, Promise<void>>();

  constructor(ask: Ask, logger: Logger) {
    this.#ask = ask;
    this.#logger = logger;
  }

  play(where: 'endpoint' | 'bridge', id: string, audio: Audio[], options: PlayOptions = {}): Playback {
    const playback = options.id ?? newId('ply');
    const { times = 1, bargeIn = false } = options;
    let settle: (end: PlaybackEnd) => void = () => {};
    const ended = new Promise<PlaybackEnd>((resolve) => {
      settle = resolve;
    });
    const running: Running = {
      on: id,
      begun: false,
      end: (end) => {
        if (this.#running.get(playback) === running) this.#running.delete(playback);
        settle(end);
      },
    };
    this.#running.set(playback, running);
    const body = {
      id,
      playback,
      audio: audio.map(wire),
      times: times === Number.POSITIVE_INFINITY ? 0 : times,
      bargeIn,
    };
    this.#ask(where === 'endpoint' ? 'endpoint.play' : 'bridge.play', body)
      .then(({ missing }) => {
        running.begun = true;
        return missing.length === 0 ? undefined : this.#bring(missing, audio);
      })
      .catch((error: Error) => {
        this.#logger.error({ err: error, playback, on: id }, 'playback failed');
        running.end('failed');
      });
    const stop = () => {
      this.#ask('playback.stop', { id: playback }).catch((error: Error) => {
        this.#logger.warn({ err: error, playback, on: id }, 'playback could not be stopped');
      });
    };
    return { id: playback, ended, stop };
  }

  ended({ id, on, end, reason }: MediaEvents['playback.ended']): void {
    if (end === 'failed') this.#logger.error({ playback: id, on, reason }, 'playback failed on the edge');
    this.#running.get(id)?.end(end);
  }

  /** What it was playing on is gone with the edge. */
  allClosed(): void {
    for (const { end } of [...this.#running.values()]) end('closed');
  }

  /** Those that the edge has begun, by id. */
  begun(): Map<string, Running> {
    return new Map([...this.#running].filter(([, { begun }]) => begun));
  }

  async #bring(missing: string[], audio: Audio[]): Promise<void> {
    for (const hash of missing) {
      const file = audio.find((piece) => piece.kind === 'file' && piece.hash === hash);
      if (file?.kind !== 'file') continue;
      let upload = this.#uploads.get(hash);
      if (!upload) {
        upload = this.#upload(hash, file.path).finally(() => this.#uploads.delete(hash));
        this.#uploads.set(hash, upload);
      }
      await upload;
    }
  }

  async #upload(hash: string, path: string): Promise<void> {
    const file = await open(path, 'r');
    try {
      const { size } = await file.stat();
      const buffer = Buffer.alloc(pieceBytes);
      for (let start = 0; start < size || start === 0; ) {
        const { bytesRead } = await file.read(buffer, 0, pieceBytes, start);
        const last = start + bytesRead >= size || bytesRead === 0;
        await this.#ask('audio.put', { hash, start, data: buffer.toString('base64', 0, bytesRead), last });
        if (last) break;
        start += bytesRead;
      }
    } finally {
      await file.close();
    }
  }
}

function wire(audio: Audio): WireAudio {
  return audio.kind === 'file' ? { kind: 'file', path: audio.path, hash: audio.hash } : audio;
}
