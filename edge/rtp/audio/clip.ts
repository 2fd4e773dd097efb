// A piece of audio, encoded once in both laws and shared by all calls (and, in shared memory, by all workers).
import { encodePcma, encodePcmu, type Law } from '../codec/g711.ts';
import { toneSamples } from './tones.ts';

/** Both encodings in one shared block: PCMU first, then PCMA. */
export interface SharedClip {
  samples: number;
  shared: SharedArrayBuffer;
}

export interface Clip {
  readonly samples: number;
  readonly PCMU: Buffer;
  readonly PCMA: Buffer;
}

export function encodeClip(samples: Int16Array): SharedClip {
  const length = samples.length;
  const shared = new SharedArrayBuffer(2 * length);
  const bytes = new Uint8Array(shared);
  for (let i = 0; i < length; i++) {
    const index = (samples[i] as number) & 0xffff;
    bytes[i] = encodePcmu[index] as number;
    bytes[length + i] = encodePcma[index] as number;
  }
  return { samples: length, shared };
}

export function openClip({ samples, shared }: SharedClip): Clip {
  return { samples, PCMU: Buffer.from(shared, 0, samples), PCMA: Buffer.from(shared, samples, samples) };
}

export function toneClip(hz: readonly number[], ms: number): Clip {
  return openClip(encodeClip(toneSamples(hz, ms)));
}

export type { Law };
