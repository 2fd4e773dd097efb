// What came of one window of measuring: counts per stream, and the delays of all packets.
import { percentile, round } from '../report.ts';
import type { ProbeResult } from './messages.ts';

class Stream {
  sent = 0;
  received = 0;
  duplicates = 0;
  reordered = 0;
  readonly #seen = new Set<number>();
  #highest = -1;
  #delay: number | undefined;
  #jitter = 0;
  #jitterSum = 0;

  /** @returns false for a duplicate */
  take(sequence: number, delay: number): boolean {
    if (this.#seen.has(sequence)) {
      this.duplicates++;
      return false;
    }
    this.#seen.add(sequence);
    this.received++;
    if (sequence < this.#highest) this.reordered++;
    else this.#highest = sequence;
    if (this.#delay !== undefined) this.#jitter += (Math.abs(delay - this.#delay) - this.#jitter) / 16;
    this.#delay = delay;
    this.#jitterSum += this.#jitter;
    return true;
  }

  get meanJitter(): number {
    return this.received === 0 ? 0 : this.#jitterSum / this.received;
  }
}

export class Tally {
  altered = 0;
  readonly #streams = new Map<number, Stream>();
  readonly #delays: number[] = [];

  sent(stream: number): void {
    this.#of(stream).sent++;
  }

  /** @param delay milliseconds from send to receipt */
  took(stream: number, sequence: number, delay: number): void {
    if (this.#of(stream).take(sequence, delay)) this.#delays.push(delay);
  }

  result(): ProbeResult {
    const streams = [...this.#streams.values()];
    const sum = (of: (stream: Stream) => number) => streams.reduce((all, stream) => all + of(stream), 0);
    const jitters = streams.map((stream) => stream.meanJitter);
    const delay = (share: number) => round(percentile(this.#delays, share) ?? Number.NaN, 3);
    return {
      sent: sum((stream) => stream.sent),
      received: sum((stream) => stream.received),
      lost: sum((stream) => stream.sent - stream.received),
      duplicates: sum((stream) => stream.duplicates),
      reordered: sum((stream) => stream.reordered),
      altered: this.altered,
      delay: { p50: delay(0.5), p95: delay(0.95), p99: delay(0.99), max: delay(1) },
      jitter: {
        mean: round(jitters.reduce((a, b) => a + b, 0) / Math.max(1, jitters.length), 3),
        worst: round(Math.max(0, ...jitters), 3),
      },
    };
  }

  #of(id: number): Stream {
    let stream = this.#streams.get(id);
    if (!stream) {
      stream = new Stream();
      this.#streams.set(id, stream);
    }
    return stream;
  }
}
