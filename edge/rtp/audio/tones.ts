// Tones as samples: for prompts made of tones, and for DTMF where the far side has no telephone-event.
import { sampleRate } from '../codec/g711.ts';

/** Peak of one of two DTMF components, about −9 dBm0 each. */
const peak = 9000;
const rampSamples = 40;

/** Sum of sines of equal strength with 5 ms ramps at both ends, 16-bit. */
export function toneSamples(hz: readonly number[], ms: number): Int16Array {
  const samples = new Int16Array(Math.round((ms * sampleRate) / 1000));
  const strength = Math.min(peak, 24_000 / Math.max(1, hz.length));
  const last = samples.length - 1;
  for (let i = 0; i <= last; i++) {
    let sum = 0;
    for (const frequency of hz) sum += Math.sin((2 * Math.PI * frequency * i) / sampleRate);
    samples[i] = sum * strength * Math.min(1, i / rampSamples, (last - i) / rampSamples);
  }
  return samples;
}

const rows = [697, 770, 852, 941];
const columns = [1209, 1336, 1477, 1633];
const keys = '123A456B789C*0#D';

/** The two frequencies of a key (ITU-T Q.23). @throws RangeError where it is no key */
export function dtmfFrequencies(digit: string): [number, number] {
  const index = keys.indexOf(digit);
  if (index < 0 || digit.length !== 1) throw new RangeError(`${digit} is no DTMF digit`);
  return [rows[index >> 2] as number, columns[index & 3] as number];
}

/** The key of a row and a column, each 0 to 3. */
export function dtmfKey(row: number, column: number): string {
  return keys[row * 4 + column] as string;
}

export const dtmfRows: readonly number[] = rows;
export const dtmfColumns: readonly number[] = columns;
