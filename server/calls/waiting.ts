// What a caller hears while she waits in a queue: music, and from time to time where she stands, and that she may press a
// key to be called back instead.
import type { Audio, MediaEndpoint, Playback } from '../../media/media-server.ts';
import type { Language } from '../../values/index.ts';
import type { CallbackChoice, Prompt } from '../ivr/index.ts';
import type { CallTools } from './call-tools.ts';

export interface WaitingOptions {
  music: string | undefined;
  language: Language;
  /** 0: never. */
  everyMs: number;
  position: boolean;
  wait: boolean;
  /** Said with each announcement. */
  prompts: Prompt[];
  /** What a key does; where it is offered by voice and nothing else is announced, that is said once a minute. */
  callback?: CallbackChoice | undefined;
  place(): { position: number; expectedWaitMs: number | undefined } | undefined;
  /** The key was pressed, and confirmed. Once; nothing is heard or played from then on. */
  chosen(): void;
}

/** An offer that nothing else is said beside. */
const offerEveryMs = 60_000;
/** As good as for ever. */
const longMs = 3_600_000;
const confirmMs = 6_000;

export class Waiting {
  readonly #tools: Pick<CallTools, 'prompts' | 'logger'>;
  readonly #endpoint: MediaEndpoint;
  readonly #options: WaitingOptions;
  #playback: Playback | undefined;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;
  #failed = false;
  #listening = false;
  /** She is asked whether she means it: no announcement talks into that. */
  #asking = false;

  constructor(tools: Pick<CallTools, 'prompts' | 'logger'>, endpoint: MediaEndpoint, options: WaitingOptions) {
    this.#tools = tools;
    this.#endpoint = endpoint;
    this.#options = options;
    this.#music();
    this.#listen();
  }

  stop(): void {
    if (this.#stopped) return;
    this.abandon();
    this.#playback?.stop();
    if (this.#listening) this.#endpoint.stopCollect();
  }

  /** This server goes and the call stays: the music plays on. */
  abandon(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  /** The media engine is back: the music may have stopped with it, and nobody listens for the key. */
  restored(): void {
    if (this.#stopped) return;
    if (this.#failed) {
      clearTimeout(this.#timer);
      this.#music();
    }
    this.#listen();
  }

  #music(): void {
    this.#failed = false;
    const playback = this.#endpoint.play(this.#tools.prompts.music(this.#options.music), {
      times: Number.POSITIVE_INFINITY,
    });
    this.#playback = playback;
    void playback.ended.then((end) => {
      if (end === 'failed' && this.#playback === playback) this.#failed = true;
    });
    const everyMs = this.#everyMs();
    if (everyMs <= 0) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#announce().catch((error: unknown) => {
        this.#tools.logger.error({ err: error, endpoint: this.#endpoint.id }, 'announcement failed');
        if (!this.#stopped) this.#music();
      });
    }, everyMs);
  }

  #everyMs(): number {
    const { everyMs, position, wait, prompts, callback } = this.#options;
    const offered = callback !== undefined && callback.prompts.length > 0;
    if (everyMs > 0) return position || wait || prompts.length > 0 || offered ? everyMs : 0;
    return offered ? offerEveryMs : 0;
  }

  async #announce(): Promise<void> {
    const audio = await this.#tools.prompts.audio(this.#sentences());
    if (this.#stopped || this.#asking) return;
    if (audio.length > 0) {
      this.#playback?.stop();
      const playback = this.#endpoint.play(audio);
      this.#playback = playback;
      await playback.ended;
      // The key was pressed meanwhile: what is played now is the question.
      if (this.#stopped || this.#playback !== playback) return;
      this.#music();
      return;
    }
    this.#playback?.stop();
    this.#music();
  }

  #sentences(): Prompt[] {
    const { language, everyMs, position, wait, prompts, callback, place } = this.#options;
    const offer = callback?.prompts ?? [];
    if (everyMs <= 0) return offer;
    const sentences: Prompt[] = [];
    const now = place();
    if (position && now) sentences.push({ say: 'position', language, position: now.position });
    if (wait && now?.expectedWaitMs !== undefined) {
      sentences.push({ say: 'wait', language, minutes: Math.max(1, Math.ceil(now.expectedWaitMs / 60_000)) });
    }
    return [...sentences, ...prompts, ...offer];
  }

  // ── the key ───────────────────────────────────────────────────────────────────────────────────────────────────────

  #listen(): void {
    const { callback } = this.#options;
    if (!callback || this.#listening) return;
    this.#listening = true;
    this.#keys(callback)
      .catch((error: unknown) => {
        if (!this.#stopped) this.#tools.logger.warn({ err: error, endpoint: this.#endpoint.id }, 'keys are not heard');
        return false;
      })
      .then((chosen) => {
        this.#listening = false;
        this.#asking = false;
        if (!chosen || this.#stopped) return;
        this.stop();
        this.#options.chosen();
      })
      .catch((error: unknown) => {
        this.#tools.logger.error({ err: error, endpoint: this.#endpoint.id }, 'callback was not made');
      });
  }

  /** @returns whether she chose it; false too where nobody can hear keys (any more) */
  async #keys({ key, confirm }: CallbackChoice): Promise<boolean> {
    // What she pressed before she came here was meant for something else.
    for (let typeAhead = false; ; typeAhead = true) {
      // Collected, not overheard: what is pressed here must not count for what is asked after the queue.
      const { digits, end } = await this.#endpoint.collect({ max: 1, firstMs: longMs, betweenMs: longMs, typeAhead });
      if (this.#stopped || end === 'closed' || end === 'stopped') return false;
      if (digits !== key) continue;
      if (confirm.length === 0) return true;
      const audio = await this.#tools.prompts.audio(confirm);
      if (this.#stopped) return false;
      if (audio.length === 0 || (await this.#confirmed(key, audio))) return !this.#stopped;
      if (this.#stopped) return false;
      this.#asking = false;
      this.#playback?.stop();
      this.#music();
    }
  }

  /** Keys count from the first word on, and no key for a while is a no. */
  async #confirmed(key: string, audio: Audio[]): Promise<boolean> {
    this.#asking = true;
    clearTimeout(this.#timer);
    this.#playback?.stop();
    const answer = this.#endpoint.collect({ max: 1, firstMs: longMs, betweenMs: longMs, typeAhead: true });
    const playback = this.#endpoint.play(audio);
    this.#playback = playback;
    const quiet = () => playback.stop();
    answer.then(quiet, quiet);
    await playback.ended;
    const timer = setTimeout(() => {
      if (!this.#stopped) this.#endpoint.stopCollect();
    }, confirmMs);
    try {
      return (await answer).digits === key;
    } finally {
      clearTimeout(timer);
    }
  }
}
