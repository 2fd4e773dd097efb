// Tones and silence as WAV files, so that Asterisk plays them like everything else, for as long as was asked and no longer.
import { createHash } from 'node:crypto';
import { wavHeader, wavHeaderBytes } from '../recorded-wav.ts';

const rate = 8_000;
/** Of all tones together, of 32767; about -10 dBm0. */
const amplitude = 9_000;

export interface MadeSound {
  bytes: Buffer;
  hash: string;
  ms: number;
}

/** @param hz none: silence */
export function makeTone(hz: readonly number[], ms: number): MadeSound {
  const samples = Math.max(1, Math.round((rate * ms) / 1000));
  const bytes = Buffer.alloc(wavHeaderBytes + 2 * samples);
  wavHeader({ channels: 1, dataBytes: 2 * samples }).copy(bytes);
  const each = hz.length === 0 ? 0 : amplitude / hz.length;
  for (let i = 0; i < samples; i++) {
    let value = 0;
    for (const one of hz) value += each * Math.sin((2 * Math.PI * one * i) / rate);
    bytes.writeInt16LE(Math.round(value), wavHeaderBytes + 2 * i);
  }
  return { bytes, hash: createHash('sha256').update(bytes).digest('hex'), ms: (samples * 1000) / rate };
}
