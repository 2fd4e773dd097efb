// Warnings that strangers can cause at will: so many a minute are written, the rest is counted, so that nobody fills the disk.
import type { Logger } from 'pino';
import type { Clock } from './time.ts';

const perMinute = 20;

export class LimitedLog {
  readonly #logger: Logger;
  readonly #clock: Clock;
  readonly #message: string;
  #minute = 0;
  #written = 0;
  #suppressed = 0;

  constructor(logger: Logger, clock: Clock, message: string) {
    this.#logger = logger;
    this.#clock = clock;
    this.#message = message;
  }

  warn(fields: object): void {
    const minute = Math.floor(this.#clock.now() / 60_000);
    if (minute !== this.#minute) {
      if (this.#suppressed > 0) {
        this.#logger.warn({ suppressed: this.#suppressed, what: this.#message }, 'more happened than is logged');
      }
      this.#minute = minute;
      this.#written = 0;
      this.#suppressed = 0;
    }
    if (++this.#written > perMinute) this.#suppressed++;
    else this.#logger.warn(fields, this.#message);
  }
}
