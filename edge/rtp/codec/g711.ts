// G.711 (ITU-T G.711, 11/88) by tables: one look-up a sample in either direction.

export type Law = 'PCMU' | 'PCMA';

/** Decoded values, 16-bit linear, by code. */
export const decodePcmu = new Int16Array(256);
export const decodePcma = new Int16Array(256);
/** Codes by `sample & 0xffff`. */
export const encodePcmu = new Uint8Array(65536);
export const encodePcma = new Uint8Array(65536);
/** Codes of one law by codes of the other. */
export const pcmuToPcma = new Uint8Array(256);
export const pcmaToPcmu = new Uint8Array(256);

const bias = 0x84;
const clip = 32635;

function linearToPcmu(sample: number): number {
  const sign = sample < 0 ? 0x80 : 0;
  const magnitude = Math.min(Math.abs(sample), clip) + bias;
  let exponent = 7;
  for (let mask = 0x4000; exponent > 0 && (magnitude & mask) === 0; mask >>= 1) exponent--;
  const mantissa = (magnitude >> (exponent + 3)) & 0x0f;
  return ~(sign | (exponent << 4) | mantissa) & 0xff;
}

function pcmuToLinear(code: number): number {
  const inverted = ~code & 0xff;
  const magnitude = ((((inverted & 0x0f) << 3) + bias) << ((inverted >> 4) & 7)) - bias;
  return inverted & 0x80 ? -magnitude : magnitude;
}

function linearToPcma(sample: number): number {
  // Even bits are inverted on the line (G.711 §2.2 note); positive values carry the sign bit.
  const mask = sample >= 0 ? 0xd5 : 0x55;
  const magnitude = (sample >= 0 ? sample : -sample - 1) >> 3;
  if (magnitude < 32) return (magnitude >> 1) ^ mask;
  let segment = 1;
  while (segment < 7 && magnitude >= 32 << segment) segment++;
  return Math.min((segment << 4) | ((magnitude >> segment) & 0x0f), 0x7f) ^ mask;
}

function pcmaToLinear(code: number): number {
  const plain = code ^ 0x55;
  const segment = (plain >> 4) & 7;
  let magnitude = ((plain & 0x0f) << 4) + 8;
  if (segment >= 1) magnitude += 0x100;
  if (segment > 1) magnitude <<= segment - 1;
  return plain & 0x80 ? magnitude : -magnitude;
}

for (let sample = -32768; sample < 32768; sample++) {
  encodePcmu[sample & 0xffff] = linearToPcmu(sample);
  encodePcma[sample & 0xffff] = linearToPcma(sample);
}
for (let code = 0; code < 256; code++) {
  decodePcmu[code] = pcmuToLinear(code);
  decodePcma[code] = pcmaToLinear(code);
}
for (let code = 0; code < 256; code++) {
  pcmuToPcma[code] = encodePcma[(decodePcmu[code] as number) & 0xffff] as number;
  pcmaToPcmu[code] = encodePcmu[(decodePcma[code] as number) & 0xffff] as number;
}

/** Everything about one law, picked once per session so that the packet path has no choice to make. */
export interface Codec {
  readonly name: Law;
  /** Static payload type (RFC 3551 table 4). */
  readonly payloadType: 0 | 8;
  readonly decode: Int16Array;
  readonly encode: Uint8Array;
  /** The code for silence. */
  readonly silence: number;
  /** From the other law to this one. */
  readonly transcode: Uint8Array;
}

export const codecs: Readonly<Record<Law, Codec>> = {
  PCMU: { name: 'PCMU', payloadType: 0, decode: decodePcmu, encode: encodePcmu, silence: 0xff, transcode: pcmaToPcmu },
  PCMA: { name: 'PCMA', payloadType: 8, decode: decodePcma, encode: encodePcma, silence: 0xd5, transcode: pcmuToPcma },
};

/** Samples a second, and samples in the 20 ms frame that all timing here is built on. */
export const sampleRate = 8000;
export const frameSamples = 160;
export const frameMs = 20;
