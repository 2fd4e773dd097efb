// Digits from telephone-event packets (RFC 4733 §2.5). An event is known by its RTP timestamp: its many packets, repeated
// ends and duplicates count once; where all ends are lost, the next event or a silence ends it.

const names = '0123456789*#ABCD';
/** Events come every 20 to 50 ms; silent for so long, the key is up. */
const silentMs = 200;
/** Longer segments are cut by the sender (RFC 4733 §2.5.1.3); a key that is held is still one key. */
const mostAgeMs = 10_000;

export interface DtmfListener {
  /** A key went down: barge-in need not wait for its end. */
  keyDown(digit: string): void;
  /** A key came up: this is the digit. @param ms how long it was pressed */
  keyUp(digit: string, ms: number): void;
}

export class DtmfReceiver {
  readonly #listener: DtmfListener;
  #event = -1;
  #timestamp = 0;
  #duration = 0;
  #startedAt = 0;
  #heardAt = 0;
  /** Timestamp of the event that ended last: its late and repeated packets are nothing new. */
  #doneTimestamp = -1;

  constructor(listener: DtmfListener) {
    this.#listener = listener;
  }

  /** A key is down. */
  get pressed(): boolean {
    return this.#event >= 0;
  }

  /**
   * @param start place of the four bytes: event, E R volume, duration
   * @param now monotonic ms
   */
  packet(timestamp: number, packet: Buffer, start: number, end: number, now: number): void {
    if (end - start < 4 || timestamp === this.#doneTimestamp) return;
    const event = packet[start] as number;
    if (event >= names.length) return; // flash and other events: not keys
    const ended = ((packet[start + 1] as number) & 0x80) !== 0;
    const duration = packet.readUInt16BE(start + 2);
    if (this.#event >= 0 && timestamp !== this.#timestamp) {
      // A packet of an event before, out of order.
      if (((timestamp - this.#timestamp) | 0) < 0) return;
      this.#finish();
    }
    if (this.#event < 0) {
      // Older than the last digit: a very late packet.
      if (this.#doneTimestamp >= 0 && ((timestamp - this.#doneTimestamp) | 0) < 0 && now - this.#heardAt < silentMs)
        return;
      this.#event = event;
      this.#timestamp = timestamp;
      this.#duration = 0;
      this.#startedAt = now;
      this.#listener.keyDown(names[event] as string);
    }
    this.#heardAt = now;
    if (duration > this.#duration) this.#duration = duration;
    if (ended) this.#finish();
  }

  /** Ends an event whose end packets were lost. Called now and then while `pressed`. */
  sweep(now: number): void {
    if (this.#event >= 0 && (now - this.#heardAt > silentMs || now - this.#startedAt > mostAgeMs)) this.#finish();
  }

  /** The source changed: what was begun is ended, and its timestamps mean nothing any more. */
  reset(): void {
    if (this.#event >= 0) this.#finish();
    this.#doneTimestamp = -1;
  }

  #finish(): void {
    const digit = names[this.#event] as string;
    this.#event = -1;
    this.#doneTimestamp = this.#timestamp;
    this.#listener.keyUp(digit, Math.round(this.#duration / 8));
  }
}

/** The event code of a digit; -1 where it is none. */
export function dtmfEvent(digit: string): number {
  return digit.length === 1 ? names.indexOf(digit.toUpperCase()) : -1;
}
