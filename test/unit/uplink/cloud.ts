// A cloud in memory that holds to the protocol: in order, once, by its own cursor.
import { zstdDecompressSync } from 'node:zlib';
import type { CloudLine, Told } from '../../../server/uplink/index.ts';
import {
  type Batch,
  batch,
  type ChangesAnswer,
  type OutgoingEvent,
  type SettleAnswer,
  type TailAnswer,
} from '../../../uplink/index.ts';

export class MemoryCloud implements CloudLine {
  at = 0;
  readonly events: OutgoingEvent[] = [];
  readonly batches: Batch[] = [];
  /** What was settled away. */
  readonly aside: OutgoingEvent[] = [];
  up = true;
  /** Takes the batch, and the answer is lost on the way. */
  loseAnswers = 0;
  busyTimes = 0;
  readonly changesToGive: ChangesAnswer[] = [];
  #waiting: (() => void)[] = [];

  async cursor(): Promise<number> {
    this.#check();
    return this.at;
  }

  async send(body: Uint8Array): Promise<Told> {
    this.#check();
    if (this.busyTimes > 0) {
      this.busyTimes--;
      return { how: 'busy', afterMs: 1 };
    }
    const one = batch.parse(JSON.parse(zstdDecompressSync(body).toString('utf8')));
    if (one.after !== this.at) return { how: 'elsewhere', cursor: this.at };
    this.batches.push(one);
    this.events.push(...one.events);
    this.at = one.upto;
    for (const wake of this.#waiting.splice(0)) wake();
    if (this.loseAnswers > 0) {
      this.loseAnswers--;
      throw new Error('connection reset');
    }
    return { how: 'taken', cursor: this.at };
  }

  async tail(after: number): Promise<TailAnswer> {
    this.#check();
    const events = this.events.filter(({ seq }) => seq > after).slice(0, 3);
    return { cursor: this.at, events: events.map(({ seq, at, type }) => ({ seq, at, type })) };
  }

  async settle(after: number, cursor: number, dryRun: boolean): Promise<SettleAnswer> {
    this.#check();
    if (cursor !== this.at) throw new Error('something came meanwhile');
    const tail = this.events.filter(({ seq }) => seq > after);
    if (!dryRun) {
      this.aside.push(...this.events.splice(this.events.length - tail.length));
      this.at = after;
    }
    return { cursor: after, aside: 'main-aside', events: tail.length, contacts: 0 };
  }

  async changes(after: number, _wait: number, signal: AbortSignal): Promise<ChangesAnswer> {
    this.#check();
    const given = this.changesToGive.find(({ next }) => next > after);
    if (given) return given;
    return new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('stopped'))));
  }

  close(): void {}

  /** Resolves when the cloud has everything up to there. */
  async has(seq: number): Promise<void> {
    while (this.at < seq) await new Promise<void>((done) => this.#waiting.push(done));
  }

  #check(): void {
    if (!this.up) throw new Error('connection refused');
  }
}
