// A recording as a WAV file that is never whole in memory: its header made by us, its samples from wherever they are.

export const wavHeaderBytes = 44;

/** PCM, 8 kHz, 16 bits (RIFF). What is longer than its fields can say (37 h of two channels) says the most that they can. */
export function wavHeader({ channels, dataBytes }: { channels: number; dataBytes: number }): Buffer {
  const header = Buffer.alloc(wavHeaderBytes);
  header.write('RIFF', 0, 'latin1');
  header.writeUInt32LE(Math.min(0xffffffff, 36 + dataBytes), 4);
  header.write('WAVEfmt ', 8, 'latin1');
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(channels, 22);
  header.writeUInt32LE(8_000, 24);
  header.writeUInt32LE(16_000 * channels, 28);
  header.writeUInt16LE(2 * channels, 32);
  header.writeUInt16LE(16, 34);
  header.write('data', 36, 'latin1');
  header.writeUInt32LE(Math.min(0xffffffff, dataBytes), 40);
  return header;
}

/** The WAV of these samples, in pieces. */
export async function* wavOf(
  { channels, dataBytes }: { channels: number; dataBytes: number },
  samples: AsyncIterable<Uint8Array> | null,
): AsyncGenerator<Uint8Array> {
  yield wavHeader({ channels, dataBytes });
  if (samples) yield* samples;
}

/** The part of a file of `size` bytes that is asked for; both ends inclusive, `start > end` where there is nothing. */
export function within(
  range: { start: number; end?: number } | undefined,
  size: number,
): { start: number; end: number } {
  return { start: Math.max(0, range?.start ?? 0), end: Math.min(range?.end ?? size - 1, size - 1) };
}

/** Bytes `start` to `end`, both inclusive, of what comes in pieces. Leaving early cancels what would still come. */
export async function* slice(
  pieces: AsyncIterable<Uint8Array>,
  start: number,
  end: number,
): AsyncGenerator<Uint8Array> {
  if (start > end) return;
  let at = 0;
  for await (const piece of pieces) {
    const from = Math.max(0, start - at);
    const to = Math.min(piece.length, end + 1 - at);
    at += piece.length;
    if (from < to) yield piece.subarray(from, to);
    if (at > end) return;
  }
}
