// WAV files (RIFF, Microsoft's Multimedia Programming Interface 1.0): read 8 kHz ones, write 16-bit PCM, mend what a crash
// left behind.
import type { FileHandle } from 'node:fs/promises';
import { decodePcma, decodePcmu, sampleRate } from '../codec/g711.ts';

export const wavHeaderBytes = 44;

export class WavError extends Error {}

/** The 44 bytes in front of 16-bit PCM at 8 kHz. @param dataBytes length of what follows; cut to what RIFF can say (4 GiB) */
export function wavHeader(channels: number, dataBytes: number): Buffer {
  const size = Math.min(dataBytes, 0xffffffff - 36);
  const header = Buffer.alloc(wavHeaderBytes);
  header.write('RIFF', 0, 'latin1');
  header.writeUInt32LE(36 + size, 4);
  header.write('WAVEfmt ', 8, 'latin1');
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(channels, 22);
  header.writeUInt32LE(sampleRate, 24);
  header.writeUInt32LE(sampleRate * channels * 2, 28);
  header.writeUInt16LE(channels * 2, 32);
  header.writeUInt16LE(16, 34);
  header.write('data', 36, 'latin1');
  header.writeUInt32LE(size, 40);
  return header;
}

/**
 * Samples of an 8 kHz mono WAV: 16-bit PCM, A-law or µ-law.
 * @throws WavError that says what does not fit
 */
export function readWav(file: Buffer): Int16Array {
  if (file.length < 12 || file.toString('latin1', 0, 4) !== 'RIFF' || file.toString('latin1', 8, 12) !== 'WAVE') {
    throw new WavError('is no WAV file');
  }
  let format: { tag: number; channels: number; rate: number; bits: number } | undefined;
  for (let at = 12; at + 8 <= file.length; ) {
    const name = file.toString('latin1', at, at + 4);
    const size = file.readUInt32LE(at + 4);
    const start = at + 8;
    const end = Math.min(start + size, file.length);
    if (name === 'fmt ') {
      if (end - start < 16) throw new WavError('has a short fmt chunk');
      let tag = file.readUInt16LE(start);
      if (tag === 0xfffe && end - start >= 26) tag = file.readUInt16LE(start + 24);
      format = {
        tag,
        channels: file.readUInt16LE(start + 2),
        rate: file.readUInt32LE(start + 4),
        bits: file.readUInt16LE(start + 14),
      };
    } else if (name === 'data') {
      if (!format) throw new WavError('has its data before its format');
      return samplesOf(file.subarray(start, end), format);
    }
    at = start + size + (size & 1);
  }
  throw new WavError('has no data chunk');
}

function samplesOf(data: Buffer, format: { tag: number; channels: number; rate: number; bits: number }): Int16Array {
  if (format.rate !== sampleRate) throw new WavError(`has ${format.rate} samples a second, not ${sampleRate}`);
  if (format.channels !== 1) throw new WavError(`has ${format.channels} channels, not 1`);
  if (format.tag === 1 && format.bits === 16) {
    const samples = new Int16Array(data.length >> 1);
    for (let i = 0; i < samples.length; i++) samples[i] = data.readInt16LE(2 * i);
    return samples;
  }
  if ((format.tag === 6 || format.tag === 7) && format.bits === 8) {
    const table = format.tag === 6 ? decodePcma : decodePcmu;
    return Int16Array.from(data, (code) => table[code] as number);
  }
  throw new WavError(`has an encoding that is not known (tag ${format.tag}, ${format.bits} bits)`);
}

/**
 * Makes the header of one of our recordings agree with the file's length, after a crash.
 * @returns channels and bytes of data, or undefined where the file is no recording of ours (cut within its header)
 */
export async function repairWav(file: FileHandle): Promise<{ channels: number; dataBytes: number } | undefined> {
  const { size } = await file.stat();
  const header = Buffer.alloc(wavHeaderBytes);
  const { bytesRead } = await file.read(header, 0, wavHeaderBytes, 0);
  if (bytesRead < wavHeaderBytes || header.toString('latin1', 0, 4) !== 'RIFF') return undefined;
  if (header.toString('latin1', 8, 16) !== 'WAVEfmt ' || header.toString('latin1', 36, 40) !== 'data') return undefined;
  const channels = header.readUInt16LE(22);
  if (channels !== 1 && channels !== 2) return undefined;
  const dataBytes = size - wavHeaderBytes - ((size - wavHeaderBytes) % (2 * channels));
  if (header.readUInt32LE(40) !== dataBytes) {
    await file.truncate(wavHeaderBytes + dataBytes);
    await file.write(wavHeader(channels, dataBytes), 0, wavHeaderBytes, 0);
  }
  return { channels, dataBytes };
}
