// Brings the journal to the cloud and other sites' news back. What waits for the cloud is the journal itself, so that a line
// which is down for a day costs no memory and nothing else: calls, queues, pops and recordings never ask the cloud.
//
//   lost ──cursor known──▶ sending ⇄ idle (nothing new)        each failure: lost, tried again with a growing wait
//                             └──the cloud knows more than we do──▶ halted (a backup was restored; an administrator decides)
import { statfs } from 'node:fs/promises';
import type { Database } from 'better-sqlite3';
import type { Logger } from 'pino';
import { uplinkLimits } from '../../uplink/index.ts';
import type { Clock, Millis } from '../../values/index.ts';
import type { EgressPlan } from '../egress/index.ts';
import { type Journal, newEvent, type Reader } from '../journal/index.ts';
import type { CloudLine } from './cloud-line.ts';
import { type CommonHistory, commonHistory } from './common-history.ts';
import { EgressLog } from './egress-log.ts';
import { failed } from './errors.ts';
import { egressPolicyChanged, uplinkBehind, uplinkCaughtUp, uplinkSettled } from './events.ts';
import { type NextBatch, nextBatch } from './next-batch.ts';
import { RemoteHistory } from './remote-history.ts';

export type UplinkState = 'lost' | 'sending' | 'idle' | 'halted';

export interface UplinkStatus {
  state: UplinkState;
  /** Last event that the cloud has. */
  cursor: number;
  /** Events that wait. */
  behind: number;
  /** How old the oldest of them is; 0: none waits. */
  oldestMs: Millis;
  batches: number;
  events: number;
  wireBytes: number;
  /** Why it is lost or halted, or waits. */
  reason?: string | undefined;
  alarm?: 'events' | 'age' | 'disk' | 'restored' | undefined;
  /** Where it is halted: up to where both histories are the same, and how far the cloud's goes. */
  halt?: CommonHistory | undefined;
}

/** What settling does, or would do. */
export interface Settled extends CommonHistory {
  /** The name under which the cloud keeps what only it has; absent where nothing had to be set aside. */
  aside?: string | undefined;
  events: number;
  contacts: number;
}

export interface UplinkOptions {
  line: CloudLine;
  plan: EgressPlan;
  /** Of the hashes. */
  key: Buffer;
  journal: Journal;
  database: Database;
  /** A connection of its own: a batch is read while calls go on. */
  reader: Reader;
  clock: Clock;
  logger: Logger;
  /** Free bytes are looked at there. */
  folder: string;
  alarm: { events: number; minutes: number; leastFreeGigabytes: number };
  /** Waits so long for more events before it sends. Default 200 ms. */
  lingerMs?: Millis;
  /** First wait after a failure; doubled each time, up to a minute. Default 1 s. */
  retryMs?: Millis;
  /** Free bytes of a folder. */
  freeBytes?: (folder: string) => Promise<number>;
}

const reader = 'uplink';
const changesReader = 'uplink-changes';
const longestWaitMs = 60_000;
const alarmEveryMs = 10_000;
/** Of other sites' news, in one commit: a millisecond or two. */
const changesAtOnce = 25;

export class Uplink {
  readonly log: EgressLog;
  readonly history: RemoteHistory;
  readonly #options: UplinkOptions;
  readonly #stopping = new AbortController();
  #state: UplinkState = 'lost';
  #cursor: number;
  #most: number = uplinkLimits.eventsAtOnce;
  #reason: string | undefined;
  #alarm: UplinkStatus['alarm'];
  #behindSince: Millis | undefined;
  /** When what waits first happened. */
  #oldest: Millis | undefined;
  #batches = 0;
  #events = 0;
  #wireBytes = 0;
  /** Digest of the batch that was logged last. */
  #noted: string | undefined;
  /** The next batch, made while one is on its way; undefined where it could not be. */
  #ahead: { after: number; batch: Promise<NextBatch | undefined> } | undefined;
  #halt: CommonHistory | undefined;
  /** Wakes who waits for a decision. */
  #decided: (() => void) | undefined;
  #wake: (() => void) | undefined;
  #unfollow: (() => void) | undefined;
  #running: Promise<unknown> | undefined;

  constructor(options: UplinkOptions) {
    this.#options = options;
    this.log = new EgressLog(options.database);
    this.history = new RemoteHistory(options.database, options.key);
    this.#cursor = options.journal.cursor(reader);
  }

  start(): void {
    const { journal, plan, clock } = this.#options;
    if (!this.log.knowsPlan(plan.id)) {
      const event = newEvent(egressPolicyChanged, clock.now(), { policy: plan.id });
      void journal.append([event], () => this.log.keepPlan(plan, clock.now()));
    }
    this.#unfollow = journal.follow(() => {
      this.#oldest ??= clock.now();
      this.#wake?.();
    });
    const watch = setInterval(() => void this.#look(), alarmEveryMs).unref();
    this.#stopping.signal.addEventListener('abort', () => clearInterval(watch));
    this.#running = Promise.all([this.#sending(), this.#receiving()]);
  }

  status(): UplinkStatus {
    const { journal, clock } = this.#options;
    const behind = Math.max(0, journal.last - this.#cursor);
    return {
      state: this.#state,
      cursor: this.#cursor,
      behind,
      oldestMs: behind === 0 || this.#oldest === undefined ? 0 : Math.max(0, clock.now() - this.#oldest),
      batches: this.#batches,
      events: this.#events,
      wireBytes: this.#wireBytes,
      reason: this.#reason,
      alarm: this.#alarm,
      halt: this.#halt,
    };
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#unfollow?.();
    this.#wake?.();
    this.#options.line.close();
    await this.#running;
  }

  // ── out ───────────────────────────────────────────────────────────────────────────────────────────────────────────

  async #sending(): Promise<void> {
    const { retryMs = 1_000, logger } = this.#options;
    let wait = retryMs;
    while (!this.#over) {
      try {
        if (this.#state === 'lost') await this.#agree();
        await this.#next();
        wait = retryMs;
      } catch (error) {
        if (this.#over) return;
        if (this.#reason === undefined) logger.warn({ err: error, after: this.#cursor }, 'the cloud is out of reach');
        this.#state = 'lost';
        this.#reason = error instanceof Error ? error.message : String(error);
        await this.#rest(wait);
        wait = Math.min(wait * 2, longestWaitMs);
      }
    }
  }

  /** Where the cloud is; its word counts, unless it knows what this journal has never sent. */
  async #agree(): Promise<void> {
    const { line, journal, logger, database, plan, key } = this.#options;
    const cursor = await line.cursor();
    const known = Math.max(journal.cursor(reader), this.log.last);
    if (cursor > known) {
      const { last } = journal;
      const halt = await commonHistory(line, database, { known: Math.min(known, last), last, plan, key });
      if (halt.after < halt.cursor) return this.#stop(halt);
    }
    this.#halt = undefined;
    if (this.#reason !== undefined) logger.info({ after: cursor, behind: journal.last - cursor }, 'the cloud is back');
    this.#reason = undefined;
    this.#move(cursor);
    this.#state = 'sending';
  }

  async #stop(halt: CommonHistory): Promise<void> {
    const { journal, logger } = this.#options;
    const { after, cursor } = halt;
    this.#state = 'halted';
    this.#halt = halt;
    this.#reason = `the cloud has ${cursor} events of this site; up to ${after} they are this journal's (which has ${journal.last}), then others: this data was restored from an older backup`;
    await this.#raise('restored');
    logger.error(
      { cloud: cursor, common: after, last: journal.last },
      'the cloud has another history of this site: nothing is sent',
    );
  }

  /**
   * Settles a halt: the cloud sets aside what only it has, and this journal goes on after the last event that both have.
   * @param by an administrator @throws uplink-not-halted, uplink-unreachable, uplink-refused (something came meanwhile)
   */
  async settle(by: string, dryRun: boolean): Promise<Settled> {
    const { line, journal, clock, logger } = this.#options;
    const halt = this.#halt;
    if (this.#state !== 'halted' || halt === undefined) throw failed['uplink-not-halted']({ state: this.#state });
    const { after, cursor } = halt;
    const { aside, events, contacts } = await line.settle(after, cursor, dryRun);
    const settled = { after, cursor, aside, events, contacts };
    if (dryRun) return settled;
    this.#move(after);
    const said = { after, cursor, contacts, by, ...(aside === undefined ? {} : { aside }) };
    await journal.append([newEvent(uplinkSettled, clock.now(), said)]);
    logger.warn(said, 'the halt of the uplink was settled');
    this.#halt = undefined;
    this.#state = 'lost';
    this.#decided?.();
    return settled;
  }

  async #next(): Promise<void> {
    const { reader: reads, plan, key, lingerMs = 200 } = this.#options;
    if (this.#state === 'halted') {
      // Whether somebody decided meanwhile, here or in the cloud.
      await this.#rest(longestWaitMs, 'decided');
      if (!this.#over) await this.#agree();
      return;
    }
    const ahead = this.#ahead?.after === this.#cursor ? this.#ahead.batch : undefined;
    this.#ahead = undefined;
    const batch = (await ahead) ?? (await reads.ask(nextBatch, { after: this.#cursor, most: this.#most, plan, key }));
    if (this.#over) return;
    if (batch === undefined) {
      this.#idle();
      await this.#rest();
      // More of the same moment goes along.
      if (!this.#over) await this.#rest(lingerMs, true);
      this.#state = 'sending';
      return;
    }
    this.#oldest = Math.min(this.#oldest ?? batch.at, batch.at);
    await this.#deliver(batch);
  }

  async #deliver(batch: NextBatch): Promise<void> {
    const { line, journal, plan, reader: reads, key } = this.#options;
    await this.#note(batch);
    if (batch.upto < journal.last) {
      // While this one is on its way, the next one is made.
      const made = reads.ask(nextBatch, { after: batch.upto, most: this.#most, plan, key });
      this.#ahead = { after: batch.upto, batch: made.catch(() => undefined) };
    }
    const told = await line.send(batch.body);
    if (told.how === 'busy') {
      this.#most = Math.max(50, Math.floor(this.#most / 2));
      this.#reason = 'the cloud is busy, or its database is away';
      await this.#rest(told.afterMs, true);
      return;
    }
    if (told.how === 'elsewhere' && told.cursor !== batch.upto) {
      this.#state = 'lost';
      return;
    }
    this.#most = Math.min(uplinkLimits.eventsAtOnce, this.#most * 2);
    this.#reason = undefined;
    this.#batches++;
    this.#events += Object.values(batch.sent).reduce((sum, count) => sum + count, 0);
    this.#wireBytes += batch.body.length;
    this.#oldest = batch.at;
    this.#move(batch.upto);
  }

  /** Before it leaves: what was sent and never confirmed left, too. The same batch again is one line. */
  async #note(batch: NextBatch): Promise<void> {
    if (batch.digest === this.#noted) return;
    const { journal, clock, plan } = this.#options;
    await journal.append([], () => this.log.add(batch, plan.id, clock.now()));
    this.#noted = batch.digest;
  }

  #move(cursor: number): void {
    if (cursor === this.#cursor) return;
    this.#cursor = cursor;
    this.#options.journal.moveCursor(reader, cursor);
  }

  #idle(): void {
    this.#state = 'idle';
    this.#oldest = undefined;
    const { clock, journal } = this.#options;
    if (this.#behindSince === undefined) return;
    const behindMs = clock.now() - this.#behindSince;
    this.#behindSince = undefined;
    this.#alarm = undefined;
    void journal.append([newEvent(uplinkCaughtUp, clock.now(), { behindMs })]);
  }

  // ── in ────────────────────────────────────────────────────────────────────────────────────────────────────────────

  async #receiving(): Promise<void> {
    const { line, journal, retryMs = 1_000 } = this.#options;
    let wait = retryMs;
    while (!this.#over) {
      try {
        const after = journal.cursor(changesReader);
        const { changes, next } = await line.changes(after, uplinkLimits.waitSeconds, this.#stopping.signal);
        if (this.#over) return;
        wait = retryMs;
        if (next === after) continue;
        // In pieces: after a long silence there is much, and calls come in between.
        for (let from = 0; from < changes.length; from += changesAtOnce) {
          const { undone } = await journal.append([], () => {
            for (const change of changes.slice(from, from + changesAtOnce)) this.history.apply(change);
          });
          if (undone) throw new Error('changes of the cloud broke a rule of the schema');
          if (this.#over) return;
        }
        // After them: taken twice they change nothing, left out they are lost.
        journal.moveCursor(changesReader, next);
      } catch (error) {
        if (this.#over) return;
        // That the line is down is said where batches are sent.
        this.#options.logger.debug({ err: error }, 'no news of other sites');
        await new Promise<void>((done) => {
          const timer = setTimeout(done, wait);
          this.#stopping.signal.addEventListener('abort', () => {
            clearTimeout(timer);
            done();
          });
        });
        wait = Math.min(wait * 2, longestWaitMs);
      }
    }
  }

  // ── alarms ────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Looks whether it lags behind too far. Public for tests; runs by itself every 10 s. */
  async look(): Promise<void> {
    await this.#look();
  }

  async #look(): Promise<void> {
    const { alarm, folder, logger, freeBytes = freeBytesOf } = this.#options;
    const { behind, oldestMs } = this.status();
    let free: number | undefined;
    try {
      free = await freeBytes(folder);
    } catch (error) {
      logger.warn({ err: error, folder }, 'the free space of the disk is not known');
    }
    if (behind >= alarm.events) await this.#raise('events', free);
    else if (oldestMs >= alarm.minutes * 60_000) await this.#raise('age', free);
    else if (free !== undefined && behind > 0 && free < alarm.leastFreeGigabytes * 1024 ** 3)
      await this.#raise('disk', free);
  }

  async #raise(why: 'events' | 'age' | 'disk' | 'restored', freeBytes?: number): Promise<void> {
    if (this.#alarm === why) return;
    const { journal, clock, logger } = this.#options;
    const { behind, oldestMs } = this.status();
    this.#alarm = why;
    this.#behindSince ??= clock.now() - oldestMs;
    logger.error({ why, behind, oldestMs, freeBytes }, 'the cloud lags behind');
    const data = { events: behind, oldestMs, why, ...(freeBytes === undefined ? {} : { freeBytes }) };
    await journal.append([newEvent(uplinkBehind, clock.now(), data)]);
  }

  get #over(): boolean {
    return this.#stopping.signal.aborted;
  }

  /** Until something new is in the journal, or `ms` are over. @param whole not woken by news; `decided`: by a decision */
  #rest(ms?: Millis, whole: boolean | 'decided' = false): Promise<void> {
    const { journal } = this.#options;
    if (this.#over) return Promise.resolve();
    if (ms === undefined && journal.last > this.#cursor && this.#state === 'idle') return Promise.resolve();
    return new Promise((done) => {
      const timer = ms === undefined ? undefined : setTimeout(done, ms).unref();
      const wake = () => {
        clearTimeout(timer);
        done();
      };
      this.#decided = whole === 'decided' ? wake : undefined;
      this.#wake = () => {
        if ((whole || ms !== undefined) && !this.#over) return;
        wake();
      };
    });
  }
}

async function freeBytesOf(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}
