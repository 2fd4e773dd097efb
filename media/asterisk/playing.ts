// What one channel or bridge plays. Asterisk plays a list of sounds to its end; a loop is fed with the next round while the
// one before still sounds, so that music has no seams, and goes on for a while without a server.
import type { Client } from 'ari-client';
import type { Logger } from 'pino';
import { newId } from '../../values/index.ts';
import type { Audio, Playback, PlaybackEnd, PlayOptions } from '../media-server.ts';
import type { AudioShelf, Shelved } from './audio-shelf.ts';
import type { AsteriskHost } from './host.ts';

/** Sounds in one request: its line may have 4096 characters. */
const mostSounds = 20;
/** A list that is shorter than that is repeated in one sound. */
const seamlessMs = 15_000;
/** A loop is fed for so long in one go, where its pieces are long enough. */
const roundMs = 60_000;

export interface PlayTarget {
  kind: 'channels' | 'bridges';
  /** Channel or bridge. */
  id(): string;
  host(): AsteriskHost;
}

/** For `list`, and for a server that comes after us. */
export interface PlayingNote {
  id: string;
  /** Asterisk's names of what is still to be heard. */
  rounds: string[];
}

type Run = Playback & {
  end(how: PlaybackEnd): void;
  over: boolean;
  bargeIn: boolean;
  /** Playbacks in Asterisk that are not over yet. */
  rounds: string[];
  feed: (() => void) | undefined;
};

export class Player {
  readonly #target: PlayTarget;
  readonly #shelf: AudioShelf;
  readonly #log: Logger;
  readonly #changed: () => void;
  #run: Run | undefined;
  /** Of an earlier server: only its names are known. */
  #inherited: PlayingNote | undefined;

  /** @param changed `note` has changed */
  constructor(target: PlayTarget, shelf: AudioShelf, logger: Logger, changed: () => void) {
    this.#target = target;
    this.#shelf = shelf;
    this.#log = logger;
    this.#changed = changed;
  }

  get note(): PlayingNote | undefined {
    if (this.#run) return { id: this.#run.id, rounds: this.#run.rounds };
    return this.#inherited;
  }

  inherit(note: PlayingNote | undefined): void {
    this.#inherited = note && note.rounds.length > 0 ? note : undefined;
  }

  play(audio: readonly Audio[], options: PlayOptions = {}): Playback {
    this.stop('stopped');
    const ended = Promise.withResolvers<PlaybackEnd>();
    const run: Run = {
      id: options.id ?? newId('play'),
      ended: ended.promise,
      over: false,
      bargeIn: options.bargeIn === true,
      rounds: [],
      feed: undefined,
      stop: () => {
        if (this.#run === run) this.stop('stopped');
      },
      end: (how) => {
        if (run.over) return;
        run.over = true;
        if (this.#run === run) this.#run = undefined;
        ended.resolve(how);
        this.#changed();
      },
    };
    this.#run = run;
    this.#start(run, audio, options.times ?? 1).catch((error: unknown) => {
      if (!run.over) this.#log.warn({ err: error, playback: run.id }, 'playback failed');
      run.end('failed');
    });
    return run;
  }

  /** A digit was keyed. */
  barge(): void {
    if (this.#run?.bargeIn) this.stop('barged');
  }

  stop(how: 'stopped' | 'barged'): void {
    const run = this.#run;
    const rounds = [...(run?.rounds ?? []), ...(this.#inherited?.rounds ?? [])];
    this.#inherited = undefined;
    run?.end(how);
    for (const round of rounds) this.#silence(round);
  }

  /** The channel or bridge is gone, and with it what it played. */
  closed(): void {
    this.#inherited = undefined;
    this.#run?.end('closed');
  }

  /** Asterisk says that one is over. */
  roundEnded(round: string, failed: boolean): void {
    const { note } = this;
    if (!note?.rounds.includes(round)) return;
    note.rounds.splice(note.rounds.indexOf(round), 1);
    const run = this.#run;
    if (!run) {
      if (note.rounds.length === 0) this.#inherited = undefined;
      this.#changed();
    } else if (failed) {
      this.#log.warn({ playback: run.id }, 'Asterisk could not play it');
      this.stop('stopped');
    } else if (run.feed) run.feed();
    else if (run.rounds.length === 0) run.end('finished');
  }

  /** After a gap in the events: what is over meanwhile. */
  async reconcile(): Promise<void> {
    for (const round of [...(this.note?.rounds ?? [])]) {
      try {
        await this.#target.host().ari.ask((client) => client.playbacks.get({ playbackId: round }));
      } catch (error) {
        if ((error as { code?: string }).code === 'media-unknown') this.roundEnded(round, false);
      }
    }
  }

  async #start(run: Run, audio: readonly Audio[], times: number): Promise<void> {
    const { pieces, left: rest } = await this.#pieces(audio, times);
    if (run.over) return;
    if (pieces.length === 0 || rest < 1) {
      run.end('finished');
      return;
    }
    const ms = pieces.reduce((sum, piece) => sum + piece.ms, 0);
    const uris = pieces.map(({ uri }) => uri);
    const perRequest = Math.max(1, Math.floor(mostSounds / uris.length));
    const perRound = Math.min(perRequest, Math.max(1, Math.ceil(roundMs / Math.max(1, ms))));
    let left = rest;
    const feed = async (): Promise<void> => {
      const now = Math.min(left, perRound);
      left -= now;
      if (left <= 0) run.feed = undefined;
      await this.#round(run, Array.from({ length: now }, () => uris).flat());
    };
    run.feed = () => {
      feed().catch((error: unknown) => {
        if (!run.over) this.#log.warn({ err: error, playback: run.id }, 'loop could not go on');
        run.end('failed');
      });
    };
    await feed();
    // One ahead, so that there is no gap between them.
    if (!run.over && left > 0) await feed();
  }

  /** What is sent to Asterisk, and how often: short loops are made longer here, where they have no seams. */
  async #pieces(audio: readonly Audio[], times: number): Promise<{ pieces: Shelved[]; left: number }> {
    const pieces = await Promise.all(audio.map((one) => this.#shelf.put(one)));
    const ms = pieces.reduce((sum, piece) => sum + piece.ms, 0);
    if (times <= 1 || ms === 0 || ms >= seamlessMs) return { pieces, left: times };
    if (times * ms <= 4 * seamlessMs) return { pieces: [await this.#shelf.putRepeated(audio, times)], left: 1 };
    const repeated = Math.ceil(seamlessMs / ms);
    return { pieces: [await this.#shelf.putRepeated(audio, repeated)], left: Math.ceil(times / repeated) };
  }

  async #round(run: Run, uris: string[]): Promise<void> {
    const round = newId('play');
    run.rounds.push(round);
    this.#changed();
    const host = this.#target.host();
    // A request for each part of a list that is too long for one; Asterisk queues them.
    for (let at = 0; at < uris.length; at += mostSounds) {
      const part = at + mostSounds >= uris.length ? round : `${round}-${at}`;
      const media = uris.slice(at, at + mostSounds);
      if (part !== round) run.rounds.push(part);
      await host.ari.ask((client) => this.#ask(client, part, media));
      if (run.over) this.#silence(part);
    }
  }

  #ask(client: Client, playbackId: string, media: string[]): Promise<unknown> {
    const id = this.#target.id();
    return this.#target.kind === 'channels'
      ? client.channels.playWithId({ channelId: id, playbackId, media })
      : client.bridges.playWithId({ bridgeId: id, playbackId, media });
  }

  #silence(round: string): void {
    this.#target
      .host()
      .ari.ask((client) => client.playbacks.stop({ playbackId: round }))
      .catch((error: { code?: string }) => {
        // Over already, or not begun: then whoever asked for it stops it.
        if (error.code !== 'media-unknown') this.#log.warn({ err: error }, 'playback could not be stopped');
      });
  }
}
