// WAV in (what admins bring: any rate, mono or stereo, PCM, float, A-law, µ-law), WAV out (8 kHz mono 16-bit).
// RIFF WAVE: Microsoft "Multimedia Programming Interface and Data Specifications 1.0" and the later WAVEFORMATEXTENSIBLE.
import { refused } from './errors.ts';

export interface Sound {
  rate: number;
  /** Mono, -1 to 1. */
  samples: Float32Array;
}

/** What every media engine plays. */
export const lineRate = 8000;

interface Format {
  tag: number;
  channels: number;
  rate: number;
  bits: number;
}

const longest = 15 * 60;

/**
 * Reads a WAV file; several channels become one.
 * @param name as the error shows it
 * @throws prompt-refused with a sentence that says what is wrong with it
 */
export function readWav(bytes: Buffer, name: string): Sound {
  const { format, data } = chunks(bytes, name);
  const { channels, rate, bits } = format;
  if (rate < 4000 || rate > 192_000)
    throw refused(name, `its sample rate of ${rate} Hz is not between 4000 and 192000`);
  if (channels < 1 || channels > 8) throw refused(name, `it has ${channels} channels; 1 to 8 are possible`);
  const read = reader(format);
  if (!read)
    throw refused(name, `its encoding (format ${format.tag}, ${bits} bits) is not known; save it as PCM with 16 bits`);
  const width = bits / 8;
  const frames = Math.floor(data.length / (width * channels));
  if (frames === 0) throw refused(name, 'it holds no sound');
  if (frames / rate > longest) throw refused(name, `it is longer than ${longest / 60} minutes`);
  const samples = new Float32Array(frames);
  for (let i = 0, at = 0; i < frames; i++) {
    let sum = 0;
    for (let channel = 0; channel < channels; channel++, at += width) sum += read(data, at);
    samples[i] = sum / channels;
  }
  return { rate, samples };
}

/** Whether the bytes are what media engines play as it is: 8 kHz, mono, 16-bit PCM with a plain header. */
export function isLineWav(bytes: Buffer): boolean {
  return (
    bytes.length > 44 &&
    bytes.toString('latin1', 0, 4) === 'RIFF' &&
    bytes.toString('latin1', 8, 16) === 'WAVEfmt ' &&
    bytes.readUInt32LE(16) === 16 &&
    bytes.readUInt16LE(20) === 1 &&
    bytes.readUInt16LE(22) === 1 &&
    bytes.readUInt32LE(24) === lineRate &&
    bytes.readUInt16LE(34) === 16 &&
    bytes.toString('latin1', 36, 40) === 'data' &&
    bytes.readUInt32LE(40) === bytes.length - 44
  );
}

/** An 8 kHz mono 16-bit WAV of samples at 8 kHz. */
export function lineWav(samples: Float32Array): Buffer {
  const bytes = Buffer.alloc(44 + samples.length * 2);
  bytes.write('RIFF', 0, 'latin1');
  bytes.writeUInt32LE(bytes.length - 8, 4);
  bytes.write('WAVEfmt ', 8, 'latin1');
  bytes.writeUInt32LE(16, 16);
  bytes.writeUInt16LE(1, 20);
  bytes.writeUInt16LE(1, 22);
  bytes.writeUInt32LE(lineRate, 24);
  bytes.writeUInt32LE(lineRate * 2, 28);
  bytes.writeUInt16LE(2, 32);
  bytes.writeUInt16LE(16, 34);
  bytes.write('data', 36, 'latin1');
  bytes.writeUInt32LE(samples.length * 2, 40);
  for (let i = 0; i < samples.length; i++) {
    bytes.writeInt16LE(Math.max(-32768, Math.min(32767, Math.round(samples[i]! * 32767))), 44 + i * 2);
  }
  return bytes;
}

function chunks(bytes: Buffer, name: string): { format: Format; data: Buffer } {
  if (bytes.length < 12 || bytes.toString('latin1', 0, 4) !== 'RIFF' || bytes.toString('latin1', 8, 12) !== 'WAVE') {
    throw refused(name, 'it is no WAV file (RIFF WAVE), whatever its name says');
  }
  let format: Format | undefined;
  for (let at = 12; at + 8 <= bytes.length; ) {
    const id = bytes.toString('latin1', at, at + 4);
    // A synthesiser that writes to a pipe cannot know the length beforehand, so it says something huge.
    const length = Math.min(bytes.readUInt32LE(at + 4), bytes.length - at - 8);
    const body = bytes.subarray(at + 8, at + 8 + length);
    if (id === 'fmt ') format = formatOf(body, name);
    if (id === 'data') {
      if (!format) throw refused(name, 'it does not say its format before the sound');
      return { format, data: body };
    }
    at += 8 + length + (length & 1);
  }
  throw refused(name, 'it holds no sound');
}

function formatOf(body: Buffer, name: string): Format {
  if (body.length < 16) throw refused(name, 'its format chunk is cut off');
  const tag = body.readUInt16LE(0);
  return {
    // WAVEFORMATEXTENSIBLE: the first two bytes of the sub-format are the plain tag.
    tag: tag === 0xfffe && body.length >= 26 ? body.readUInt16LE(24) : tag,
    channels: body.readUInt16LE(2),
    rate: body.readUInt32LE(4),
    bits: body.readUInt16LE(14),
  };
}

function reader({ tag, bits }: Format): ((data: Buffer, at: number) => number) | undefined {
  if (tag === 1 && bits === 8) return (data, at) => (data[at]! - 128) / 128;
  if (tag === 1 && bits === 16) return (data, at) => data.readInt16LE(at) / 32768;
  if (tag === 1 && bits === 24) return (data, at) => data.readIntLE(at, 3) / 8388608;
  if (tag === 1 && bits === 32) return (data, at) => data.readInt32LE(at) / 2147483648;
  if (tag === 3 && bits === 32) return (data, at) => finite(data.readFloatLE(at));
  if (tag === 3 && bits === 64) return (data, at) => finite(data.readDoubleLE(at));
  if (tag === 6 && bits === 8) return (data, at) => aLaw(data[at]!);
  if (tag === 7 && bits === 8) return (data, at) => muLaw(data[at]!);
  return undefined;
}

const finite = (value: number) => (Number.isFinite(value) ? Math.max(-1, Math.min(1, value)) : 0);

/** ITU-T G.711 A-law. */
function aLaw(byte: number): number {
  const code = byte ^ 0x55;
  const exponent = (code >> 4) & 7;
  const mantissa = ((code & 15) << 4) + 8;
  const size = exponent === 0 ? mantissa : (mantissa + 0x100) << (exponent - 1);
  return (code & 0x80 ? size : -size) / 32768;
}

/** ITU-T G.711 µ-law. */
function muLaw(byte: number): number {
  const code = ~byte & 0xff;
  const size = ((((code & 15) << 3) + 0x84) << ((code >> 4) & 7)) - 0x84;
  return (code & 0x80 ? -size : size) / 32768;
}
