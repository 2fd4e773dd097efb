// Tones and silence as WAV files, so that Asterisk plays them like everything else, for as long as was asked and no longer.
import { createHash } from 'node:crypto';

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
  const bytes = Buffer.alloc(44 + 2 * samples);
  wavHeader({ channels: 1, dataBytes: 2 * samples }).copy(bytes);
  const each = hz.length === 0 ? 0 : amplitude / hz.length;
  for (let i = 0; i < samples; i++) {
    let value = 0;
    for (const one of hz) value += each * Math.sin((2 * Math.PI * one * i) / rate);
    bytes.writeInt16LE(Math.round(value), 44 + 2 * i);
  }
  return { bytes, hash: createHash('sha256').update(bytes).digest('hex'), ms: (samples * 1000) / rate };
}

/** Header of a 16-bit PCM WAV at 8 kHz, 44 bytes. */
export function wavHeader({ channels, dataBytes }: { channels: 1 | 2; dataBytes: number }): Buffer {
  const header = Buffer.alloc(44);
  header.write('RIFF', 0, 'latin1');
  header.writeUInt32LE(Math.min(0xffffffff, 36 + dataBytes), 4);
  header.write('WAVEfmt ', 8, 'latin1');
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(channels, 22);
  header.writeUInt32LE(rate, 24);
  header.writeUInt32LE(rate * channels * 2, 28);
  header.writeUInt16LE(channels * 2, 32);
  header.writeUInt16LE(16, 34);
  header.write('data', 36, 'latin1');
  header.writeUInt32LE(Math.min(0xffffffff, dataBytes), 40);
  return header;
}
