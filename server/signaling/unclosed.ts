// What of the media could not be ended because its engine, or one host of it, was out of reach: asked again when that is back.
import type { Logger } from 'pino';

export interface Closable {
  /** @throws media-unavailable where it is still out of reach: then it is asked again; anything else is its end */
  close(): Promise<void>;
}

/** An answer may fail although the engine had come back before: so what is left is looked at from time to time besides. */
const againMs = 30_000;

export class Unclosed {
  readonly #logger: Logger;
  readonly #left = new Set<Closable>();
  #again: NodeJS.Timeout | undefined;
  #over = false;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  get size(): number {
    return this.#left.size;
  }

  add(one: Closable): void {
    if (this.#over) return;
    this.#left.add(one);
    this.#again ??= setTimeout(() => this.retry(), againMs).unref();
  }

  /** The engine, or a host of it, is back. */
  retry(): void {
    clearTimeout(this.#again);
    this.#again = undefined;
    const left = [...this.#left];
    this.#left.clear();
    for (const one of left) {
      one.close().catch((error: { code?: unknown }) => {
        if (error.code === 'media-unavailable') {
          this.#logger.debug({ err: error }, 'media is still out of reach');
          this.add(one);
        } else this.#logger.warn({ err: error }, 'media could not be closed again; left to its engine');
      });
    }
  }

  /** The server ends: a later one finds what is there by `list`. */
  close(): void {
    this.#over = true;
    clearTimeout(this.#again);
    this.#left.clear();
  }
}
