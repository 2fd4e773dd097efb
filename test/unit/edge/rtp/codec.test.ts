import { expect, test } from 'vitest';
import {
  codecs,
  decodePcma,
  decodePcmu,
  encodePcma,
  encodePcmu,
  pcmaToPcmu,
  pcmuToPcma,
} from '../../../../edge/rtp/codec/g711.ts';

// ITU-T G.711 tables 1a and 2a: character signals and quantized values (A-law in 1/4096, µ-law in 1/8192 of full scale).
const alaw: [code: number, value: number][] = [
  [0b11111111, 4032],
  [0b11110000, 2112],
  [0b11101111, 2016],
  [0b11100000, 1056],
  [0b11011111, 1008],
  [0b11010000, 528],
  [0b11001111, 504],
  [0b11000000, 264],
  [0b10111111, 252],
  [0b10110000, 132],
  [0b10101111, 126],
  [0b10100000, 66],
  [0b10011111, 63],
  [0b10000000, 1],
];
const mulaw: [code: number, value: number][] = [
  [0b10000000, 8031],
  [0b10001111, 4191],
  [0b10011111, 2079],
  [0b10101111, 1023],
  [0b10111111, 495],
  [0b11001111, 231],
  [0b11011111, 99],
  [0b11101111, 33],
  [0b11111110, 2],
  [0b11111111, 0],
];

test('decodes what the tables of G.711 say, both signs', () => {
  for (const [code, value] of alaw) {
    // On the line, even bits are inverted.
    expect(decodePcma[code ^ 0x55]).toBe(value * 8);
    expect(decodePcma[(code & 0x7f) ^ 0x55]).toBe(-value * 8);
  }
  for (const [code, value] of mulaw) {
    expect(decodePcmu[code]).toBe(value * 4);
    expect(Math.abs(decodePcmu[code & 0x7f] as number)).toBe(value * 4);
    expect(decodePcmu[code & 0x7f]).toBeLessThanOrEqual(0);
  }
});

test('the digital milliwatt (G.711 tables 5 and 6) is 0 dBm0', () => {
  const level = (codes: number[], table: Int16Array, full: number) => {
    const power = codes.reduce((sum, code) => sum + (table[code] as number) ** 2, 0) / codes.length;
    return 20 * Math.log10(Math.sqrt(2 * power) / full);
  };
  // Full scale is +3.14 dBm0 for A-law, +3.17 for µ-law.
  expect(level([0x34, 0x21, 0x21, 0x34, 0xb4, 0xa1, 0xa1, 0xb4], decodePcma, 32768) + 3.14).toBeCloseTo(0, 1);
  expect(level([0x1e, 0x0b, 0x0b, 0x1e, 0x9e, 0x8b, 0x8b, 0x9e], decodePcmu, 32636) + 3.17).toBeCloseTo(0, 1);
});

test('every code survives decoding and encoding, and every sample lands on the nearest level of its segment', () => {
  for (let code = 0; code < 256; code++) {
    expect(encodePcma[(decodePcma[code] as number) & 0xffff]).toBe(code);
    // µ-law has two zeros; −0 becomes +0.
    expect(encodePcmu[(decodePcmu[code] as number) & 0xffff]).toBe(code === 0x7f ? 0xff : code);
  }
  for (let sample = -32768; sample < 32768; sample += 7) {
    for (const { encode, decode } of Object.values(codecs)) {
      const back = decode[encode[sample & 0xffff] as number] as number;
      expect(Math.abs(back - sample)).toBeLessThanOrEqual(
        Math.max(16, Math.abs(sample) / 16) + (Math.abs(sample) > 32256 ? 700 : 0),
      );
    }
  }
});

test('from one law to the other and back changes no more than one step, and silence stays silence', () => {
  for (let code = 0; code < 256; code++) {
    const there = pcmuToPcma[code] as number;
    const value = decodePcmu[code] as number;
    expect(Math.abs((decodePcma[there] as number) - value)).toBeLessThanOrEqual(Math.max(16, Math.abs(value) / 16));
  }
  expect(decodePcma[pcmuToPcma[codecs.PCMU.silence] as number]).toBe(8);
  expect(decodePcmu[pcmaToPcmu[codecs.PCMA.silence] as number]).toBe(8);
});
