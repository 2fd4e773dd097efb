// A 2xx to INVITE is repeated until its ACK comes; after 64·T1 without one the dialog is over (RFC 3261 §13.3.1.4).
import type { DialogTimes } from './user.ts';

export class AckWait {
  /** CSeq number of the INVITE. */
  readonly seq: number;
  /** The INVITE's transaction id for the user. */
  readonly transactionId: string;
  /** What the user wanted to send, but may not before the ACK (RFC 3261 §15: BYE). */
  readonly held: (() => void)[] = [];
  readonly #times: DialogTimes;
  readonly #repeat: () => void;
  readonly #lost: () => void;
  readonly #since = performance.now();
  #interval: number;
  #timeout: NodeJS.Timeout;

  constructor(seq: number, transactionId: string, times: DialogTimes, repeat: () => void, lost: () => void) {
    this.seq = seq;
    this.transactionId = transactionId;
    this.#times = times;
    this.#repeat = repeat;
    this.#lost = lost;
    this.#interval = times.t1;
    this.#timeout = setTimeout(this.#again, this.#interval);
  }

  stop(): void {
    clearTimeout(this.#timeout);
  }

  readonly #again = (): void => {
    const left = this.#times.patience - (performance.now() - this.#since);
    if (left <= 0) {
      this.#lost();
      return;
    }
    this.#repeat();
    this.#interval = Math.min(this.#interval * 2, this.#times.t2);
    this.#timeout = setTimeout(this.#again, Math.min(this.#interval, left));
  };
}
