// A recording on an Asterisk host: raw samples, both directions in step, written by MixMonitor; a WAV by the header that
// stands before them when they are read. Known again by its file's name.
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import type { Logger } from 'pino';
import { SwitchroomError } from '../../values/index.ts';
import { mediaErrors } from '../errors.ts';
import type { Recording, SealedRecording } from '../media-server.ts';
import { slice, wavHeaderBytes, wavOf, within } from '../recorded-wav.ts';
import type { AsteriskHost } from './host.ts';

/** For a server that comes after us. */
export interface RecordingNote {
  id: string;
  channels: 1 | 2;
  /** MixMonitor's name of it. */
  monitor: string;
}

/** The live end of it: the channel that is recorded. */
export interface Recorded {
  /** Asterisk's name of the channel, such as `PJSIP/switchroom-0000001a`. */
  channelName: string;
  monitor: string;
}

const bytesPerSample = 2;
const samplesPerMs = 8;

export const fileOf = (id: string, channels: 1 | 2) => `${id}-${channels}`;

export class AsteriskRecording implements Recording {
  readonly id: string;
  readonly channels: 1 | 2;
  readonly host: AsteriskHost;
  readonly #log: Logger;
  readonly #ended: () => void;
  /** Undefined once it is over. */
  #recorded: Promise<Recorded> | undefined;
  #sealed: Promise<SealedRecording> | undefined;
  #paused = false;
  #aside = false;
  /** What Asterisk was told last; undefined where that is not known. */
  #muted: boolean | undefined;
  /** Requests go one after the other. */
  #turn: Promise<unknown> = Promise.resolve();

  /** @param recorded none for one that is over @param ended it was sealed */
  constructor(
    facts: { id: string; channels: 1 | 2; host: AsteriskHost },
    recorded: Promise<Recorded> | undefined,
    logger: Logger,
    ended: () => void = () => {},
  ) {
    this.id = facts.id;
    this.channels = facts.channels;
    this.host = facts.host;
    this.#recorded = recorded;
    this.#log = logger;
    this.#ended = ended;
    recorded?.catch((error: unknown) => logger.error({ err: error, recording: this.id }, 'recording did not begin'));
  }

  /** The channel is gone: Asterisk has closed the file. */
  over(): void {
    this.#recorded = undefined;
  }

  pause(): void {
    this.#paused = true;
    this.#mute();
  }

  resume(): void {
    this.#paused = false;
    this.#mute();
  }

  /** Its channel goes out of the bridge that is recorded, or comes back: a pause that was asked for outlasts that. */
  aside(away: boolean): void {
    this.#aside = away;
    this.#mute();
  }

  /** The host is back: what did not get through is made good. */
  restored(): void {
    if (this.#paused || this.#aside || this.#muted) this.#mute();
  }

  /** @throws media-unavailable (may be asked again), media-unknown where nothing was written */
  stop(): Promise<SealedRecording> {
    this.#sealed ??= this.#seal().catch((error: unknown) => {
      if (isAway(error)) this.#sealed = undefined;
      throw error;
    });
    return this.#sealed;
  }

  async read(range?: { start: number; end?: number }): Promise<{ stream: Readable; size: number }> {
    await this.#recorded;
    const response = await this.host.storedFile(fileOf(this.id, this.channels));
    if (!response) throw mediaErrors['media-unknown']({ reason: `there is no recording ${this.id}` });
    const dataBytes = Number(response.headers.get('content-length'));
    const size = wavHeaderBytes + dataBytes;
    const { start, end } = within(range, size);
    // Who wants the header only leaves before the samples begin, and nobody would end them.
    const samples = start > end || end < wavHeaderBytes ? null : response.body;
    if (!samples) await response.body?.cancel();
    const wav = wavOf({ channels: this.channels, dataBytes }, samples);
    return { stream: Readable.from(slice(wav, start, end), { objectMode: false }), size };
  }

  async #seal(): Promise<SealedRecording> {
    // One that did not begin has been told; what was written nevertheless is read.
    const recorded = await this.#recorded?.catch(() => undefined);
    await this.#turn;
    if (recorded && this.#recorded) {
      const { channelName: channel, monitor: mixmonitorid } = recorded;
      await this.host.manager.action({ action: 'StopMixMonitor', channel, mixmonitorid }).catch((error: unknown) => {
        // It runs on at a host that is away, and is stopped when somebody asks again.
        if (isAway(error)) throw error;
        this.#log.info({ err: error, recording: this.id }, 'recording was over already');
      });
    }
    this.#recorded = undefined;
    this.#ended();
    const { stream, size } = await this.read();
    const hash = createHash('sha256');
    for await (const piece of stream) hash.update(piece as Buffer);
    const ms = Math.round((size - wavHeaderBytes) / (bytesPerSample * this.channels * samplesPerMs));
    return { ms, bytes: size, sha256: hash.digest('hex') };
  }

  /** Silence in both directions: the time goes on, so that the parts of a conversation keep their distance. */
  #mute(): void {
    const recorded = this.#recorded;
    if (!recorded) return;
    this.#turn = this.#turn
      .then(() => recorded)
      .then(async ({ channelName: channel, monitor: mixmonitorid }) => {
        const muted = this.#paused || this.#aside;
        if (muted === this.#muted || !this.#recorded) return;
        const state = muted ? '1' : '0';
        await this.host.manager.action({ action: 'MixMonitorMute', channel, mixmonitorid, direction: 'both', state });
        this.#muted = muted;
      })
      .catch((error: unknown) =>
        this.#log.error({ err: error, recording: this.id }, 'recording could not be paused or resumed'),
      );
  }
}

function isAway(error: unknown): boolean {
  return error instanceof SwitchroomError && error.code === 'media-unavailable';
}

/** Begins to record a channel. @throws media-unavailable, media-failed */
export async function startMonitor(
  host: AsteriskHost,
  channelName: string,
  { id, channels }: { id: string; channels: 1 | 2 },
): Promise<Recorded> {
  const answer = await host.manager.action({
    action: 'MixMonitor',
    channel: channelName,
    file: `../recording/${fileOf(id, channels)}.raw`,
    // D: left what the channel says, right what it hears.
    options: channels === 2 ? 'D' : '',
  });
  return { channelName, monitor: answer.get('mixmonitorid') ?? '' };
}
