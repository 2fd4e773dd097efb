// What a caller hears while she waits in a queue: music, and from time to time where she stands.
import type { MediaEndpoint, Playback } from '../../media/media-server.ts';
import type { Language } from '../../values/index.ts';
import type { Prompt } from '../ivr/index.ts';
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
  place(): { position: number; expectedWaitMs: number | undefined } | undefined;
}

export class Waiting {
  readonly #tools: Pick<CallTools, 'prompts' | 'logger'>;
  readonly #endpoint: MediaEndpoint;
  readonly #options: WaitingOptions;
  #playback: Playback | undefined;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;
  #failed = false;

  constructor(tools: Pick<CallTools, 'prompts' | 'logger'>, endpoint: MediaEndpoint, options: WaitingOptions) {
    this.#tools = tools;
    this.#endpoint = endpoint;
    this.#options = options;
    this.#music();
  }

  stop(): void {
    if (this.#stopped) return;
    this.abandon();
    this.#playback?.stop();
  }

  /** This server goes and the call stays: the music plays on. */
  abandon(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  /** The media engine is back: the music may have stopped with it. */
  restored(): void {
    if (this.#stopped || !this.#failed) return;
    clearTimeout(this.#timer);
    this.#music();
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
    const { everyMs, position, wait, prompts } = this.#options;
    if (everyMs <= 0 || !(position || wait || prompts.length > 0)) return;
    this.#timer = setTimeout(() => {
      this.#announce().catch((error: unknown) => {
        this.#tools.logger.error({ err: error, endpoint: this.#endpoint.id }, 'announcement failed');
        if (!this.#stopped) this.#music();
      });
    }, everyMs);
  }

  async #announce(): Promise<void> {
    const audio = await this.#tools.prompts.audio(this.#sentences());
    if (this.#stopped) return;
    if (audio.length > 0) {
      this.#playback?.stop();
      this.#playback = this.#endpoint.play(audio);
      await this.#playback.ended;
      if (this.#stopped) return;
      this.#music();
      return;
    }
    this.#playback?.stop();
    this.#music();
  }

  #sentences(): Prompt[] {
    const { language, position, wait, prompts, place } = this.#options;
    const sentences: Prompt[] = [];
    const now = place();
    if (position && now) sentences.push({ say: 'position', language, position: now.position });
    if (wait && now?.expectedWaitMs !== undefined) {
      sentences.push({ say: 'wait', language, minutes: Math.max(1, Math.ceil(now.expectedWaitMs / 60_000)) });
    }
    return [...sentences, ...prompts];
  }
}
