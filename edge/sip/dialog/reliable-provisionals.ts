// Reliable provisional responses as UAS (RFC 3262 §3): one at a time, repeated until its PRACK comes; the next one, and a
// 2xx after an SDP, wait for it.
import { randomInt } from 'node:crypto';
import type { SipMessage } from '../message/index.ts';
import type { DialogTimes } from './user.ts';

interface Queued {
  response: SipMessage;
  rseq: number | undefined;
  send: () => void;
  /** It will never be sent. */
  drop: () => void;
}

export class ReliableProvisionals {
  readonly #times: DialogTimes;
  readonly #giveUp: () => void;
  #next = randomInt(1, 2 ** 30);
  #current: Queued | undefined;
  readonly #waiting: Queued[] = [];
  #timeout: NodeJS.Timeout | undefined;
  #interval = 0;
  #since = 0;

  /** @param giveUp no PRACK within 64·T1: the INVITE is to be refused (RFC 3262 §3) */
  constructor(times: DialogTimes, giveUp: () => void) {
    this.#times = times;
    this.#giveUp = giveUp;
  }

  /** A final response stands in the queue. */
  get finalQueued(): boolean {
    return this.#waiting.some((queued) => queued.rseq === undefined);
  }

  /** Something waits for its PRACK. */
  get waiting(): boolean {
    return this.#current !== undefined;
  }

  /** Gives the response its RSeq and sends it, now or after those before it. */
  add(response: SipMessage, send: () => void, drop: () => void): void {
    const rseq = this.#next++;
    response.headers.set('RSeq', String(rseq));
    this.#push({ response, rseq, send, drop });
  }

  /** A 2xx leaves after all reliable provisionals were acknowledged. */
  addFinal(response: SipMessage, send: () => void, drop: () => void): void {
    this.#push({ response, rseq: undefined, send, drop });
  }

  /** @returns whether a PRACK with this RAck (`<rseq> <cseq> <method>`) acknowledges what is outstanding */
  acknowledges(rack: string | undefined, cseq: number): boolean {
    if (rack === undefined || this.#current === undefined) return false;
    const [rseq, number, method] = rack.trim().split(/\s+/);
    return Number(rseq) === this.#current.rseq && Number(number) === cseq && method === 'INVITE';
  }

  /** The outstanding one was acknowledged: goes on with the next. */
  acknowledged(): void {
    clearTimeout(this.#timeout);
    this.#current = undefined;
    const next = this.#waiting.shift();
    if (next !== undefined) this.#push(next);
  }

  stop(): void {
    clearTimeout(this.#timeout);
    this.#current = undefined;
    for (const queued of this.#waiting.splice(0)) queued.drop();
  }

  #push(queued: Queued): void {
    if (this.#current !== undefined) {
      this.#waiting.push(queued);
      return;
    }
    queued.send();
    if (queued.rseq === undefined) return; // a 2xx: the last
    this.#current = queued;
    this.#interval = this.#times.t1;
    this.#since = performance.now();
    this.#timeout = setTimeout(this.#again, this.#interval);
  }

  readonly #again = (): void => {
    if (this.#current === undefined) return;
    if (performance.now() - this.#since >= this.#times.patience) {
      this.stop();
      this.#giveUp();
      return;
    }
    this.#current.send();
    this.#interval *= 2; // not bounded by T2: RFC 3262 §3
    this.#timeout = setTimeout(this.#again, this.#interval);
  };
}
