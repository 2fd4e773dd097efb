// Digits from telephone-event packets (RFC 4733 §2.5). An event is known by its RTP timestamp: its many packets, repeated
// ends and duplicates count once; where all ends are lost, the next event or a silence ends it.

const names = '0123456789*#ABCD';
/** Events come every 20 to 50 ms; silent for so long, the key is up. */
const silentMs = 200;
/** A key that is held for longer counts as released; it is still one key, however long it stays down. */
const mostAgeMs = 10_000;
/** The duration field holds no more: then the sender begins another segment of the same event (RFC 4733 §2.5.1.3). */
const mostDuration = 0xffff;
/** So much of a segment's end may be lost, or its sender may cut it that much earlier; in 8 kHz ticks. */
const segmentSlack = silentMs * 8;

export interface DtmfListener {
  /** A key went down: barge-in need not wait for its end. */
  keyDown(digit: string): void;
  /** A key came up: this is the digit. @param ms how long it was pressed */
  keyUp(digit: string, ms: number): void;
}

export class DtmfReceiver {
  readonly #listener: DtmfListener;
  /** The last event: the key that is down, or whose late and repeated packets are nothing new; -1: none. */
  #event = -1;
  #down = false;
  /** Its end was sent: nothing can go on from there. */
  #ended = false;
  /** Of the segment that is under way. */
  #timestamp = 0;
  #duration = 0;
  /** Of the segments before it. */
  #earlier = 0;
  #startedAt = 0;
  #heardAt = 0;

  constructor(listener: DtmfListener) {
    this.#listener = listener;
  }

  /** A key is down. */
  get pressed(): boolean {
    return this.#down;
  }

  /**
   * @param start place of the four bytes: event, E R volume, duration
   * @param now monotonic ms
   */
  packet(timestamp: number, packet: Buffer, start: number, end: number, now: number): void {
    if (end - start < 4) return;
    const event = packet[start] as number;
    if (event >= names.length) return; // flash and other events: not keys
    const duration = packet.readUInt16BE(start + 2);
    if (this.#event >= 0 && timestamp !== this.#timestamp) {
      if (this.#goesOn(event, timestamp)) {
        this.#earlier += this.#duration;
        this.#timestamp = timestamp;
        this.#duration = 0;
      } else {
        // A packet of an event or a segment before, out of order.
        const isOlder = ((timestamp - this.#timestamp) | 0) < 0;
        if (isOlder && (this.#down || now - this.#heardAt < silentMs)) return;
        if (this.#down) this.#finish();
        this.#begin(event, timestamp, now);
      }
    } else if (this.#event < 0) this.#begin(event, timestamp, now);
    if (duration > this.#duration) this.#duration = duration;
    if (((packet[start + 1] as number) & 0x80) !== 0) this.#ended = true;
    if (!this.#down) return;
    this.#heardAt = now;
    if (this.#ended) this.#finish();
  }

  /** Ends an event whose end packets were lost. Called now and then while `pressed`. */
  sweep(now: number): void {
    if (this.#down && (now - this.#heardAt > silentMs || now - this.#startedAt > mostAgeMs)) this.#finish();
  }

  /** The source changed: what was begun is ended, and its timestamps mean nothing any more. */
  reset(): void {
    if (this.#down) this.#finish();
    this.#event = -1;
  }

  /** Whether that is the next segment of the last event: the same key, right where a full segment without an end stopped. */
  #goesOn(event: number, timestamp: number): boolean {
    if (this.#ended || event !== this.#event || this.#duration < mostDuration - segmentSlack) return false;
    const gap = (timestamp - this.#timestamp - this.#duration) | 0;
    return gap >= 0 && gap <= segmentSlack;
  }

  #begin(event: number, timestamp: number, now: number): void {
    this.#event = event;
    this.#down = true;
    this.#ended = false;
    this.#timestamp = timestamp;
    this.#duration = 0;
    this.#earlier = 0;
    this.#startedAt = now;
    this.#listener.keyDown(names[event] as string);
  }

  #finish(): void {
    this.#down = false;
    this.#listener.keyUp(names[this.#event] as string, Math.round((this.#earlier + this.#duration) / 8));
  }
}

/** The event code of a digit; -1 where it is none. */
export function dtmfEvent(digit: string): number {
  return digit.length === 1 ? names.indexOf(digit.toUpperCase()) : -1;
}
