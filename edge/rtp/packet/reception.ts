// What we received from one source: RFC 3550 appendix A.1 (sequence numbers), A.3 (loss), A.8 (jitter).
import { sequenceDistance } from './header.ts';

/** A jump by more than this is a restart of the sender, not loss (RFC 3550 MAX_DROPOUT). */
const mostDropped = 3000;
const mostMisordered = 100;

/** One report block's worth about the interval since the last call (RFC 3550 §6.4.1). */
export interface ReceptionReport {
  /** 0 to 255: fraction lost × 256. */
  fractionLost: number;
  cumulativeLost: number;
  highestSequence: number;
  /** Timestamp units. */
  jitter: number;
}

export class Reception {
  ssrc = 0;
  #started = false;
  #first = 0;
  #highest = 0;
  /** Sequence number cycles, shifted: 65536 each. */
  #cycles = 0;
  #receivedNow = 0;
  /** Of sources before this one (SSRC changes and restarts). */
  #receivedBefore = 0;
  #lostBefore = 0;
  #badSequence = -1;
  #transit = 0;
  #transitKnown = false;
  #jitter = 0;
  #jitterSum = 0;
  #jitterCount = 0;
  #expectedAtReport = 0;
  #receivedAtReport = 0;

  get received(): number {
    return this.#receivedBefore + this.#receivedNow;
  }

  get lost(): number {
    return this.#lostBefore + this.#lostNow;
  }

  /** Interarrival jitter now, milliseconds at 8 kHz. */
  get jitterMs(): number {
    return this.#jitter / 8;
  }

  /** Mean of the jitter over the life of the stream, milliseconds. */
  get meanJitterMs(): number {
    return this.#jitterCount === 0 ? 0 : this.#jitterSum / this.#jitterCount / 8;
  }

  /**
   * Counts one packet.
   * @param arrivalMs monotonic
   * @param timed whether its timestamp counts for jitter (not for telephone-event, whose timestamp stands still)
   */
  packet(ssrc: number, sequence: number, timestamp: number, arrivalMs: number, timed: boolean): void {
    if (!this.#started || ssrc !== this.ssrc) this.#restart(ssrc, sequence);
    else {
      const step = sequenceDistance(sequence, this.#highest);
      if (step > 0 && step < mostDropped) {
        if (sequence < this.#highest) this.#cycles += 65536;
        this.#highest = sequence;
      } else if (step > 0 || step < -mostMisordered) {
        // Two in a row from the new place: the sender started anew (RFC 3550 A.1).
        if (sequence === this.#badSequence) this.#restart(ssrc, sequence);
        else {
          this.#badSequence = (sequence + 1) & 0xffff;
          return;
        }
      }
    }
    this.#badSequence = -1;
    this.#receivedNow++;
    if (timed) this.#time(timestamp, arrivalMs);
  }

  /** The block for RTCP; begins a new interval. */
  report(): ReceptionReport {
    const expected = this.#expected;
    const expectedNow = expected - this.#expectedAtReport;
    const receivedNow = this.#receivedNow - this.#receivedAtReport;
    this.#expectedAtReport = expected;
    this.#receivedAtReport = this.#receivedNow;
    const lostNow = expectedNow - receivedNow;
    return {
      fractionLost: expectedNow <= 0 || lostNow <= 0 ? 0 : Math.min(255, Math.floor((lostNow * 256) / expectedNow)),
      cumulativeLost: Math.max(-0x800000, Math.min(0x7fffff, expected - this.#receivedNow)),
      highestSequence: (this.#cycles + this.#highest) >>> 0,
      jitter: Math.floor(this.#jitter),
    };
  }

  get #expected(): number {
    return this.#started ? this.#cycles + this.#highest - this.#first + 1 : 0;
  }

  get #lostNow(): number {
    return Math.max(0, this.#expected - this.#receivedNow);
  }

  #restart(ssrc: number, sequence: number): void {
    this.#lostBefore += this.#lostNow;
    this.#receivedBefore += this.#receivedNow;
    this.#started = true;
    this.ssrc = ssrc;
    this.#first = sequence;
    this.#highest = sequence;
    this.#cycles = 0;
    this.#receivedNow = 0;
    this.#expectedAtReport = 0;
    this.#receivedAtReport = 0;
    this.#transitKnown = false;
  }

  #time(timestamp: number, arrivalMs: number): void {
    const transit = (Math.round(arrivalMs * 8) - timestamp) | 0;
    if (this.#transitKnown) {
      const difference = Math.abs((transit - this.#transit) | 0);
      // More than 2 s is a jump of the sender's clock (a hold, a new prompt), not jitter of the network.
      if (difference < 16_000) {
        this.#jitter += (difference - this.#jitter) / 16;
        this.#jitterSum += this.#jitter;
        this.#jitterCount++;
      }
    }
    this.#transit = transit;
    this.#transitKnown = true;
  }
}
