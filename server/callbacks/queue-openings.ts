// When a queue's callbacks may be begun: within its opening hours, so that nobody is called back in the night, and none goes
// round through a queue that gives it straight back.
import type { Millis, QueueId } from '../../values/index.ts';
import { openings } from '../ivr/index.ts';
import type { Directory, HoursRecord } from '../ports/index.ts';

/** Hours are looked at so far ahead; where a queue is closed for longer, they are looked at again then. */
const aheadMs = 14 * 86_400_000;

export interface Opening {
  opens: Millis;
  closes: Millis;
}

export class QueueOpenings {
  readonly #directory: Pick<Directory, 'queues' | 'hours' | 'site'>;
  /** Many callbacks of one queue may be due at once, and a calendar costs a millisecond. */
  readonly #known = new Map<QueueId, Opening & { hours: HoursRecord; from: Millis }>();

  constructor(directory: Pick<Directory, 'queues' | 'hours' | 'site'>) {
    this.#directory = directory;
  }

  /**
   * The time in which callbacks of the queue may be begun: the one that runs now, else the next.
   * @returns times of UTC; where the queue stays closed for all that is looked at, it opens and closes at the end of that;
   * undefined where it is always open
   */
  of(queue: QueueId, now: Millis): Opening | undefined {
    const { queues, hours: tables, site } = this.#directory;
    const name = queues.get(queue)?.hours;
    const hours = name === undefined ? undefined : tables.get(name);
    if (!hours) return undefined;
    const known = this.#known.get(queue);
    if (known && known.hours === hours && known.from <= now && now < known.closes) return known;
    const end = now + aheadMs;
    const [first] = openings(hours, now, end, site.timeZone);
    const found = { hours, from: now, ...(first ?? { opens: end, closes: end }) };
    this.#known.set(queue, found);
    return found;
  }
}
