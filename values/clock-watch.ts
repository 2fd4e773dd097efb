// Says so when somebody has set the machine's clock, and takes its time over when nobody is there whom that could harm.
import type { Logger } from 'pino';
import type { SteadyClock } from './steady-clock.ts';

export interface ClockWatchOptions {
  clock: SteadyClock;
  logger: Logger;
  /** Whether anything waits: a call, an offer, a message. */
  busy: () => boolean;
  everyMs?: number;
}

/** @returns how to end it */
export function watchClock({ clock, logger, busy, everyMs = 10_000 }: ClockWatchOptions): () => void {
  let said = 0;
  const look = () => {
    const off = clock.offMs;
    if (off !== 0 && !busy()) {
      clock.takeOver();
      logger.warn({ byMs: off }, "the machine's clock was set, and its time taken over: nobody waits");
      said = 0;
    } else if (off === 0 && said !== 0) {
      logger.info("the difference to the machine's clock is made up");
      said = 0;
    } else if (off !== 0 && (said === 0 || Math.sign(off) !== Math.sign(said) || Math.abs(off) > Math.abs(said))) {
      logger.warn(
        { offMs: off },
        "the machine's clock was set: calls and waits do not notice, the difference is made up slowly",
      );
      said = off;
    }
  };
  const timer = setInterval(look, everyMs);
  timer.unref();
  return () => clearInterval(timer);
}
