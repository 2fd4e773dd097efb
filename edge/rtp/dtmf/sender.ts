// Digits sent as telephone-event packets (RFC 4733 §2.5.1): one packet a tick with a growing duration, the end three times,
// then a pause. Where the far side has no telephone-event, the tones themselves are sent as audio.

import { dtmfFrequencies, toneSamples } from '../audio/tones.ts';
import { type Codec, encodePcma, encodePcmu, frameSamples } from '../codec/g711.ts';
import { dtmfEvent } from './receiver.ts';

const toneFrames = 5;
const pauseFrames = 4;
const endPackets = 3;
const volume = 10;

export interface DtmfPath {
  /** Sends a telephone-event packet. @returns the event's timestamp */
  event(payload: Buffer, timestamp: number | undefined): number;
  /** Sends a frame of audio. */
  audio(frame: Buffer): void;
}

/** Sends a string of digits, paced by the worker's ticks. */
export class DtmfSender {
  readonly #digits: string;
  readonly #done: () => void;
  readonly #payload = Buffer.alloc(4);
  readonly #frame = Buffer.alloc(frameSamples);
  #index = 0;
  #tick = 0;
  #timestamp: number | undefined;
  #samples: Int16Array | undefined;

  /** @param digits checked before: `0-9 * # A-D` */
  constructor(digits: string, done: () => void) {
    this.#digits = digits.toUpperCase();
    this.#done = done;
  }

  /**
   * One tick of 20 ms.
   * @param named whether the far side takes telephone-event
   * @returns false when all is sent
   */
  tick(path: DtmfPath, named: boolean, codec: Codec): boolean {
    const digit = this.#digits[this.#index];
    if (digit === undefined) return false;
    if (this.#tick < toneFrames) {
      if (named) this.#sendEvent(path, digit);
      else this.#sendTone(path, digit, codec);
    } else if (!named) path.audio(this.#frame.fill(codec.silence));
    if (++this.#tick === toneFrames + pauseFrames) {
      this.#tick = 0;
      this.#timestamp = undefined;
      this.#samples = undefined;
      this.#index++;
    }
    return this.#index < this.#digits.length;
  }

  finish(): void {
    this.#done();
  }

  #sendEvent(path: DtmfPath, digit: string): void {
    const last = this.#tick === toneFrames - 1;
    this.#payload[0] = dtmfEvent(digit);
    this.#payload[1] = (last ? 0x80 : 0) | volume;
    this.#payload.writeUInt16BE((this.#tick + 1) * frameSamples, 2);
    for (let copies = last ? endPackets : 1; copies > 0; copies--) {
      this.#timestamp = path.event(this.#payload, this.#timestamp);
    }
  }

  #sendTone(path: DtmfPath, digit: string, codec: Codec): void {
    this.#samples ??= toneSamples(dtmfFrequencies(digit), toneFrames * 20);
    const encode = codec.name === 'PCMU' ? encodePcmu : encodePcma;
    const from = this.#tick * frameSamples;
    for (let i = 0; i < frameSamples; i++) {
      this.#frame[i] = encode[(this.#samples[from + i] as number) & 0xffff] as number;
    }
    path.audio(this.#frame);
  }
}
