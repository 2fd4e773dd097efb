// Makes the music on hold, ivr-flows/prompts/music/hold-music.wav: `node tools/make-music.ts`. A piece of our own, 32 s,
// rendered round a circle so that its end runs into its beginning. No samples, no chance: the same file every time.
import { mkdir, writeFile } from 'node:fs/promises';
import { levelled, lineRate, lineWav } from '../media/prompts/index.ts';

const bars = 8;
const beat = 1;
const length = bars * 4 * beat * lineRate;

/** Bass, chord and the notes that are broken over it, as MIDI numbers (69 is 440 Hz). */
const progression = [
  { bass: 48, chord: [55, 59, 64], melody: [76, 71, 67, 71, 72, 71, 67, 64] },
  { bass: 45, chord: [55, 60, 64], melody: [72, 67, 64, 67, 69, 67, 64, 60] },
  { bass: 41, chord: [57, 60, 64], melody: [69, 72, 76, 72, 77, 76, 72, 69] },
  { bass: 43, chord: [59, 62, 64], melody: [74, 71, 67, 71, 74, 76, 74, 71] },
  { bass: 40, chord: [55, 59, 62], melody: [67, 71, 74, 71, 79, 76, 74, 71] },
  { bass: 45, chord: [55, 60, 64], melody: [76, 72, 69, 72, 76, 72, 69, 67] },
  { bass: 50, chord: [57, 60, 65], melody: [65, 69, 72, 74, 77, 74, 72, 69] },
  { bass: 43, chord: [53, 59, 62], melody: [71, 74, 77, 74, 71, 69, 67, 71] },
];

const samples = new Float32Array(length);

/** A soft struck tone: few partials, each fading faster than the one below; what the line cannot carry is left out. */
function strike(atSeconds: number, note: number, loudness: number, fadeSeconds: number): void {
  const pitch = 440 * 2 ** ((note - 69) / 12);
  const start = Math.round(atSeconds * lineRate);
  const lasting = Math.round(fadeSeconds * 5 * lineRate);
  for (const [partial, share] of [
    [1, 1],
    [2, 0.35],
    [3, 0.12],
    [4, 0.06],
  ] as const) {
    const frequency = pitch * partial * (1 + 0.0004 * partial * partial);
    if (frequency > 3300) continue;
    const step = (2 * Math.PI * frequency) / lineRate;
    for (let i = 0; i < lasting; i++) {
      const attack = Math.min(1, i / (0.012 * lineRate));
      const value =
        loudness * share * attack * Math.exp((-i * partial ** 0.7) / (fadeSeconds * lineRate)) * Math.sin(step * i);
      const at = (start + i) % length;
      samples[at] = samples[at]! + value;
    }
  }
}

for (const [bar, { bass, chord, melody }] of progression.entries()) {
  const start = bar * 4 * beat;
  strike(start, bass, 0.5, 1.6);
  strike(start + 2.5 * beat, bass + 7, 0.25, 1);
  for (const [i, note] of chord.entries()) {
    // Not all at once: a hand rolls the chord.
    strike(start + i * 0.03, note, 0.22, 1.4);
    strike(start + 2 * beat + i * 0.03, note, 0.15, 1.2);
  }
  for (const [i, note] of melody.entries()) {
    // A little late on the second half of each beat, and softer.
    strike(start + (i / 2 + (i % 2) * 0.06) * beat, note, i % 2 === 0 ? 0.3 : 0.2, 0.7);
  }
}

// A room: echoes round the same circle, so that they run over the end as well.
const room = new Float32Array(length);
for (const [delay, share] of [
  [0.031, 0.2],
  [0.047, 0.16],
  [0.071, 0.12],
  [0.113, 0.09],
  [0.181, 0.06],
] as const) {
  const shift = Math.round(delay * lineRate);
  for (let i = 0; i < length; i++) room[(i + shift) % length] = room[(i + shift) % length]! + samples[i]! * share;
}
const mixed = samples.map((sample, i) => sample + room[i]!);

const folder = new URL('../ivr-flows/prompts/music/', import.meta.url);
await mkdir(folder, { recursive: true });
// Softer than speech: she waits long, and the announcements must stand out.
await writeFile(new URL('hold-music.wav', folder), lineWav(levelled(mixed, -24)));
