// One playback: a list of sounds, so many times, on a channel or in a conference.
import type { Logger } from 'pino';
import { newId } from '../../values/index.ts';
import type { Playback, PlaybackEnd, PlayOptions } from '../media-server.ts';

/** Rounds go to FreeSWITCH in lists of so many sounds: between two commands there is a seam that can be heard. */
const mostSounds = 40;

/** Where it plays. */
export interface PlayPlace {
  /** Plays it once; resolves when it is over, false where FreeSWITCH could not play it. */
  once(sound: string): Promise<boolean>;
  /** Stops what plays. */
  halt(): Promise<void>;
}

/**
 * ```
 *   playing ──last round over──▶ finished
 *      ├── stop ──▶ stopped    ├── digit ──▶ barged
 *      └── place gone ──▶ closed    └── file missing, command refused ──▶ failed
 * ```
 */
export class RunningPlayback implements Playback {
  readonly id: string;
  readonly ended: Promise<PlaybackEnd>;
  readonly bargeIn: boolean;
  /** Nothing of it is left in FreeSWITCH, and no command of it on the way: the next may begin. */
  readonly quiet: Promise<void>;
  readonly #place: PlayPlace;
  readonly #log: Logger;
  readonly #settle: (end: PlaybackEnd) => void;
  #over = false;
  #halted: Promise<void> = Promise.resolve();
  readonly #gone = Promise.withResolvers<void>();

  /** @param after what has to be over on that place first */
  constructor(
    place: PlayPlace,
    sounds: Promise<string[]>,
    { id = newId('ply'), times = 1, bargeIn = false }: PlayOptions,
    log: Logger,
    after: Promise<unknown>,
  ) {
    const { promise, resolve } = Promise.withResolvers<PlaybackEnd>();
    this.id = id;
    this.ended = promise;
    this.bargeIn = bargeIn;
    this.#place = place;
    this.#log = log;
    this.#settle = resolve;
    const run = this.#run(sounds, times, after).catch((error: unknown) => {
      if (!this.#over) log.error({ err: error, playback: id }, 'playback failed');
      this.end('failed');
    });
    this.quiet = Promise.race([run.then(() => this.#halted), this.#gone.promise]);
  }

  get over(): boolean {
    return this.#over;
  }

  stop(): void {
    this.end('stopped');
  }

  end(end: PlaybackEnd): void {
    if (this.#over) return;
    this.#over = true;
    if (end === 'stopped' || end === 'barged') {
      this.#halted = this.#place.halt().catch((error: unknown) => {
        this.#log.warn({ err: error, playback: this.id }, 'playback could not be stopped');
      });
    }
    if (end === 'closed') this.#gone.resolve();
    this.#settle(end);
  }

  async #run(sounds: Promise<string[]>, times: number, after: Promise<unknown>): Promise<void> {
    const [parts] = await Promise.all([sounds, after]);
    const most = Math.max(1, Math.floor(mostSounds / Math.max(1, parts.length)));
    for (let left = parts.length === 0 ? 0 : times; left > 0 && !this.#over; left -= most) {
      const list = Array.from({ length: Math.min(left, most) }, () => parts).flat();
      const what = list.length === 1 ? (list[0] ?? '') : `file_string://${list.join('!')}`;
      if (!(await this.#place.once(what))) throw new Error(`FreeSWITCH could not play ${what.slice(0, 200)}`);
    }
    this.end('finished');
  }
}
