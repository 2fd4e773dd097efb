// How many new calls a second are let in while there is too much to do: cut back step by step while the overload lasts,
// raised slowly after it, lifted once nobody asks for as much. A call costs work for as long as it lives, so that what was
// let in a moment ago is felt only now: hence a rate that is steered, and no switch between all and nothing; and after a cut
// the next waits until the first is felt, as cuts on top of each other would throw half of the calls away for nothing.

/**
 * `late`: the queue stands. `severe`: so long that new calls are held off until it is shorter; how many came in meanwhile
 * says nothing about how many can be carried.
 */
export type Load = 'calm' | 'late' | 'severe';

/** What is left of the rate after a cut. */
const cuts = { late: 0.9, severe: 0.7 };
/** Rise a step; a step is a fifth of a second. */
const rise = 1.02;
/** Steps from a cut to the next: a second. */
const stepsToFeel = 5;
/** Never less, calls a second: else nobody would find out that it goes better. */
const least = 5;
/** The limit is lifted where so many times the calls that come would be let in. */
const ample = 4;
/** Weight of the newest step in the rate of late. */
const freshness = 0.3;

/** Times are monotonic milliseconds. */
export class CallRate {
  /** Calls a second; Infinity: no limit. */
  limit = Number.POSITIVE_INFINITY;
  #tokens = 1;
  #filledAt = 0;
  #taken = 0;
  #recent = 0;
  #steppedAt: number;
  #before: Load = 'calm';
  /** Steps until a cut would be felt. */
  #unfelt = 0;

  constructor(now: number) {
    this.#steppedAt = now;
  }

  /** To be called at even distances. */
  step(now: number, load: Load): void {
    const seconds = Math.max(0.001, (now - this.#steppedAt) / 1000);
    this.#steppedAt = now;
    const begins = load === 'severe' && this.#before !== 'severe';
    if (this.#before !== 'severe') this.#recent += (this.#taken / seconds - this.#recent) * freshness;
    this.#before = load;
    this.#taken = 0;
    if (this.#unfelt > 0) this.#unfelt--;
    if (load !== 'calm') {
      if (begins || this.#unfelt === 0) this.#cut(now, cuts[load]);
    } else if (this.limit < Number.POSITIVE_INFINITY) {
      this.limit *= rise;
      if (this.limit > ample * Math.max(this.#recent, least)) this.limit = Number.POSITIVE_INFINITY;
    }
  }

  /** Whether one more call may come in now. */
  take(now: number): boolean {
    if (this.limit < Number.POSITIVE_INFINITY) {
      // A tenth of a second's worth may come at once.
      const most = Math.max(1, this.limit / 10);
      this.#tokens = Math.min(most, this.#tokens + (Math.max(0, now - this.#filledAt) * this.limit) / 1000);
      this.#filledAt = now;
      if (this.#tokens < 1) return false;
      this.#tokens--;
    }
    this.#taken++;
    return true;
  }

  #cut(now: number, to: number): void {
    if (this.limit === Number.POSITIVE_INFINITY) this.#filledAt = now;
    this.limit = Math.max(least, Math.min(this.limit, this.#recent) * to);
    this.#unfelt = stepsToFeel;
  }
}
