// Frames of 20 ms gathered into packets as long as the far side wants them (ptime), with the times that they stand for.
import { frameSamples } from '../codec/g711.ts';
import { headerBytes } from '../packet/header.ts';

/** Longest packet: 60 ms, and the frame behind it. */
const bytes = headerBytes + 480 + frameSamples;

export class FramePacket {
  /** The next frame is written into it at `at`. */
  readonly buffer = Buffer.alloc(bytes);
  #samples = frameSamples;
  /** The packet as it is sent. */
  #view: Buffer = this.buffer.subarray(0, headerBytes + frameSamples);
  #filled = 0;

  get at(): number {
    return headerBytes + this.#filled;
  }

  /** Length of packets from now on; what was gathered is forgotten. */
  resize(samples: number): void {
    this.#samples = samples;
    this.#view = this.buffer.subarray(0, headerBytes + samples);
    this.#filled = 0;
  }

  /** Forgets what was gathered. */
  clear(): void {
    this.#filled = 0;
  }

  /** A frame was written at `at`: sends what is full. @param due monotonic ms that the frame stands for */
  filled(due: number, send: (packet: Buffer, time: number, samples: number) => void): void {
    const samples = this.#samples;
    let time = due - this.#filled / 8;
    this.#filled += frameSamples;
    while (this.#filled >= samples) {
      send(this.#view, time, samples);
      this.#filled -= samples;
      time += samples / 8;
      if (this.#filled > 0) this.buffer.copyWithin(headerBytes, headerBytes + samples, bytes);
    }
  }
}
