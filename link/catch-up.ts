// A comparison with the edge that is owed until it has been done: asked for after a reconnection, tried again with growing
// delays where it fails (a reply that does not come, an edge that is busy), and put off while there is no connection.
import type { Logger } from 'pino';

export interface CatchUpOptions {
  /** Compares and mends. Rejects where it could not; then nothing must be half done that a second run would not do again. */
  run(): Promise<void>;
  /** Whether it makes sense to try now; where not, `due` or `resume` is called again when it does. */
  able(): boolean;
  /** First delay after a failure, and the most that it grows to. Default 250 and 5,000 ms. */
  retryMs?: { first: number; most: number } | undefined;
  logger: Logger;
  /** What is compared, for the log. */
  what: string;
}

/**
 * ```
 *   done ──due──► running ──resolved──► done
 *                  │  ▲ └─resolved, due meanwhile─► running
 *                  ▼  └─delay over, resume─┐
 *                 failed ──────────────────┘
 * ```
 */
export class CatchUp {
  readonly #options: CatchUpOptions;
  #owed = false;
  #running = false;
  #timer: NodeJS.Timeout | undefined;
  #delay: number;
  #closed = false;

  constructor(options: CatchUpOptions) {
    this.#options = options;
    this.#delay = this.#retryMs.first;
  }

  /** Whether a comparison was asked for and none has been done since. */
  get owed(): boolean {
    return this.#owed;
  }

  /** Something may have been missed: compare, now or as soon as that can be. */
  due(): void {
    this.#owed = true;
    this.resume();
  }

  /** A connection is there: does at once what is owed. */
  resume(): void {
    if (!this.#owed || this.#running || this.#closed || !this.#options.able()) return;
    clearTimeout(this.#timer);
    this.#owed = false;
    this.#running = true;
    const { run, logger, what } = this.#options;
    run().then(
      () => {
        this.#running = false;
        this.#delay = this.#retryMs.first;
        this.resume(); // asked for again while it ran
      },
      (error: unknown) => {
        this.#running = false;
        this.#owed = true;
        if (this.#closed) return;
        logger.error({ err: error, what, retryMs: this.#delay }, 'comparison with the edge failed, it is tried again');
        this.#timer = setTimeout(() => this.resume(), this.#delay);
        this.#timer.unref();
        this.#delay = Math.min(this.#delay * 2, this.#retryMs.most);
      },
    );
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  get #retryMs(): { first: number; most: number } {
    return this.#options.retryMs ?? { first: 250, most: 5_000 };
  }
}
