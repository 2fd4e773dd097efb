// The recordings of one endpoint while they run: begun, known by their monitors to a later server, over with the channel.
import type { Logger } from 'pino';
import type { RecordingOptions } from '../media-server.ts';
import type { AsteriskHost } from './host.ts';
import { AsteriskRecording, type Recorded, type RecordingNote, startMonitor } from './recording.ts';

export class KeptRecordings {
  readonly #host: AsteriskHost;
  readonly #logger: Logger;
  /** What a later server must know has changed. */
  readonly #changed: () => void;
  readonly #kept = new Map<string, { recording: AsteriskRecording; monitor: string | undefined }>();

  constructor(host: AsteriskHost, logger: Logger, changed: () => void) {
    this.#host = host;
    this.#logger = logger;
    this.#changed = changed;
  }

  get all(): AsteriskRecording[] {
    return [...this.#kept.values()].map(({ recording }) => recording);
  }

  get notes(): RecordingNote[] {
    return [...this.#kept.values()].flatMap(({ recording: { id, channels }, monitor }) =>
      monitor === undefined ? [] : [{ id, channels, monitor }],
    );
  }

  /** @param channelName asked at once; what it throws is how the recording did not begin */
  begin({ id, channels = 2 }: RecordingOptions, channelName: () => string): AsteriskRecording {
    const begun = this.#start(id, channels, channelName);
    const recording = this.#keep(id, channels, begun, undefined);
    begun.then(
      ({ monitor }) => {
        const kept = this.#kept.get(id);
        if (kept) kept.monitor = monitor;
        this.#changed();
      },
      () => this.#ended(id),
    );
    return recording;
  }

  /** Those of an earlier server, which run on. */
  inherit(notes: readonly RecordingNote[], channelName: string): void {
    for (const { id, channels, monitor } of notes) {
      this.#keep(id, channels, Promise.resolve({ channelName, monitor }), monitor);
    }
  }

  /** The channel is gone, and Asterisk has closed the files. */
  over(): void {
    for (const { recording } of this.#kept.values()) recording.over();
    this.#kept.clear();
  }

  async #start(id: string, channels: 1 | 2, channelName: () => string): Promise<Recorded> {
    return startMonitor(this.#host, channelName(), { id, channels });
  }

  #keep(id: string, channels: 1 | 2, begun: Promise<Recorded>, monitor: string | undefined): AsteriskRecording {
    const recording = new AsteriskRecording({ id, channels, host: this.#host }, begun, this.#logger, () =>
      this.#ended(id),
    );
    this.#kept.set(id, { recording, monitor });
    return recording;
  }

  #ended(id: string): void {
    this.#kept.delete(id);
    this.#changed();
  }
}
