// Counters of the day per queue, from what the router decided. The day is the site's.
import type { Millis, QueueId } from '../../values/index.ts';
import type { AcdEvent } from '../acd/index.ts';
import type { QueueLive } from '../ports/index.ts';
import { type Counts, type ServiceLevelVariant, serviceLevel, share } from '../reports/index.ts';

export interface DayCounts extends Counts {
  /** Left for another queue or given back to the flow. */
  overflowed: number;
  /** Sum over the answered, ms. */
  waitMs: number;
  longestWaitMs: number;
  handled: number;
  /** Connected time with holds, and wrap-up, of the handled, ms. */
  handleMs: number;
}

/** As kept in snapshots. */
export interface DayRecord {
  day: string;
  queues: Record<QueueId, DayCounts>;
}

const minute = 60_000;

export class QueueDay {
  readonly #format: Intl.DateTimeFormat;
  readonly #thresholdOf: (queue: QueueId) => number;
  readonly #queues = new Map<QueueId, DayCounts>();
  #day = '';
  #checkedUntil: Millis = 0;

  /** @param thresholdOf answered within this many ms is in time, by queue */
  constructor(timeZone: string, thresholdOf: (queue: QueueId) => number) {
    this.#format = new Intl.DateTimeFormat('en-CA', { timeZone, dateStyle: 'short' });
    this.#thresholdOf = thresholdOf;
  }

  /** Counts one event of the router, on the day of its time. */
  count(event: AcdEvent): void {
    this.#turn(event.at);
    switch (event.type) {
      case 'contact-queued':
        if (event.from === event.queue) return;
        this.#of(event.queue).offered++;
        if (event.from !== undefined) this.#of(event.from).overflowed++;
        return;
      case 'contact-overflowed':
        this.#of(event.queue).overflowed++;
        return;
      case 'contact-left': {
        if (event.state === 'connected') return;
        const counts = this.#of(event.queue);
        if (event.reason === 'flow' || event.reason === 'callback') {
          counts.overflowed++;
          return;
        }
        if (event.reason === 'answered') return;
        counts.abandoned++;
        if (event.waitedMs <= this.#thresholdOf(event.queue)) counts.abandonedInTime++;
        return;
      }
      case 'offer-accepted': {
        const counts = this.#of(event.queue);
        counts.answered++;
        if (event.waitedMs <= this.#thresholdOf(event.queue)) counts.answeredInTime++;
        counts.waitMs += event.waitedMs;
        counts.longestWaitMs = Math.max(counts.longestWaitMs, event.waitedMs);
        return;
      }
      case 'work-ended': {
        const counts = this.#of(event.queue);
        counts.handled++;
        counts.handleMs += event.connectedMs;
        return;
      }
      case 'wrap-up-ended':
        this.#of(event.queue).handleMs += event.wrapUpMs;
        return;
      default:
        return;
    }
  }

  /** The figures of a queue today. */
  figures(queue: QueueId, variant: ServiceLevelVariant, now: Millis): QueueLive['today'] {
    this.#turn(now);
    const counts = this.#queues.get(queue) ?? empty();
    return {
      offered: counts.offered,
      answered: counts.answered,
      abandoned: counts.abandoned,
      overflowed: counts.overflowed,
      serviceLevel: serviceLevel(variant, counts),
      averageAnswerMs: share(counts.waitMs, counts.answered),
      averageHandleMs: share(counts.handleMs, counts.handled),
    };
  }

  counts(queue: QueueId): Readonly<DayCounts> {
    return this.#queues.get(queue) ?? empty();
  }

  record(): DayRecord {
    return { day: this.#day, queues: Object.fromEntries(this.#queues) };
  }

  restore({ day, queues }: DayRecord): void {
    this.#day = day;
    this.#checkedUntil = 0;
    this.#queues.clear();
    for (const [queue, counts] of Object.entries(queues)) this.#queues.set(queue, { ...counts });
  }

  #of(queue: QueueId): DayCounts {
    const known = this.#queues.get(queue);
    if (known) return known;
    const counts = empty();
    this.#queues.set(queue, counts);
    return counts;
  }

  /** Begins a new day where one has begun; asks the calendar at most once a minute, on which every midnight falls. */
  #turn(at: Millis): void {
    if (at < this.#checkedUntil) return;
    this.#checkedUntil = Math.floor(at / minute) * minute + minute;
    const day = this.#format.format(at);
    if (day === this.#day) return;
    this.#day = day;
    this.#queues.clear();
  }
}

function empty(): DayCounts {
  return {
    offered: 0,
    answered: 0,
    answeredInTime: 0,
    abandoned: 0,
    abandonedInTime: 0,
    overflowed: 0,
    waitMs: 0,
    longestWaitMs: 0,
    handled: 0,
    handleMs: 0,
  };
}
