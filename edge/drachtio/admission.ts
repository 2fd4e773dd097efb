// Overload control: new INVITEs are admitted by how long the queues are, in time: towards the app, and of datagrams that wait
// to be read. A queue that stands (it was never short for a fifth of a second) or an event loop without a pause brings the
// rate of new calls down, long before the hard limits. What belongs to calls under way never asks here.
import { randomInt } from 'node:crypto';
import { CallRate, type Load } from './call-rate.ts';

export interface AdmissionLimits {
  /** An INVITE that waits so long for the app's first word, while later ones wait too, says that the app cannot keep up; ms. */
  queueMs: number;
  /** A queue that is never shorter than this for a fifth of a second stands: the rate is cut; ms. */
  standingMs: number;
  /** So late may the event loop run; ms. */
  loopMs: number;
  /** Share of the time that the event loop may be busy before the rate is cut, 0 to 1. */
  busy: number;
  /** Most INVITEs that the app has not said a word about. */
  pending: number;
  /**
   * Most other requests outside dialogs (REGISTER, OPTIONS …) that the app has not answered. Only registrations of known
   * sources may fill it: all else leaves them a share.
   */
  others: number;
  /** While nothing gets through, one INVITE in so many ms is tried nevertheless. */
  probeMs: number;
  /** Retry-After, seconds, drawn between both so that callers do not come back together. */
  retryAfter: [least: number, most: number];
}

export const standardLimits: AdmissionLimits = {
  queueMs: 1_500,
  standingMs: 300,
  loopMs: 1_500,
  busy: 0.98,
  pending: 2_000,
  others: 2_000,
  probeMs: 1_000,
  retryAfter: [2, 8],
};

const loopTickMs = 50;
/** Of the room for other requests: for registrations of sources that are not known, and for all that is no registration. */
const shares = { strangers: 0.75, noRegistration: 0.5 };
/** Ticks between two looks at the rate. */
const ticksAStep = 4;
/** Looks in a row that make an overload. */
const stepsInARow = 3;
/** A queue that is so many times too long by then takes no new call until it is shorter. */
const severeTimes = 2;

/** What the machine tells. */
export interface Signs {
  /** How long datagrams have been waiting to be read without a pause, ms. */
  behindMs(now: number): number;
  /** Share of the time since the last call that the event loop was busy, 0 to 1. */
  utilization(): number;
}

export class Admission {
  readonly #limits: AdmissionLimits;
  /** Handed over and without a word from the app, oldest first; value: when, by the monotonic clock. */
  readonly #silent = new Map<string, number>();
  /** Those of them that a later INVITE has overtaken say nothing about the queue: the app takes its time over them. */
  readonly #overtaken = new Set<string>();
  #lastProbe = -Infinity;
  #loopDelay = 0;
  #expectedTick = performance.now() + loopTickMs;
  readonly #tick: NodeJS.Timeout;
  readonly #rate = new CallRate(performance.now());
  readonly #signs: Signs;
  #ticks = 0;
  /** Looks in a row that found a standing queue or a late loop. */
  #lateSteps = 0;
  /** Shortest queue since the last look at the rate, ms. */
  #shortest = Number.POSITIVE_INFINITY;
  #load: Load = 'calm';
  /** Since the start. */
  refused = 0;

  constructor(limits: AdmissionLimits, signs: Partial<Signs> = {}) {
    this.#limits = limits;
    const { behindMs = () => 0, utilization = loopUtilization() } = signs;
    this.#signs = { behindMs, utilization };
    this.#tick = setInterval(() => this.#watch(performance.now()), loopTickMs).unref();
  }

  /** New calls a second that are let in at present; Infinity: all. */
  get rate(): number {
    return this.#rate.limit;
  }

  /** How many INVITEs wait for the app's first word. */
  get pending(): number {
    return this.#silent.size + this.#overtaken.size;
  }

  /** Queueing delay towards the app, ms. */
  queueDelay(now = performance.now()): number {
    for (const since of this.#silent.values()) return now - since;
    return 0;
  }

  /** Whether one more INVITE may be handed to the app. */
  admits(now = performance.now()): boolean {
    const { queueMs, standingMs, loopMs, pending, probeMs } = this.#limits;
    if (this.pending >= pending) return this.#no();
    const behind = this.#behind(now);
    if (behind <= queueMs && this.#loopDelay <= loopMs) {
      if (this.#load === 'severe' && behind > severeTimes * standingMs) return this.#no();
      return this.#rate.take(now) || this.#no();
    }
    if (now - this.#lastProbe < probeMs) return this.#no();
    this.#lastProbe = now;
    return true;
  }

  /**
   * Whether one more request outside dialogs that is no INVITE may be handed to the app.
   * @param waiting how many it has not answered
   */
  admitsOther(method: string, known: boolean, waiting: number): boolean {
    const share = method !== 'REGISTER' ? shares.noRegistration : known ? 1 : shares.strangers;
    return waiting < this.#limits.others * share || this.#no();
  }

  /** An INVITE went to the app. */
  handed(id: string, now = performance.now()): void {
    this.#silent.set(id, now);
  }

  /** The app said something about it, or it is over. */
  heard(id: string): void {
    if (this.#overtaken.delete(id) || !this.#silent.has(id)) return;
    for (const earlier of this.#silent.keys()) {
      this.#silent.delete(earlier);
      if (earlier === id) return;
      this.#overtaken.add(earlier);
    }
  }

  /** Over without a word from the app (cancelled, app gone): says nothing about the others. */
  forgotten(id: string): void {
    this.#silent.delete(id);
    this.#overtaken.delete(id);
  }

  /** Seconds. */
  retryAfter(): number {
    const [least, most] = this.#limits.retryAfter;
    return randomInt(least, most + 1);
  }

  close(): void {
    clearInterval(this.#tick);
  }

  /** The longer of the two queues, ms. */
  #behind(now: number): number {
    return Math.max(this.queueDelay(now), this.#signs.behindMs(now));
  }

  #watch(now: number): void {
    // The worst of the last second or so counts: a loop that was stuck has a queue of datagrams to work off.
    this.#loopDelay = Math.max(now - this.#expectedTick, this.#loopDelay * 0.9);
    this.#expectedTick = now + loopTickMs;
    this.#shortest = Math.min(this.#shortest, this.#behind(now));
    if (++this.#ticks % ticksAStep === 0) this.#steer(now);
  }

  #steer(now: number): void {
    const { standingMs, busy } = this.#limits;
    const utilization = this.#signs.utilization();
    // A loop without a pause is late besides; on a machine that others use as well it may be busy and yet keep up.
    const late = this.#shortest > standingMs || (utilization > busy && this.#loopDelay > standingMs);
    this.#lateSteps = late ? this.#lateSteps + 1 : 0;
    // What is over within the second is a hiccup (garbage, a checkpoint): the queue is worked off, and nobody is refused.
    if (this.#lateSteps < stepsInARow) this.#load = 'calm';
    else this.#load = this.#shortest > severeTimes * standingMs ? 'severe' : 'late';
    this.#rate.step(now, this.#load);
    this.#shortest = Number.POSITIVE_INFINITY;
  }

  #no(): false {
    this.refused++;
    return false;
  }
}

function loopUtilization(): () => number {
  let before = performance.eventLoopUtilization();
  return () => {
    const last = before;
    before = performance.eventLoopUtilization();
    return performance.eventLoopUtilization(before, last).utilization;
  };
}
