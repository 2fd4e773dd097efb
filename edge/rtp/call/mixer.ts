// Sums the frames of those who are heard, with a hard limit at 16 bits.
import { type Codec, frameSamples } from '../codec/g711.ts';
import type { Endpoint } from './endpoint.ts';

export class Mixer {
  readonly #sum = new Int32Array(frameSamples);
  readonly #frame = new Int16Array(frameSamples);

  /** @returns 20 ms, valid until the next call; undefined = silence */
  mix(hears: readonly Endpoint[], beside: Int16Array | undefined, frame: number): Int16Array | undefined {
    let only: Int16Array | undefined = beside;
    let count = beside ? 1 : 0;
    const sum = this.#sum;
    for (let s = 0; s < hears.length; s++) {
      const samples = (hears[s] as Endpoint).samples(frame);
      if (!samples) continue;
      if (count === 0) only = samples;
      else if (count === 1 && only)
        for (let i = 0; i < frameSamples; i++) sum[i] = (only[i] as number) + (samples[i] as number);
      else for (let i = 0; i < frameSamples; i++) sum[i] = (sum[i] as number) + (samples[i] as number);
      count++;
    }
    if (count < 2) return only;
    const mixed = this.#frame;
    for (let i = 0; i < frameSamples; i++) {
      const value = sum[i] as number;
      mixed[i] = Math.max(-32768, Math.min(32767, value));
    }
    return mixed;
  }

  decode(packet: Buffer, at: number, codec: Codec): Int16Array {
    const frame = this.#frame;
    for (let i = 0; i < frameSamples; i++) frame[i] = codec.decode[packet[at + i] as number] as number;
    return frame;
  }
}
