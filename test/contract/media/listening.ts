// What tests hear with: G.711 and Goertzel written for them, sharing nothing with the code under test.

/** µ-law by formula (G.711 table 2a), for encoding test tones. */
export function toMulaw(sample: number): number {
  const sign = sample < 0 ? 0x80 : 0;
  let value = Math.min(32635, Math.abs(Math.round(sample))) + 132;
  let segment = 0;
  while (value > 0xff && segment < 7) {
    value >>= 1;
    segment++;
  }
  return 0xff ^ (sign | (segment << 4) | ((value >> 3) & 0x0f));
}

export function fromMulaw(code: number): number {
  const plain = code ^ 0xff;
  const value = (((plain & 0x0f) * 2 + 33) << ((plain >> 4) & 7)) - 33;
  return (plain & 0x80 ? -value : value) * 4;
}

export function fromAlaw(code: number): number {
  const plain = code ^ 0x55;
  const segment = (plain >> 4) & 7;
  const step = plain & 0x0f;
  const value = segment === 0 ? step * 2 + 1 : (step * 2 + 33) << (segment - 1);
  return (plain & 0x80 ? value : -value) * 8;
}

export function toAlaw(sample: number): number {
  let best = 0;
  let distance = Number.POSITIVE_INFINITY;
  for (let code = 0; code < 256; code++) {
    const away = Math.abs(fromAlaw(code) - sample);
    if (away < distance) {
      distance = away;
      best = code;
    }
  }
  return best;
}

export function sine(hz: number, samples: number, from = 0, amplitude = 8000): number[] {
  return Array.from({ length: samples }, (_, i) => amplitude * Math.sin((2 * Math.PI * hz * (from + i)) / 8000));
}

/** Which part of the power of `samples` lies at `hz`: 1 for a pure tone, 0.5 each for two of equal strength. */
export function share(samples: readonly number[], hz: number): number {
  const coefficient = 2 * Math.cos((2 * Math.PI * hz) / 8000);
  let one = 0;
  let two = 0;
  let power = 0;
  for (const sample of samples) {
    const now = sample + coefficient * one - two;
    two = one;
    one = now;
    power += sample * sample;
  }
  // A floor of power, so that the noise of silence is no tone.
  const floor = samples.length * 100;
  const at = one * one + two * two - coefficient * one * two;
  return (2 * at) / (samples.length * (power + floor));
}

/**
 * The same of a recording: the median over its pieces of 50 ms. A phone of the test that the machine held up sends late; then
 * a frame is filled, what follows comes a frame later, and over the whole the tone would seem to weaken itself.
 */
export function usualShare(samples: readonly number[], hz: number): number {
  const piece = 400;
  const shares: number[] = [];
  for (let at = 0; at + piece <= samples.length; at += piece) shares.push(share(samples.slice(at, at + piece), hz));
  return shares.sort((a, b) => a - b)[Math.floor(shares.length / 2)] ?? 0;
}

/** A 16-bit mono WAV at 8 kHz. */
export function wav(samples: readonly number[]): Buffer {
  const file = Buffer.alloc(44 + samples.length * 2);
  file.write('RIFF', 0);
  file.writeUInt32LE(36 + samples.length * 2, 4);
  file.write('WAVEfmt ', 8);
  for (const [at, value] of [
    [16, 16],
    [24, 8000],
    [28, 16000],
  ] as const)
    file.writeUInt32LE(value, at);
  for (const [at, value] of [
    [20, 1],
    [22, 1],
    [32, 2],
    [34, 16],
  ] as const)
    file.writeUInt16LE(value, at);
  file.write('data', 36);
  file.writeUInt32LE(samples.length * 2, 40);
  for (const [i, sample] of samples.entries()) file.writeInt16LE(Math.round(sample), 44 + 2 * i);
  return file;
}

/** Samples of one channel of a 16-bit WAV, and what its header says. */
export function readTestWav(file: Buffer, channel: number) {
  const channels = file.readUInt16LE(22);
  const rate = file.readUInt32LE(24);
  const dataBytes = file.readUInt32LE(40);
  const samples: number[] = [];
  for (let at = 44 + 2 * channel; at + 2 <= file.length; at += 2 * channels) samples.push(file.readInt16LE(at));
  return { channels, rate, dataBytes, samples };
}
