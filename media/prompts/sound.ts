// What is done to a sound on its way to the line: resampled, trimmed, levelled.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { lineRate, type Sound } from './wav.ts';

/** Zero crossings of the sinc on each side; 16 keep what folds back more than 60 dB down. */
const crossings = 16;
const steps = 256;

/** Half of a Kaiser-windowed sinc (beta 8), `steps` entries per zero crossing. */
const kernel = ((): Float64Array => {
  const table = new Float64Array(crossings * steps + 2);
  for (let i = 0; i <= crossings * steps; i++) {
    const x = i / steps;
    const sinc = x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
    table[i] = (sinc * bessel(8 * Math.sqrt(1 - (x / crossings) ** 2))) / bessel(8);
  }
  return table;
})();

/** Modified Bessel function of order 0, by its series. */
function bessel(x: number): number {
  let sum = 1;
  for (let term = 1, k = 1; term > 1e-12 * sum; k++) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}

/** Samples that are made in one go: some 10 ms of work from 48 kHz. */
const stretch = 4_000;

/**
 * The sound at the line's rate, band-limited to what the line can carry. Minutes of music take seconds, in which this
 * process has calls to serve and a sign of life to give: so others have their turn in between.
 */
export async function toLineRate(sound: Sound): Promise<Float32Array> {
  const { samples, rate } = sound;
  if (rate === lineRate) return samples;
  const cutoff = rate > lineRate ? (lineRate / rate) * 0.95 : 1;
  const reach = crossings / cutoff;
  const out = new Float32Array(Math.max(1, Math.floor((samples.length * lineRate) / rate)));
  for (let i = 0; i < out.length; i++) {
    if (i > 0 && i % stretch === 0) await nextTurn();
    const centre = (i * rate) / lineRate;
    const first = Math.max(0, Math.ceil(centre - reach));
    const last = Math.min(samples.length - 1, Math.floor(centre + reach));
    let sum = 0;
    for (let j = first; j <= last; j++) {
      const position = Math.abs(centre - j) * cutoff * steps;
      const index = Math.floor(position);
      const weight = kernel[index]! + (kernel[index + 1]! - kernel[index]!) * (position - index);
      sum += samples[j]! * weight;
    }
    out[i] = sum * cutoff;
  }
  return out;
}

const frame = lineRate / 100;

/** Without the silence around it (more than 40 dB below the loudest 10 ms), but for 20 ms before and `tailMs` after. */
export function trimmed(samples: Float32Array, tailMs: number): Float32Array {
  const levels = frameLevels(samples);
  const gate = Math.max(...levels, 0) / 100;
  const first = levels.findIndex((level) => level > gate);
  const last = levels.findLastIndex((level) => level > gate);
  if (first < 0) return samples.slice(0, 0);
  const from = Math.max(0, (first - 2) * frame);
  const to = (last + 1) * frame + Math.round((tailMs * lineRate) / 1000);
  const out = new Float32Array(to - from);
  out.set(samples.subarray(from, Math.min(to, samples.length)));
  return out;
}

/**
 * At the wanted loudness: RMS of the speech alone, its pauses left out, in dB below full scale. Peaks above -3 dBFS are
 * bent, not cut.
 */
export function levelled(samples: Float32Array, dbfs = -18): Float32Array {
  const rms = speechLevel(samples);
  if (rms === 0) return samples;
  const gain = 10 ** (dbfs / 20) / rms;
  const knee = 0.5;
  const top = 0.7;
  return samples.map((sample) => {
    const value = sample * gain;
    const size = Math.abs(value);
    if (size <= knee) return value;
    return Math.sign(value) * (knee + (top - knee) * Math.tanh((size - knee) / (top - knee)));
  });
}

/** RMS (0 to 1) over those 10 ms that are no more than 30 dB below the loudest. */
export function speechLevel(samples: Float32Array): number {
  const levels = frameLevels(samples);
  const gate = Math.max(...levels, 0) / 31.6;
  const speech = levels.filter((level) => level > gate);
  return speech.length === 0 ? 0 : Math.sqrt(speech.reduce((sum, level) => sum + level * level, 0) / speech.length);
}

function frameLevels(samples: Float32Array): number[] {
  const levels: number[] = [];
  for (let at = 0; at < samples.length; at += frame) {
    let sum = 0;
    const end = Math.min(at + frame, samples.length);
    for (let i = at; i < end; i++) sum += samples[i]! ** 2;
    levels.push(Math.sqrt(sum / (end - at)));
  }
  return levels;
}
