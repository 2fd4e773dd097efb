import { describe, expect, it } from 'vitest';
import {
  isLineWav,
  levelled,
  lineRate,
  lineWav,
  readWav,
  speechLevel,
  toLineRate,
  trimmed,
} from '../../../media/prompts/index.ts';

/** A WAV with a `fmt ` chunk of the given kind around the bytes of the sound. */
function wav(
  format: { tag: number; channels?: number; rate?: number; bits: number },
  data: Buffer,
  extra = Buffer.alloc(0),
): Buffer {
  const { tag, channels = 1, rate = 8000, bits } = format;
  const fmt = Buffer.alloc(16);
  fmt.writeUInt16LE(tag, 0);
  fmt.writeUInt16LE(channels, 2);
  fmt.writeUInt32LE(rate, 4);
  fmt.writeUInt32LE((rate * channels * bits) / 8, 8);
  fmt.writeUInt16LE((channels * bits) / 8, 12);
  fmt.writeUInt16LE(bits, 14);
  const chunk = (id: string, body: Buffer) => {
    const head = Buffer.alloc(8);
    head.write(id, 'latin1');
    head.writeUInt32LE(body.length, 4);
    return Buffer.concat([head, body, Buffer.alloc(body.length & 1)]);
  };
  const body = Buffer.concat([Buffer.from('WAVE'), extra, chunk('fmt ', fmt), chunk('data', data)]);
  const head = Buffer.alloc(8);
  head.write('RIFF', 'latin1');
  head.writeUInt32LE(body.length, 4);
  return Buffer.concat([head, body]);
}

const sine = (rate: number, hz: number, seconds: number, size = 0.5) =>
  Float32Array.from({ length: Math.round(rate * seconds) }, (_, i) => size * Math.sin((2 * Math.PI * hz * i) / rate));

/** Amplitude of one frequency (Goertzel). */
function amplitude(samples: Float32Array, hz: number, rate = lineRate): number {
  const w = (2 * Math.PI * hz) / rate;
  let re = 0;
  let im = 0;
  for (const [i, sample] of samples.entries()) {
    re += sample * Math.cos(w * i);
    im += sample * Math.sin(w * i);
  }
  return (2 * Math.hypot(re, im)) / samples.length;
}

describe('reading', () => {
  it.each([
    ['8-bit PCM', { tag: 1, bits: 8 }, Buffer.from([128, 192, 64])],
    ['16-bit PCM', { tag: 1, bits: 16 }, Buffer.from([0, 0, 0, 0x40, 0, 0xc0])],
    ['24-bit PCM', { tag: 1, bits: 24 }, Buffer.from([0, 0, 0, 0, 0, 0x40, 0, 0, 0xc0])],
    ['32-bit PCM', { tag: 1, bits: 32 }, Buffer.from([0, 0, 0, 0, 0, 0, 0, 0x40, 0, 0, 0, 0xc0])],
    ['32-bit float', { tag: 3, bits: 32 }, Buffer.from(Float32Array.of(0, 0.5, -0.5).buffer)],
    ['64-bit float', { tag: 3, bits: 64 }, Buffer.from(Float64Array.of(0, 0.5, -0.5).buffer)],
  ])('%s', (_, format, data) => {
    expect([...readWav(wav(format, data), 'x').samples]).toEqual([0, 0.5, -0.5]);
  });

  it('A-law and µ-law, by values of G.711', () => {
    // A-law: 0xD5 is +8, 0x55 is -8, 0xAA is +32256; µ-law: 0xFF is 0, 0x80 is +32124, 0x00 is -32124.
    const aLaw = readWav(wav({ tag: 6, bits: 8 }, Buffer.from([0xd5, 0x55, 0xaa])), 'x').samples;
    expect([...aLaw].map((sample) => sample * 32768)).toEqual([8, -8, 32256]);
    const muLaw = readWav(wav({ tag: 7, bits: 8 }, Buffer.from([0xff, 0x80, 0x00])), 'x').samples;
    expect([...muLaw].map((sample) => sample * 32768)).toEqual([0, 32124, -32124]);
  });

  it('makes mono of stereo, and skips chunks that it does not know', () => {
    const list = Buffer.concat([Buffer.from('LIST'), Buffer.from([3, 0, 0, 0]), Buffer.from('abc\0')]);
    const data = Buffer.from(Int16Array.of(16384, 0, -16384, 16384).buffer);
    expect([...readWav(wav({ tag: 1, bits: 16, channels: 2 }, data, list), 'x').samples]).toEqual([0.25, 0]);
  });

  it('reads what came by a pipe, whose length says something huge', () => {
    const bytes = wav({ tag: 1, bits: 16 }, Buffer.alloc(20));
    bytes.writeUInt32LE(0x7ffff000, 40);
    expect(readWav(bytes, 'x').samples).toHaveLength(10);
  });

  it.each([
    ['it is no WAV file', Buffer.from('ID3 this is an MP3 file')],
    ['it is no WAV file', Buffer.alloc(0)],
    ['it holds no sound', wav({ tag: 1, bits: 16 }, Buffer.alloc(0))],
    ['it holds no sound', Buffer.from('RIFF\x04\0\0\0WAVE', 'latin1')],
    ['its encoding (format 85, 16 bits) is not known', wav({ tag: 85, bits: 16 }, Buffer.alloc(8))],
    ['its sample rate of 1000 Hz', wav({ tag: 1, bits: 16, rate: 1000 }, Buffer.alloc(8))],
    ['it has 9 channels', wav({ tag: 1, bits: 16, channels: 9 }, Buffer.alloc(36))],
    ['it is longer than 15 minutes', wav({ tag: 1, bits: 8, rate: 4000 }, Buffer.alloc(4000 * 901))],
  ])('refuses with a sentence: %s', (why, bytes) => {
    expect(() => readWav(bytes, 'en/hello.wav')).toThrow(`The recording "en/hello.wav" cannot be used: ${why}`);
  });

  it('knows what the line plays as it is', () => {
    expect(isLineWav(lineWav(sine(8000, 440, 0.1)))).toBe(true);
    expect(isLineWav(wav({ tag: 1, bits: 16, rate: 16000 }, Buffer.alloc(100)))).toBe(false);
    expect(isLineWav(wav({ tag: 7, bits: 8 }, Buffer.alloc(100)))).toBe(false);
  });
});

describe('on the way to the line', () => {
  it.each([44_100, 48_000, 22_050, 16_000, 11_025, 8000, 6000])(
    'a tone of 1 kHz keeps pitch, loudness and length from %i Hz',
    async (rate) => {
      const line = await toLineRate({ rate, samples: sine(rate, 1000, 1) });
      expect(Math.abs(line.length - 8000)).toBeLessThanOrEqual(1);
      // Away from the ends, where the filter runs dry.
      expect(amplitude(line.subarray(400, 7600), 1000)).toBeCloseTo(0.5, 2);
    },
  );

  it('what the line cannot carry does not fold back', async () => {
    const line = await toLineRate({ rate: 48_000, samples: sine(48_000, 5000, 1) });
    expect(amplitude(line.subarray(400, 7600), 3000)).toBeLessThan(0.0005);
    expect(speechLevel(line.subarray(400, 7600))).toBeLessThan(0.001);
  });

  it('lets others have their turn while a long one is made', async () => {
    let turns = 0;
    const watch = setInterval(() => turns++, 1);
    await toLineRate({ rate: 48_000, samples: sine(48_000, 1000, 20) });
    clearInterval(watch);
    expect(turns).toBeGreaterThan(5);
  });

  it('is freed of the silence around it', () => {
    const samples = new Float32Array(16_000);
    samples.set(sine(8000, 500, 0.5), 6000);
    const short = trimmed(samples, 100);
    expect(short.length / 8000).toBeCloseTo(0.62, 2);
    expect(trimmed(new Float32Array(800), 100)).toHaveLength(0);
  });

  it('is as loud as it should be, whatever its pauses', () => {
    const samples = new Float32Array(24_000);
    samples.set(sine(8000, 500, 0.5, 0.01), 0);
    samples.set(sine(8000, 500, 0.5, 0.01), 20_000);
    const loud = levelled(samples);
    expect(20 * Math.log10(speechLevel(loud))).toBeCloseTo(-18, 1);
    expect(Math.max(...levelled(sine(8000, 500, 0.5), -3))).toBeLessThan(0.7081);
  });
});
