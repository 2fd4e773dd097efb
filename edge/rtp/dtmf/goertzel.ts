// Digits in the audio itself, for far sides without telephone-event: Goertzel filters at the eight frequencies of ITU-T
// Q.23, with the limits of Q.24 (twist, minimum length, one row and one column that stand out).
import { dtmfColumns, dtmfKey, dtmfRows } from '../audio/tones.ts';
import { sampleRate } from '../codec/g711.ts';
import type { DtmfListener } from './receiver.ts';

/** 205 samples separate the frequencies well at 8 kHz (25.6 ms). */
const blockSamples = 205;
const coefficients = [...dtmfRows, ...dtmfColumns].map((hz) => {
  return 2 * Math.cos((2 * Math.PI * Math.round((blockSamples * hz) / sampleRate)) / blockSamples);
});
/** Mean power of a block below which nothing is looked for: about −35 dBm0. */
const quietPower = 100 ** 2;
const twist = 6.3; // 8 dB
const standOut = 6;
const share = 0.55;

export class InbandDetector {
  readonly #listener: DtmfListener;
  readonly #one = new Float64Array(8);
  readonly #two = new Float64Array(8);
  #power = 0;
  #filled = 0;
  #candidate = '';
  #blocks = 0;
  #pressed = '';
  #misses = 0;

  constructor(listener: DtmfListener) {
    this.#listener = listener;
  }

  /** 20 ms of what the far side says; undefined = silence. */
  frame(frame: Int16Array | undefined): void {
    if (!frame) {
      this.#filled = 0;
      this.#power = 0;
      this.#one.fill(0);
      this.#two.fill(0);
      this.#judge('');
      return;
    }
    for (const sample of frame) {
      for (let i = 0; i < 8; i++) {
        const value = sample + (coefficients[i] as number) * (this.#one[i] as number) - (this.#two[i] as number);
        this.#two[i] = this.#one[i] as number;
        this.#one[i] = value;
      }
      this.#power += sample * sample;
      if (++this.#filled === blockSamples) this.#judge(this.#block());
    }
  }

  #block(): string {
    const energy = new Float64Array(8);
    for (let i = 0; i < 8; i++) {
      const one = this.#one[i] as number;
      const two = this.#two[i] as number;
      energy[i] = one * one + two * two - (coefficients[i] as number) * one * two;
    }
    const power = this.#power;
    this.#filled = 0;
    this.#power = 0;
    this.#one.fill(0);
    this.#two.fill(0);
    if (power / blockSamples < quietPower) return '';
    const row = strongest(energy, 0);
    const column = strongest(energy, 4);
    const low = energy[row] as number;
    const high = energy[column] as number;
    if (low > high * twist || high > low * twist) return '';
    for (let i = 0; i < 8; i++) {
      const of = i < 4 ? row : column;
      if (i !== of && (energy[i] as number) * standOut > (energy[of] as number)) return '';
    }
    // Speech has its power elsewhere too: both tones together must make up most of the block.
    if ((low + high) * (2 / blockSamples) < share * power) return '';
    return dtmfKey(row, column - 4);
  }

  /** A digit counts from its second block on, and ends after two blocks without it. */
  #judge(heard: string): void {
    if (this.#pressed !== '') {
      if (heard === this.#pressed) {
        this.#misses = 0;
        this.#blocks++;
      } else if (++this.#misses >= 2) {
        const digit = this.#pressed;
        const ms = Math.round((this.#blocks * blockSamples * 1000) / sampleRate);
        this.#pressed = '';
        this.#candidate = '';
        this.#listener.keyUp(digit, ms);
      }
      return;
    }
    if (heard === '' || heard !== this.#candidate) {
      this.#candidate = heard;
      this.#blocks = heard === '' ? 0 : 1;
    } else if (++this.#blocks === 2) {
      this.#pressed = heard;
      this.#misses = 0;
      this.#listener.keyDown(heard);
    }
  }
}

function strongest(energy: Float64Array, from: number): number {
  let best = from;
  for (let i = from + 1; i < from + 4; i++) if ((energy[i] as number) > (energy[best] as number)) best = i;
  return best;
}
